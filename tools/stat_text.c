/* SPDX-License-Identifier: MIT */
/*
 * stat_text.c - numbers in words, and what is counted from a histogram
 */
#include "config.h"

#include "tools/stat.h"

#include "policy/harmless.h"
#include "policy/policy.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

const char *ul_stat_size(uint64_t bytes, struct ul_stat_text *text)
{
	static const char units[] = "KMGTPE";
	double value = (double)bytes;
	int unit = -1;

	while (value >= 1024 && units[unit + 1]) {
		value /= 1024;
		unit++;
	}
	if (unit < 0)
		snprintf(text->text, sizeof(text->text), "%" PRIu64 "B", bytes);
	else
		snprintf(text->text, sizeof(text->text), "%.*f%ciB",
			 value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value,
			 units[unit]);
	return text->text;
}

const char *ul_stat_time(uint64_t ns, struct ul_stat_text *text)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	double value = (double)ns;
	size_t unit = 0;

	while (value >= 1000 && unit < 3) {
		value /= 1000;
		unit++;
	}
	snprintf(text->text, sizeof(text->text), "%.*f%s",
		 unit == 0 || value >= 99.95 ? 0 : value < 9.995 ? 2 : 1, value,
		 units[unit]);
	return text->text;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

const char *ul_stat_frame(const struct ul_stat_frame *frame,
			  struct ul_stat_text *text)
{
	const char *object = base_name(frame->object);

	if (frame->function[0])
		snprintf(text->text, sizeof(text->text),
			 "%.79s+0x%" PRIx64 "%s%.20s%s", frame->function,
			 frame->function_offset, *object ? " (" : "", object,
			 *object ? ")" : "");
	else if (*object)
		snprintf(text->text, sizeof(text->text), "%.90s+0x%" PRIx64,
			 object, frame->object_offset);
	else
		snprintf(text->text, sizeof(text->text), "0x%" PRIx64,
			 frame->pc);
	return text->text;
}

const char *ul_stat_site(const struct ul_stat_snapshot *snapshot,
			 uint32_t callsite, struct ul_stat_text *text)
{
	const struct ul_stat_callsite *site;

	snprintf(text->text, sizeof(text->text), "-");
	if (callsite >= snapshot->n_callsites)
		return text->text;
	site = &snapshot->callsites[callsite];
	if (site->n_frames == 0)
		return text->text;
	return ul_stat_frame(&site->frames[0], text);
}

const char *ul_stat_rule_name(const struct ul_stat_snapshot *snapshot,
			      uint32_t rule)
{
	if (rule == UINT32_MAX)
		return "(stub)";
	if (rule >= snapshot->n_rules)
		return "-";
	return snapshot->rules[rule].name;
}

const char *ul_stat_call_name(uint32_t call)
{
	switch (call) {
	case UL_CALL_MALLOC:
		return "malloc";
	case UL_CALL_MMAP_ANON:
		return "mmap-anon";
	case UL_CALL_MMAP_FILE:
		return "mmap-file";
	default:
		return "unknown";
	}
}

const char *ul_stat_rung_name(uint32_t rung)
{
	switch (rung) {
	case UL_RUNG_FULL_DEV:
		return "full, through /dev/userfaultfd";
	case UL_RUNG_FULL_SYSCALL:
		return "full, through userfaultfd(2)";
	case UL_RUNG_USER_ONLY:
		return "faults of user mode only";
	case UL_RUNG_NONE:
		return "none: memory is filled at once";
	default:
		return "not tried yet";
	}
}

const char *ul_stat_resident(const struct ul_stat_region *region,
			     struct ul_stat_text *text)
{
	if (region->direct == 1)
		return "direct";
	snprintf(text->text, sizeof(text->text), "%u%%",
		 ul_stat_percent(region->counters.resident_bytes,
				 region->length));
	return text->text;
}

unsigned int ul_stat_percent(uint64_t part, uint64_t whole)
{
	if (whole == 0)
		return 0;
	if (part >= whole)
		return 100;
	return (unsigned int)((double)part * 100 / (double)whole);
}

uint64_t ul_stat_cell_pages(unsigned int cell, uint64_t pages)
{
	/* Page p of n is in cell p * UL_STAT_CELLS / n; n may be anything. */
	uint64_t whole = pages / UL_STAT_CELLS, rest = pages % UL_STAT_CELLS;
	uint64_t from = (cell * rest + UL_STAT_CELLS - 1) / UL_STAT_CELLS;
	uint64_t to = ((cell + 1) * rest + UL_STAT_CELLS - 1) / UL_STAT_CELLS;

	return whole + to - from;
}

void ul_stat_tame(char *text, size_t size)
{
	text[size - 1] = '\0';
	ul_make_harmless(text);
}

uint64_t ul_stat_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t ul_stat_age(const struct ul_stat_snapshot *snapshot)
{
	const struct ul_stat_header *header = &snapshot->header;
	uint64_t end = header->end_ns;

	if (end == 0)
		end = snapshot->taken_ns;
	return end > header->start_ns ? end - header->start_ns : 0;
}
