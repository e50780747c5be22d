/* SPDX-License-Identifier: MIT */
/*
 * Rationale: whatever is in a file that shall be replayed, it is refused or
 * read; and of what was read every fill lies in its region, in whole pages.
 *
 * LLVMFuzzerTestOneInput is libFuzzer's entry; see fuzz.sh. Without libFuzzer,
 * main takes files and runs each as it is and with some changes, always the
 * same ones; `make check` does that.
 */
#include "config.h"

#include <sys/mman.h>
#include <unistd.h>

#include "preload/engine/replay.h"
#include "preload/engine/trace_check.h"
#include "tests/fuzz/fuzz_fields.h"
#include "tests/unit/check.h"

size_t ul_page_size = 4096;		/* pageset.c's in the engine */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_region(const struct ul_replay_record *record,
			 const struct ul_replay_region *region)
{
	const struct ul_replay_fill *fill = &record->fills[region->first];
	uint64_t order = 0;

	CHECK(region->first + region->count <= record->n_fills);
	CHECK(memchr(region->rule, '\0', sizeof(region->rule)));
	CHECK(memchr(region->store, '\0', sizeof(region->store)));
	for (size_t i = 0; i < region->count; i++, fill++) {
		CHECK(fill->length && fill->length % 4096 == 0);
		CHECK(fill->offset % 4096 == 0);
		CHECK(fill->offset + fill->length > fill->offset);
		CHECK(fill->offset + fill->length <= region->length);
		CHECK(i == 0 || fill->order > order);
		order = fill->order;
	}
}

/* As replay_load.c maps them: never nothing. */
static void release(void *memory, size_t bytes)
{
	if (memory)
		munmap(memory, bytes ? bytes : 1);
}

static void run_trace(int fd)
{
	struct ul_replay_record record;
	struct ul_trace_header header, again;
	size_t regions, fills, n = 0;
	bool damaged = false;

	if (pread(fd, &again, sizeof(again), 0) < (ssize_t)sizeof(again))
		memset(&again, 0, sizeof(again));
	again.command[sizeof(again.command) - 1] = '\0';
	/* It is this program's, whatever it says. */
	if (ul_replay_check(fd, again.command, &header))
		return;
	if (ul_replay_load(fd, &header, &record, &damaged) == 0) {
		for (size_t i = 0; i < record.n_regions; i++) {
			check_region(&record, &record.regions[i]);
			n += record.regions[i].count;
		}
		CHECK_EQ(n, record.n_fills);
	}
	regions = header.regions.used < UL_TRACE_REGIONS ?
			  (size_t)header.regions.used : UL_TRACE_REGIONS;
	fills = header.fills.used < UL_TRACE_FILLS ?
			(size_t)header.fills.used : UL_TRACE_FILLS;
	release(record.regions, regions * sizeof(*record.regions));
	release(record.fills, fills * sizeof(*record.fills));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("fuzz", MFD_CLOEXEC);
	CHECK(fd >= 0);
	CHECK_EQ(ftruncate(fd, 0), 0);
	CHECK_EQ(pwrite(fd, data, size, 0), size);
	run_trace(fd);
	return 0;
}

#ifndef UL_LIBFUZZER

int main(int argc, char **argv)
{
	return fuzz_fields(argc, argv, 4000, LLVMFuzzerTestOneInput);
}

#endif
