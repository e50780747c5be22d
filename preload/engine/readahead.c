/* SPDX-License-Identifier: MIT */
/*
 * readahead.c - see readahead.h
 *
 *      going up     from      to                high        target
 *      -------------|=========|-----------------|-----------|------->
 *                    the last   filled ahead, or  still to
 *                    fault's    in flight         be filled
 *                    fill
 *
 * and the same downwards, with low in high's place. The next fault of the
 * stream falls into (to, high]: what lies before it was read ahead and used.
 */
#include "config.h"

#include "preload/engine/fault.h"
#include "preload/engine/handler.h"
#include "preload/engine/handler_parts.h"
#include "preload/engine/readahead.h"
#include "preload/engine/stats.h"

#define STREAMS 32
/* The disk is asked for so much at once. */
#define ASK_BYTES ((uintptr_t)2 << 20)

static struct stream {
	uint64_t region_id;		/* 0: not in use */
	uintptr_t from, to;
	uintptr_t low, high;
	uintptr_t target;
	uintptr_t asked;		/* the disk, going up, up to here */
	uint64_t window;		/* bytes */
	uint64_t used;			/* when, for the oldest to make room */
	int direction;			/* 1 up, -1 down, 0 not known */
} streams[STREAMS];			/* (b) */
static uint64_t clock;			/* (b) */

void ul_readahead_forget(void)
{
	for (int i = 0; i < STREAMS; i++)
		streams[i].region_id = 0;
}

static bool goes_up(const struct stream *stream, uintptr_t page)
{
	return page >= stream->to && page <= stream->high;
}

static bool goes_down(const struct stream *stream, uintptr_t end)
{
	return end <= stream->from && end >= stream->low;
}

static struct stream *find(const struct ul_region *region, uintptr_t page,
			   uintptr_t end)
{
	for (int i = 0; i < STREAMS; i++)
		if (streams[i].region_id == region->id &&
		    (goes_up(&streams[i], page) || goes_down(&streams[i], end)))
			return &streams[i];
	return NULL;
}

static struct stream *oldest(void)
{
	struct stream *stream = &streams[0];

	for (int i = 0; i < STREAMS; i++) {
		if (!streams[i].region_id)
			return &streams[i];
		if (streams[i].used < stream->used)
			stream = &streams[i];
	}
	return stream;
}

uint64_t ul_readahead_zero_window(const struct ul_region *region,
				  uintptr_t page)
{
	uint64_t window = region->granule ? region->granule : ul_page_size;
	struct stream *stream;

	if (!region->granule && region->readahead != UL_READAHEAD_OFF) {
		stream = find(region, page, 0);
		if (stream)
			window = stream->window * 2;
	}
	return window < UL_ZERO_WINDOW_MAX ? window : UL_ZERO_WINDOW_MAX;
}

/* How far to go beyond what the fault itself brings. */
static uint64_t ahead_of(const struct ul_region *region,
			 const struct stream *stream)
{
	return region->readahead == UL_READAHEAD_FIXED ?
		       region->readahead_size :
		       stream->window;
}

static void aim(const struct ul_region *region, struct stream *stream)
{
	uint64_t ahead = ahead_of(region, stream);

	if (stream->direction < 0) {
		stream->target = stream->from - region->start > ahead ?
					 stream->from - ahead :
					 region->start;
		return;
	}
	stream->target = region->end - stream->to > ahead ?
				 stream->to + ahead :
				 region->end;
}

/* The fault goes on with the stream. */
static void go_on(struct ul_region *region, struct stream *stream,
		  uintptr_t page, uintptr_t start, uintptr_t end)
{
	int direction = goes_up(stream, page) ? 1 : -1;
	uintptr_t used = direction > 0 ? page - stream->to : stream->from - end;

	if (direction != stream->direction) {
		stream->direction = direction;
		stream->window = 0;
		stream->asked = 0;
	}
	if (used)
		ul_stats_add(region, UL_COUNTER(readahead_used_bytes), used);
	stream->window = stream->window ? stream->window * 2 : UL_GRANULE;
	if (stream->window > UL_WINDOW_MAX)
		stream->window = UL_WINDOW_MAX;
	stream->from = start;
	stream->to = end;
	if (direction < 0 || stream->high < end)
		stream->high = end;
	if (direction > 0 || stream->low > start)
		stream->low = start;
}

void ul_readahead_note(struct ul_region *region, uintptr_t page,
		       uintptr_t start, uintptr_t end, bool begin)
{
	bool zero = ul_store_is_zero(region->store);
	struct stream *stream;

	if (region->readahead == UL_READAHEAD_OFF)
		return;
	stream = find(region, page, zero ? 0 : end);
	if (!stream && !begin)
		return;
	if (stream) {
		go_on(region, stream, page, start, end);
	} else {
		stream = oldest();
		*stream = (struct stream){
			.region_id = region->id,
			.from = start,
			.to = end,
			.low = start,
			.high = end,
		};
	}
	stream->used = ++clock;
	if (zero) {
		stream->window = end - page;
		stream->target = end;
		return;
	}
	aim(region, stream);
	if (stream->direction < 0 ? stream->target < stream->low :
				    stream->target > stream->high)
		ul_worker_want();
}

/* --- the work --- */

/* The next page to fill ahead, which lies in *region; 0: there is none. */
static uintptr_t next_page(struct stream *stream, struct ul_region **region)
{
	bool up = stream->direction >= 0;

	while (stream->region_id &&
	       (up ? stream->high < stream->target :
		     stream->low > stream->target)) {
		uintptr_t page = up ? stream->high :
				      stream->low - ul_page_size;
		struct ul_filler *busy;

		*region = ul_registry_find(page);
		if (!*region || (*region)->id != stream->region_id) {
			stream->region_id = 0;
			break;
		}
		busy = ul_filler_of(page);
		if (!busy && !ul_plan_is_filled(*region, page)) {
			if (ul_plan_kind_of(*region, page) == UL_FROM_STORE)
				return page;
			stream->target = page;	/* zeros, or its end */
			break;
		}
		if (up)
			stream->high = busy ? busy->busy_end :
					      page + ul_page_size;
		else
			stream->low = busy ? busy->busy_start : page;
	}
	return 0;
}

/* Let the disk work while frames are unpacked. */
static void ask_the_disk(struct ul_filler *filler, struct stream *stream,
			 const struct ul_region *region, uintptr_t page)
{
	uint64_t offset = region->store_offset + (page - region->start);

	stream->asked = page + ASK_BYTES;
	filler->busy_store = region->store;
	ul_lock_drop(&ul_baton);
	ul_store_willneed(filler->busy_store, offset, ASK_BYTES);
	ul_baton_borrow();
	filler->busy_store = NULL;
}

static bool fill_one(struct ul_filler *filler, struct stream *stream)
{
	/* Nobody waits for it: the longer the sequence, the more at a time. */
	struct ul_plan plan = {
		.demand = false,
		.unit = stream->window / 4 > UL_GRANULE ? stream->window / 4 :
							  UL_GRANULE,
	};
	struct ul_region *region;
	uintptr_t page = next_page(stream, &region);

	if (!page)
		return false;
	if (stream->direction >= 0 && page >= stream->asked) {
		ask_the_disk(filler, stream, region, page);
		page = next_page(stream, &region);
		if (!page)
			return true;
	}
	ul_plan_make(region, page, false, false, &plan);
	if (stream->direction < 0)
		stream->low = plan.start;
	else
		stream->high = plan.end;
	ul_fault_carry_out_ahead(filler, &plan, region);
	return true;
}

bool ul_readahead_work(struct ul_filler *filler)
{
	static unsigned int turn;	/* (b) no stream before the others */

	for (int i = 0; i < STREAMS; i++)
		if (fill_one(filler, &streams[turn++ % STREAMS]))
			return true;
	return false;
}
