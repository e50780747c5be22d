/* SPDX-License-Identifier: MIT */
/* place.c - see place.h. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "preload/engine/direct.h"
#include "preload/engine/engine.h"
#include "preload/engine/handler.h"
#include "preload/engine/log.h"
#include "preload/engine/place.h"
#include "preload/engine/scratch.h"
#include "preload/engine/stats.h"
#include "preload/engine/stubs.h"
#include "preload/engine/trace.h"

static uint64_t *counters;		/* for "nth"; one for each rule */
static struct ul_store **opened;	/* one for each policy store */
static int *open_errors;
static struct ul_store *zero_store;
static struct ul_lock open_lock = UL_LOCK_INIT(UL_RANK_START);

int ul_place_init(void)
{
	size_t rules = ul_policy->n_rules + 1;
	size_t stores = ul_policy->n_stores + 1;

	counters = calloc(rules, sizeof(*counters));
	opened = calloc(stores, sizeof(struct ul_store *));
	open_errors = calloc(stores, sizeof(*open_errors));
	if (!counters || !opened || !open_errors || ul_direct_init() < 0)
		return -ENOMEM;
	/* A direct region is in the books without any thread of ours. */
	for (size_t i = 0; i < ul_policy->n_rules; i++)
		if (ul_policy->rules[i].direct && ul_registry_init() < 0)
			return -ENOMEM;
	return ul_store_open_zero(&zero_store);
}

static size_t frames(void *context, const struct ul_policy_frame **list)
{
	struct ul_callsite *site = context;

	ul_callsite_capture(site);
	ul_callsite_name(site, site->depth);
	*list = site->frames;
	return site->named;
}

struct matching {
	struct ul_policy_call question;
	struct ul_decision *decision;
	bool lazy;
};

static void match(void *argument)
{
	struct ul_callsite site = { .depth = 0 };
	struct matching *matching = argument;
	struct ul_decision *decision = matching->decision;

	matching->question.frames = frames;
	matching->question.frames_context = &site;
	decision->rule = ul_policy_match(ul_policy, &matching->question,
					 counters);
	matching->lazy = decision->rule && decision->rule->lazy;
	if (!matching->lazy) {
		ul_stats_count(&ul_stats_header()->plain_calls);
		return;
	}
	if (!site.depth)
		ul_callsite_capture(&site);
	ul_callsite_name(&site, UL_STAT_FRAMES);
	decision->callsite = ul_stats_callsite(&site);
}

bool ul_place_decide(enum ul_call call, size_t size, int prot, const char *path,
		     struct ul_decision *decision)
{
	struct matching matching = {
		.question = {
			.call = call,
			.size = size,
			.prot = prot,
			.path = path,
		},
		.decision = decision,
	};

	ul_scratch_call(match, &matching);
	return matching.lazy;
}

static void name_callsite(void *argument)
{
	struct ul_callsite site = { .depth = 0 };
	uint32_t *index = argument;

	ul_callsite_capture(&site);
	ul_callsite_name(&site, UL_STAT_FRAMES);
	*index = ul_stats_callsite(&site);
}

uint32_t ul_place_callsite(void)
{
	uint32_t index;

	ul_scratch_call(name_callsite, &index);
	return index;
}

static int open_store(const struct ul_policy_store *spec,
		      struct ul_store **store)
{
	struct ul_store_error why;
	int error;

	if (spec->type == UL_STORE_BLOB)
		error = ul_store_open_blob(spec->name, spec->path, spec->offset,
					   spec->length, store, &why);
	else
		error = ul_store_open_file(spec->name, spec->path, spec->offset,
					   spec->length, store, &why);
	if (error)
		ul_log(UL_LOG_ERROR, "store %s: %s", spec->name, why.text);
	return error;
}

struct rule_opening {
	const struct ul_policy_rule *rule;
	struct ul_store **store;
	int error;
};

static void open_rule_store(void *argument)
{
	struct rule_opening *opening = argument;
	const struct ul_policy_store *spec = opening->rule->store;
	size_t at = (size_t)(spec - ul_policy->stores);
	int error;

	ul_lock_take(&open_lock);
	error = open_errors[at];
	if (!opened[at] && !error)
		error = open_store(spec, &opened[at]);
	if (!ul_store_error_passes(error))
		open_errors[at] = error;
	if (!error)
		*opening->store = ul_store_get(opened[at]);
	ul_lock_drop(&open_lock);
	opening->error = error;
}

int ul_place_rule_store(const struct ul_policy_rule *rule,
			struct ul_store **store)
{
	struct rule_opening opening = { rule, store, 0 };

	if (rule->store->type == UL_STORE_ZERO) {
		*store = ul_store_get(zero_store);
		return 0;
	}
	if ((size_t)(rule->store - ul_policy->stores) >= ul_policy->n_stores)
		return -EINVAL;
	ul_scratch_call(open_rule_store, &opening);
	return opening.error;
}

void ul_place_spec_from(struct ul_region_spec *spec,
			const struct ul_decision *decision, size_t size,
			int prot)
{
	const struct ul_policy_rule *rule = decision->rule;

	spec->store_offset = rule->offset;
	spec->size = size;
	spec->prot = prot;
	spec->granule = rule->granule;
	spec->readahead = rule->readahead;
	spec->readahead_size = rule->readahead_size;
	spec->timeout_ns = (uint64_t)rule->store->timeout_ms * 1000000;
	spec->rule = rule->index;
	spec->callsite = decision->callsite;
	spec->direct = rule->direct ? rule : NULL;
}

struct registration {
	uintptr_t start;
	size_t length;
	struct ul_region_spec spec;
	char path[128];
};
_Static_assert(sizeof(struct registration) <= UL_ASK_MAX, "see handler.h");

/*
 * First the kernel, then the books: a raw mremap(2) of another thread may have
 * left these addresses with its event still to come, and that would carry the
 * new region away to where the old one has gone.
 */
static int register_job(void *argument)
{
	struct registration *job = argument;
	bool direct = job->spec.flags & UL_REGION_DIRECT;
	int error = 0;
	struct ul_region *region;

	if (!direct)
		error = ul_uffd_register(&ul_the_uffd, job->start, job->length);
	if (error)
		return error;
	if (ul_handler_runs())
		ul_handler_catch_up();
	job->spec.path = job->path;
	region = ul_registry_add(job->start, job->length, &job->spec);
	if (region) {
		if (!direct)
			ul_trace_note_region(region, &job->spec);
		return 0;
	}
	if (!direct)
		ul_uffd_unregister(&ul_the_uffd, job->start, job->length);
	return -ENOMEM;
}

/* Without our threads there are no events, and the books are anyone's who has
 * the baton. */
static int register_here(struct registration *job)
{
	int error;

	ul_baton_lock();
	error = register_job(job);
	ul_lock_drop(&ul_baton);
	return error;
}

/*
 * Zeros are what plain memory has: where there is no room for the books of it,
 * of a huge reservation above all (overcommit, RLIMIT_DATA), nobody misses
 * anything. To have that room by MAP_NORESERVE would be no kindness:
 * mlockall(2) makes all of it resident.
 */
static void say_refused(const struct registration *job, int error)
{
	static _Atomic int said;
	bool missed = error != -ENOMEM || !ul_store_is_zero(job->spec.store);
	bool first = missed && atomic_exchange(&said, error) != error;

	ul_log(first ? UL_LOG_WARNING : UL_LOG_INFO,
	       "cannot make %l bytes at %x lazy: %e; filled at once",
	       (uint64_t)job->length, (uint64_t)job->start, error);
}

int ul_place_register(uintptr_t start, size_t length,
		      const struct ul_region_spec *spec)
{
	struct registration job = { start, length, *spec, "" };
	size_t path_length = spec->path ? strlen(spec->path) : 0;
	size_t skip = path_length < sizeof(job.path) ?
			      0 :
			      path_length - sizeof(job.path) + 1;
	int error;

	if (spec->path)
		memcpy(job.path, spec->path + skip, path_length - skip + 1);
	error = ul_handler_runs() ?
			ul_handler_ask(register_job, &job, sizeof(job)) :
			register_here(&job);
	if (error) {
		ul_stats_count(&ul_stats_header()->failed_open);
		say_refused(&job, error);
	}
	return error;
}

bool ul_place_hold(struct ul_mmap_call *call)
{
	void *hold = MAP_FAILED;

	if (call->flags & (MAP_FIXED | MAP_FIXED_NOREPLACE))
		hold = mmap(call->address, call->length, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
				    MAP_FIXED_NOREPLACE,
			    -1, 0);
	if (hold == MAP_FAILED)
		return false;
	if (hold != call->address) {	/* before Linux 4.17 */
		munmap(hold, call->length);
		return false;
	}
	call->flags &= ~MAP_FIXED_NOREPLACE;
	call->flags |= MAP_FIXED;
	return true;
}

int ul_place_fill(void *target, size_t length, struct ul_store *store,
		  uint64_t offset)
{
	uint64_t total = ul_store_length(store);
	struct ul_store_error why;
	int error;

	if (ul_store_is_zero(store) || offset >= total)
		return 0;
	if (length > total - offset)
		length = total - offset;
	error = ul_store_read(store, offset, target, length, &why);
	if (error)
		ul_log(UL_LOG_ERROR, "store %s, offset %l: %s",
		       ul_store_name(store), offset, why.text);
	return error;
}

/* Pages past the end of a file raise SIGBUS, and so an empty file is all end. No
 * memory is ever needed for one. */
int ul_place_map_end(void *start, size_t length, int prot)
{
	int fd = memfd_create("uffdlazy-end", MFD_CLOEXEC);
	void *mapped;

	if (fd < 0)
		return -errno;
	/* A private one: of another MADV_REMOVE would take pages, and not fail. */
	mapped = mmap(start, length, prot,
		      MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, fd, 0);
	close(fd);
	return mapped == MAP_FAILED ? -errno : 0;
}

struct ul_store *ul_place_zero_store(void)
{
	return zero_store;
}

void ul_place_forked(void)
{
	ul_lock_reset(&open_lock);
	ul_stubs_forked();
}
