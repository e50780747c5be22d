/* SPDX-License-Identifier: MIT */
/*
 * user_mode_go.c - what Go's runtime does in a program with cgo
 *
 * It maps its heap by libc's function, and makes all its other system calls by
 * itself, with buffers and a signal stack in that heap.
 */
#include "config.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "tests/preload/raw.h"

#define HEAP ((size_t)64 << 20)

/* By this it is known. */
__asm__(".pushsection .note.go.buildid, \"a\", %note\n"
	"	.long 4, 4, 4\n"
	"	.ascii \"Go\\0\\0\"\n"
	"	.long 0\n"
	".popsection\n");

static void on_signal(int number)
{
	(void)number;
}

int main(void)
{
	struct sigaction action = { .sa_handler = on_signal,
				    .sa_flags = SA_ONSTACK };
	char *heap = mmap((void *)0xc000000000, HEAP, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	stack_t stack = { .ss_sp = heap + HEAP / 2, .ss_size = 32 << 10 };
	char *other = calloc(1, HEAP);

	if (heap == MAP_FAILED || !other)
		return 1;
	if (sigaction(SIGURG, &action, NULL) < 0 ||
	    raw(SYS_sigaltstack, (long)&stack, 0, 0, 0, 0, 0) != 0)
		return 2;
	if (raise(SIGURG) != 0 ||
	    raw(SYS_getcwd, (long)heap + 65536, 4096, 0, 0, 0, 0) <= 0)
		return 3;
	return other[HEAP / 2];
}
