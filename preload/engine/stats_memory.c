/* SPDX-License-Identifier: MIT */
/*
 * stats_memory.c - the memory that the tables lie in: a file's, or none's
 *
 * The tables have room for thousands of entries and few of them are used, so
 * the file is sparse. What is written into it where the disk is full raises
 * SIGBUS, and so an entry is written by the kernel before it is used.
 */
#include "config.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "preload/engine/region.h"
#include "preload/engine/stats.h"
#include "preload/engine/stats_file.h"

struct piece {
	uint64_t offset, length;
};

static atomic_bool has_file;

#define PIECES 6
static void used_pieces(struct piece pieces[PIECES])
{
	const struct ul_stat_header *header = ul_stats_header();
	const struct ul_stat_table *tables[] = { &header->rules,
						 &header->callsites,
						 &header->regions,
						 &header->heat,
						 &header->threads };

	pieces[0] = (struct piece){ 0, sizeof(*header) };
	for (size_t i = 0; i < PIECES - 1; i++)
		pieces[i + 1] = (struct piece){
			tables[i]->offset,
			(uint64_t)tables[i]->size * tables[i]->used,
		};
}

void ul_stats_lay_memory(void)
{
	struct ul_stat_header *header = ul_stats_header();
	uint64_t size = header->file_size;
	struct piece pieces[PIECES];
	void *copy = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (copy == MAP_FAILED)
		return;
	used_pieces(pieces);
	for (size_t i = 0; i < PIECES; i++)
		memcpy((char *)copy + pieces[i].offset,
		       (char *)header + pieces[i].offset, pieces[i].length);
	if (mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, header) ==
	    MAP_FAILED)
		munmap(copy, size);
	else
		atomic_store(&has_file, false);
}

/* What the tables hold now, and then the file in their place. */
static bool move_into(int fd)
{
	struct ul_stat_header *header = ul_stats_header();
	uint64_t size = header->file_size;
	struct piece pieces[PIECES];

	/* A fork's child: what the kernel reads must not be its parent's. */
	if (has_file)
		ul_stats_lay_memory();
	if (has_file || ftruncate(fd, (off_t)size) < 0)
		return false;
	used_pieces(pieces);
	for (size_t i = 0; i < PIECES; i++)
		if (pwrite(fd, (char *)header + pieces[i].offset,
			   pieces[i].length, (off_t)pieces[i].offset) !=
		    (ssize_t)pieces[i].length)
			return false;
	if (mmap(header, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		 fd, 0) == MAP_FAILED)
		return false;
	atomic_store(&has_file, true);
	return true;
}

bool ul_stats_lay_file(int fd)
{
	struct rlimit limit;
	bool done;

	/* Beyond that there is a signal for who makes a file longer. */
	if (getrlimit(RLIMIT_FSIZE, &limit) < 0 ||
	    limit.rlim_cur < ul_stats_header()->file_size)
		return false;
	ul_stats_callsites_hold();
	done = move_into(fd);
	ul_stats_callsites_let_go();
	return done;
}

/* One byte of each page; false: it cannot be there. */
static bool write_pages(char *start, char *end)
{
	char zero = 0;
	struct iovec from = { &zero, 1 };

	while (start < end) {
		struct iovec to = { start, 1 };

		if (process_vm_writev((pid_t)syscall(SYS_getpid), &from, 1, &to,
				      1, 0) < 0 &&
		    errno == EFAULT)
			return false;
		start = (char *)(((uintptr_t)start | (ul_page_size - 1)) + 1);
	}
	return true;
}

void ul_stats_need(const struct ul_stat_table *table, uint32_t entry)
{
	char *start = (char *)ul_stats_header() + table->offset +
		      (size_t)table->size * entry;

	if (has_file && !write_pages(start, start + table->size))
		ul_stats_file_lost();
}
