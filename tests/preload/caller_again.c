/* SPDX-License-Identifier: MIT */
/*
 * caller_again.c - allocates in load_table while it has no descriptor left, and
 * again; prints the first byte that it has then.
 */
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

int main(void)
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
