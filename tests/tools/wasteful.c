/* SPDX-License-Identifier: MIT */
/* wasteful.c - asks for more than it touches, in four places. */
#include <stdlib.h>

#define MIB ((size_t)1 << 20)

static volatile char *volatile block;	/* no malloc is left out */

__attribute__((noinline)) static void build_index(void)
{
	block = malloc(64 * MIB);
	block[32 * MIB] = 1;
}

__attribute__((noinline)) static void read_input(void)
{
	block = malloc(16 * MIB);
	for (size_t at = 0; at < 8 * MIB; at += 4096)
		block[at] = 1;
}

__attribute__((noinline)) static void make_buffers(void)
{
	for (volatile int i = 0; i < 2; i++)	/* one call */
		block = malloc(6 * MIB);
}

__attribute__((noinline)) static void make_little(void)
{
	block = malloc(2 * MIB);
	for (size_t at = 0; at < 2 * MIB; at += 4096)
		block[at] = 1;
}

int main(void)
{
	build_index();
	read_input();
	make_buffers();
	make_little();
	return 0;
}
