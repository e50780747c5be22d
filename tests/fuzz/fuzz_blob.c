/* SPDX-License-Identifier: MIT */
/*
 * Rationale: whatever is in a file that is opened as a blob, it is read or
 * refused; it never crashes, hangs, or takes memory without bound.
 *
 * LLVMFuzzerTestOneInput is libFuzzer's entry. Without libFuzzer, main takes
 * files as seeds and runs each as it is and with some thousand changes, always
 * the same ones; `make check` does that. With it, see fuzz.sh.
 */
#include "config.h"

#include <sys/mman.h>
#include <unistd.h>

#include "preload/store/checksum.h"
#include "preload/store/seekable.h"
#include "preload/store/store.h"
#include "tests/unit/check.h"

#define LOADS_MAX 64 /* of an input, so that a bomb ends */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run_blob(int fd)
{
	static struct ul_scratch *scratch;
	struct ul_store_error error = {""};
	uint64_t at = 0, start, end, length;
	struct ul_store *store;
	const void *bytes;
	int code;

	if (!scratch)
		scratch = ul_scratch_new();
	CHECK(scratch);
	code = ul_store_open_blob_fd("blob", fd, 0, UINT64_MAX, &store, &error);
	if (code < 0) {
		CHECK(error.text[0] != '\0');
		return;
	}
	length = ul_store_length(store);
	for (int i = 0; i < LOADS_MAX && at < length; i++, at = end) {
		ul_store_extent(store, at, 4096, &start, &end);
		CHECK(start <= at && at < end && end <= length);
		error.text[0] = '\0';
		code = ul_store_load(store, at,
				     end - at < UL_LOAD_MAX ? end - at
							    : UL_LOAD_MAX,
				     scratch, &bytes, &error);
		CHECK(code == 0 || error.text[0] != '\0');
		/* From the middle of this frame into the next. */
		if (end < length && end - at < UL_LOAD_MAX)
			ul_store_load(store, end - 1, 2, scratch, &bytes,
				      &error);
	}
	ul_store_put(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("fuzz", MFD_CLOEXEC);
	CHECK(fd >= 0);
	CHECK_EQ(ftruncate(fd, 0), 0);
	CHECK_EQ(pwrite(fd, data, size, 0), size);
	run_blob(fd);
	return 0;
}

#ifdef UL_LIBFUZZER

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room,
			       unsigned int seed);

/* What guards the rest would keep changes from getting further: the sum of an
 * LZ4 frame's header, the table's place in its head, the seal. */
static void mend(uint8_t *data, size_t size)
{
	size_t head, entries, table;
	uint64_t sum;

	if (size >= 19 && ul_get_u32(data) == UL_LZ4_MAGIC) {
		head = data[4] & 8 ? 14 : 6;
		data[head] = (uint8_t)(ul_checksum_32(data + 4, head - 4) >> 8);
	}
	if (size < UL_TABLE_HEAD + UL_TABLE_FOOT ||
	    ul_get_u32(data + size - 4) != UL_FOOTER_MAGIC)
		return;
	entries = ul_get_u32(data + size - 9) %
		  (size / (data[size - 5] & UL_TABLE_CHECKSUMS ? 12 : 8) + 1);
	ul_put_u32(data + size - 9, (uint32_t)entries);
	table = UL_TABLE_HEAD + UL_TABLE_FOOT +
		entries * (data[size - 5] & UL_TABLE_CHECKSUMS ? 12 : 8);
	if (table > size)
		return;
	ul_put_u32(data + size - table, UL_TABLE_MAGIC);
	ul_put_u32(data + size - table + 4, (uint32_t)(table - UL_TABLE_HEAD));
	if (table + UL_SEAL_SIZE > size)
		return;
	sum = ul_checksum_64(data + size - table, table);
	memcpy(data + size - table - 8, &sum, sizeof(sum));
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room,
			       unsigned int seed)
{
	size = LLVMFuzzerMutate(data, size, room);
	if (seed % 4 != 0)
		mend(data, size);
	return size;
}

#else

#define CHANGES 400 /* of each seed */

static uint64_t state = 88172645463325252u;

static uint64_t random_u64(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* Mostly near the ends, where headers and tables are. */
static size_t place(size_t size)
{
	uint64_t r = random_u64();
	size_t near = size < 96 ? size : 96;

	return r % 4 == 0   ? (r >> 8) % size
	       : r % 4 == 1 ? (r >> 8) % near
			    : size - 1 - (r >> 8) % near;
}

static size_t change(uint8_t *data, size_t size)
{
	static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff};

	for (uint64_t n = random_u64() % 4 + 1; n > 0 && size > 0; n--) {
		switch (random_u64() % 4) {
		case 0:
			data[place(size)] ^= (uint8_t)(1 << random_u64() % 8);
			break;
		case 1:
			data[place(size)] = values[random_u64() % 5];
			break;
		case 2:
			data[place(size)] = (uint8_t)random_u64();
			break;
		case 3:
			if (random_u64() % 8 == 0)
				size = place(size);
			break;
		}
	}
	return size;
}

int main(int argc, char **argv)
{
	static uint8_t seed[1 << 20], data[1 << 20];
	size_t size, seeds = 0;
	FILE *file;

	for (int i = 1; i < argc; i++, seeds++) {
		file = fopen(argv[i], "r");
		CHECK(file);
		size = fread(seed, 1, sizeof(seed), file);
		fclose(file);
		LLVMFuzzerTestOneInput(seed, size);
		for (int k = 0; k < CHANGES; k++) {
			memcpy(data, seed, size);
			LLVMFuzzerTestOneInput(data, change(data, size));
		}
	}
	CHECK(seeds > 0);
	printf("%zu seeds, %d changes of each\n", seeds, CHANGES);
	return 0;
}

#endif
