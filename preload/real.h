/* SPDX-License-Identifier: MIT */
/*
 * real.h - the next functions in line
 *
 * The allocator's pointers are callable from the first instruction on: until
 * they are known they lead to functions that look them up and go on, so that
 * malloc and free pay no branch for it. All others are called through UL_REAL,
 * which looks one up when it is first called: a process that is not selected
 * pays for those that it uses. Where there is an engine all are known before.
 */
#ifndef UL_REAL_H
#define UL_REAL_H

#include <aio.h>
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>
#include <wchar.h>

/* What fortified programs call has no prototype in any header. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int folder, const char *path, int flags);
int __openat64_2(int folder, const char *path, int flags);
ssize_t __read_chk(int fd, void *buffer, size_t size, size_t room);
ssize_t __pread_chk(int fd, void *buffer, size_t size, off_t offset,
		    size_t room);
ssize_t __pread64_chk(int fd, void *buffer, size_t size, off64_t offset,
		      size_t room);
ssize_t __recv_chk(int fd, void *buffer, size_t size, size_t room, int flags);
ssize_t __recvfrom_chk(int fd, void *buffer, size_t size, size_t room, int flags,
		       __SOCKADDR_ARG from, socklen_t *length);
int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t room);
int __ppoll_chk(struct pollfd *fds, nfds_t count,
		const struct timespec *timeout, const sigset_t *mask,
		size_t room);
char *__getcwd_chk(char *path, size_t size, size_t room);
ssize_t __readlink_chk(const char *path, char *buffer, size_t size,
		       size_t room);
ssize_t __readlinkat_chk(int folder, const char *path, char *buffer,
			 size_t size, size_t room);
int __getgroups_chk(int count, gid_t *list, size_t room);
size_t __fread_chk(void *buffer, size_t room, size_t size, size_t count,
		   FILE *file);
size_t __fread_unlocked_chk(void *buffer, size_t room, size_t size,
			    size_t count, FILE *file);
wchar_t *__fgetws_chk(wchar_t *line, size_t room, int n, FILE *file);
wchar_t *__fgetws_unlocked_chk(wchar_t *line, size_t room, int n, FILE *file);
/* Nor has what stat was before glibc 2.33. */
int __xstat(int version, const char *path, struct stat *st);
int __xstat64(int version, const char *path, struct stat64 *st);
int __lxstat(int version, const char *path, struct stat *st);
int __lxstat64(int version, const char *path, struct stat64 *st);
int __fxstat(int version, int fd, struct stat *st);
int __fxstat64(int version, int fd, struct stat64 *st);
int __fxstatat(int version, int folder, const char *path, struct stat *st,
	       int flags);
int __fxstatat64(int version, int folder, const char *path, struct stat64 *st,
		 int flags);

struct ul_real {
#define UL_HOOK(type, name, parameters, arguments) type(*name) parameters;
#include "preload/hooks.def"
#undef UL_HOOK
};

/* Each is constant once it is not NULL, or none of real.c's. What hooks.def says
 * that libc may lack stays NULL there. */
extern struct ul_real ul_real __attribute__((visibility("hidden")));

#define UL_REAL(name)                                                          \
	(__builtin_expect(!ul_real.name, 0) ?                                  \
		 (void)ul_real_find(&ul_real.name, #name) :                    \
		 (void)0,                                                      \
	 ul_real.name)

/* Look up one, of the struct's; or all of those that read, with which UL_IO_EARLY
 * is over; or all. Context: any; all: the constructor. */
void ul_real_find(void *slot, const char *name);
void ul_real_find_reads(void);
void ul_real_find_all(void);

/*
 * The heap for what libc allocates while it works for us (inner_heap.c).
 * Context: any, signal handlers too; takes no lock. NULL: too large, or full.
 * A block that was free before is not cleared.
 */
#define UL_INNER_HEAP ((size_t)2304 << 10)
extern char ul_inner_heap[UL_INNER_HEAP]
	__attribute__((visibility("hidden")));
void *ul_inner_alloc(size_t size, size_t alignment);
void ul_inner_free(void *block);
size_t ul_inner_size(const void *block);

static inline bool ul_inner_owns(const void *block)
{
	return (uintptr_t)block - (uintptr_t)ul_inner_heap < UL_INNER_HEAP;
}

#endif
