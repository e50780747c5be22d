/* SPDX-License-Identifier: MIT */
/* placing.c - see placing.h. */
#include "config.h"

#include <limits.h>

#include "preload/engine/handler.h"
#include "preload/engine/placing.h"
#include "preload/engine/region.h"

#define SLOTS 16
#define SPINS 500			/* a good part of a copy of 64 KiB */
#define LOOKS 16			/* then who places is not on a CPU */

static _Atomic uintptr_t places[SLOTS];	/* (b) to begin; 0: free */
static uintptr_t ends[SLOTS];		/* (b) of the same */
static _Atomic uint32_t n_placing;	/* (b) to begin */
static _Atomic bool awaited;		/* (b) */

/* The first page tells that the kernel has begun: so it is not there, and nobody
 * else brings it. */
static bool is_ours_to_bring(uintptr_t start, uintptr_t end)
{
	for (int i = 0; i < SLOTS; i++)
		if (places[i] && start < ends[i] && places[i] < end)
			return false;
	return !ul_page_is_present(start);
}

int ul_placing_begin(uintptr_t start, uintptr_t end)
{
	for (int i = 0; i < SLOTS; i++) {
		if (places[i])
			continue;
		if (!is_ours_to_bring(start, end))
			return -1;
		places[i] = start;
		ends[i] = end;
		n_placing++;
		ul_lock_drop(&ul_baton);
		return i;
	}
	return -1;
}

void ul_placing_end(int slot)
{
	places[slot] = 0;
	n_placing--;
	if (awaited)
		ul_futex_wake(&n_placing, INT_MAX);
	ul_baton_join();
}

bool ul_placing_goes_on(void)
{
	return n_placing != 0;
}

bool ul_placing_is_awaited(void)
{
	return awaited;
}

void ul_placing_await_end(void)
{
	uint32_t now;

	for (int i = 0; i < SPINS && n_placing; i++)
		ul_pause();
	if (!n_placing)
		return;
	awaited = true;
	while ((now = n_placing) != 0)
		ul_futex_wait(&n_placing, now);
	awaited = false;
}

void ul_placing_await_begun(void)
{
	int looks = 0;

	for (int i = 0; i < SLOTS && n_placing; i++)
		while (places[i] && !ul_page_is_present(places[i]))
			if (++looks == LOOKS) {
				ul_placing_await_end();
				return;
			}
}

void ul_placing_forget(void)
{
	for (int i = 0; i < SLOTS; i++)
		places[i] = 0;
	n_placing = 0;
	awaited = false;
}
