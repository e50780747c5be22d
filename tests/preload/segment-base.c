/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a program that has taken away what thread-local data is found by (x86:
 * the FS base) asks for it, and gives it back, by syscall(2).
 *
 * modes: plain zero
 */
#include "config.h"

#include <sys/syscall.h>

#include "tests/preload/victim.h"

#define SET_FS 0x1002			/* ARCH_SET_FS, ARCH_GET_FS */
#define GET_FS 0x1003

int main(void)
{
#ifdef SYS_arch_prctl
	unsigned long base = 0, now = 1;

	CHECK(mmap(NULL, MIB, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
	CHECK_EQ(syscall(SYS_arch_prctl, GET_FS, &base), 0);
	syscall(SYS_arch_prctl, SET_FS, 0);
	syscall(SYS_arch_prctl, GET_FS, &now);
	syscall(SYS_arch_prctl, SET_FS, base);
	CHECK_EQ(now, 0);
	return 0;
#else
	printf("SKIP: kernel: the machine has no arch_prctl\n");
	return 77;
#endif
}
