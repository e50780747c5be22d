/* SPDX-License-Identifier: MIT */
/*
 * stat_picture.c - which fills become dots, and where
 *
 * Regions are bands, in the order of their addresses, one below the other
 * without the gaps between them. A record may have millions of fills: where
 * several of one kind fall on one place of the picture, the slowest is drawn,
 * and a place is made larger until the dots are few enough.
 */
#include "config.h"

#include "tools/stat_picture.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEFT 250
#define TOP 92
#define WIDTH 900
#define HEIGHT 520
#define GAP 10				/* between bands */
#define LEAST 34			/* height of a band: two lines of text */

enum ul_stat_why ul_stat_why(const struct ul_trace_fill *fill)
{
	if (fill->flags & UL_TRACE_POISON)
		return UL_WHY_POISON;
	if (fill->flags & UL_TRACE_REPLAY)
		return UL_WHY_REPLAY;
	return fill->flags & UL_TRACE_AHEAD ? UL_WHY_AHEAD : UL_WHY_DEMAND;
}

static size_t fills_of(const struct ul_stat_band *band)
{
	size_t sum = 0;

	for (int i = 0; i < UL_WHY_COUNT; i++)
		sum += band->fills[i];
	return sum;
}

static int by_fills(const void *left, const void *right)
{
	size_t a = fills_of(left), b = fills_of(right);

	return (a < b) - (a > b);
}

static const struct ul_stat_trace *sorted;	/* for qsort's function */

static int by_address(const void *left, const void *right)
{
	const struct ul_stat_band *a = left, *b = right;
	uint64_t x = sorted->regions[a->region].address;
	uint64_t y = sorted->regions[b->region].address;

	return (x > y) - (x < y);
}

static void count(const struct ul_stat_trace *trace, struct ul_stat_band *all)
{
	for (size_t i = 0; i < trace->n_regions; i++)
		all[i].region = (uint32_t)i;
	for (size_t i = 0; i < trace->n_fills; i++) {
		const struct ul_trace_fill *fill = &trace->fills[i];
		struct ul_stat_band *band = &all[fill->region];
		enum ul_stat_why why = ul_stat_why(fill);

		band->fills[why]++;
		if (why != UL_WHY_POISON)
			band->filled += fill->length;
		if (why == UL_WHY_DEMAND)
			band->waited_ns += fill->latency_ns;
	}
}

/* A larger region gets more of the height, but not all of it. */
static void lay_out(struct ul_stat_picture *picture)
{
	double weights = 0, y = picture->top, rest;
	size_t n = picture->n_bands;

	rest = picture->height - (double)n * LEAST;
	if (n > 1)
		rest -= (double)(n - 1) * GAP;
	if (rest < 0)
		rest = 0;
	for (size_t i = 0; i < n; i++) {
		uint32_t region = picture->bands[i].region;

		weights += sqrt((double)picture->trace->regions[region].length);
	}
	for (size_t i = 0; i < n; i++) {
		struct ul_stat_band *band = &picture->bands[i];
		double length =
			(double)picture->trace->regions[band->region].length;

		band->y = y;
		band->height = LEAST;
		if (weights > 0)
			band->height += rest * sqrt(length) / weights;
		y += band->height + GAP;
	}
	picture->height = n ? y - GAP - picture->top : LEAST;
}

const struct ul_stat_band *
ul_stat_picture_band(const struct ul_stat_picture *picture,
		     const struct ul_trace_fill *fill)
{
	for (size_t i = 0; i < picture->n_bands; i++)
		if (picture->bands[i].region == fill->region)
			return &picture->bands[i];
	return NULL;
}

double ul_stat_picture_x(const struct ul_stat_picture *picture,
			 uint64_t time_ns)
{
	return picture->left + picture->width * (double)time_ns /
				       (double)picture->span_ns;
}

/* Keep one fill for each place of side pixels; more than UL_STAT_DOTS: -1. */
static int thin(struct ul_stat_picture *picture, int side, uint32_t *grid)
{
	size_t columns = (size_t)(picture->width / side) + 1;
	size_t rows = (size_t)(picture->height / side) + 1;
	size_t places = columns * rows * UL_WHY_COUNT, n = 0;
	const struct ul_trace_fill *fills = picture->trace->fills;

	memset(grid, 0, places * sizeof(*grid));
	for (size_t i = 0; i < picture->trace->n_fills; i++) {
		const struct ul_stat_band *band =
			ul_stat_picture_band(picture, &fills[i]);
		double x, y;
		uint32_t *place;

		if (!band)
			continue;
		x = ul_stat_picture_x(picture, fills[i].time_ns) -
		    picture->left;
		y = band->y - picture->top +
		    band->height * (double)fills[i].offset /
			    (double)picture->trace->regions[band->region].length;
		place = &grid[((size_t)(y / side) * columns +
			       (size_t)(x / side)) * UL_WHY_COUNT +
			      ul_stat_why(&fills[i])];
		if (!*place && ++n > UL_STAT_DOTS)
			return -1;
		if (!*place ||
		    fills[*place - 1].latency_ns < fills[i].latency_ns)
			*place = (uint32_t)i + 1;
	}
	for (size_t i = 0; i < places; i++)
		if (grid[i])
			picture->dots[picture->n_dots++] = &fills[grid[i] - 1];
	return 0;
}

static int choose_dots(struct ul_stat_picture *picture)
{
	size_t places = ((size_t)picture->width + 1) *
			((size_t)picture->height + 1) * UL_WHY_COUNT;
	uint32_t *grid = calloc(places, sizeof(*grid));
	int side = 1;

	picture->dots = calloc(UL_STAT_DOTS + 1, sizeof(*picture->dots));
	if (!grid || !picture->dots) {
		free(grid);
		return -ENOMEM;
	}
	while (thin(picture, side, grid) != 0)
		side++;
	free(grid);
	return 0;
}

/* Of the last fill, and of the longest wait. */
static uint64_t span(const struct ul_stat_trace *trace)
{
	uint64_t end = trace->header.end_ns;

	for (size_t i = 0; i < trace->n_fills; i++)
		if (trace->fills[i].time_ns > end)
			end = trace->fills[i].time_ns;
	return end ? end : 1;
}

int ul_stat_picture_make(const struct ul_stat_trace *trace,
			 struct ul_stat_picture *picture)
{
	struct ul_stat_band *all = calloc(trace->n_regions + 1, sizeof(*all));
	int result;

	memset(picture, 0, sizeof(*picture));
	if (!all)
		return -ENOMEM;
	picture->trace = trace;
	picture->left = LEFT;
	picture->top = TOP;
	picture->width = WIDTH;
	picture->height = HEIGHT;
	picture->span_ns = span(trace);
	count(trace, all);
	qsort(all, trace->n_regions, sizeof(*all), by_fills);
	while (picture->n_bands < trace->n_regions &&
	       picture->n_bands < UL_STAT_BANDS &&
	       fills_of(&all[picture->n_bands])) {
		picture->bands[picture->n_bands] = all[picture->n_bands];
		picture->n_bands++;
	}
	free(all);
	sorted = trace;
	qsort(picture->bands, picture->n_bands, sizeof(*picture->bands),
	      by_address);
	lay_out(picture);
	for (size_t i = 0; i < picture->n_bands; i++)
		for (int why = 0; why < UL_WHY_COUNT; why++)
			picture->fills[why] += picture->bands[i].fills[why];
	for (int why = 0; why < UL_WHY_COUNT; why++)
		picture->n_fills += picture->fills[why];
	result = choose_dots(picture);
	if (result != 0)
		ul_stat_picture_release(picture);
	return result;
}

void ul_stat_picture_release(struct ul_stat_picture *picture)
{
	free(picture->dots);
	picture->dots = NULL;
}
