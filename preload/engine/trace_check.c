/* SPDX-License-Identifier: MIT */
/* trace_check.c - see trace_check.h. */
#include "config.h"

#include <stddef.h>
#include <string.h>

#include "preload/engine/trace_check.h"

static const char *check_table(const struct ul_trace_table *table,
			       uint32_t least, uint32_t most,
			       uint64_t header_size, uint64_t file_size)
{
	if (table->size < least || table->size > most ||
	    table->offset < header_size || table->used > table->room ||
	    table->offset % 8 || table->size % 8)
		return "is damaged";
	/* used <= room < 2^32 and size <= most: no overflow. */
	if (table->used &&
	    (table->offset > file_size ||
	     table->used * table->size > file_size - table->offset))
		return "is cut short";
	return NULL;
}

const char *ul_trace_check_header(const struct ul_trace_header *header,
				  uint64_t file_size)
{
	const char *wrong;

	if (file_size < sizeof(*header) ||
	    memcmp(header->magic, UL_TRACE_MAGIC, sizeof(header->magic)) != 0)
		return "is not a record of first touches";
	if (header->major != UL_TRACE_MAJOR)
		return "has another version of the format";
	if (header->header_size < sizeof(*header) ||
	    header->header_size > file_size || header->page_size < 4096 ||
	    (header->page_size & (header->page_size - 1)))
		return "is damaged";
	wrong = check_table(&header->regions, sizeof(struct ul_trace_region),
			    UL_TRACE_REGION_MAX, header->header_size,
			    file_size);
	if (!wrong)
		wrong = check_table(&header->fills,
				    sizeof(struct ul_trace_fill),
				    UL_TRACE_FILL_MAX, header->header_size,
				    file_size);
	return wrong;
}

void ul_trace_end_texts(struct ul_trace_region *region)
{
	region->rule[sizeof(region->rule) - 1] = '\0';
	region->store[sizeof(region->store) - 1] = '\0';
	region->path[sizeof(region->path) - 1] = '\0';
	region->site[sizeof(region->site) - 1] = '\0';
}

bool ul_trace_check_fill(const struct ul_trace_fill *fill,
			 const struct ul_trace_region *region,
			 uint32_t page_size)
{
	uint64_t mask = page_size - 1;

	return fill->length && !(fill->offset & mask) &&
	       !(fill->length & mask) && fill->offset < region->length &&
	       fill->length <= region->length - fill->offset &&
	       fill->page < fill->length / page_size;
}

/* FNV-1a, the end of each text with it. */
static uint64_t add(uint64_t hash, const char *text)
{
	do {
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001B3);
	} while (*text++);
	return hash;
}

uint64_t ul_trace_key(const struct ul_trace_region *region)
{
	uint64_t hash = add(UINT64_C(0xCBF29CE484222325), region->rule);

	return add(add(hash, region->site), region->path);
}
