/* SPDX-License-Identifier: MIT */
/*
 * stat.c - uffdlazy-stat: what lazy memory does in the processes that have it
 *
 * A look reads what one or all of them publish; a view shows it. It only
 * reads, but for --fill; it never stops, signals or traces a process.
 */
#include "config.h"

#include "tools/stat.h"
#include "tools/standard.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The set is of one process, by its number or its file. */
static bool is_one(const struct ul_stat_request *request)
{
	return request->file || request->pid;
}

/* Keep one region alone. */
static int choose_region(struct ul_stat_snapshot *snapshot, uint64_t id)
{
	char text[128];
	size_t i;

	for (i = 0; i < snapshot->n_regions; i++) {
		if (snapshot->regions[i].id == id) {
			snapshot->regions[0] = snapshot->regions[i];
			snapshot->heat[0] = snapshot->heat[i];
			snapshot->n_regions = 1;
			return 0;
		}
	}
	snprintf(text, sizeof(text), "process %u has no region %llu (now)",
		 snapshot->header.pid, (unsigned long long)id);
	ul_stat_screen_complain(text);
	return -EINVAL;
}

static int look_at_one(const struct ul_stat_request *request,
		       struct ul_stat_set *set, bool quiet)
{
	struct ul_stat_error error;
	int result;

	set->snapshots = calloc(1, sizeof(*set->snapshots));
	if (!set->snapshots)
		return -ENOMEM;
	/* A file that is named may be anybody's who lets us read it. */
	if (request->file)
		result = ul_stat_read(AT_FDCWD, request->file,
				      UL_STAT_ANY_OWNER, set->snapshots,
				      &error);
	else
		result = ul_stat_find(geteuid(), request->all_users,
				      request->pid, set->snapshots, &error);
	if (result != 0) {
		if (!quiet)
			ul_stat_screen_complain(error.text);
		return result;
	}
	set->n = 1;
	return request->region ? choose_region(set->snapshots,
					       request->region) :
				 0;
}

/* A look. On failure the set is empty. With quiet, nothing is said of a
 * process that is not there. */
static int look(const struct ul_stat_request *request, struct ul_stat_set *set,
		bool quiet)
{
	size_t i, kept = 0;
	int result;

	memset(set, 0, sizeof(*set));
	if (is_one(request)) {
		result = look_at_one(request, set, quiet);
	} else {
		result = ul_stat_find_all(geteuid(), request->all_users,
					  &set->snapshots, &set->n,
					  ul_stat_screen_complain);
		for (i = 0; i < set->n; i++) {
			if (request->all || set->snapshots[i].running)
				set->snapshots[kept++] = set->snapshots[i];
			else
				ul_stat_release(&set->snapshots[i]);
		}
		set->n = kept;
	}
	if (result == -ENOMEM)
		ul_stat_complain("out of memory");
	if (result != 0)
		ul_stat_set_release(set);
	return result;
}

static void show_table(const struct ul_stat_request *request,
		       const struct ul_stat_set *set, int columns, FILE *out)
{
	ul_stat_show_table(set->snapshots, set->n, !request->no_header,
			   columns, out);
	/* A table of nothing leaves a newcomer alone; scripts know what it is. */
	if (!set->n && columns && !request->no_header)
		fputs("No process of this kind runs. Start one: uffdlazy-run "
		      "PROGRAM\n", out);
}

static int show(const struct ul_stat_request *request,
		const struct ul_stat_set *set, FILE *out)
{
	const struct ul_stat_snapshot *one = set->snapshots;
	int columns = ul_stat_columns();
	int result = 0;

	if (request->openmetrics)
		ul_stat_show_metrics(set->snapshots, set->n, out);
	else if (request->json && is_one(request))
		result = ul_stat_show_json_detail(one, out);
	else if (request->json)
		result = ul_stat_show_json(set->snapshots, set->n, out);
	else if (request->callers)
		result = ul_stat_show_callers(one, columns, out);
	else if (request->heatmap)
		ul_stat_show_heatmap(one, columns, out);
	else if (is_one(request))
		ul_stat_show_detail(one, columns, out);
	else
		show_table(request, set, columns, out);
	if (result != 0 && !ferror(out))	/* said at the end */
		ul_stat_complain("out of memory");
	return result;
}

/* Show set as it is, or what is new in it since before. */
static int show_since(const struct ul_stat_request *request,
		      const struct ul_stat_set *set,
		      const struct ul_stat_set *before, FILE *out)
{
	struct ul_stat_set view;
	int result = ul_stat_since(set, before, request->delta_ns != 0, &view);

	if (result != 0) {
		ul_stat_complain("out of memory");
		return result;
	}
	if (!is_one(request))
		ul_stat_sort(&view, request->sort);
	result = show(request, &view, out);
	ul_stat_set_release(&view);
	return result;
}

/* The process has ended: its last numbers, and no error. */
static int show_last(const struct ul_stat_request *request,
		     struct ul_stat_set *last, struct ul_stat_screen *screen)
{
	struct ul_stat_set nothing = { 0 };
	int result;

	last->snapshots[0].running = false;
	result = show_since(request, last, &nothing, ul_stat_screen_begin(screen));
	ul_stat_screen_close(screen, true);
	return result;
}

/* Show a view until it is time for the next look. Is it the first? Returns 0 or
 * -errno; there is more to see, or not. */
static int show_for_a_while(const struct ul_stat_request *request,
			    const struct ul_stat_set *now,
			    const struct ul_stat_set *before, bool first,
			    struct ul_stat_screen *screen, bool *more)
{
	uint64_t until = ul_stat_now() + (request->watch_ns ?
						  request->watch_ns :
						  request->delta_ns);
	/* A difference needs two looks. */
	bool shown = !request->delta_ns || !first;
	enum ul_stat_wish wish = UL_STAT_REDRAW;
	int result = 0;

	while (result == 0 && wish == UL_STAT_REDRAW) {
		if (shown) {
			result = show_since(request, now, before,
					    ul_stat_screen_begin(screen));
			ul_stat_screen_show(screen);
		}
		*more = request->watch_ns || !shown;
		/* It has ended, and these are its last numbers. */
		if (is_one(request) && request->watch_ns && !first &&
		    !now->snapshots[0].running) {
			ul_stat_screen_close(screen, true);
			*more = false;
		}
		if (result != 0 || !*more)
			break;
		wish = ul_stat_screen_wait(screen, until);
		*more = wish != UL_STAT_END;
	}
	return result;
}

static int watch(const struct ul_stat_request *request)
{
	struct ul_stat_set before = { 0 }, now = { 0 };
	struct ul_stat_screen screen;
	bool again = false, more = true;
	int result = 0;

	ul_stat_screen_open(&screen, request->watch_ns != 0);
	for (; more && result == 0; again = true) {
		result = look(request, &now, again);
		if (result == -ENOENT && again) {
			result = show_last(request, &before, &screen);
			break;
		}
		if (result != 0)
			break;
		result = show_for_a_while(request, &now, &before, !again,
					  &screen, &more);
		ul_stat_set_release(&before);
		before = now;
		memset(&now, 0, sizeof(now));
	}
	ul_stat_screen_close(&screen, false);
	ul_stat_set_release(&before);
	ul_stat_set_release(&now);
	return result;
}

static int once(const struct ul_stat_request *request)
{
	struct ul_stat_set nothing = { 0 }, set;
	int result = look(request, &set, false);

	if (result != 0)
		return result;
	if (request->fill)
		result = ul_stat_fill(set.snapshots, request->region);
	else
		result = show_since(request, &set, &nothing, stdout);
	ul_stat_set_release(&set);
	return result;
}

int main(int argc, char **argv)
{
	struct ul_stat_request request = { 0 };
	int status;

	ul_standard_occupy();
	setlocale(LC_CTYPE, "");
	ul_stat_parse(argc, argv, &request);
	if (request.trace)
		status = ul_stat_draw(&request);
	else if (request.watch_ns || request.delta_ns)
		status = watch(&request);
	else
		status = once(&request);
	ul_stat_source_end();
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, UL_STAT_NAME ": cannot write: %s\n",
			strerror(errno));
		status = -EIO;
	}
	return status == 0 ? 0 : UL_STAT_FAILED;
}
