/* SPDX-License-Identifier: MIT */
/*
 * scratch.c - see scratch.h
 */
#include "config.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "preload/engine/lock.h"
#include "preload/engine/region.h"
#include "preload/engine/scratch.h"

/* A sanitizer knows the bounds of each thread's stack. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

#define IDLE 16

static _Atomic(char *) idle[IDLE];

static char *make_room(void)
{
	char *at = mmap(NULL, ul_page_size + UL_SCRATCH_SIZE,
			PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			0);

	if (at == MAP_FAILED)
		return NULL;
	mprotect(at, ul_page_size, PROT_NONE);
	return at + ul_page_size;
}

/* Without a lock: a signal handler or a fork may come at any point. */
void *ul_scratch_borrow(void)
{
	char *room;

	for (int i = 0; i < IDLE; i++) {
		room = atomic_load_explicit(&idle[i], memory_order_relaxed);
		if (room && (room = atomic_exchange(&idle[i], NULL)) != NULL)
			return room;
	}
	return make_room();
}

void ul_scratch_return(void *room)
{
	for (int i = 0; i < IDLE; i++) {
		char *none = NULL;

		if (atomic_compare_exchange_strong(&idle[i], &none, room))
			return;
	}
	munmap((char *)room - ul_page_size, ul_page_size + UL_SCRATCH_SIZE);
}

/*
 * call_on(work, argument, top): work(argument) on the stack that ends at top, a
 * multiple of 16. Its frame has a frame pointer, as the tables for who unwinds
 * say: by that it is found from the other stack.
 */
#if defined(__x86_64__) && defined(__LP64__)
#define CAN_SWITCH 1
__asm__(".text\n"
	".type ul_scratch_call_on, @function\n"
	".hidden ul_scratch_call_on\n"
	".globl ul_scratch_call_on\n"
	"ul_scratch_call_on:\n"
	"	.cfi_startproc\n"
	"	pushq	%rbp\n"
	"	.cfi_def_cfa_offset 16\n"
	"	.cfi_offset %rbp, -16\n"
	"	movq	%rsp, %rbp\n"
	"	.cfi_def_cfa_register %rbp\n"
	"	movq	%rdx, %rsp\n"
	"	movq	%rdi, %rax\n"
	"	movq	%rsi, %rdi\n"
	"	callq	*%rax\n"
	"	movq	%rbp, %rsp\n"
	"	popq	%rbp\n"
	"	.cfi_def_cfa %rsp, 8\n"
	"	retq\n"
	"	.cfi_endproc\n"
	".size ul_scratch_call_on, . - ul_scratch_call_on\n");
#elif defined(__aarch64__) && defined(__LP64__)
#define CAN_SWITCH 1
__asm__(".text\n"
	".type ul_scratch_call_on, %function\n"
	".hidden ul_scratch_call_on\n"
	".globl ul_scratch_call_on\n"
	"ul_scratch_call_on:\n"
	"	.cfi_startproc\n"
	"	stp	x29, x30, [sp, -16]!\n"
	"	.cfi_def_cfa_offset 16\n"
	"	.cfi_offset 29, -16\n"
	"	.cfi_offset 30, -8\n"
	"	mov	x29, sp\n"
	"	.cfi_def_cfa_register 29\n"
	"	mov	x9, x0\n"
	"	mov	x0, x1\n"
	"	mov	sp, x2\n"
	"	blr	x9\n"
	"	mov	sp, x29\n"
	"	ldp	x29, x30, [sp], 16\n"
	"	.cfi_def_cfa 31, 0\n"
	"	.cfi_restore 29\n"
	"	.cfi_restore 30\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size ul_scratch_call_on, . - ul_scratch_call_on\n");
#else
#define CAN_SWITCH 0
#endif

#if CAN_SWITCH
__attribute__((visibility("hidden"))) void
ul_scratch_call_on(void (*work)(void *argument), void *argument, void *top);
#else
static void ul_scratch_call_on(void (*work)(void *argument), void *argument,
			       void *top)
{
	(void)top;
	work(argument);
}
#endif

struct aside {
	void (*work)(void *argument);
	void *argument;
};

/* On the room. */
static void work_aside(void *argument)
{
	const stack_t none = { .ss_flags = SS_DISABLE };
	const struct aside *aside = argument;
	sigset_t all;

	sigaltstack(&none, NULL);
	ul_signals_block(&all);
	aside->work(aside->argument);
}

/*
 * From an alternate signal stack. One signal comes all the same (lock.h), and is
 * handled on that stack: the kernel, which finds the thread elsewhere, would put
 * its frame over those that wait for us. So for the time there is no such
 * stack. It can be taken away only when the thread is not on it.
 */
static void call_aside(void (*work)(void *argument), void *argument, void *top,
		       stack_t *stack)
{
	struct aside aside = { work, argument };
	sigset_t signals;

	ul_signals_block_all(&signals);
	ul_scratch_call_on(work_aside, &aside, top);
	stack->ss_flags &= ~SS_ONSTACK;
	sigaltstack(stack, NULL);
	ul_signals_restore(&signals);
}

void ul_scratch_call(void (*work)(void *argument), void *argument)
{
	char *room = CAN_SWITCH && !IS_SANITIZED ? ul_scratch_borrow() : NULL;
	stack_t stack = { .ss_flags = SS_DISABLE };
	sigset_t signals;

	ul_signals_block(&signals);
	if (room) {
		sigaltstack(NULL, &stack);
		if (stack.ss_flags & SS_ONSTACK)
			call_aside(work, argument, room + UL_SCRATCH_SIZE,
				   &stack);
		else
			ul_scratch_call_on(work, argument,
					   room + UL_SCRATCH_SIZE);
		ul_scratch_return(room);
	} else {
		work(argument);
	}
	ul_signals_restore(&signals);
}
