#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a thread that serves faults must not wait for a lock that a
# faulting thread may hold: malloc's, stdio's, the loader's, the locale's. What
# these objects may call of libc is listed here; each was looked at, and takes
# no lock and allocates nothing. (abort: a broken lock order in a debug build.
# secure_getenv: at the start. open, munmap: while the descriptor is opened.)
set -u
command -v nm >/dev/null || { echo "skipped: nm is not installed" >&2; exit 77; }
[ -z "${SANITIZED:-}" ] || { echo "skipped: sanitized" >&2; exit 77; }

allowed='
_GLOBAL_OFFSET_TABLE_
__errno_location
__popcountdi2
__stack_chk_fail
abort
clock_gettime
close
eventfd
fcntl
fstat
fstatat
ftruncate
getpid
getrlimit
ioctl
kill
madvise
memcmp
memcpy
memmove
memset
mincore
mmap
mprotect
mremap
msync
munmap
nanosleep
open
openat
poll
prctl
pread
process_vm_writev
pthread_sigmask
pwrite
read
readlink
sched_getcpu
sched_yield
secure_getenv
sigaction
sigemptyset
sigfillset
strcat
strchr
strcmp
strcpy
strerrordesc_np
strlen
strncmp
strncpy
strrchr
syscall
sysconf
write
'
status=0
for part in arena baton event fault fill filler filler_place locked lock log \
	mailbox maps orphan pageset plan queue readahead registry \
	registry_pages replay replay_fill replay_load sentry stats stats_memory \
	trace trace_check trace_site uffd worker; do
	object=$UL_BUILDDIR/preload/engine/.libs/libulengine_la-$part.o
	[ -f "$object" ] ||
		object=$UL_BUILDDIR/preload/engine/libulengine_la-$part.o
	[ -f "$object" ] || { echo "no object for $part.c" >&2; exit 1; }
	for symbol in $(nm -u "$object" | awk '{ print $NF }'); do
		case $symbol in ul_*) continue ;; esac
		case $allowed in *"
$symbol
"*) continue ;; esac
		echo "$part.c calls $symbol" >&2
		status=1
	done
done
exit $status
