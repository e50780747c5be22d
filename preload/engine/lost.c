/* SPDX-License-Identifier: MIT */
/* lost.c - see lost.h. */
#include "config.h"

#include <stdatomic.h>

#include "preload/engine/lost.h"

#define ROOM 1024

static struct {
	_Atomic uintptr_t start;	/* 0: free */
	_Atomic size_t size;
} lost[ROOM];
static _Atomic unsigned int used;	/* none is behind these */

void ul_lost_note(uintptr_t start, size_t size)
{
	unsigned int i = 0;

	while (i < used && lost[i].start)
		i++;
	if (i == ROOM)
		return;
	lost[i].size = size;
	lost[i].start = start;
	if (i == used)
		used = i + 1;
}

void ul_lost_forget(uintptr_t start, uintptr_t end)
{
	for (unsigned int i = 0; i < used; i++)
		if (lost[i].start >= start && lost[i].start < end)
			lost[i].start = 0;
}

size_t ul_lost_size(const void *block)
{
	for (unsigned int i = 0; i < used; i++)
		if (lost[i].start == (uintptr_t)block)
			return lost[i].size;
	return 0;
}

size_t ul_lost_take(const void *block)
{
	for (unsigned int i = 0; i < used; i++) {
		uintptr_t start = (uintptr_t)block;
		size_t size = lost[i].size;

		if (atomic_compare_exchange_strong(&lost[i].start, &start, 0))
			return size;
	}
	return 0;
}
