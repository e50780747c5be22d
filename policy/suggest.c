/* SPDX-License-Identifier: MIT */
/*
 * suggest.c - did you mean
 *
 * Damerau's distance in its simple form (a swap of neighbours counts as one
 * mistake), which is what typing goes wrong by. Names longer than the table
 * are not suggested for: nobody mistypes those, they paste them.
 */
#include "policy/reader.h"

#include <stdio.h>
#include <string.h>

#define LONGEST 63

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t distance(const char *a, const char *b)
{
	size_t rows[3][LONGEST + 1];
	size_t *before = rows[0], *last = rows[1], *now = rows[2], *spare;
	size_t n = strlen(a), m = strlen(b), i, j;

	if (n > LONGEST || m > LONGEST)
		return LONGEST;
	for (j = 0; j <= m; j++)
		last[j] = j;
	for (i = 1; i <= n; i++) {
		now[0] = i;
		for (j = 1; j <= m; j++) {
			bool same = lower(a[i - 1]) == lower(b[j - 1]);

			now[j] = least(last[j - 1] + !same,
				       least(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				now[j] = least(now[j], before[j - 2] + 1);
		}
		spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[m];
}

void ul_suggest_start(struct ul_suggest *suggest, const char *wanted)
{
	suggest->wanted = wanted;
	suggest->best = NULL;
	suggest->distance = LONGEST;
}

void ul_suggest_offer(struct ul_suggest *suggest, const char *candidate)
{
	size_t far = distance(suggest->wanted, candidate);

	if (far < suggest->distance) {
		suggest->distance = far;
		suggest->best = candidate;
	}
}

/* A third of the word may be wrong; beyond that it is another word. */
const char *ul_suggest_answer(const struct ul_suggest *suggest)
{
	size_t length = strlen(suggest->wanted);

	return suggest->distance <= (length + 2) / 3 ? suggest->best : NULL;
}

void ul_suggest_append(char *list, size_t size, const char *name)
{
	size_t used = strlen(list);

	snprintf(list + used, size - used, "%s\"%s\"", used ? ", " : "", name);
}
