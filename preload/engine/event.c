/* SPDX-License-Identifier: MIT */
/*
 * event.c - the kernel tells what became of a lazy mapping
 *
 * UNMAP may come late: between the unmapping and its event another thread can
 * have got the same addresses for a new lazy region. Our own hooks exclude
 * that, and announce what they unmap (engine.h). It may also come of a call that
 * fails, and leaves all as it was: so what was announced goes when the hook says
 * that its call has succeeded. For one that failed, and for a raw system call, the
 * kernel is asked whether the range is still registered before the books give
 * it up; while it does not say, because yet another event waits, the question
 * is put off. That is not for long: the kernel speaks again as soon as the
 * thread whose event was read goes on. Until then the books have a mapping that
 * is gone, and who looks into them from outside waits (ul_handler_settle).
 */
#include "config.h"

#include <errno.h>

#include "preload/engine/engine.h"
#include "preload/engine/fault.h"
#include "preload/engine/handler.h"
#include "preload/engine/log.h"
#include "preload/engine/region.h"
#include "preload/engine/stats.h"

#define PUT_OFF 1024

static struct ul_range put_off[PUT_OFF];	/* (b) */
static _Atomic unsigned int put_off_count;

#define ANNOUNCED 64

#define HELD 64

static struct ul_message held[HELD];	/* (b) in order */
static _Atomic unsigned int held_count;

static struct ul_range announced[ANNOUNCED];	/* (b) whose call goes on */
static _Atomic unsigned int announced_count;

/*
 * Strike out what is gone of [start, end). Each of the books' pieces is asked
 * for one page: a new region lies there as a whole or not at all. False: the
 * kernel does not say now.
 */
static bool remove_if_gone(uintptr_t start, uintptr_t end)
{
	struct ul_sighting seen;

	while (start < end && ul_registry_look(start, end, &seen)) {
		uintptr_t low = seen.start > start ? seen.start : start;
		uintptr_t high = seen.end < end ? seen.end : end;
		/* No event tells of these; it is of what lay there before. */
		int registered =
			seen.flags & UL_REGION_DIRECT ?
				1 :
				ul_uffd_is_registered(&ul_the_uffd, low);

		if (registered == -EAGAIN)
			return false;
		if (!registered)
			ul_registry_remove(low, high);
		start = high;
	}
	return true;
}

static void ask_about(uintptr_t start, uintptr_t end)
{
	if (remove_if_gone(start, end))
		return;
	if (put_off_count < PUT_OFF)
		put_off[put_off_count++] = (struct ul_range){ start, end };
	else				/* then it is taken at its word */
		ul_registry_remove(start, end);
}

static void unmapped(uintptr_t start, uintptr_t end)
{
	if (!ul_passage_is_announced(start, end))
		ask_about(start, end);
	else if (announced_count < ANNOUNCED)
		announced[announced_count++] = (struct ul_range){ start, end };
	else				/* then it is taken at its word */
		ul_registry_remove(start, end);
}

void ul_event_settle_announced(bool done)
{
	while (announced_count) {
		const struct ul_range *range = &announced[--announced_count];

		if (done)
			ul_registry_remove(range->start, range->end);
		else
			ask_about(range->start, range->end);
	}
}

bool ul_event_is_announced(void)
{
	return announced_count != 0;
}

void ul_event_catch_up(void)
{
	while (put_off_count) {
		struct ul_range *range = &put_off[put_off_count - 1];

		if (!remove_if_gone(range->start, range->end))
			return;
		put_off_count--;
	}
}

bool ul_event_is_open(void)
{
	return put_off_count != 0 || held_count != 0;
}

/* A raw call has moved [to, end) over something, and let it grow there: that is
 * gone as far as its event said, though the kernel has it registered again. */
static void replaced(uintptr_t to, uintptr_t end)
{
	for (unsigned int i = 0; i < put_off_count; i++) {
		if (put_off[i].start != to || put_off[i].end <= end)
			continue;
		ul_registry_remove(to, put_off[i].end);
		put_off[i] = put_off[--put_off_count];
		return;
	}
}

void ul_event_apply(const struct ul_message *event)
{
	struct ul_stat_header *stats = ul_stats_header();

	switch (event->kind) {
	case UL_MESSAGE_UNMAP:
		ul_stats_count(&stats->events_unmap);
		unmapped(event->start, event->end);
		break;
	case UL_MESSAGE_REMOVE:
		ul_stats_count(&stats->events_remove);
		ul_registry_discard(event->start, event->end);
		break;
	case UL_MESSAGE_REMAP:
		ul_stats_count(&stats->events_remap);
		/* It moves what a call has moved that succeeded. */
		ul_event_settle_announced(true);
		replaced(event->to, event->to + (event->end - event->start));
		ul_registry_move(event->start, event->end, event->to);
		break;
	default:
		return;
	}
	if (ul_log_wants(UL_LOG_DEBUG))
		ul_log(UL_LOG_DEBUG, "event %s: %x to %x",
		       event->kind == UL_MESSAGE_UNMAP  ? "unmap" :
		       event->kind == UL_MESSAGE_REMOVE ? "remove" :
							  "remap",
		       (uint64_t)event->start, (uint64_t)event->end);
	/* Who waits for a page there would wait for ever. */
	ul_handler_wake(event->start, event->end - event->start);
}

void ul_event_hold(const struct ul_message *event)
{
	held[held_count++] = *event;
}

int ul_event_room(void)
{
	int room = HELD - (int)held_count;

	return room < UL_UFFD_READ_MAX ? room : UL_UFFD_READ_MAX;
}

bool ul_event_is_held(uintptr_t start, uintptr_t end)
{
	for (unsigned int i = 0; i < held_count; i++) {
		const struct ul_message *one = &held[i];
		uintptr_t to_end = one->to + (one->end - one->start);

		if ((start < one->end && end > one->start) ||
		    (one->kind == UL_MESSAGE_REMAP && start < to_end &&
		     end > one->to))
			return true;
	}
	return false;
}

void ul_event_apply_held(void)
{
	for (unsigned int i = 0; i < held_count; i++)
		ul_event_apply(&held[i]);
	held_count = 0;
}

/* Nobody waits here, and what was unmapped is. */
void ul_event_forked(void)
{
	for (unsigned int i = 0; i < held_count; i++) {
		const struct ul_message *one = &held[i];

		if (one->kind == UL_MESSAGE_UNMAP)
			ul_registry_remove(one->start, one->end);
		else if (one->kind == UL_MESSAGE_REMOVE)
			ul_registry_discard(one->start, one->end);
		else if (one->kind == UL_MESSAGE_REMAP)
			ul_registry_move(one->start, one->end, one->to);
	}
	held_count = 0;
}
