/* SPDX-License-Identifier: MIT */
/*
 * stat_json.c - the statistics for programs
 *
 * The schema is in uffdlazy-stat(1): bytes and nanoseconds, whole numbers, the
 * names of stat_abi.h. Keys are only ever added.
 */
#include "config.h"

#include "tools/stat.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

/* jansson knows signed integers only, and text only when it is UTF-8. */
static json_t *number(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

static json_t *string(const char *text)
{
	json_t *value = json_string(text);
	char ascii[256];
	size_t i;

	if (value)
		return value;
	for (i = 0; i < sizeof(ascii) - 1 && text[i]; i++)
		ascii[i] = (unsigned char)text[i] < 0x80 ? text[i] : '?';
	ascii[i] = '\0';
	return json_string(ascii);
}

/* "0x..." - an address is no number to a reader that keeps doubles. */
static json_t *address(uint64_t value)
{
	return json_sprintf("0x%llx", (unsigned long long)value);
}

/* Every setter takes NULL (no memory), and then ends in -1 for its caller. */
static int set(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value);
}

static int set_counters(json_t *object, const struct ul_stat_counters *c)
{
	int bad = 0;

	bad |= set(object, "faults_read", number(c->faults_read));
	bad |= set(object, "faults_write", number(c->faults_write));
	bad |= set(object, "fills", number(c->fills));
	bad |= set(object, "filled_bytes", number(c->filled_bytes));
	bad |= set(object, "resident_bytes", number(c->resident_bytes));
	bad |= set(object, "removed_bytes", number(c->removed_bytes));
	bad |= set(object, "zero_bytes", number(c->zero_bytes));
	bad |= set(object, "readahead_bytes", number(c->readahead_bytes));
	bad |= set(object, "readahead_used_bytes",
		   number(c->readahead_used_bytes));
	bad |= set(object, "replayed_bytes", number(c->replayed_bytes));
	bad |= set(object, "requested_bytes", number(c->requested_bytes));
	bad |= set(object, "discarded_bytes", number(c->discarded_bytes));
	bad |= set(object, "poisoned_bytes", number(c->poisoned_bytes));
	bad |= set(object, "retries", number(c->retries));
	bad |= set(object, "stall_ns", number(c->stall_ns));
	return bad;
}

static json_t *counters(const struct ul_stat_counters *c)
{
	json_t *object = json_object();

	if (object && set_counters(object, c) != 0) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *summary(const struct ul_stat_snapshot *snapshot)
{
	const struct ul_stat_header *h = &snapshot->header;
	json_t *object = json_object();
	int bad = 0;

	bad |= set(object, "pid", number(h->pid));
	bad |= set(object, "parent", number(h->parent));
	bad |= set(object, "uid", number(h->uid));
	bad |= set(object, "command", string(h->command));
	bad |= set(object, "running", json_boolean(snapshot->running));
	bad |= set(object, "policy", string(h->policy));
	bad |= set(object, "userfaultfd", string(ul_stat_rung_name(h->rung)));
	bad |= set(object, "age_ns", number(ul_stat_age(snapshot)));
	bad |= set(object, "interval_ns", number(snapshot->interval_ns));
	bad |= set(object, "interval_faults",
		   number(snapshot->interval_faults));
	bad |= set(object, "regions_now", number(h->regions_now));
	bad |= set(object, "regions_made", number(h->regions_made));
	bad |= set(object, "lazy_bytes_now", number(h->lazy_bytes_now));
	bad |= set(object, "lazy_bytes", number(h->lazy_bytes));
	bad |= set(object, "direct_bytes", number(h->direct_bytes));
	bad |= set(object, "plain_calls", number(h->plain_calls));
	bad |= set(object, "failed_open", number(h->failed_open));
	bad |= set(object, "forks", number(h->forks));
	bad |= set(object, "events_remap", number(h->events_remap));
	bad |= set(object, "events_remove", number(h->events_remove));
	bad |= set(object, "events_unmap", number(h->events_unmap));
	bad |= set(object, "latency_median_ns",
		   number(ul_stat_quantile(h->latency, 500)));
	bad |= set(object, "latency_p99_ns",
		   number(ul_stat_quantile(h->latency, 990)));
	bad |= set(object, "totals", counters(&h->totals));
	if (bad) {
		json_decref(object);
		return NULL;
	}
	return object;
}

/* Percent of each cell, as the heat map shows it; cells without a page are
 * null. */
static json_t *cells_json(const struct ul_stat_heat *heat, uint64_t pages)
{
	json_t *cells = json_array();
	unsigned int cell;
	int bad = 0;

	for (cell = 0; cell < UL_STAT_CELLS; cell++) {
		uint64_t all = ul_stat_cell_pages(cell, pages);
		unsigned int share = ul_stat_percent(heat->pages[cell], all);

		bad |= json_array_append_new(cells, all ? number(share) :
							  json_null());
	}
	if (bad) {
		json_decref(cells);
		return NULL;
	}
	return cells;
}

static json_t *region_json(const struct ul_stat_snapshot *snapshot,
			   const struct ul_stat_region *region,
			   const struct ul_stat_heat *heat)
{
	struct ul_stat_text site;
	json_t *object = json_object();
	int bad = 0;

	bad |= set(object, "id", number(region->id));
	bad |= set(object, "start", address(region->start));
	bad |= set(object, "length", number(region->length));
	bad |= set(object, "call", string(ul_stat_call_name(region->call)));
	bad |= set(object, "rule",
		   string(ul_stat_rule_name(snapshot, region->rule)));
	bad |= set(object, "store", string(region->store));
	bad |= set(object, "store_offset", number(region->store_offset));
	bad |= set(object, "path", string(region->path));
	bad |= set(object, "direct", json_boolean(region->direct));
	bad |= set(object, "resident_known",
		   json_boolean(region->direct != 1));
	bad |= set(object, "callsite",
		   region->callsite < snapshot->n_callsites ?
			   number(region->callsite) : json_null());
	bad |= set(object, "caller",
		   string(ul_stat_site(snapshot, region->callsite, &site)));
	bad |= set(object, "resident_cells",
		   cells_json(heat, region->length /
					    snapshot->header.page_size));
	bad |= set(object, "counters", counters(&region->counters));
	if (bad) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *rule_json(const struct ul_stat_rule *rule)
{
	json_t *object = json_object();
	int bad = 0;

	bad |= set(object, "name", string(rule->name));
	bad |= set(object, "regions", number(rule->regions));
	bad |= set(object, "regions_now", number(rule->regions_now));
	bad |= set(object, "lazy_bytes", number(rule->lazy_bytes));
	bad |= set(object, "counters", counters(&rule->counters));
	if (bad) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *frame_json(const struct ul_stat_snapshot *snapshot,
			  const struct ul_stat_frame *frame)
{
	struct ul_stat_text source;
	json_t *object = json_object();
	int bad = 0;

	bad |= set(object, "function", string(frame->function));
	bad |= set(object, "function_offset", number(frame->function_offset));
	bad |= set(object, "object", string(frame->object));
	bad |= set(object, "object_offset", number(frame->object_offset));
	bad |= set(object, "pc", address(frame->pc));
	ul_stat_source(snapshot, frame, &source);
	bad |= set(object, "source",
		   string(source.text[0] ? source.text + 1 : ""));
	if (bad) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *callsite_json(const struct ul_stat_snapshot *snapshot,
			     const struct ul_stat_callsite *site)
{
	json_t *object = json_object();
	json_t *frames = json_array();
	uint32_t f;
	int bad = 0;

	for (f = 0; f < site->n_frames; f++)
		bad |= json_array_append_new(frames,
					     frame_json(snapshot,
							&site->frames[f]));
	bad |= set(object, "regions", number(site->regions));
	bad |= set(object, "lazy_bytes", number(site->lazy_bytes));
	bad |= set(object, "counters", counters(&site->counters));
	bad |= set(object, "frames", frames);
	if (bad) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *thread_json(const struct ul_stat_thread *thread)
{
	json_t *object = json_object();
	int bad = 0;

	bad |= set(object, "tid", number(thread->tid));
	bad |= set(object, "name", string(thread->name));
	bad |= set(object, "faults", number(thread->faults));
	bad |= set(object, "stall_ns", number(thread->stall_ns));
	bad |= set(object, "longest_ns", number(thread->longest_ns));
	if (bad) {
		json_decref(object);
		return NULL;
	}
	return object;
}

/* Buckets that have samples, as [from ns, samples] in rising order. */
static json_t *latency_json(const struct ul_stat_header *header)
{
	json_t *buckets = json_array();
	unsigned int b;
	int bad = 0;

	for (b = 0; b < UL_STAT_BUCKETS; b++) {
		json_t *pair;

		if (!header->latency[b])
			continue;
		pair = json_pack("[o, o]",
				 number(b ? ul_stat_bucket_low(b) : 0),
				 number(header->latency[b]));
		bad |= json_array_append_new(buckets, pair);
	}
	if (bad) {
		json_decref(buckets);
		return NULL;
	}
	return buckets;
}

static int print(json_t *root, FILE *out)
{
	int result = root ? json_dumpf(root, out, JSON_INDENT(1)) : -1;

	json_decref(root);
	if (result != 0)
		return -ENOMEM;
	fputc('\n', out);
	return 0;
}

int ul_stat_show_json(const struct ul_stat_snapshot *snapshots, size_t n,
		      FILE *out)
{
	json_t *root = json_object();
	json_t *processes = json_array();
	int bad = 0;
	size_t i;

	for (i = 0; i < n; i++)
		bad |= json_array_append_new(processes, summary(&snapshots[i]));
	bad |= set(root, "version", number(1));
	bad |= set(root, "processes", processes);
	if (bad) {
		json_decref(root);
		return -ENOMEM;
	}
	return print(root, out);
}

int ul_stat_show_json_detail(const struct ul_stat_snapshot *snapshot, FILE *out)
{
	json_t *root = summary(snapshot);
	json_t *regions = json_array();
	json_t *rules = json_array();
	json_t *callsites = json_array();
	json_t *threads = json_array();
	int bad = 0;
	size_t i;

	for (i = 0; i < snapshot->n_regions; i++)
		bad |= json_array_append_new(
			regions,
			region_json(snapshot, &snapshot->regions[i],
				    &snapshot->heat[i]));
	for (i = 0; i < snapshot->n_rules; i++)
		bad |= json_array_append_new(rules,
					     rule_json(&snapshot->rules[i]));
	for (i = 0; i < snapshot->n_callsites; i++)
		bad |= json_array_append_new(
			callsites,
			callsite_json(snapshot, &snapshot->callsites[i]));
	for (i = 0; i < snapshot->n_threads; i++)
		bad |= json_array_append_new(threads,
					     thread_json(&snapshot->threads[i]));
	bad |= set(root, "threads", threads);
	bad |= set(root, "version", number(1));
	bad |= set(root, "regions", regions);
	bad |= set(root, "rules", rules);
	bad |= set(root, "callsites", callsites);
	bad |= set(root, "latency", latency_json(&snapshot->header));
	if (bad) {
		json_decref(root);
		return -ENOMEM;
	}
	return print(root, out);
}
