/* SPDX-License-Identifier: MIT */
#include "tools/check.h"

#include "policy/harmless.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const states[] = {
	[CHECK_OK] = "ok",
	[CHECK_NOTE] = "note",
	[CHECK_PROBLEM] = "problem",
};

void check_no_memory(void)
{
	fputs("uffdlazy-check: not enough memory\n", stderr);
	exit(1);
}

json_t *check_need(json_t *json)
{
	if (!json)
		check_no_memory();
	return json;
}

void check_format(char *text, size_t size, const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + used, size - used, format, args);
	va_end(args);
}

void check_report_start(struct check_report *report)
{
	report->problem = false;
	report->root = check_need(json_object());
	report->findings = check_need(json_array());
	if (json_object_set_new(report->root, "findings", report->findings))
		check_no_memory();
}

/* Text that came from a file or the environment need not be UTF-8, and JSON
 * must be: what is not is shown as '?', as are controls. */
json_t *check_string(const char *text)
{
	char *copy, *at;
	json_t *json;

	if (!text)
		return check_need(json_null());
	copy = strdup(text);
	if (!copy)
		check_no_memory();
	ul_make_harmless(copy);
	json = json_string(copy);
	for (at = copy; !json && *at; at++)
		if (*at & 0x80)
			*at = '?';
	json = check_need(json ? json : json_string(copy));
	free(copy);
	return json;
}

void check_report_add(struct check_report *report, enum check_state state,
		      const char *topic, const char *found,
		      const char *meaning, const char *remedy)
{
	json_t *finding = check_need(json_pack("{s:s, s:s, s:o, s:o, s:o}",
		"state", states[state], "topic", topic,
		"found", check_string(found),
		"meaning", check_string(meaning),
		"remedy", check_string(remedy)));

	if (json_array_append_new(report->findings, finding))
		check_no_memory();
	if (state == CHECK_PROBLEM)
		report->problem = true;
}

static const char *member(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

#define COLUMN 26
#define WIDTH 80

/* From COLUMN on, broken at blanks; the first line's beginning is there. */
static void print_wrapped(const char *text)
{
	size_t room = WIDTH - COLUMN - 1;

	for (;;) {
		size_t length = strlen(text), at = room;

		if (length <= room)
			break;
		while (at && text[at] != ' ')
			at--;
		if (!at)
			at = strcspn(text, " ");
		printf("%.*s\n", (int)at, text);
		text += at;
		text += *text == ' ';
		if (!*text)
			return;
		printf("%*s", COLUMN, "");
	}
	printf("%s\n", text);
}

void check_report_text(const struct check_report *report)
{
	const json_t *finding;
	size_t i;

	json_array_foreach(report->findings, i, finding) {
		printf("%-8s%-18s", member(finding, "state"),
		       member(finding, "topic"));
		print_wrapped(member(finding, "found"));
		if (*member(finding, "meaning")) {
			printf("%*s", COLUMN, "");
			print_wrapped(member(finding, "meaning"));
		}
		if (*member(finding, "remedy"))
			printf("%*sto change: %s\n", COLUMN, "",
			       member(finding, "remedy"));
	}
}

void check_report_json(const struct check_report *report)
{
	if (json_object_set_new(report->root, "ok",
				json_boolean(!report->problem)))
		check_no_memory();
	json_dumpf(report->root, stdout, JSON_INDENT(2));
	putchar('\n');
}

const char *check_size(uint64_t bytes, char text[32])
{
	static const char *const units[] = { "", "KiB", "MiB", "GiB", "TiB" };
	size_t unit = 0;

	while (bytes && bytes % 1024 == 0 && unit < 4) {
		bytes /= 1024;
		unit++;
	}
	snprintf(text, 32, "%llu%s", (unsigned long long)bytes,
		 unit ? units[unit] : " bytes");
	return text;
}
