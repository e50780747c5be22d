/* SPDX-License-Identifier: MIT */
/* pack_list.c - what a blob is made of */
#include "config.h"

#include <stdio.h>

#include "tools/pack.h"

static void list_frames(const struct ul_table *table)
{
	const struct ul_frame *frame;

	printf("\n%10s %16s %10s %16s %10s  %s\n", "frame", "offset", "bytes",
	       "blob offset", "packed", table->checksums ? "checksum" : "");
	for (uint32_t i = 0; i < table->n_frames; i++) {
		frame = &table->frames[i];
		printf("%10u %16ju %10u %16ju %10u", i, (uintmax_t)frame->start,
		       ul_table_unpacked(table, i), (uintmax_t)frame->at,
		       frame->packed);
		if (table->checksums)
			printf("  %08x", frame->checksum);
		puts(table->sealed && i + 1 == table->n_frames ? "  seal" : "");
	}
}

static void list_sizes(const struct ul_table *table)
{
	uint32_t smallest = UINT32_MAX, empty = 0, size;
	uint32_t n = table->n_frames - table->sealed;

	for (uint32_t i = 0; i < n; i++) {
		size = ul_table_unpacked(table, i);
		empty += size == 0;
		/* The last one is as small as it happens to be. */
		if (size != 0 && size < smallest && i + 1 < n)
			smallest = size;
	}
	printf("  frames        %u", n);
	if (table->frame_max > 0)
		printf(smallest >= table->frame_max ? " of %s" : " of up to %s",
		       pack_human(table->frame_max));
	if (empty)
		printf(", %u of them empty", empty);
	putchar('\n');
}

int pack_list(const struct pack_options *options)
{
	const struct ul_table *table;
	struct blob_file blob;

	if (blob_file_open(&blob, options->input) < 0)
		return -1;
	table = &blob.table;
	pack_put(options->input, stdout);
	printf("\n  codec         %s\n",
	       table->codec == UL_CODEC_LZ4 ? "lz4" : "zstd");
	list_sizes(table);
	printf("  unpacked      %ju bytes (%s)\n", (uintmax_t)table->length,
	       pack_human(table->length));
	printf("  packed        %ju bytes (%s)\n", (uintmax_t)table->file_size,
	       pack_human(table->file_size));
	if (table->length > 0)
		printf("  ratio         %.2f\n",
		       (double)table->length / (double)table->file_size);
	printf("  checksums     %s\n",
	       table->checksums
		       ? "in the seek table"
		       : "none in the seek table; the frames' own, if any");
	printf("  table         %ju bytes, checksum %016jx, %s\n",
	       (uintmax_t)(table->file_size -
			   table->frames[table->n_frames].at),
	       (uintmax_t)table->checksum,
	       table->sealed ? "sealed" : "not sealed");
	if (options->verbose)
		list_frames(table);
	blob_file_close(&blob);
	return 0;
}
