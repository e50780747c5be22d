/* SPDX-License-Identifier: MIT */
/*
 * trace_site.c - what is the same of a call site in the next run
 *
 * Addresses are not: they are random, and another build has others. Names of
 * functions are, and the order in which one call site asks.
 */
#include "config.h"

#include <string.h>

#include "preload/engine/stats.h"
#include "preload/engine/trace.h"

/* --- the text --- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "+0x1f0" */
static void put_offset(char *text, uint64_t offset)
{
	char digits[24];
	size_t at = sizeof(digits);

	digits[--at] = '\0';
	do {
		digits[--at] = "0123456789abcdef"[offset % 16];
		offset /= 16;
	} while (offset);
	strcpy(text, "+0x");
	strcpy(text + 3, digits + at);
}

/* "function@object" */
static void put_frame(char text[256], const struct ul_stat_frame *frame)
{
	const char *object = base_name(frame->object);

	if (frame->function[0])
		strcpy(text, frame->function);
	else
		put_offset(text, frame->object_offset);
	if (*object) {
		size_t length = strlen(text);

		text[length] = '@';
		strcpy(text + length + 1, object);
	}
}

void ul_trace_site(uint32_t callsite, char *text, size_t size)
{
	const struct ul_stat_header *stats = ul_stats_header();
	const struct ul_stat_callsite *site;
	size_t used = 0;

	text[0] = '\0';
	if (callsite >= stats->callsites.used)
		return;
	site = (const void *)((const char *)stats + stats->callsites.offset);
	site += callsite;
	for (uint32_t i = 0; i < site->n_frames; i++) {
		const struct ul_stat_frame *frame = &site->frames[i];
		char one[256];
		size_t length;

		put_frame(one, frame);
		length = strlen(one);
		if (used + length + 4 > size)
			break;
		if (used) {
			strcpy(text + used, " < ");
			used += 3;
		}
		strcpy(text + used, one);
		used += length;
		/* What called main is the C library's business, and has other
		 * names in its next version. */
		if (!strcmp(frame->function, "main"))
			break;
	}
}

/* --- the order --- */

#define KEYS 8192u			/* a power of two; half of them used */

static struct seen {
	uint64_t key, count;		/* (b) count 0: free */
} seen[KEYS];
static unsigned int n_seen;		/* (b) */

uint64_t ul_trace_ordinal(uint64_t key)
{
	size_t at = key % KEYS;

	while (seen[at].count && seen[at].key != key)
		at = (at + 1) % KEYS;
	if (!seen[at].count) {
		if (n_seen == KEYS / 2)
			return 0;
		n_seen++;
		seen[at].key = key;
	}
	return ++seen[at].count;
}
