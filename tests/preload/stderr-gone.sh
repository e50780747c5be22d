#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: standard error is a pipe or a socket that nobody reads any more, or a
# file at its limit. To write there raises SIGPIPE or SIGXFSZ; the program has not
# written, so a line of ours must not end it, nor leave a signal behind, nor take
# one away that waits.
. "${UL_SRCDIR:-.}/tests/lib.sh"
CC=${CC:-cc}
need "${CC%% *}"

cat >program.c <<'END'
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static int bad_end(const char *kind)
{
	struct rlimit limit = { 4096, 4096 };
	int ends[2];

	if (!strcmp(kind, "file")) {
		ends[1] = open("full", O_WRONLY | O_CREAT | O_APPEND, 0600);
		if (ftruncate(ends[1], 4096) < 0)
			return -1;
		setrlimit(RLIMIT_FSIZE, &limit);
		return ends[1];
	}
	if (!strcmp(kind, "pipe") ? pipe(ends) < 0 :
	    socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		return -1;
	close(ends[0]);
	return ends[1];
}

/* program KIND STATE COMMAND...: with such a standard error.
 * program STATE: use memory; STATE is whether both signals are blocked, and wait. */
int main(int argc, char **argv)
{
	const char *state = argv[argc > 3 ? 2 : 1];
	int waits = !strcmp(state, "waiting");
	volatile char *memory;
	sigset_t both, pending;

	sigemptyset(&both);
	sigaddset(&both, SIGPIPE);
	sigaddset(&both, SIGXFSZ);
	if (argc > 3) {
		if (strcmp(state, "open"))
			sigprocmask(SIG_BLOCK, &both, NULL);
		if (waits) {
			raise(SIGPIPE);
			raise(SIGXFSZ);
		}
		if (dup2(bad_end(argv[1]), 2) != 2)
			return 1;
		execvp(argv[3], argv + 3);
		return 127;
	}
	memory = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < 1 << 20; i += 65536)
		memory[i] = 1;
	sigpending(&pending);
	if (sigismember(&pending, SIGPIPE) != waits ||
	    sigismember(&pending, SIGXFSZ) != waits)
		return 2;
	puts("done");
	return 0;
}
END
$CC -O1 -o program program.c
mkdir alone
cp "$library" alone/

# without_reader WHAT VARIABLES...
without_reader()
{
	what=$1
	shift
	for kind in pipe socket file; do
		for state in open blocked waiting; do
			got=0
			./program $kind $state env "$@" ./program $state >out ||
				got=$?
			[ $got = 0 ] || fail "$what, $kind, $state: status $got"
			says out 'done'
		done
	done
}

good='{ "version": 1, "min_size": "64KiB" }'
without_reader 'all is said' LD_PRELOAD="$library" UFFDLAZY_POLICY="$good" \
	UFFDLAZY_LOG=debug UFFDLAZY_SUMMARY=1
without_reader 'a mistake in the policy' LD_PRELOAD="$library" \
	UFFDLAZY_POLICY='{ "version": 2 }'
without_reader 'no engine' LD_PRELOAD="$PWD/alone/libuffdlazy.so" \
	UFFDLAZY_POLICY="$good"

# A filter kills for what our signals take; then a child says so.
number=$(printf '#include <sys/syscall.h>\nSYS_rt_sigtimedwait\n' |
	$CC -E -P - | tail -n 1)
without_reader 'a filter' UFFDLAZY_POLICY="$good" "$builddir/tests/preload/killing_filter" "$number" \
	env LD_PRELOAD="$library"
