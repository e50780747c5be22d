/* SPDX-License-Identifier: MIT */
/*
 * trace_check.h - is this a record of first touches, and what of it is whole?
 *
 * Pure: a file may come from anywhere, and nothing that it says of itself is
 * believed before it was looked at here. Knows nothing of the engine but the
 * layout (trace_abi.h).
 */
#ifndef UL_TRACE_CHECK_H
#define UL_TRACE_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "preload/engine/trace_abi.h"

/* Entries are copied by this reader, so a file must not say that they are
 * larger than any version will make them. */
#define UL_TRACE_REGION_MAX 8192u
#define UL_TRACE_FILL_MAX 128u

/*
 * Look at a header and at its file's size. Returns NULL when its tables can be
 * read, else a phrase that goes on after the file's name. It says nothing of
 * end_ns: whether an unfinished record will do is the caller's to say.
 */
const char *ul_trace_check_header(const struct ul_trace_header *header,
				  uint64_t file_size);

/* Make the texts of a copied entry end. */
void ul_trace_end_texts(struct ul_trace_region *region);

/* Does a fill lie in its region, in whole pages? */
bool ul_trace_check_fill(const struct ul_trace_fill *fill,
			 const struct ul_trace_region *region,
			 uint32_t page_size);

/* What is the same of a region in the next run, but for the ordinal, as one
 * number: a hash of rule, site and path. */
uint64_t ul_trace_key(const struct ul_trace_region *region);

#endif
