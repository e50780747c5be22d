/* SPDX-License-Identifier: MIT */
/*
 * frame_tables.c - allocates in functions whose tables for unwinding have memory
 * read, often; prints the first byte that it has each time
 *
 * "wrong": the table says that the frame is where the word at 0x96 points, and
 * there is none. "aligned": as compilers write it where a function aligns its
 * stack. "signal": the frame that the kernel makes for a handler. outermost is
 * behind each. "long": in a function with a name of 405 characters.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMES 20

#ifdef __x86_64__
char *wrong(size_t size), *aligned(size_t size);

__asm__(".text\n"
	".type wrong, @function\n"
	"wrong:\n"
	"	.cfi_startproc\n"
	"	sub $8, %rsp\n"
	"	.cfi_escape 0x0f, 3, 0x08, 0x96, 0x06\n"
	"	call malloc@PLT\n"
	"	add $8, %rsp\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size wrong, . - wrong\n"
	".type aligned, @function\n"
	"aligned:\n"
	"	.cfi_startproc\n"
	"	lea 8(%rsp), %r10\n"
	"	.cfi_def_cfa %r10, 0\n"
	"	and $-64, %rsp\n"
	"	pushq -8(%r10)\n"
	"	push %rbp\n"
	"	mov %rsp, %rbp\n"
	"	.cfi_escape 0x10, 0x06, 2, 0x76, 0\n"
	"	push %r10\n"
	"	.cfi_escape 0x0f, 3, 0x76, 0x78, 0x06\n"
	"	sub $40, %rsp\n"
	"	call malloc@PLT\n"
	"	add $40, %rsp\n"
	"	pop %r10\n"
	"	.cfi_def_cfa %r10, 0\n"
	"	pop %rbp\n"
	"	lea -8(%r10), %rsp\n"
	"	.cfi_def_cfa %rsp, 8\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size aligned, . - aligned\n");

static char *volatile allocated;

static void allocate_here(int signal)
{
	(void)signal;
	allocated = malloc((size_t)4 << 20);
}

static char *in_handler(size_t size)
{
	(void)size;
	raise(SIGUSR1);
	return allocated;
}

#define TEN(x) x x x x x x x x x x
char *long_named(size_t size) __asm__("long_" TEN(TEN("name")));

__attribute__((noinline)) char *long_named(size_t size)
{
	char *volatile block = malloc(size);

	return block;
}

static char *(*allocator(const char *name))(size_t size)
{
	if (strcmp(name, "long") == 0)
		return long_named;
	if (strcmp(name, "wrong") == 0)
		return wrong;
	return strcmp(name, "signal") == 0 ? in_handler : aligned;
}

static __attribute__((noinline)) char *outermost(char *(*allocate)(size_t))
{
	char *volatile block = allocate((size_t)4 << 20);

	return block;
}

int main(int argc, char **argv)
{
	char *block;

	signal(SIGUSR1, allocate_here);
	for (int i = 0; i < TIMES; i++) {
		block = outermost(allocator(argc > 1 ? argv[1] : ""));
		putchar(block ? block[0] : '-');
		free(block);
	}
	return 0;
}
#else
int main(void)
{
	return 77;
}
#endif
