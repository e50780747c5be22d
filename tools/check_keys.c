/* SPDX-License-Identifier: MIT */
#include "policy/keys.h"
#include "tools/check.h"

#include <stdio.h>

static const char *const columns[] = {
	"scope", "key", "type", "unit", "range", "default", "help",
};
#define COLUMNS (sizeof(columns) / sizeof(*columns))

void check_keys(struct check_report *report)
{
	json_t *keys = check_need(json_array());
	size_t i;

	for (i = 0; i < ul_policy_n_keys; i++) {
		const struct ul_policy_key *key = &ul_policy_keys[i];
		json_t *row = check_need(json_pack(
			"{s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
			columns[0], ul_policy_scope_name(key->scope),
			columns[1], key->name, columns[2], key->type,
			columns[3], key->unit, columns[4], key->range,
			columns[5], key->fallback, columns[6], key->help));

		if (json_array_append_new(keys, row))
			check_no_memory();
	}
	if (json_object_set_new(report->root, "keys", keys))
		check_no_memory();
}

/* Tabs between, for scripts: cut(1) and awk(1) read it. */
void check_keys_text(const struct check_report *report)
{
	const json_t *keys = json_object_get(report->root, "keys"), *row;
	size_t i, column;

	json_array_foreach(keys, i, row)
		for (column = 0; column < COLUMNS; column++)
			printf("%s%c", json_string_value(json_object_get(row,
					       columns[column])),
			       column + 1 < COLUMNS ? '\t' : '\n');
}
