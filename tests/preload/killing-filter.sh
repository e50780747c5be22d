#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a service is started under a filter that kills it for a system call
# that it does not need. If we need that, its memory stays plain, and that is
# said; it does not die.
. "${UL_SRCDIR:-.}/tests/lib.sh"
CC=${CC:-cc}
need "${CC%% *}"

seq 300000 >numbers
sort -r numbers >wanted
programs=$builddir/tests/preload
policy='{ "version": 1, "min_size": "64KiB", "rules": [
	{ "match": { "call": "mmap-file", "path": "**/numbers" }, "store": "self" },
	{ "match": { "call": ["malloc", "mmap-anon"] }, "store": "zero" } ] }'

# run COMMAND...: preloaded, and killed for the call $number.
run() {
	status=0
	UFFDLAZY_POLICY=$policy timeout -s KILL 120 "$programs/killing_filter" \
		"$number" env LD_PRELOAD="$library" "$@" >found 2>said || status=$?
	[ $status != 77 ] || skip "kernel: no filters"
	[ $status = 0 ] || { cat said; fail "$name: $1: status $status"; }
}

for name in userfaultfd process_vm_readv close_range pidfd_open getpid gettid \
	mincore memfd_create eventfd2 rename futex_waitv sched_setattr prctl \
	fstatfs rt_sigpending rt_sigtimedwait sigaltstack getppid mkdir unlinkat \
	readlinkat getcwd kill tgkill clock_nanosleep wait4 reboot; do
	number=$(printf '#include <sys/syscall.h>\nSYS_%s\n' $name |
		$CC -E -P - 2>/dev/null | tail -n 1)
	case $number in *[!0-9]*) continue ;; esac
	run "$programs/in_sequence" numbers
	cmp numbers found || fail "$name: other bytes"
	run sort -r -S 2M numbers
	cmp wanted found || fail "$name: other output"
	if [ $name = reboot ] || [ $name = wait4 ]; then
		[ ! -s said ] || fail "$name: words, and it is not ours"
	else
		grep -q 'filter on system calls' said || fail "$name: no word"
	fi
done
