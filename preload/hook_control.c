/* SPDX-License-Identifier: MIT */
/*
 * hook_control.c - calls whose command says what their last argument is
 *
 * See hook_touch.h: this is the same, for what a line of hook_touch.def cannot
 * tell.
 */
#include "config.h"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/sem.h>

#include "preload/hook_touch.h"
#include "preload/sandbox.h"

static void touch_lock_or_owner(int command, const void *argument)
{
	switch (command) {
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_GETLK:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		ul_touch_range(argument, sizeof(struct flock));
		break;
	case F_GETOWN_EX:
	case F_SETOWN_EX:
		ul_touch_range(argument, sizeof(struct f_owner_ex));
		break;
	case F_GET_RW_HINT:
	case F_SET_RW_HINT:
	case F_GET_FILE_RW_HINT:
	case F_SET_FILE_RW_HINT:
		ul_touch_range(argument, sizeof(uint64_t));
		break;
	default:
		break;		/* a number, or nothing */
	}
}

static bool is_copying(int command)
{
	return command == F_DUPFD || command == F_DUPFD_CLOEXEC;
}

UL_EXPORT int fcntl(int fd, int command, ...)
{
	void *argument;
	va_list ap;
	int result;

	va_start(ap, command);
	argument = va_arg(ap, void *);
	va_end(ap);
	if (UL_TOUCHES())
		touch_lock_or_owner(command, argument);
	result = UL_REAL(fcntl)(fd, command, argument);
	return is_copying(command) ? ul_io_duplicated(result) : result;
}

UL_EXPORT int fcntl64(int fd, int command, ...)
{
	void *argument;
	va_list ap;
	int result;

	va_start(ap, command);
	argument = va_arg(ap, void *);
	va_end(ap);
	if (UL_TOUCHES())
		touch_lock_or_owner(command, argument);
	result = UL_REAL(fcntl64)(fd, command, argument);
	return is_copying(command) ? ul_io_duplicated(result) : result;
}

static int set_seccomp(const long a[4])
{
	enum ul_sandbox what = ul_sandbox_expect_prctl(a);
	int result = UL_REAL(prctl)(PR_SET_SECCOMP, a[0], a[1], a[2], a[3]);

	if (result == 0)
		ul_sandbox_begin(what);
	return result;
}

UL_EXPORT int prctl(int option, ...)
{
	long a[4];
	va_list ap;

	va_start(ap, option);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (UL_TOUCHES())
		ul_touch_arguments(a, 4);
	if (UL_UNLIKELY(option == PR_SET_SECCOMP))
		return set_seccomp(a);
	return UL_REAL(prctl)(option, a[0], a[1], a[2], a[3]);
}

/* How many semaphores a set has, only the kernel knows. */
static void touch_set(int id, int command, const void *argument)
{
	struct semid_ds status;

	switch (command) {
	case GETALL:
	case SETALL:
		if (UL_REAL(semctl)(id, 0, IPC_STAT, &status) == 0)
			ul_touch_product(argument, sizeof(unsigned short),
					 status.sem_nsems);
		break;
	case IPC_STAT:
	case IPC_SET:
	case SEM_STAT:
	case SEM_STAT_ANY:
		ul_touch_range(argument, sizeof(struct semid_ds));
		break;
	case IPC_INFO:
	case SEM_INFO:
		ul_touch_range(argument, sizeof(struct seminfo));
		break;
	default:
		break;
	}
}

UL_EXPORT int semctl(int id, int number, int command, ...)
{
	void *argument;		/* of a union that is passed like its pointer */
	va_list ap;

	va_start(ap, command);
	argument = va_arg(ap, void *);
	va_end(ap);
	if (UL_TOUCHES())
		touch_set(id, command, argument);
	return UL_REAL(semctl)(id, number, command, argument);
}
