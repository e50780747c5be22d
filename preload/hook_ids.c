/* SPDX-License-Identifier: MIT */
/*
 * hook_ids.c - what changes the user or the groups of all threads
 *
 * Each call is a turn, in which no thread of ours is made: see engine/thread.h. A
 * thread that is cancelled in one, as it may be in initgroups(3), ends it.
 */
#include "config.h"

#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <unistd.h>

#include "preload/hook.h"
#include "preload/hook_touch.h"

/* 0: nobody is told. */
static uint32_t begin(void)
{
	int saved = errno;
	uint32_t turn;

	if (!ul_engine || ul_is_confined)
		return 0;
	turn = ul_engine->ids_begin();
	errno = saved;
	return turn;
}

static void end(void *turn)
{
	ul_engine->ids_end(*(uint32_t *)turn);
}

/* On every rung: each thread hands it to the kernel, and so do those of ours that
 * would bring it. */
static const gid_t *touched(const gid_t *list, size_t count)
{
	if (ul_engine && !ul_is_confined)
		ul_touch_product(list, sizeof(*list), count);
	return list;
}

#define CHANGES(name, parameters, arguments)                                   \
	UL_EXPORT int name parameters                                          \
	{                                                                      \
		uint32_t turn = begin();                                       \
		int result;                                                    \
                                                                               \
		if (!turn)                                                     \
			return UL_REAL(name) arguments;                        \
		pthread_cleanup_push(end, &turn);                              \
		result = ul_real.name arguments;                               \
		pthread_cleanup_pop(1);                                        \
		return result;                                                 \
	}

CHANGES(setuid, (uid_t user), (user))
CHANGES(seteuid, (uid_t user), (user))
CHANGES(setreuid, (uid_t real, uid_t effective), (real, effective))
CHANGES(setresuid, (uid_t real, uid_t effective, uid_t saved),
	(real, effective, saved))
CHANGES(setgid, (gid_t group), (group))
CHANGES(setegid, (gid_t group), (group))
CHANGES(setregid, (gid_t real, gid_t effective), (real, effective))
CHANGES(setresgid, (gid_t real, gid_t effective, gid_t saved),
	(real, effective, saved))
CHANGES(initgroups, (const char *user, gid_t group), (user, group))
CHANGES(setgroups, (size_t count, const gid_t *list),
	(count, touched(list, count)))
