/* SPDX-License-Identifier: MIT */
/*
 * stat_table.c - a line for each process
 *
 * Scripts read this with --no-header: columns keep their order, no value but
 * the last has a blank in it, and new columns go before the last. For people,
 * a terminal that is too narrow gets narrower columns, then fewer of them, so
 * that a process takes one line, and its name can be read.
 */
#include "config.h"

#include "tools/stat.h"

#include <inttypes.h>
#include <string.h>

#define COLUMNS 12
#define COMMAND (COLUMNS - 1)
#define COMMAND_WIDTH 8			/* of the name, at the least */

/* A fault's numbers are at most so wide in a file; on a narrow terminal they
 * begin with less. The lower its rank, the earlier a column goes. */
static const struct column {
	const char *title;
	int width, narrow, rank;
} columns_of_all[COLUMNS] = {
	{ "PID", 7, 3, 12 },	  { "STATE", -7, -7, 1 },
	{ "REGIONS", 7, 7, 3 },	  { "LAZY", 8, 7, 9 },
	{ "RESIDENT", 8, 8, 7 },  { "FILLED", 8, 7, 4 },
	{ "FAULTS", 10, 6, 2 },	  { "MEDIAN", 7, 6, 6 },
	{ "P99", 7, 6, 5 },	  { "STALLED", 8, 7, 10 },
	{ "FAULTS/S", 8, 8, 8 },  { "COMMAND", -7, -7, 13 },
};

/* How the columns are set; a width of 0: left out. */
struct layout {
	int widths[COLUMNS];
	int columns;			/* of the terminal; 0: any */
};

struct cells {
	struct ul_stat_text cells[COLUMNS];
};

static void fill_in(const struct ul_stat_snapshot *snapshot,
		    struct cells *line)
{
	const struct ul_stat_header *header = &snapshot->header;
	struct ul_stat_text *cell = line->cells;

	snprintf(cell[0].text, sizeof(cell->text), "%u", header->pid);
	snprintf(cell[1].text, sizeof(cell->text), "%s",
		 snapshot->running ? "running" : "exited");
	snprintf(cell[2].text, sizeof(cell->text), "%" PRIu64,
		 header->regions_now);
	ul_stat_size(header->lazy_bytes_now, &cell[3]);
	ul_stat_size(header->totals.resident_bytes, &cell[4]);
	ul_stat_size(header->totals.filled_bytes, &cell[5]);
	snprintf(cell[6].text, sizeof(cell->text), "%" PRIu64,
		 header->totals.faults_read + header->totals.faults_write);
	ul_stat_time(ul_stat_quantile(header->latency, 500), &cell[7]);
	ul_stat_time(ul_stat_quantile(header->latency, 990), &cell[8]);
	ul_stat_time(header->totals.stall_ns, &cell[9]);
	snprintf(cell[10].text, sizeof(cell->text), "%.0f",
		 ul_stat_rate(snapshot));
	snprintf(cell[COMMAND].text, sizeof(cell->text), "%s",
		 header->command);
}

static int magnitude(int width)
{
	return width < 0 ? -width : width;
}

/* Of all columns but the name, with a blank behind each. */
static int width_of(const struct layout *layout)
{
	int c, sum = 0;

	for (c = 0; c < COMMAND; c++)
		sum += layout->widths[c] ? magnitude(layout->widths[c]) + 1 : 0;
	return sum;
}

static void narrow_down(struct layout *layout,
			const struct ul_stat_snapshot *snapshots, size_t n)
{
	bool all_run = true;
	struct cells line;
	size_t i;
	int c, rank;

	for (c = 0; c < COLUMNS; c++)
		layout->widths[c] = columns_of_all[c].narrow;
	for (i = 0; i < n; i++) {
		fill_in(&snapshots[i], &line);
		all_run = all_run && snapshots[i].running;
		for (c = 0; c < COMMAND; c++) {
			int width = (int)strlen(line.cells[c].text);

			if (magnitude(layout->widths[c]) < width)
				layout->widths[c] = width;
		}
	}
	/* STATE is the first to go, where it tells nothing. */
	for (rank = all_run ? 1 : 2; rank < 12; rank++) {
		if (width_of(layout) + COMMAND_WIDTH <= layout->columns)
			return;
		for (c = 0; c < COMMAND; c++) {
			if (columns_of_all[c].rank == rank)
				layout->widths[c] = 0;
		}
	}
}

static void show_line(const struct layout *layout, const struct cells *line,
		      FILE *out)
{
	char text[COLUMNS * sizeof(struct ul_stat_text)];
	size_t used = 0;
	int c;

	for (c = 0; c < COMMAND; c++) {
		if (layout->widths[c])
			used += (size_t)snprintf(text + used,
						 sizeof(text) - used, "%*s ",
						 layout->widths[c],
						 line->cells[c].text);
	}
	snprintf(text + used, sizeof(text) - used, "%s",
		 line->cells[COMMAND].text);
	ul_stat_line(out, layout->columns, "%s", text);
}

void ul_stat_show_table(const struct ul_stat_snapshot *snapshots, size_t n,
			bool header, int columns, FILE *out)
{
	struct layout layout = { .columns = header ? columns : 0 };
	struct cells line;
	size_t i;
	int c;

	for (c = 0; c < COLUMNS; c++) {
		layout.widths[c] = columns_of_all[c].width;
		snprintf(line.cells[c].text, sizeof(line.cells[c].text), "%s",
			 columns_of_all[c].title);
	}
	/* Who wants no titles cuts it up, and wants all of it. */
	if (layout.columns && width_of(&layout) + 15 > columns)
		narrow_down(&layout, snapshots, n);
	if (header)
		show_line(&layout, &line, out);
	for (i = 0; i < n; i++) {
		fill_in(&snapshots[i], &line);
		show_line(&layout, &line, out);
	}
}
