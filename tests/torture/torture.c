/* SPDX-License-Identifier: MIT */
/* torture.c - options, players, and the report of a failure. See torture.h. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "torture.h"

struct world world = { .ops = 2000, .players = 1, .temporary = "." };
_Thread_local struct player *me;
static pthread_barrier_t start_line;
static time_t deadline;

struct op ops[] = {
#define OP(name, weight) { #name, weight, op_##name, false, false }
#define LATER(name, weight) { #name, weight, op_##name, true, false }
	OP(read, 30), OP(write, 30), OP(move, 20), OP(compare, 3), OP(walk, 6),
	OP(shared, 10), OP(malloc, 12), OP(realloc, 8), OP(free, 8),
	OP(mmap, 12), OP(mmap_file, 10), OP(fixed, 8), OP(munmap, 12),
	OP(mprotect, 14), OP(bus, 2), OP(shrink, 3), OP(grow, 6), OP(remap, 6),
	OP(dontunmap, 2), OP(dontneed, 10), OP(madv_free, 5), OP(advise, 6),
	OP(populate, 5), OP(hugepage, 3), OP(mlock, 3), OP(msync, 2),
	OP(mincore, 2), OP(forkadvice, 6), OP(pipe, 5), OP(file, 4),
	OP(vector, 4), OP(direct, 4), OP(sendfile, 3), OP(process_vm, 4),
	OP(getrandom, 3), OP(socket, 4), OP(fork, 3), OP(vfork, 2),
	OP(spawn, 1), OP(signal, 8),
	LATER(reserve, 5), LATER(noreplace, 3), LATER(remove, 3),
	LATER(guard, 4), LATER(collapse, 2), LATER(locked, 3),
	LATER(advise_process, 3), LATER(uring, 4), LATER(readv, 4),
	LATER(splice, 3), LATER(stream, 4), LATER(crowd, 6),
	LATER(fork_otherwise, 2),
#undef OP
#undef LATER
	{ NULL, 0, NULL, false, false },
};

/* --- reports ---------------------------------------------------------------- */

static void say(const char *text)
{
	size_t left = strlen(text);

	while (left) {
		ssize_t n = write(STDERR_FILENO, text, left);

		if (n <= 0)
			return;
		text += n;
		left -= (size_t)n;
	}
}

void note(struct player *p, const char *format, ...)
{
	char *line = p->ring[p->ring_next++ % RING];
	int used = snprintf(line, sizeof(p->ring[0]), "%d/%llu%s ", p->number,
			    (unsigned long long)p->op,
			    p->depth ? " in a child" : "");
	va_list ap;

	va_start(ap, format);
	vsnprintf(line + used, sizeof(p->ring[0]) - (size_t)used, format, ap);
	va_end(ap);
	if (world.verbose) {
		char text[200];

		snprintf(text, sizeof(text), "%d: %s\n", (int)getpid(), line);
		say(text);
	}
}

void fail(struct player *p, const char *format, ...)
{
	char text[1024];
	va_list ap;
	int used;

	used = snprintf(text, sizeof(text),
			"torture: seed %llu, player %d, op %llu, pid %d%s: ",
			(unsigned long long)world.seed, p->number,
			(unsigned long long)p->op, (int)getpid(),
			p->depth ? " (a fork's child)" : "");
	va_start(ap, format);
	used += vsnprintf(text + used, sizeof(text) - (size_t)used - 2, format,
			  ap);
	va_end(ap);
	if ((size_t)used > sizeof(text) - 2)
		used = sizeof(text) - 2;
	strcpy(text + used, "\n");
	say(text);
	for (unsigned int i = 0; !world.verbose && i < RING; i++) {
		const char *line = p->ring[(p->ring_next + i) % RING];

		if (*line) {
			snprintf(text, sizeof(text), "torture:   %s\n", line);
			say(text);
		}
	}
	if (getenv("TORTURE_ABORT"))
		abort();
	_exit(1);
}

/* --- players ---------------------------------------------------------------- */

void play(struct player *p)
{
	unsigned int total = 0;
	size_t choice;

	for (const struct op *op = ops; op->name; op++)
		total += op->off ? 0 : op->weight;
	choice = rng_below(&p->rng, total);
	p->op++;
	for (const struct op *op = ops; op->name; op++) {
		if (op->off)
			continue;
		if (choice < op->weight) {
			op->run(p);
			return;
		}
		choice -= op->weight;
	}
}

static bool is_over(const struct player *p)
{
	return world.seconds ? time(NULL) >= deadline : p->op >= world.ops;
}

static void finish(struct player *p)
{
	reap(p);
	compare_all(p);
	signals_check(p);
	for (int i = 0; i < AREAS; i++)
		if (p->areas[i].base && p->areas[i].block)
			free(p->areas[i].base);
}

static void *player_main(void *argument)
{
	struct player *p = argument;

	block_signals(true);		/* until signals_start */
	me = p;
	p->thread = pthread_self();
	p->buffer = plain_memory(BUFFER);
	p->buffer2 = plain_memory(BUFFER);
	signals_start(p);
	pthread_barrier_wait(&start_line);
	while (!is_over(p))
		play(p);
	finish(p);
	/* Nobody signals who is gone. */
	pthread_barrier_wait(&start_line);
	return NULL;
}

/* Memory that all players read and nobody changes. */
static void make_shared(void)
{
	static const char *const kinds[] = { "self", "blob", "file", "stub" };

	for (int i = 0; i < 4; i++) {
		struct area *area = &world.shared[world.n_shared];
		size_t pages = (world.pattern_size + PAGE - 1) / PAGE;
		char path[4096];
		void *at;
		int fd;

		if (pages > AREA_MAX / PAGE)
			pages = AREA_MAX / PAGE;
		snprintf(path, sizeof(path), "%s.%s", world.pattern_path,
			 kinds[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		at = mmap(NULL, pages * PAGE, PROT_READ, MAP_SHARED, fd, 0);
		close(fd);
		if (at == MAP_FAILED)
			continue;
		area_init(area, at, pages, "shared by all");
		for (size_t j = 0; j < pages; j++)
			page_map_file(&area->page[j], PROT_READ, true,
				      j * PAGE);
		world.n_shared++;
	}
}

static int run(void)
{
	struct itimerval timer = { { 0, 2500 }, { 0, 2500 } };

	world.player = plain_memory(world.players * sizeof(*world.player));
	pthread_barrier_init(&start_line, NULL, world.players);
	make_shared();
	faults_start();
	deadline = time(NULL) + (time_t)world.seconds;
	if (world.timer) {
		signal(SIGALRM, SIG_IGN);
		setitimer(ITIMER_REAL, &timer, NULL);
	}
	for (unsigned int i = 0; i < world.players; i++) {
		struct player *p = &world.player[i];

		p->number = (int)i;
		p->rng.state = world.seed * 1000003 + i;
		if (i && pthread_create(&p->thread, NULL, player_main, p))
			fail(p, "pthread_create: %s", strerror(errno));
	}
	player_main(&world.player[0]);
	for (unsigned int i = 1; i < world.players; i++)
		pthread_join(world.player[i].thread, NULL);
	printf("torture: seed %llu: well, %llu operations each\n",
	       (unsigned long long)world.seed,
	       (unsigned long long)world.player[0].op);
	return 0;
}

/* --- options ---------------------------------------------------------------- */

static _Noreturn void usage(void)
{
	fprintf(stderr,
		"usage: torture [--seed S] [--ops N | --seconds T] [--threads K]\n"
		"               [--only OP,OP] [--skip OP,OP] [--pattern FILE]\n"
		"               [--promise MIN:MAX:OFFSET:LENGTH]... [--plain]\n"
		"               [--timer] [--races] [--hooked] [--old] [--user]\n"
		"               [--at-once]\n"
		"               [--temporary FOLDER] [-v]\n");
	exit(2);
}

static void switch_ops(const char *list, bool off)
{
	char *copy = strdup(list);

	for (char *name = strtok(copy, ","); name; name = strtok(NULL, ",")) {
		struct op *op = ops;

		while (op->name && strcmp(op->name, name) != 0)
			op++;
		if (!op->name) {
			fprintf(stderr, "torture: no operation %s\n", name);
			exit(2);
		}
		op->off = off;
	}
	free(copy);
}

static void read_pattern(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		perror(path);
		exit(2);
	}
	world.pattern_path = path;
	world.pattern_size = (size_t)st.st_size;
	/* A page more, for page_map_file's look at the last one. */
	world.pattern = plain_memory(world.pattern_size + PAGE);
	for (size_t done = 0; done < world.pattern_size;) {
		ssize_t n = read(fd, world.pattern + done,
				 world.pattern_size - done);

		if (n <= 0)
			exit(2);
		done += (size_t)n;
	}
	close(fd);
}

static void add_promise(const char *text)
{
	unsigned long long min, max, offset, length;
	struct promise *promise = &world.promises[world.n_promises];

	if (world.n_promises == 8 ||
	    sscanf(text, "%llu:%llu:%llu:%llu", &min, &max, &offset,
		   &length) != 4 ||
	    max > AREA_MAX || min >= max)
		usage();
	*promise = (struct promise){ min, max, offset, length };
	world.n_promises++;
}

static void check_promises(void)
{
	for (size_t i = 0; i < world.n_promises; i++)
		if (world.promises[i].offset + world.promises[i].length >
		    world.pattern_size)
			usage();
}

static void read_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", 1, NULL, 's' },    { "ops", 1, NULL, 'n' },
		{ "seconds", 1, NULL, 't' }, { "threads", 1, NULL, 'k' },
		{ "only", 1, NULL, 'o' },    { "skip", 1, NULL, 'x' },
		{ "pattern", 1, NULL, 'p' }, { "promise", 1, NULL, 'm' },
		{ "plain", 0, NULL, 'l' },   { "timer", 0, NULL, 'a' },
		{ "temporary", 1, NULL, 'd' }, { "races", 0, NULL, 'r' },
		{ "hooked", 0, NULL, 'h' },  { "old", 0, NULL, 'e' },
		{ "user", 0, NULL, 'u' },    { "at-once", 0, NULL, 'f' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "v", options, NULL)) != -1) {
		switch (option) {
		case 's': world.seed = strtoull(optarg, NULL, 0); break;
		case 'n': world.ops = strtoull(optarg, NULL, 0); break;
		case 't': world.seconds = (unsigned int)atoi(optarg); break;
		case 'k': world.players = (unsigned int)atoi(optarg); break;
		case 'x': switch_ops(optarg, true); break;
		case 'p': read_pattern(optarg); break;
		case 'm': add_promise(optarg); break;
		case 'l': world.plain = true; break;
		case 'a': world.timer = true; break;
		case 'd': world.temporary = optarg; break;
		case 'r': world.races = true; break;
		case 'h': world.hooked = true; break;
		case 'e': world.old = true; break;
		case 'u': world.user = true; break;
		case 'f': world.at_once = true; break;
		case 'v': world.verbose = true; break;
		case 'o':
			for (struct op *op = ops; op->name; op++)
				op->off = true;
			switch_ops(optarg, false);
			break;
		default: usage();
		}
	}
	if (optind < argc || !world.players || world.players > 64)
		usage();
	for (struct op *op = ops; op->name; op++)
		op->off |= op->later && world.old;
	check_promises();
}

int main(int argc, char **argv)
{
	world.seed = (uint64_t)time(NULL) * 100 + (uint64_t)getpid() % 100;
	read_options(argc, argv);
	printf("torture: seed %llu\n", (unsigned long long)world.seed);
	fflush(stdout);
	return run();
}
