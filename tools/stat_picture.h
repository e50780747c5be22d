/* SPDX-License-Identifier: MIT */
/*
 * stat_picture.h - a record of first touches, read and drawn
 *
 *     stat_trace.c    the record, distrusted, into memory
 *     stat_picture.c  which dots are drawn, and where
 *     stat_svg.c      the picture
 *     stat_page.c     the page around it, and the files
 */
#ifndef UL_STAT_PICTURE_H
#define UL_STAT_PICTURE_H

#include "preload/engine/trace_abi.h"
#include "tools/stat.h"

/* More than the engine writes; a file that says so is damaged. */
#define UL_STAT_TRACE_REGIONS ((uint64_t)1 << 16)
#define UL_STAT_TRACE_FILLS ((uint64_t)1 << 24)

struct ul_stat_trace {
	struct ul_trace_header header;
	struct ul_trace_region *regions;
	size_t n_regions;
	struct ul_trace_fill *fills;	/* those that lie in their region */
	size_t n_fills;
};

int ul_stat_trace_read(const char *path, struct ul_stat_trace *trace,
		       struct ul_stat_error *error);
void ul_stat_trace_release(struct ul_stat_trace *trace);

/* Why a page was filled. */
enum ul_stat_why {
	UL_WHY_DEMAND,			/* a thread waited */
	UL_WHY_AHEAD,
	UL_WHY_REPLAY,
	UL_WHY_POISON,			/* it could not be had */
	UL_WHY_COUNT,
};
enum ul_stat_why ul_stat_why(const struct ul_trace_fill *fill);

/* Dots drawn at the most. */
#define UL_STAT_DOTS 20000
/* Regions drawn at the most: those with most fills. */
#define UL_STAT_BANDS 16

/* A region in the picture: from the top down. */
struct ul_stat_band {
	uint32_t region;
	double y, height;
	size_t fills[UL_WHY_COUNT];
	uint64_t filled;		/* bytes, with refills */
	uint64_t waited_ns;
};

struct ul_stat_picture {
	const struct ul_stat_trace *trace;
	struct ul_stat_band bands[UL_STAT_BANDS];
	size_t n_bands;
	double left, top, width, height;	/* of the plot */
	uint64_t span_ns;		/* the time axis's end */
	const struct ul_trace_fill **dots;
	size_t n_dots;
	size_t n_fills;			/* in the bands */
	size_t fills[UL_WHY_COUNT];
};

/* Returns 0 or -ENOMEM. */
int ul_stat_picture_make(const struct ul_stat_trace *trace,
			 struct ul_stat_picture *picture);
void ul_stat_picture_release(struct ul_stat_picture *picture);
/* The band of a fill, or NULL: its region is not drawn. */
const struct ul_stat_band *
ul_stat_picture_band(const struct ul_stat_picture *picture,
		     const struct ul_trace_fill *fill);
double ul_stat_picture_x(const struct ul_stat_picture *picture,
			 uint64_t time_ns);

/* Text of a record in XML: what is no ASCII becomes a question mark, for it may
 * not be UTF-8. */
void ul_stat_picture_part(const char *text, size_t length, FILE *out);
/* The end of it, which tells a file's name from others. */
void ul_stat_picture_text(const char *text, size_t most, FILE *out);
/* What people call a region. */
const char *ul_stat_picture_name(const struct ul_trace_region *region);
/* The picture alone: an element of a page. */
void ul_stat_show_picture(const struct ul_stat_picture *picture, FILE *out);
void ul_stat_show_svg(const struct ul_stat_picture *picture, FILE *out);
void ul_stat_show_html(const struct ul_stat_picture *picture, FILE *out);

#endif
