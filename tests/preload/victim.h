/* SPDX-License-Identifier: MIT */
/*
 * victim.h - what the programs that are preloaded into have in common
 *
 * A victim is a plain program that knows nothing of userfaultfd. It knows what
 * its memory has to hold: run-victim.sh tells by VICTIM_STORE whether fresh
 * memory is zeros ("zero", and when nothing is preloaded) or the pattern
 * ("file", "blob"). The file at VICTIM_FILE always reads as the pattern when
 * it is mapped.
 */
#ifndef UL_VICTIM_H
#define UL_VICTIM_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/check.h"

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)
#define PAGE ((size_t)4096)

/* Ends within a page, and not at a multiple of any granule or frame. */
#define PATTERN_LENGTH (3 * MIB + 1234)

/* Never zero, and another one on each page. */
static inline unsigned char pattern_at(size_t at)
{
	uint64_t x = (at + 1) * UINT64_C(0x9e3779b97f4a7c15);

	return (unsigned char)(1 + (x >> 40) % 255);
}

/* Of the pattern file; past its end, zeros. */
static inline unsigned char file_at(size_t at)
{
	return at < PATTERN_LENGTH ? pattern_at(at) : 0;
}

static inline bool has_store(void)
{
	const char *store = getenv("VICTIM_STORE");

	return store && strcmp(store, "zero") != 0;
}

/* Of fresh memory, whose first byte is at 0 and that is long bytes long. */
static inline unsigned char memory_at(size_t at)
{
	static int patterned = -1;

	if (patterned < 0)
		patterned = has_store();
	return patterned ? file_at(at) : 0;
}

typedef unsigned char victim_byte_fn(size_t at);

static inline unsigned char zero_at(size_t at)
{
	(void)at;
	return 0;
}

/* memory[0, length) holds what byte says from `from` on. False: told where. */
static inline bool holds(const void *memory, victim_byte_fn *byte, size_t from,
			 size_t length)
{
	const volatile unsigned char *bytes = memory;

	for (size_t i = 0; i < length; i++) {
		unsigned char got = bytes[i];

		if (got == byte(from + i))
			continue;
		fprintf(stderr, "at %zu (byte %zu): %u, wanted %u\n", i,
			from + i, got, byte(from + i));
		return false;
	}
	return true;
}

/* The same, one byte of each page. */
static inline bool holds_sparse(const void *memory, victim_byte_fn *byte,
				size_t from, size_t length)
{
	for (size_t i = 0; i < length; i += PAGE)
		if (!holds((const char *)memory + i, byte, from + i, 1))
			return false;
	return true;
}

static inline char *map_anonymous(size_t length)
{
	char *memory = mmap(NULL, length, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(memory != MAP_FAILED);
	return memory;
}

/* What the compiler knows of an allocation's bytes is not what we have. */
static inline void *launder(void *block)
{
	__asm__ volatile("" : "+r"(block) : : "memory");
	CHECK(block);
	return block;
}

static inline void *allocate(size_t size)
{
	return launder(malloc(size));
}

static inline int open_file(void)
{
	int fd = open(getenv("VICTIM_FILE"), O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0);
	return fd;
}

static inline char *map_file(size_t length, int prot, int flags)
{
	int fd = open_file();
	char *memory = mmap(NULL, length, prot, flags, fd, 0);

	CHECK(memory != MAP_FAILED);
	close(fd);
	return memory;
}

/* Wait for a child, which has to end well. */
static inline void wait_for(pid_t pid)
{
	int status;

	CHECK(pid > 0);
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 0);
}

static sigjmp_buf victim_jump;
static void *volatile victim_signal_address;

static inline void victim_caught(int number, siginfo_t *info, void *context)
{
	(void)context;
	victim_signal_address = info->si_addr;
	siglongjmp(victim_jump, number);
}

/* Touch one byte: 0, or the signal that came of it; victim_signal_address is
 * then its si_addr. */
static inline int victim_signal_of(volatile char *at, bool write)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO };
	struct sigaction bus, segv;
	int number;

	action.sa_sigaction = victim_caught;
	sigaction(SIGBUS, &action, &bus);
	sigaction(SIGSEGV, &action, &segv);
	number = sigsetjmp(victim_jump, 1);
	if (!number && write)
		*at = 'w';
	else if (!number)
		(void)*at;
	sigaction(SIGBUS, &bus, NULL);
	sigaction(SIGSEGV, &segv, NULL);
	return number;
}

static inline int signal_of_reading(const volatile char *at)
{
	return victim_signal_of((volatile char *)at, false);
}

static inline int signal_of_writing(volatile char *at)
{
	return victim_signal_of(at, true);
}

#endif
