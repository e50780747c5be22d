/* SPDX-License-Identifier: MIT */
/*
 * fill_slowly.c - play a process that is asked to fill, at one's own pace
 *
 *	fill_slowly FILE
 *
 * FILE is made by make_stat. Waits for a request; then each line of its input
 * is how many of 8 MiB are filled, and the end of the input is that all is
 * done.
 */
#include "config.h"

#include "preload/engine/stat_abi.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MIB ((uint64_t)1 << 20)

int main(int argc, char **argv)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	struct ul_stat_header *header;
	struct ul_stat_fill *fill;
	char line[32];
	int fd;

	if (argc != 2)
		return 2;
	fd = open(argv[1], O_RDWR);
	if (fd < 0)
		return 1;
	header = mmap(NULL, sizeof(*header), PROT_READ | PROT_WRITE, MAP_SHARED,
		      fd, 0);
	if (header == MAP_FAILED)
		return 1;
	fill = &header->fill;
	while (__atomic_load_n(&fill->request, __ATOMIC_ACQUIRE) ==
	       fill->answered)
		nanosleep(&moment, NULL);
	fill->wanted_bytes = 8 * MIB;
	while (fgets(line, sizeof(line), stdin))
		fill->done_bytes = strtoul(line, NULL, 10) * MIB;
	fill->result = 0;
	__atomic_store_n(&fill->answered, fill->request, __ATOMIC_RELEASE);
	return 0;
}
