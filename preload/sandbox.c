/* SPDX-License-Identifier: MIT */
/* sandbox.c - see sandbox.h. */
#include "config.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "preload/filter.h"
#include "preload/hook_touch.h"
#include "preload/sandbox.h"
#include "preload/sandbox_calls.h"

atomic_bool ul_is_confined;
static bool may_advise;			/* by the filter that is asked for */
static bool advice_is_granted = true;	/* by those that are there */

/* What a filter does to each who needs calls. */
struct findings {
	bool kills[UL_NEEDS];
	bool lacks[UL_NEEDS];		/* a call that it must have */
	bool refuses[UL_NEEDS];		/* any call */
	bool advice;			/* madvise(2) is refused */
};

static void look_at(const struct sock_fprog *filter, struct findings *found)
{
	struct seccomp_data data = { .arch = ul_filter_arch() };

	memset(found, 0, sizeof(*found));
	for (size_t i = 0; i < ul_sandbox_n_calls; i++) {
		unsigned int who = ul_sandbox_calls[i].who & ~UL_MUST;
		uint32_t action;

		data.nr = (int)ul_sandbox_calls[i].number;
		for (int j = 0; j < 6; j++)
			data.args[j] = (uint64_t)ul_sandbox_calls[i].a[j];
		action = ul_filter_run(filter, &data) & SECCOMP_RET_ACTION_FULL;
		if (action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG)
			continue;
		found->refuses[who] = true;
		found->advice |= ul_sandbox_calls[i].number == SYS_madvise;
		found->lacks[who] |= ul_sandbox_calls[i].who & UL_MUST;
		found->kills[who] |= action != SECCOMP_RET_ERRNO &&
				     action != SECCOMP_RET_TRACE &&
				     action != SECCOMP_RET_USER_NOTIF;
	}
}

static enum ul_sandbox verdict_on(const struct sock_fprog *filter)
{
	struct findings found;
	bool live;

	look_at(filter, &found);
	may_advise = !found.advice;
	live = !found.kills[UL_THREADS] && !found.lacks[UL_THREADS];
	if (found.kills[UL_HOOKS] || found.lacks[UL_HOOKS] ||
	    (found.kills[UL_FILLING] && (!live || found.refuses[UL_THREADS])))
		return UL_SANDBOX_CONFINED;
	return live ? UL_SANDBOX_NONE : UL_SANDBOX_NO_START;
}

/* 0; EFAULT: nothing is there; or another error: it cannot be told. */
static int read_there(void *to, const void *from, size_t length)
{
	struct iovec there = { (void *)from, length }, here = { to, length };

	UL_TOUCH_RANGE(from, length);
	if (UL_CALL(process_vm_readv, UL_CALL(getpid, 0), &here, 1L, &there, 1L,
		    0L) == (long)length)
		return 0;
	return errno;
}

/* Can the kernel read it? As above. */
static int is_there(const struct sock_fprog *filter)
{
	char part[512];
	size_t left = filter->len * sizeof(*filter->filter);
	const char *at = (const char *)filter->filter;
	int error = 0;

	for (size_t n; left && !error; at += n, left -= n) {
		n = left < sizeof(part) ? left : sizeof(part);
		error = read_there(part, at, n);
	}
	return error;
}

static bool is_meant(void)
{
	return ul_engine && !ul_inside && !ul_is_confined &&
	       ul_stdio_is_home();
}

static void foretell(enum ul_sandbox what)
{
	struct ul_guard guard;

	if (!ul_guard_enter(&guard))
		return;
	ul_engine->foretell(what);
	ul_guard_leave(&guard);
}

enum ul_sandbox ul_sandbox_expect(const struct sock_fprog *filter)
{
	enum ul_sandbox what = UL_SANDBOX_CONFINED;
	struct sock_fprog copy;
	int saved = errno, error;

	if (!filter || !is_meant())
		return UL_SANDBOX_NONE;
	may_advise = false;
	error = read_there(&copy, filter, sizeof(copy));
	if (!error)
		error = is_there(&copy);
	if (!error)
		what = verdict_on(&copy);
	else if (error == EFAULT)	/* and that will the kernel say, too */
		what = UL_SANDBOX_NONE;
	if (what != UL_SANDBOX_NONE)
		foretell(what);
	errno = saved;
	return what;
}

enum ul_sandbox ul_sandbox_expect_strict(void)
{
	if (!is_meant())
		return UL_SANDBOX_NONE;
	may_advise = false;
	foretell(UL_SANDBOX_CONFINED);
	return UL_SANDBOX_CONFINED;
}

enum ul_sandbox ul_sandbox_expect_prctl(const long arguments[2])
{
	if (arguments[0] == SECCOMP_MODE_FILTER)
		return ul_sandbox_expect((const void *)arguments[1]);
	if (arguments[0] == SECCOMP_MODE_STRICT)
		return ul_sandbox_expect_strict();
	return UL_SANDBOX_NONE;
}

void ul_sandbox_begin(enum ul_sandbox what)
{
	/* One more in a confined process was not looked at. */
	if (ul_is_confined) {
		what = UL_SANDBOX_CONFINED;
		may_advise = false;
	}
	advice_is_granted = advice_is_granted && may_advise;
	if (what == UL_SANDBOX_NONE)
		return;
	if (what == UL_SANDBOX_CONFINED)
		ul_io_watches = false;
	ul_engine->sandbox(what, advice_is_granted);
	if (what == UL_SANDBOX_CONFINED)
		ul_is_confined = true;
}
