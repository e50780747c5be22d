/* SPDX-License-Identifier: MIT */
/* ops_process.c - children, and signals whose handlers use memory. */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "torture.h"

extern char **environ;

/* --- fork ------------------------------------------------------------------- */

void reap(struct player *p)
{
	int status;
	pid_t got;

	if (!p->child)
		return;
	do
		got = waitpid(p->child, &status, 0);
	while (got < 0 && errno == EINTR);
	if (got != p->child || status != 0)
		fail(p, "child %d ended with status %#x", (int)p->child,
		     (unsigned int)status);
	p->child = 0;
}

/* What did not come along, or came empty. */
static void inherit(struct player *p)
{
	for (int i = 0; i < AREAS; i++) {
		struct area *area = &p->areas[i];

		for (size_t j = 0; j < area->pages; j++) {
			struct page *page = &area->page[j];

			if (page->state != MAPPED)
				continue;
			if (page->nofork)
				reserve(area, j, 1);
			else if (page->wipe)
				page_discard(page);
		}
	}
}

static void __attribute__((noreturn)) be_child(struct player *p)
{
	size_t n = rng_below(&p->rng, 60);

	p->depth++;
	p->child = 0;
	inherit(p);
	if (rng_once_in(&p->rng, 2))
		compare_all(p);
	for (size_t i = 0; i < n; i++)
		play(p);
	compare_all(p);
	signals_check(p);
	reap(p);
	_exit(0);
}

void op_fork(struct player *p)
{
	bool wait = rng_once_in(&p->rng, 2);

	if (p->depth > 1)
		return;
	reap(p);
	note(p, "fork");
	p->child = fork();
	if (p->child == 0)
		be_child(p);
	if (p->child < 0)
		fail(p, "fork: %s", strerror(errno));
	if (wait) {
		reap(p);
		if (rng_once_in(&p->rng, 3))
			compare_all(p);
	}
}

static pid_t fork_by(size_t way)
{
	switch (way) {
	case 0:
		return _Fork();
	case 1:
		return (pid_t)syscall(SYS_fork);
	default:
		return (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL,
				      0L);
	}
}

/* Under its other names; they leave libc's own locks as they were, so that a
 * process of several threads may not do it. */
void op_fork_otherwise(struct player *p)
{
	size_t way = rng_below(&p->rng, 3);

	if (p->depth > 1 || world.players > 1)
		return;
	reap(p);
	note(p, "fork by way %zu", way);
	p->child = fork_by(way);
	if (p->child == 0)
		be_child(p);
	if (p->child < 0)
		fail(p, "fork by way %zu: %s", way, strerror(errno));
	if (rng_once_in(&p->rng, 2))
		reap(p);
}

/* The child shares the memory: a page that it touches is served here. */
void op_vfork(struct player *p)
{
	struct span span;
	int status = 0;
	pid_t child;

	if (!pick_span(p, NEED_READ, 16 * PAGE, &span))
		return;
	note(p, "vfork reads %p +%zu", (void *)span_at(&span), span.length);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
	child = vfork();
#pragma GCC diagnostic pop
	if (child == 0) {
		compare_span(p, &span);
		_exit(0);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	if (child < 0 || status)
		fail(p, "vfork: child %d, status %#x", (int)child,
		     (unsigned int)status);
	compare_span(p, &span);
}

void op_spawn(struct player *p)
{
	char *arguments[] = { (char *)"true", NULL };
	int status = 0;
	pid_t child;

	note(p, "spawn");
	if (posix_spawnp(&child, "true", NULL, NULL, arguments, environ))
		return;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	if (status)
		fail(p, "posix_spawn: status %#x", (unsigned int)status);
}

/* --- signals ---------------------------------------------------------------- */

static void on_signal(int number)
{
	struct player *p = me;
	int saved = errno;
	struct area *area;
	struct span span;
	unsigned char bytes[600];

	(void)number;
	if (!p || !p->signal_area.base)
		return;
	p->signals++;
	area = &p->signal_area;
	span.area = area;
	span.offset = rng_below(&p->signal_rng, area->size - sizeof(bytes));
	span.length = 1 + rng_below(&p->signal_rng, sizeof(bytes));
	if (rng_once_in(&p->signal_rng, 2)) {
		rng_fill(&p->signal_rng, bytes, span.length);
		memcpy(span_at(&span), bytes, span.length);
		shadow_put(&span, bytes);
	}
	compare_span(p, &span);
	if (rng_once_in(&p->signal_rng, 16)) {
		size_t first = rng_below(&p->signal_rng, area->pages - 8);

		if (madvise(area->base + first * PAGE, 8 * PAGE,
			    MADV_DONTNEED))
			fail(p, "madvise in a signal handler: %s",
			     strerror(errno));
		for (size_t i = first; i < first + 8; i++)
			page_discard(&area->page[i]);
	}
	errno = saved;
}

void block_signals(bool yes)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGALRM);
	pthread_sigmask(yes ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

void signals_start(struct player *p)
{
	struct sigaction action = { .sa_handler = on_signal,
				    .sa_flags = SA_RESTART };
	struct promise *promise = promise_for(SIGNAL_PAGES * PAGE);
	struct area *area = &p->signal_area;
	void *at = mmap(NULL, SIGNAL_PAGES * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		fail(p, "mmap: %s", strerror(errno));
	p->signal_rng.state = p->rng.state ^ UINT64_C(0x5151515151515151);
	area_init(area, at, SIGNAL_PAGES, "signal handler's");
	for (size_t i = 0; i < area->pages; i++) {
		page_map(&area->page[i], PROT_READ | PROT_WRITE);
		promise_bytes(promise, i * PAGE, PAGE, area->page[i].bytes);
		if (world.plain)
			memcpy(area->base + i * PAGE, area->page[i].bytes,
			       PAGE);
	}
	sigemptyset(&action.sa_mask);
	sigaddset(&action.sa_mask, SIGUSR1);
	sigaddset(&action.sa_mask, SIGALRM);
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGALRM, &action, NULL);
	block_signals(false);
}

void signals_check(struct player *p)
{
	block_signals(true);
	compare_area(p, &p->signal_area);
	block_signals(false);
}

void op_signal(struct player *p)
{
	struct player *other = p;

	if (p->depth == 0 && world.players > 1)
		other = &world.player[rng_below(&p->rng, world.players)];
	note(p, "signal to %d", other->number);
	if (other == p || !other->thread)	/* not there yet */
		raise(SIGUSR1);
	else
		pthread_kill(other->thread, SIGUSR1);
	if (rng_once_in(&p->rng, 30))
		signals_check(p);
}
