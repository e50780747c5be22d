/* SPDX-License-Identifier: MIT */
/*
 * stat_heatmap.c - which parts of each region are resident, as a band of cells
 *
 * A process keeps 64 cells for each region, so that this reads its memory as
 * little as every other view does. A cell that has a page at all never looks
 * empty, and one that lacks a page never looks full.
 */
#include "config.h"

#include "tools/stat.h"

#include <inttypes.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEVELS 8			/* some ... all */
#define BAND_EXTRA 8			/* columns beside a band's cells */

/* One way to draw: none, then the levels. */
struct palette {
	const char *none;
	const char *levels[LEVELS];
	const int *colours;		/* of the 256; NULL: none */
};

static const int colours[LEVELS] = { 19, 26, 32, 37, 71, 107, 149, 226 };
static const struct palette ascii = {
	".", { ":", "-", "=", "+", "*", "%", "@", "#" }, NULL,
};
static const struct palette blocks = {
	"\u00b7",
	{ "\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586",
	  "\u2587", "\u2588" },
	NULL,
};
static const struct palette coloured = {
	"\u00b7",
	{ "\u2588", "\u2588", "\u2588", "\u2588", "\u2588", "\u2588",
	  "\u2588", "\u2588" },
	colours,
};

/* Colours go to a terminal, unless its user wants none (no-color.org). */
static const struct palette *choose_palette(void)
{
	const char *unwanted = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");

	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		return &ascii;
	if ((unwanted && *unwanted) || !isatty(STDOUT_FILENO) || !terminal ||
	    strcmp(terminal, "dumb") == 0)
		return &blocks;
	return &coloured;
}

/* 0: none, LEVELS: all, and between them what is between. */
static int level_of(uint64_t resident, uint64_t pages)
{
	if (resident == 0 || pages == 0)
		return 0;
	if (resident >= pages)
		return LEVELS;
	return 1 + (int)((double)resident * (LEVELS - 1) / (double)pages);
}

static void show_level(const struct palette *palette, int level, int *colour,
		       FILE *out)
{
	int wanted = level && palette->colours ? palette->colours[level - 1] :
						 -1;

	if (wanted != *colour && wanted >= 0)
		fprintf(out, "\033[38;5;%dm", wanted);
	else if (wanted != *colour)
		fputs("\033[0m", out);
	*colour = wanted;
	fputs(level ? palette->levels[level - 1] : palette->none, out);
}

/* A region of fewer pages than cells has a cell for each page. On a narrow
 * terminal several cells are drawn as one. */
static void show_band(const struct palette *palette,
		      const struct ul_stat_heat *heat, uint64_t pages,
		      unsigned int as_one, FILE *out)
{
	uint64_t all = 0, resident = 0;
	unsigned int cell;
	int colour = -1;

	fprintf(out, "%5s [", "");
	for (cell = 0; cell < UL_STAT_CELLS; cell++) {
		all += ul_stat_cell_pages(cell, pages);
		resident += heat->pages[cell];
		if ((cell + 1) % as_one != 0)
			continue;
		if (all)
			show_level(palette, level_of(resident, all), &colour,
				   out);
		all = resident = 0;
	}
	fprintf(out, "%s]\n", colour >= 0 ? "\033[0m" : "");
}

static void show_legend(const struct palette *palette, unsigned int as_one,
			FILE *out)
{
	int colour = -1;
	int level;

	fprintf(out, "\nA cell is 1/%u of its region, or a page.\n"
		"Resident: none ", UL_STAT_CELLS / as_one);
	for (level = 0; level <= LEVELS; level++)
		show_level(palette, level, &colour, out);
	fprintf(out, "%s all\n", colour >= 0 ? "\033[0m" : "");
}

void ul_stat_show_heatmap(const struct ul_stat_snapshot *snapshot, int columns,
			  FILE *out)
{
	const struct palette *palette = choose_palette();
	struct ul_stat_text size, share, site;
	unsigned int as_one = 1;
	size_t i;

	while (columns && UL_STAT_CELLS / as_one + BAND_EXTRA >
				  (unsigned int)columns &&
	       as_one < UL_STAT_CELLS)
		as_one *= 2;

	fprintf(out, "%u %s: %s, %zu region%s\n\n", snapshot->header.pid,
		snapshot->header.command,
		snapshot->running ? "running" : "exited", snapshot->n_regions,
		snapshot->n_regions == 1 ? "" : "s");
	for (i = 0; i < snapshot->n_regions; i++) {
		const struct ul_stat_region *region = &snapshot->regions[i];

		ul_stat_line(out, columns,
			     "%5" PRIu64 " 0x%012" PRIx64
			     " %s, %s%s, from %s, %s",
			     region->id, region->start,
			     ul_stat_size(region->length, &size),
			     ul_stat_resident(region, &share),
			     region->direct == 1 ? "" : " resident",
			     region->store,
			     ul_stat_site(snapshot, region->callsite, &site));
		if (region->direct)
			continue;	/* which parts, is not known */
		show_band(palette, &snapshot->heat[i],
			  region->length / snapshot->header.page_size, as_one,
			  out);
	}
	show_legend(palette, as_one, out);
}
