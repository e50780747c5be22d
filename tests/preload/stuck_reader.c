/* SPDX-License-Identifier: MIT */
/*
 * stuck_reader.c - the program of timeout.sh and stuck.sh
 *
 * It knows nothing of us: it maps memory (which the policy fills from a file
 * that does not answer for its second half) and says of each touch what came
 * of it: the byte, or the signal and whether it was for that address.
 *
 *	stuck_reader LENGTH OFFSET...	(@OFFSET: in a thread of its own;
 *					=OFFSET+LENGTH: only has that cached;
 *					~PAGES: touches them, of another
 *					mapping, that is 1 MiB longer)
 */
#include "config.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char *memory;
static _Thread_local sigjmp_buf back;
static _Thread_local char *hit;

static void handler(int number, siginfo_t *info, void *context)
{
	(void)context;
	hit = info->si_addr;
	siglongjmp(back, number);
}

static void *touch(void *argument)
{
	size_t offset = (size_t)argument;
	int number = sigsetjmp(back, 1);

	if (number)
		printf("%zu: signal %d%s\n", offset, number,
		       hit == memory + offset ? "" : ", elsewhere");
	else
		printf("%zu: %d\n", offset,
		       ((volatile unsigned char *)memory)[offset]);
	fflush(stdout);
	return NULL;
}

/* These pages of the file, and no others. Each open(2) empties the cache. */
static void cache(const char *range)
{
	static int fd = -1;
	char *rest, page[4096];
	off_t at = (off_t)strtoull(range, &rest, 0);
	off_t end = at + (off_t)strtoull(rest, NULL, 0);

	if (fd < 0)
		fd = open("slow/data", O_RDONLY);
	posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	for (; at < end; at += 4096)
		if (pread(fd, page, sizeof(page), at) != sizeof(page))
			perror("slow/data");
}

/* The next ones. */
static void touch_others(size_t pages, size_t length)
{
	static volatile char *at;

	if (!at)
		at = mmap(NULL, length, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (; pages; pages--, at += 4096)
		(void)*at;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO };
	static pthread_t threads[64];
	size_t n = 0;

	action.sa_sigaction = handler;
	sigaction(SIGBUS, &action, NULL);
	memory = mmap(NULL, strtoull(argv[1], NULL, 0), PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int i = 2; i < argc; i++) {
		int apart = argv[i][0] == '@';
		void *offset = (void *)strtoull(argv[i] + apart, NULL, 0);

		if (argv[i][0] == '=')
			cache(argv[i] + 1);
		else if (argv[i][0] == '~')
			touch_others(strtoull(argv[i] + 1, NULL, 0),
				     strtoull(argv[1], NULL, 0) + (1 << 20));
		else if (apart && n < 64)
			pthread_create(&threads[n++], NULL, touch, offset);
		else
			touch(offset);
	}
	while (n)
		pthread_join(threads[--n], NULL);
	return 0;
}
