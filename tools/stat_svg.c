/* SPDX-License-Identifier: MIT */
/*
 * stat_svg.c - the picture of a record
 *
 * Plain SVG: no script, no font, nothing from a network. Colours are named once
 * in a style sheet, with a second set for who prefers a dark screen. The dots
 * of one colour are one path of short strokes with round ends, which is as
 * small as it gets.
 */
#include "config.h"

#include "tools/stat_picture.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Colours by latency: up to these, in ns; the last has no end. */
#define STEPS 6
static const uint64_t steps[STEPS - 1] = { 10000, 30000, 100000, 300000,
					   1000000 };
static const char *const step_names[STEPS] = {
	"up to 10 \u00b5s", "30 \u00b5s", "100 \u00b5s", "300 \u00b5s", "1 ms",
	"more",
};

/* No variables: not every viewer knows them. */
static const char style[] =
"<style>\n"
".paper{fill:#ffffff}.band{fill:#f5f7fa}.grid{stroke:#dfe3ea;fill:none}\n"
".picture text{fill:#1f2430;font:13px system-ui,'DejaVu Sans',sans-serif}\n"
".picture .title{font-size:18px;font-weight:600}\n"
".picture .soft{fill:#5d6675;font-size:12px}\n"
".end{text-anchor:end}.mid{text-anchor:middle}\n"
".dot{fill:none;stroke-width:4;stroke-linecap:round}\n"
".ahead{fill:none;stroke:#7d8899;stroke-width:3;stroke-linecap:square}\n"
".replay{fill:none;stroke:#7a5af8;stroke-width:3;stroke-linecap:square}\n"
".poison{fill:none;stroke:#b00020;stroke-width:2.5}\n"
".picture .key{stroke-width:9}.picture .poison.key{stroke-width:3}\n"
".l0{stroke:#2b83ba}.l1{stroke:#2ca58d}.l2{stroke:#83b32d}"
".l3{stroke:#e0a800}.l4{stroke:#ef6c1a}.l5{stroke:#c2185b}\n"
"@media (prefers-color-scheme:dark){\n"
".paper{fill:#14171f}.band{fill:#1c212b}.grid{stroke:#2d3340}\n"
".picture text{fill:#e8ebf1}.picture .soft{fill:#9aa4b5}\n"
".ahead{stroke:#8b97ab}.replay{stroke:#a594ff}.poison{stroke:#ff6b5e}\n"
".l0{stroke:#57b0e6}.l1{stroke:#48d0b0}.l2{stroke:#aede4f}"
".l3{stroke:#ffd24d}.l4{stroke:#ff9550}.l5{stroke:#ff5c9d}\n"
"}\n"
"</style>\n";

void ul_stat_picture_part(const char *text, size_t length, FILE *out)
{
	for (; length; text++, length--) {
		if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '>')
			fputs("&gt;", out);
		else if (*text == '&')
			fputs("&amp;", out);
		else if (*text == '"')
			fputs("&quot;", out);
		else
			fputc((unsigned char)*text < 0x80 ? *text : '?', out);
	}
}

void ul_stat_picture_text(const char *text, size_t most, FILE *out)
{
	size_t length = strlen(text);

	if (length > most) {
		fputs("\u2026", out);
		text += length - most + 1;
		length = most - 1;
	}
	ul_stat_picture_part(text, length, out);
}

/* A function's, its beginning. */
static void show_head(const char *text, size_t length, size_t most, FILE *out)
{
	ul_stat_picture_part(text, length > most ? most - 1 : length, out);
	if (length > most)
		fputs("\u2026", out);
}

/* 17424 -> "17,424" */
static const char *grouped(uint64_t number, struct ul_stat_text *text)
{
	char *at = text->text + sizeof(text->text) - 1;
	int digits = 0;

	*at = '\0';
	do {
		if (digits && digits % 3 == 0)
			*--at = ',';
		*--at = (char)('0' + number % 10);
		number /= 10;
		digits++;
	} while (number);
	return at;
}

static int step_of(const struct ul_trace_fill *fill)
{
	int step = 0;

	while (step < STEPS - 1 && fill->latency_ns > steps[step])
		step++;
	return step;
}

/* --- the parts --- */

/* 1, 2 or 5 times a power of ten, so that there are 5 to 10 ticks. */
static double tick_of(double span)
{
	double power = pow(10, floor(log10(span / 5)));

	return span / power >= 25 ? 5 * power :
	       span / power >= 10 ? 2 * power : power;
}

static void show_time_axis(const struct ul_stat_picture *picture, FILE *out)
{
	double bottom = picture->top + picture->height + 6;
	double span = (double)picture->span_ns;
	const char *unit = "s";
	double scale = 1e9, tick;
	int digits;

	if (span < 1e6) {
		unit = "\u00b5s";
		scale = 1e3;
	} else if (span < 1e9) {
		unit = "ms";
		scale = 1e6;
	}
	tick = tick_of(span / scale);
	digits = tick < 1 ? (int)ceil(-log10(tick)) : 0;
	for (int i = 0; i * tick <= span / scale * 1.0001; i++) {
		double x = ul_stat_picture_x(picture,
					     (uint64_t)(i * tick * scale));

		fprintf(out, "<path class=\"grid\" d=\"M%.1f %.1fV%.1f\"/>"
			"<text class=\"soft mid\" x=\"%.1f\" y=\"%.1f\">"
			"%.*f</text>\n", x, picture->top, bottom, x,
			bottom + 14, digits, i * tick);
	}
	fprintf(out, "<text class=\"mid\" x=\"%.1f\" y=\"%.1f\">time since the "
		"start (%s)</text>\n", picture->left + picture->width / 2,
		bottom + 36, unit);
}

const char *ul_stat_picture_name(const struct ul_trace_region *region)
{
	const char *slash = strrchr(region->path, '/');

	if (!region->path[0])
		return region->rule[0] ? region->rule : region->store;
	return slash ? slash + 1 : region->path;
}

static void show_band(const struct ul_stat_picture *picture,
		      const struct ul_stat_band *band, FILE *out)
{
	const struct ul_trace_region *region =
		&picture->trace->regions[band->region];
	struct ul_stat_text size, number;
	double x = picture->left - 12, right = picture->left + picture->width;

	fprintf(out, "<rect class=\"band\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
		"height=\"%.1f\" rx=\"3\"/>\n", picture->left - 4, band->y,
		picture->width + 8, band->height);
	fprintf(out, "<text class=\"end\" x=\"%.1f\" y=\"%.1f\">", x,
		band->y + 13);
	ul_stat_picture_text(ul_stat_picture_name(region), 26, out);
	fprintf(out, "</text><text class=\"soft end\" x=\"%.1f\" y=\"%.1f\">"
		"%s, %s fills</text>\n", x, band->y + 28,
		ul_stat_size(region->length, &size),
		grouped(band->fills[UL_WHY_DEMAND] + band->fills[UL_WHY_AHEAD] +
			band->fills[UL_WHY_REPLAY] +
			band->fills[UL_WHY_POISON], &number));
	fprintf(out, "<text class=\"soft\" x=\"%.1f\" y=\"%.1f\">0</text>"
		"<text class=\"soft\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
		right + 8, band->y + 9, right + 8, band->y + band->height,
		ul_stat_size(region->length, &size));
	if (band->height < 52 || !region->site[0])
		return;
	/* The innermost frame alone. */
	fprintf(out, "<text class=\"soft end\" x=\"%.1f\" y=\"%.1f\">", x,
		band->y + 43);
	show_head(region->site, strcspn(region->site, " "), 26, out);
	fputs("</text>\n", out);
}

/* A stroke as long as the fill is high, or a dot. */
static void show_dot(const struct ul_stat_picture *picture,
		     const struct ul_trace_fill *fill, FILE *out)
{
	const struct ul_stat_band *band = ul_stat_picture_band(picture, fill);
	double length =
		(double)picture->trace->regions[fill->region].length;
	double x = ul_stat_picture_x(picture, fill->time_ns);
	double scale = (band->height - 4) / length;
	double y = band->y + 2 + (double)fill->offset * scale;
	double high = (double)fill->length * scale;

	if (ul_stat_why(fill) == UL_WHY_POISON)
		fprintf(out, "M%.1f %.1fl6 6m0-6l-6 6", x - 3,
			y + high / 2 - 3);
	else if (high < 3)
		/* Not every viewer gives a square end to nothing. */
		fprintf(out, "M%.1f %.1fh%s", x, y + high / 2,
			ul_stat_why(fill) == UL_WHY_DEMAND ? "0" : ".1");
	else
		fprintf(out, "M%.1f %.1fv%.1f", x, y + 1, high - 2);
}

static void show_dots(const struct ul_stat_picture *picture,
		      enum ul_stat_why why, int step, const char *class,
		      FILE *out)
{
	bool begun = false;

	for (size_t i = 0; i < picture->n_dots; i++) {
		const struct ul_trace_fill *fill = picture->dots[i];

		if (ul_stat_why(fill) != why ||
		    (step >= 0 && step_of(fill) != step))
			continue;
		if (!begun)
			fprintf(out, "<path class=\"%s\" d=\"", class);
		begun = true;
		show_dot(picture, fill, out);
	}
	if (begun)
		fputs("\"/>\n", out);
}

static double show_key(double x, double y, const char *class,
		       const char *shape, const char *text, uint64_t number,
		       FILE *out)
{
	struct ul_stat_text digits;

	fprintf(out, "<path class=\"%s key\" d=\"M%.1f %.1f%s\"/>"
		"<text class=\"soft\" x=\"%.1f\" y=\"%.1f\">%s", class, x,
		y - 4, shape, x + 10, y, text);
	if (number)
		fprintf(out, ": %s", grouped(number, &digits));
	fputs("</text>\n", out);
	return x + 34 + 6.7 * (double)strlen(text) + (number ? 50 : 0);
}

static void show_legend(const struct ul_stat_picture *picture, FILE *out)
{
	double x = picture->left, y = picture->top - 16;
	char class[32];

	fprintf(out, "<text class=\"soft end\" x=\"%.1f\" y=\"%.1f\">a thread "
		"waited for the fill</text>\n", x - 12, y);
	x += 4;
	for (int step = 0; step < STEPS; step++) {
		snprintf(class, sizeof(class), "dot l%d", step);
		x = show_key(x, y, class, "h0", step_names[step], 0, out);
	}
	x += 4;
	if (picture->fills[UL_WHY_AHEAD])
		x = show_key(x, y, "ahead", "h.1", "readahead",
			     picture->fills[UL_WHY_AHEAD], out);
	if (picture->fills[UL_WHY_REPLAY])
		x = show_key(x, y, "replay", "h.1", "replayed",
			     picture->fills[UL_WHY_REPLAY], out);
	if (picture->fills[UL_WHY_POISON])
		show_key(x, y, "poison", "m-3-3l6 6m0-6l-6 6", "SIGBUS",
			 picture->fills[UL_WHY_POISON], out);
}

static void show_title(const struct ul_stat_picture *picture, FILE *out)
{
	const struct ul_trace_header *header = &picture->trace->header;
	struct ul_stat_text a, b, c, d, e, f;
	uint64_t filled = 0, waited = 0;
	size_t i;

	for (i = 0; i < picture->n_bands; i++) {
		filled += picture->bands[i].filled;
		waited += picture->bands[i].waited_ns;
	}
	fputs("<text class=\"title\" x=\"20\" y=\"32\">", out);
	ul_stat_picture_text(header->command, 40, out);
	fprintf(out, " (%u): which memory was touched, and when</text>\n",
		header->pid);
	fprintf(out, "<text class=\"soft\" x=\"20\" y=\"52\">%s fills, %s, in %s "
		"of %s region%s; threads waited for %s of them, %s in all.",
		grouped(picture->n_fills, &a), ul_stat_size(filled, &b),
		grouped(picture->n_bands, &c),
		grouped(picture->trace->n_regions, &d),
		picture->trace->n_regions == 1 ? "" : "s",
		grouped(picture->fills[UL_WHY_DEMAND], &e),
		ul_stat_time(waited, &f));
	if (picture->n_dots < picture->n_fills)
		fprintf(out, " Thinned out to %s dots: the slowest of those in "
			"one place.", grouped(picture->n_dots, &a));
	if (header->flags & UL_TRACE_FULL)
		fputs(" The record was full: something is missing.", out);
	fputs("</text>\n", out);
}

void ul_stat_show_picture(const struct ul_stat_picture *picture, FILE *out)
{
	char class[32];
	size_t i;

	fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"picture\" "
		"viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\" "
		"role=\"img\">\n",
		picture->left + picture->width + 74,
		picture->top + picture->height + 62,
		picture->left + picture->width + 74,
		picture->top + picture->height + 62);
	fputs("<title>Fills of lazy memory: address by time</title>\n", out);
	fputs(style, out);
	fputs("<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n", out);
	show_title(picture, out);
	show_legend(picture, out);
	for (i = 0; i < picture->n_bands; i++)
		show_band(picture, &picture->bands[i], out);
	if (!picture->n_bands)
		fprintf(out, "<text class=\"mid\" x=\"%.1f\" y=\"%.1f\">nothing "
			"was touched</text>\n",
			picture->left + picture->width / 2, picture->top + 20);
	show_time_axis(picture, out);
	fprintf(out, "<text class=\"mid\" transform=\"translate(16 %.1f) "
		"rotate(-90)\">offset in each region (bytes)</text>\n",
		picture->top + picture->height / 2);
	show_dots(picture, UL_WHY_AHEAD, -1, "ahead", out);
	show_dots(picture, UL_WHY_REPLAY, -1, "replay", out);
	for (int step = 0; step < STEPS; step++) {
		snprintf(class, sizeof(class), "dot l%d", step);
		show_dots(picture, UL_WHY_DEMAND, step, class, out);
	}
	show_dots(picture, UL_WHY_POISON, -1, "poison", out);
	fputs("</svg>\n", out);
}

void ul_stat_show_svg(const struct ul_stat_picture *picture, FILE *out)
{
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", out);
	ul_stat_show_picture(picture, out);
}
