/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a record of first touches is a file that anybody may have made,
 * cut short or damaged. Whatever it says, nothing outside of it is read, no
 * fill lies outside its region, and no half of it is taken for the whole.
 */
#include "config.h"

#include <sys/mman.h>
#include <unistd.h>

#include "preload/engine/replay.h"
#include "preload/engine/trace_check.h"
#include "tests/unit/check.h"

#define REGIONS 3
#define FILLS 5

static struct {
	struct ul_trace_header header;
	struct ul_trace_region regions[REGIONS];
	struct ul_trace_fill fills[FILLS];
} file;

static void make_good(void)
{
	static const uint64_t offsets[FILLS] = { 8192, 0, 4096, 65536, 0 };

	memset(&file, 0, sizeof(file));
	memcpy(file.header.magic, UL_TRACE_MAGIC, 8);
	file.header.major = UL_TRACE_MAJOR;
	file.header.header_size = sizeof(file.header);
	file.header.page_size = 4096;
	file.header.end_ns = 1;
	strcpy(file.header.command, "prog");
	file.header.regions = (struct ul_trace_table){
		.offset = sizeof(file.header),
		.used = REGIONS,
		.size = sizeof(file.regions[0]),
		.room = REGIONS,
	};
	file.header.fills = (struct ul_trace_table){
		.offset = sizeof(file.header) + sizeof(file.regions),
		.used = FILLS,
		.size = sizeof(file.fills[0]),
		.room = FILLS,
	};
	for (unsigned int i = 0; i < REGIONS; i++) {
		file.regions[i].length = 128 << 10;
		file.regions[i].ordinal = i + 1;
		strcpy(file.regions[i].rule, "rule");
	}
	for (unsigned int i = 0; i < FILLS; i++) {
		file.fills[i].offset = offsets[i];
		file.fills[i].region = i % 2 ? 2 : 0;
		file.fills[i].length = 4096;
	}
}

/* The file on the disk, `size` bytes of it. */
static int write_out(size_t size)
{
	int fd = memfd_create("trace", MFD_CLOEXEC);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, &file, size), size);
	return fd;
}

static const char *check(size_t size)
{
	struct ul_trace_header header;
	int fd = write_out(size);
	const char *wrong = ul_replay_check(fd, "prog", &header);

	close(fd);
	return wrong;
}

static int load(struct ul_replay_record *record, bool *damaged)
{
	struct ul_trace_header header;
	int fd = write_out(sizeof(file));
	int error;

	CHECK(!ul_replay_check(fd, "prog", &header));
	error = ul_replay_load(fd, &header, record, damaged);
	close(fd);
	return error;
}

static void test_good(void)
{
	struct ul_replay_record record;
	const struct ul_replay_fill *fills;
	bool damaged;

	make_good();
	CHECK_EQ(load(&record, &damaged), 0);
	CHECK(!damaged);
	CHECK_EQ(record.n_regions, REGIONS);
	CHECK_EQ(record.n_fills, FILLS);
	CHECK_EQ(record.regions[0].count, 3);
	CHECK_EQ(record.regions[1].count, 0);
	CHECK_EQ(record.regions[2].count, 2);
	/* In the order of the record, and not of the offsets. */
	fills = &record.fills[record.regions[0].first];
	CHECK_EQ(fills[0].offset, 8192);
	CHECK_EQ(fills[1].offset, 4096);
	CHECK_EQ(fills[2].offset, 0);
	CHECK_EQ(record.fills[record.regions[2].first + 1].offset, 65536);
	CHECK_EQ(record.fills[record.regions[2].first + 1].order, 3);
	/* Zeros that were written are zeros again. */
	file.fills[2].flags = UL_TRACE_ZEROS | UL_TRACE_WRITE;
	CHECK_EQ(load(&record, &damaged), 0);
	CHECK_EQ(record.n_fills, FILLS);
	CHECK(!record.fills[0].zeros && record.fills[1].zeros);
}

/* A file of any shorter length is refused in words. */
static void test_cut_short(void)
{
	make_good();
	CHECK(!check(sizeof(file)));
	for (size_t size = 0; size < sizeof(file); size++) {
		const char *wrong = check(size);

		CHECK(wrong != NULL);
		CHECK_HAS(wrong, size < sizeof(file.header) ?
					 "is not a record" :
					 "is cut short");
	}
}

static void test_foreign(void)
{
	make_good();
	file.header.magic[7] = 'x';
	CHECK_HAS(check(sizeof(file)), "is not a record");
	make_good();
	file.header.major++;
	CHECK_HAS(check(sizeof(file)), "another version");
	make_good();
	file.header.minor++;		/* newer, and longer by nothing yet */
	CHECK(!check(sizeof(file)));
	make_good();
	strcpy(file.header.command, "program");
	CHECK_HAS(check(sizeof(file)), "another program");
	make_good();
	file.header.page_size = 65536;
	CHECK_HAS(check(sizeof(file)), "pages of another size");
}

static void refused(const char *why)
{
	const char *wrong = check(sizeof(file));

	CHECK(wrong != NULL);
	CHECK_HAS(wrong, why);
	make_good();
}

/* Counts, sizes and offsets that lie, each at its worst. */
static void test_lying_tables(void)
{
	make_good();
	for (int i = 0; i < 2; i++) {
		struct ul_trace_table *table = i ? &file.header.fills :
						   &file.header.regions;

		table->used = UINT64_MAX;
		refused("is damaged");
		table->room = UINT32_MAX;
		table->used = UINT32_MAX;
		refused("is cut short");
		table->offset = UINT64_MAX - 7;
		refused("is cut short");
		table->offset = 0;
		refused("is damaged");
		table->offset++;
		refused("is damaged");
		table->size = 0;
		refused("is damaged");
		table->size -= 8;
		refused("is damaged");
		table->size = UINT32_MAX - 7;
		refused("is damaged");
	}
	file.header.header_size = 8;
	refused("is damaged");
	file.header.header_size = UINT32_MAX;
	refused("is damaged");
	file.header.page_size = 0;
	refused("is damaged");
	file.header.page_size = 12288;
	refused("is damaged");
}

/* One bad fill: the others stay, and it is told. */
static void left_out(bool told)
{
	struct ul_replay_record record;
	bool damaged;

	CHECK_EQ(load(&record, &damaged), 0);
	CHECK_EQ(damaged, told);
	CHECK_EQ(record.n_fills, FILLS - 1);
	CHECK_EQ(record.regions[0].count, 2);
	make_good();
}

static void test_bad_fills(void)
{
	make_good();
	file.fills[2].region = REGIONS;
	left_out(true);
	file.fills[2].region = UINT32_MAX;
	left_out(true);
	file.fills[2].offset = 128 << 10;
	left_out(true);
	file.fills[2].offset = UINT64_MAX - 4095;
	left_out(true);
	file.fills[2].length = (128 << 10) - 4096 + 4096;
	left_out(true);
	file.fills[2].length = UINT32_MAX - 4095;
	left_out(true);
	file.fills[2].offset = 1;
	left_out(true);
	file.fills[2].length = 4097;
	left_out(true);
	file.fills[2].page = 1;
	left_out(true);
	/* Not wrong, only of no use. */
	file.fills[2].length = 0;
	left_out(false);
	file.fills[2].flags = UL_TRACE_POISON;
	left_out(false);
	file.fills[2].flags = UL_TRACE_ZEROS;
	left_out(false);
}

/* Texts that do not end, and a file that shrinks after it was looked at. */
static void test_hostile(void)
{
	struct ul_replay_record record;
	struct ul_trace_header header;
	bool damaged;
	int fd;

	make_good();
	memset(file.regions[1].rule, 'x', sizeof(file.regions[1].rule));
	memset(file.regions[1].site, 'x', sizeof(file.regions[1].site));
	memset(file.regions[1].store, 'x', sizeof(file.regions[1].store));
	memset(file.regions[1].path, 'x', sizeof(file.regions[1].path));
	CHECK_EQ(load(&record, &damaged), 0);
	CHECK_EQ(strlen(record.regions[1].rule), 63);
	CHECK_EQ(strlen(record.regions[1].store), 47);

	fd = write_out(sizeof(file));
	CHECK(!ul_replay_check(fd, "prog", &header));
	CHECK_EQ(ftruncate(fd, sizeof(file) - 1), 0);
	CHECK(ul_replay_load(fd, &header, &record, &damaged) < 0);
	close(fd);
}

/* Each part of the key counts; what is not in it does not. */
static void test_key(void)
{
	struct ul_trace_region a = { .rule = "r", .site = "f@p", .path = "" };
	struct ul_trace_region b = a;

	b.address = 4096;
	b.length = 4096;
	CHECK(ul_trace_key(&a) == ul_trace_key(&b));
	b.rule[0] = 's';
	CHECK(ul_trace_key(&a) != ul_trace_key(&b));
	b = a;
	b.site[0] = 'g';
	CHECK(ul_trace_key(&a) != ul_trace_key(&b));
	b = a;
	b.path[0] = '/';
	CHECK(ul_trace_key(&a) != ul_trace_key(&b));
	strcpy(b.path, "f@p");		/* the same text elsewhere */
	b.site[0] = '\0';
	CHECK(ul_trace_key(&a) != ul_trace_key(&b));
}

int main(void)
{
	ul_page_size = 4096;
	test_good();
	test_cut_short();
	test_foreign();
	test_lying_tables();
	test_bad_fills();
	test_hostile();
	test_key();
	return 0;
}
