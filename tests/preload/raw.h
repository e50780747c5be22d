/* SPDX-License-Identifier: MIT */
/* raw.h - system calls that no library sees. */
#ifndef UL_RAW_H
#define UL_RAW_H

#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Returns what the kernel does: -errno for an error. */
static inline long raw(long number, long a, long b, long c, long d, long e,
		       long f)
{
#ifdef __x86_64__
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10),
			   "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
#else
	long result = syscall(number, a, b, c, d, e, f);

	return result == -1 ? -errno : result;
#endif
}

static inline char *raw_mremap(char *old, size_t old_length, size_t length,
			       int flags, char *to)
{
	long at = raw(SYS_mremap, (long)old, (long)old_length, (long)length,
		      flags, (long)to, 0);

	return at < 0 && at > -4096 ? MAP_FAILED : (char *)at;
}

static inline int raw_munmap(void *at, size_t length)
{
	return (int)raw(SYS_munmap, (long)at, (long)length, 0, 0, 0, 0);
}

static inline int raw_madvise(void *at, size_t length, int advice)
{
	return (int)raw(SYS_madvise, (long)at, (long)length, advice, 0, 0, 0);
}

static inline char *raw_mmap(void *at, size_t length, int prot, int flags,
			     int fd, off_t offset)
{
	long got = raw(SYS_mmap, (long)at, (long)length, prot, flags, fd,
		       (long)offset);

	return got < 0 && got > -4096 ? MAP_FAILED : (char *)got;
}

#endif
