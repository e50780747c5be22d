/* SPDX-License-Identifier: MIT */
/*
 * stat_fill.c - have a process fill all that is missing
 *
 * The request goes through the process's statistics file, see struct
 * ul_stat_fill; a lock on the file (flock(2)) keeps a second one out. The words
 * that two processes write are in a mapping; what the process answers is read
 * with pread(2), which cannot raise SIGBUS, and only shown.
 */
#include "config.h"

#include "tools/stat.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define OFFSET offsetof(struct ul_stat_header, fill)
#define LOOK_NS 100000000
#define BAR 30

/* One request. */
struct fill {
	const struct ul_stat_snapshot *process;
	int fd;
	struct ul_stat_fill *shared;	/* in the mapping of the file */
	struct ul_stat_fill seen;	/* as it was read last */
	uint32_t request;
	uint64_t begun_ns;
	bool drawn;
};

static volatile sig_atomic_t interrupted;

static void note(int signal)
{
	(void)signal;
	interrupted = 1;
}

static void cut_short(int signal)
{
	static const char text[] =
		UL_STAT_NAME ": the process has cut its statistics short\n";

	(void)signal;
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(UL_STAT_FAILED);
	_exit(UL_STAT_FAILED);
}

static int fail(const struct fill *fill, const char *text)
{
	fprintf(stderr, "%s" UL_STAT_NAME ": process %u %s\n",
		fill->drawn ? "\r\033[K" : "", fill->process->header.pid, text);
	return -EINVAL;
}

/* 'R', 'S' and so on, of proc(5); '?': it is not there. */
static char state_of(unsigned int pid)
{
	char path[64], line[512];
	const char *at;
	size_t got;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return '?';
	got = fread(line, 1, sizeof(line) - 1, file);
	fclose(file);
	line[got] = '\0';
	at = strrchr(line, ')');
	return at && at[1] && at[2] ? at[2] : '?';
}

/* What is stopped fills nothing. */
static int check_moving(const struct fill *fill)
{
	switch (state_of((unsigned int)fill->process->number)) {
	case 'T':
		return fail(fill, "is stopped; let it go on first (kill -CONT)");
	case 't':
		return fail(fill, "is stopped by a debugger; let it go on, or "
				  "fill before the debugger comes");
	default:
		return 0;
	}
}

static int check(const struct fill *fill)
{
	const struct ul_stat_header *header = &fill->process->header;

	if (!fill->process->running && ul_stat_is_elsewhere(header))
		return fail(fill, "of another pid namespace cannot be seen "
				  "from here, or has ended");
	if (!fill->process->running)
		return fail(fill, "has ended, or is another program now "
				  "(execve)");
	if (header->minor < 2 || header->header_size < OFFSET +
						      sizeof(header->fill))
		return fail(fill, "runs with an older uffdlazy, which cannot "
				  "fill on request; start it again");
	if (!header->fill.listening && header->regions_now)
		return fail(fill, "cannot be asked: this takes Linux 5.16 or "
				  "later");
	return check_moving(fill);
}

static int begin(struct fill *fill)
{
	struct ul_stat_error error;
	struct stat st;
	void *memory;

	fill->fd = ul_stat_open(AT_FDCWD, fill->process->path,
				fill->process->owner, O_RDWR, &st, &error);
	if (fill->fd < 0) {
		ul_stat_complain(error.text);
		return fill->fd;
	}
	if (flock(fill->fd, LOCK_EX | LOCK_NB) < 0)
		return fail(fill, "is being filled already, by another "
				  UL_STAT_NAME);
	if ((size_t)st.st_size < OFFSET + sizeof(fill->seen))
		return fail(fill, "has cut its statistics short");
	memory = mmap(NULL, sizeof(struct ul_stat_header),
		      PROT_READ | PROT_WRITE, MAP_SHARED, fill->fd, 0);
	if (memory == MAP_FAILED) {
		ul_stat_complain(strerror(errno));
		return -ENOMEM;
	}
	fill->shared = (void *)((char *)memory + OFFSET);
	return 0;
}

static int read_answer(struct fill *fill)
{
	if (pread(fill->fd, &fill->seen, sizeof(fill->seen), OFFSET) !=
	    sizeof(fill->seen))
		return fail(fill, "has cut its statistics short");
	ul_stat_tame(fill->seen.failure, sizeof(fill->seen.failure));
	return 0;
}

static void ring(const struct fill *fill)
{
	__atomic_fetch_add(&fill->shared->bell, 1, __ATOMIC_ACQ_REL);
	syscall(SYS_futex, &fill->shared->bell, FUTEX_WAKE, INT_MAX, NULL, NULL,
		0);
}

static void ask(struct fill *fill, uint64_t region)
{
	struct ul_stat_fill *shared = fill->shared;
	uint32_t last = __atomic_load_n(&shared->request, __ATOMIC_RELAXED);

	__atomic_store_n(&shared->region, region, __ATOMIC_RELAXED);
	__atomic_store_n(&shared->cancel, last, __ATOMIC_RELAXED);
	fill->request = last + 1;
	__atomic_store_n(&shared->request, fill->request, __ATOMIC_RELEASE);
	fill->begun_ns = ul_stat_now();
	ring(fill);
}

static void draw(struct fill *fill)
{
	static const char full[] = "##############################";
	const struct ul_stat_fill *seen = &fill->seen;
	unsigned int percent = ul_stat_percent(seen->done_bytes,
					       seen->wanted_bytes);
	struct ul_stat_text done, wanted;
	struct winsize window = { .ws_col = 80 };
	int cells = (int)percent * BAR / 100;

	if (!isatty(STDERR_FILENO) || !seen->wanted_bytes)
		return;
	ioctl(STDERR_FILENO, TIOCGWINSZ, &window);
	fprintf(stderr, "\r\033[K");
	if (window.ws_col >= 80)
		fprintf(stderr, "filling %-15.15s [%.*s%*s] ",
			fill->process->header.command, cells, full,
			BAR - cells, "");
	fprintf(stderr, "%3u%% %s of %s", percent,
		ul_stat_size(seen->done_bytes, &done),
		ul_stat_size(seen->wanted_bytes, &wanted));
	fflush(stderr);
	fill->drawn = true;
}

/* Until the process says that it is done, or ends, or we are interrupted. */
static int wait_for_it(struct fill *fill)
{
	const struct timespec moment = { .tv_nsec = LOOK_NS };
	uint64_t before = 0;
	int result;

	for (;;) {
		uint32_t answered = __atomic_load_n(&fill->shared->answered,
						    __ATOMIC_ACQUIRE);

		result = read_answer(fill);
		if (result != 0 || answered == fill->request)
			return result;
		draw(fill);
		if (interrupted) {
			__atomic_store_n(&fill->shared->cancel, fill->request,
					 __ATOMIC_RELEASE);
			return fail(fill, "is not filled: interrupted; what "
					  "was filled stays");
		}
		syscall(SYS_futex, &fill->shared->answered, FUTEX_WAIT,
			answered, &moment, NULL, 0);
		if (!ul_stat_is_it(&fill->process->header,
				   fill->process->number))
			return fail(fill, "has ended before all was filled");
		if (fill->seen.done_bytes == before && check_moving(fill) != 0)
			return -EINVAL;
		before = fill->seen.done_bytes;
	}
}

static int report(const struct fill *fill)
{
	const struct ul_stat_fill *seen = &fill->seen;
	struct ul_stat_text size, time;
	char text[256];

	if (fill->drawn)
		fputs("\r\033[K", stderr);
	if (seen->result == -ENOENT)
		return fail(fill, "has that region no more");
	if (seen->result != 0) {
		snprintf(text, sizeof(text), "cannot fill all of it: %s",
			 strerror(-seen->result));
		return fail(fill, text);
	}
	if (seen->done_bytes)
		printf("%u %s: %s filled in %s\n", fill->process->header.pid,
		       fill->process->header.command,
		       ul_stat_size(seen->done_bytes, &size),
		       ul_stat_time(ul_stat_now() - fill->begun_ns, &time));
	else if (!seen->failed_bytes)
		printf("%u %s: nothing was missing\n",
		       fill->process->header.pid, fill->process->header.command);
	if (!seen->failed_bytes)
		return 0;
	snprintf(text, sizeof(text),
		 "cannot fill %s of it: %.127s; to touch that raises SIGBUS",
		 ul_stat_size(seen->failed_bytes, &size), seen->failure);
	return fail(fill, text);
}

int ul_stat_fill(const struct ul_stat_snapshot *process, uint64_t region)
{
	struct sigaction action = { .sa_handler = note };
	struct fill fill = { .process = process, .fd = -1 };
	int result;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	action.sa_handler = cut_short;
	sigaction(SIGBUS, &action, NULL);
	result = check(&fill);
	if (result == 0 && !process->header.regions_now) {
		printf("%u %s: has no lazy memory, so nothing is missing\n",
		       process->header.pid, process->header.command);
		return 0;
	}
	if (result == 0)
		result = begin(&fill);
	if (result == 0) {
		ask(&fill, region);
		result = wait_for_it(&fill);
	}
	if (result == 0)
		result = report(&fill);
	if (fill.fd >= 0)
		close(fill.fd);
	return result;
}
