/* SPDX-License-Identifier: MIT */
/*
 * orphan.c - when the threads that are left are all ours
 *
 * libc ends the process with the last thread that it counts, and ours are not
 * counted (uncount_thread). But a thread may also end by the system call
 * exit(2), or be killed alone by its own filter (SECCOMP_RET_KILL_THREAD); then
 * ours would keep the process.
 *
 * When the first thread ends, the kernel clears the word that libc keeps its ID
 * in (set_tid_address(2)) and wakes one who waits there. The keeper does, and
 * from then on counts threads now and then: the first stays in the count until
 * all others are gone. It may be pthread_join(3) in another thread that is woken;
 * so the keeper looks by itself, too, twice a minute.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/engine/handler.h"
#include "preload/engine/handler_parts.h"
#include "preload/engine/maps.h"
#include "preload/engine/stats.h"

#define IDLE_NS ((uint64_t)30 * 1000 * 1000 * 1000)
#define LOOK_NS ((uint64_t)50 * 1000 * 1000)
#define LOOK_MAX_NS ((uint64_t)1000 * 1000 * 1000)
#define EXIT_CODE 52			/* its field in /proc/PID/stat */

static _Atomic uint32_t *word;		/* of the first thread; or NULL */
static _Atomic uint32_t own;		/* in place of one */
static uint32_t first;			/* its ID */
static bool is_gone;			/* the keeper's, as all that follows */
static uint64_t pause_ns;		/* until the next look */
static int proc = -1;			/* /proc/self */

void ul_orphan_init(void)
{
	void *address = NULL;

	first = (uint32_t)syscall(SYS_gettid);
	is_gone = false;
	proc = -1;
	/* Without checkpoint and restore in the kernel it is not told. */
	if (first != (uint32_t)syscall(SYS_getpid) ||
	    prctl(PR_GET_TID_ADDRESS, &address, 0, 0, 0) < 0) {
		word = NULL;
		return;
	}
	word = address;
	/* After a raw fork(2) nobody has one. */
	if (!word) {
		own = first;
		syscall(SYS_set_tid_address, &own);
		word = &own;
	}
}

void ul_orphan_open(void)
{
	proc = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

bool ul_orphan_word(struct ul_futex_word *wanted)
{
	if (!word || proc < 0 || is_gone)
		return false;
	*wanted = (struct ul_futex_word){ word, first, .shared = true };
	return true;
}

/* As the kernel would have, had there been no threads of ours. */
static _Noreturn void end_like_the_first(void)
{
	int code = (int)ul_proc_field(proc, "stat", EXIT_CODE);
	struct sigaction usual = { .sa_handler = SIG_DFL };
	sigset_t none;

	ul_stats_finish();
	if (code & 0x7f) {
		prctl(PR_SET_DUMPABLE, 0);	/* there was no core */
		sigaction(code & 0x7f, &usual, NULL);
		sigemptyset(&none);
		ul_signals_restore(&none);
		kill(getpid(), code & 0x7f);
	}
	syscall(SYS_exit_group, code >> 8 & 0xff);
	__builtin_trap();
}

uint64_t ul_orphan_look(unsigned int ours)
{
	struct stat threads;

	if (!word || proc < 0)
		return 0;
	if (!is_gone) {
		/* Not read: it may lie on a stack that is gone. */
		if (ul_futex_is(word, first))
			return IDLE_NS;
		is_gone = true;
		pause_ns = LOOK_NS;
		/* The kernel woke only one, and pthread_join(3) waits there. */
		ul_futex_wake_shared((uint32_t *)word);
	}
	/* Besides . and .. there is a folder for each thread. */
	if (fstatat(proc, "task", &threads, 0) == 0 &&
	    threads.st_nlink == 2 + 1 + ours)
		end_like_the_first();
	if (pause_ns < LOOK_MAX_NS)
		pause_ns *= 2;
	return pause_ns < LOOK_MAX_NS ? pause_ns : LOOK_MAX_NS;
}
