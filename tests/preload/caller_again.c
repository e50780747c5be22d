/* SPDX-License-Identifier: MIT */
/*
 * caller_again.c - allocates in load_table while it has no descriptor left, and
 * again; prints the first byte that it has then. With an argument all of that
 * comes when the first thread has ended.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define MOST 64

static __attribute__((noinline)) char *load_table(void)
{
	char *volatile table = malloc((size_t)1 << 20);

	return table;
}

static int load_twice(void)
{
	const struct rlimit few = { MOST, MOST };
	int fds[MOST], n = 0;
	char *first, *second;

	if (setrlimit(RLIMIT_NOFILE, &few) < 0)
		return 1;
	while (n < MOST && (fds[n] = dup(STDOUT_FILENO)) >= 0)
		n++;
	first = load_table();
	while (n)
		close(fds[--n]);
	second = load_table();
	if (!first || !second)
		return 1;
	putchar(second[0]);
	return 0;
}

static pthread_t first_thread;

static void *go_on(void *unused)
{
	(void)unused;
	pthread_join(first_thread, NULL);
	exit(load_twice());
}

int main(int argc, char **argv)
{
	pthread_t thread;

	(void)argv;
	if (argc < 2)
		return load_twice();
	first_thread = pthread_self();
	if (pthread_create(&thread, NULL, go_on, NULL) != 0)
		return 1;
	pthread_exit(NULL);
}
