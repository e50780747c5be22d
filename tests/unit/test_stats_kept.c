/* SPDX-License-Identifier: MIT */
/*
 * Rationale: two processes that begin at once with one file for their statistics,
 * where it is that of a process that is gone: one of them gets that name, and
 * the other does not take it away from the living one, nor waits for it, which
 * may be stopped. Where the first is killed half-way the second gets it.
 */
#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "preload/engine/stats_file.h"
#include "tests/unit/check.h"

#define HANGS 300			/* seconds: not slow, it hangs */

struct process {
	pid_t pid;
	int says, hears;		/* pipes */
};

static bool stands;			/* before it renames anything */
static int says, hears;			/* a child's */

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);

static void say(const char *text)
{
	CHECK(write(says, text, PATH_MAX) == PATH_MAX);
}

static void hear(void)
{
	char byte;

	CHECK(read(hears, &byte, 1) == 1);
}

int __wrap_rename(const char *from, const char *to)
{
	static char here[PATH_MAX] = "about to rename";

	if (stands) {
		stands = false;
		say(here);
		hear();
	}
	return __real_rename(from, to);
}

static void write_numbers(const char *path, uint32_t pid, uint64_t ticks)
{
	struct ul_stat_header header = { .pid = pid, .start_ticks = ticks };
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);

	memcpy(header.magic, UL_STAT_MAGIC, sizeof(header.magic));
	CHECK(fd >= 0);
	CHECK(write(fd, &header, sizeof(header)) == sizeof(header));
	close(fd);
}

/* As the engine publishes its numbers. */
static void be_process(void)
{
	char number[24], fresh[PATH_MAX];
	const char *pid = ul_stats_decimal(number, (uint64_t)getpid());

	alarm(HANGS);
	CHECK(ul_stats_kept_init());
	CHECK(ul_stats_kept_choose(pid, fresh, false));
	write_numbers(fresh, (uint32_t)getpid(), ul_stats_start_ticks("self"));
	CHECK(ul_stats_kept_show(pid, fresh, false));
	strcpy(fresh, ul_stats_kept());
	say(fresh);
	hear();				/* it lives until then */
	_exit(0);
}

static struct process begin(bool waits)
{
	struct process process;
	int there[2], back[2];

	CHECK(pipe(there) == 0 && pipe(back) == 0);
	process.pid = fork();
	CHECK(process.pid >= 0);
	if (process.pid == 0) {
		stands = waits;
		says = back[1];
		hears = there[0];
		be_process();
	}
	close(there[0]);
	close(back[1]);
	process.says = back[0];
	process.hears = there[1];
	return process;
}

static void await(const struct process *process, char text[PATH_MAX])
{
	CHECK(read(process->says, text, PATH_MAX) == PATH_MAX);
}

static void go_on(const struct process *process)
{
	CHECK(write(process->hears, "", 1) == 1);
}

static void end(struct process *process, int status)
{
	int got;

	CHECK_EQ(waitpid(process->pid, &got, 0), process->pid);
	CHECK_EQ(got, status);
	close(process->says);
	close(process->hears);
}

static void check_numbers(const char *path, pid_t pid)
{
	struct ul_stat_header header;
	int fd = open(path, O_RDONLY);

	CHECK(fd >= 0);
	CHECK(read(fd, &header, sizeof(header)) == sizeof(header));
	CHECK_EQ(header.pid, pid);
	close(fd);
}

/* Of one that is gone: no process began at the first tick. */
static void leave_numbers(const char *path)
{
	unlink(path);
	write_numbers(path, (uint32_t)getpid(), 1);
}

static void check_both_have_one(const char *path)
{
	char name[PATH_MAX], other[PATH_MAX];
	struct process first, second;

	leave_numbers(path);
	first = begin(true);
	await(&first, name);
	second = begin(false);
	await(&second, other);
	go_on(&first);
	await(&first, name);
	CHECK(strcmp(name, path) == 0);
	CHECK(strcmp(name, other) != 0);
	check_numbers(name, first.pid);
	check_numbers(other, second.pid);
	go_on(&first);
	go_on(&second);
	end(&first, 0);
	end(&second, 0);
	unlink(other);
}

static void check_killed_has_none(const char *path)
{
	struct process first, second;
	char name[PATH_MAX];

	leave_numbers(path);
	first = begin(true);
	await(&first, name);
	CHECK(kill(first.pid, SIGKILL) == 0);
	end(&first, SIGKILL);
	second = begin(false);
	await(&second, name);
	CHECK(strcmp(name, path) == 0);
	check_numbers(name, second.pid);
	go_on(&second);
	end(&second, 0);
}

int main(void)
{
	char folder[] = "/tmp/uffdlazy-kept.XXXXXX", path[PATH_MAX];
	char command[PATH_MAX];

	CHECK(mkdtemp(folder));
	CHECK(ul_stats_join(path, folder, "/stats", ""));
	CHECK(setenv("UFFDLAZY_STATS", path, 1) == 0);
	check_both_have_one(path);
	check_killed_has_none(path);
	CHECK(ul_stats_join(command, "rm -rf ", folder, ""));
	return system(command) == 0 ? 0 : 1;
}
