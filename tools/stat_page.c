/* SPDX-License-Identifier: MIT */
/*
 * stat_page.c - the picture of a record on a page, with a table below it, and
 * the files that both go into
 */
#include "config.h"

#include "tools/stat_picture.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* "f@object < main@object": the first, and what called it, folded. */
static void show_site(const char *site, FILE *out)
{
	const char *from = strstr(site, " < ");

	if (!from) {
		ul_stat_picture_text(site, 400, out);
		return;
	}
	fputs("<details><summary>", out);
	ul_stat_picture_part(site, (size_t)(from - site), out);
	fputs("</summary>", out);
	ul_stat_picture_part(from + 1, strlen(from + 1), out);
	fputs("</details>", out);
}

static void show_row(const struct ul_stat_picture *picture,
		     const struct ul_stat_band *band, FILE *out)
{
	const struct ul_trace_region *region =
		&picture->trace->regions[band->region];
	struct ul_stat_text size, filled, waited;

	fprintf(out, "<tr><td>0x%" PRIx64 "</td><td class=\"n\">%s</td>"
		"<td class=\"n\">%s</td><td class=\"n\">%zu</td>"
		"<td class=\"n\">%zu</td><td class=\"n\">%zu</td>"
		"<td class=\"n\">%s</td><td>", region->address,
		ul_stat_size(region->length, &size),
		ul_stat_size(band->filled, &filled),
		band->fills[UL_WHY_DEMAND], band->fills[UL_WHY_AHEAD],
		band->fills[UL_WHY_REPLAY],
		ul_stat_time(band->waited_ns, &waited));
	ul_stat_picture_text(ul_stat_picture_name(region), 60, out);
	fputs("</td><td>", out);
	ul_stat_picture_text(region->store, 48, out);
	fputs("</td><td class=\"s\">", out);
	show_site(region->site, out);
	fputs("</td></tr>\n", out);
}

void ul_stat_show_html(const struct ul_stat_picture *picture, FILE *out)
{
	size_t i;

	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>"
	      "<meta name=\"color-scheme\" content=\"light dark\"/><title>", out);
	ul_stat_picture_text(picture->trace->header.command, 60, out);
	fputs(": lazy memory</title>\n<style>body{font:14px system-ui,sans-serif;"
	      "margin:1rem auto;max-width:1224px;padding:0 1rem;"
	      "background:#ffffff;color:#1f2430}svg{width:100%;height:auto}"
	      "div{overflow-x:auto}table{border-collapse:collapse;font-size:13px}"
	      "td,th{padding:.25rem .6rem;text-align:left;border-bottom:1px solid "
	      "#8884}.n{text-align:right;font-variant-numeric:tabular-nums}"
	      "td{vertical-align:top}.s{overflow-wrap:anywhere;min-width:17em}"
	      "@media (prefers-color-scheme:dark){body{background:#14171f;"
	      "color:#e8ebf1}}</style></head><body>\n", out);
	ul_stat_show_picture(picture, out);
	fputs("<div><table><thead><tr><th>address</th><th class=\"n\">size</th>"
	      "<th class=\"n\">filled</th><th class=\"n\">waited for</th>"
	      "<th class=\"n\">ahead</th><th class=\"n\">replayed</th>"
	      "<th class=\"n\">waited</th><th>region</th><th>store</th>"
	      "<th>call site</th></tr></thead><tbody>\n", out);
	for (i = 0; i < picture->n_bands; i++)
		show_row(picture, &picture->bands[i], out);
	fputs("</tbody></table></div>\n</body></html>\n", out);
}

static int write_file(const struct ul_stat_picture *picture, const char *path,
		      bool force, void (*show)(const struct ul_stat_picture *,
					       FILE *))
{
	FILE *out = stdout;
	int bad;

	/* x: it must be new. */
	if (strcmp(path, "-") != 0)
		out = fopen(path, force ? "we" : "wxe");
	if (!out && errno == EEXIST) {
		fprintf(stderr, UL_STAT_NAME ": %s is there already; --force "
			"overwrites it\n", path);
		return -EEXIST;
	}
	bad = !out;
	if (out)
		show(picture, out);
	/* Of standard output main looks whether it has all. */
	if (out == stdout)
		return 0;
	if (out) {
		bad = ferror(out) || fflush(out) != 0;
		bad |= fclose(out) != 0;
	}
	if (bad)
		fprintf(stderr, UL_STAT_NAME ": cannot write %s: %s\n", path,
			strerror(errno));
	/* A part of it would be in the way of another try. */
	if (bad && out && !force)
		unlink(path);
	return bad ? -EIO : 0;
}

int ul_stat_draw(const struct ul_stat_request *request)
{
	struct ul_stat_picture picture;
	struct ul_stat_error error;
	struct ul_stat_trace trace;
	int result = ul_stat_trace_read(request->trace, &trace, &error);

	if (result != 0) {
		ul_stat_complain(error.text);
		return result;
	}
	result = ul_stat_picture_make(&trace, &picture);
	if (result != 0) {
		ul_stat_complain("out of memory");
	} else {
		if (request->svg)
			result = write_file(&picture, request->svg,
					    request->force, ul_stat_show_svg);
		if (request->html && result == 0)
			result = write_file(&picture, request->html,
					    request->force, ul_stat_show_html);
		ul_stat_picture_release(&picture);
	}
	ul_stat_trace_release(&trace);
	return result;
}
