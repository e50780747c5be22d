#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a library that has functions of these names, too, and makes its calls
# by syscall(3), as tcmalloc does, comes to us by number in the middle of a call of
# ours by name, or of its own. Each is made once, and none for ever.
. "${UL_SRCDIR:-.}/tests/lib.sh"

cat >other.c <<'END'
#define _GNU_SOURCE
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int count_of_other;

int munmap(void *at, size_t length)
{
	count_of_other++;
	return (int)syscall(SYS_munmap, at, length);
}

void *mremap(void *at, size_t from, size_t to, int flags, ...)
{
	va_list ap;
	void *target;

	count_of_other++;
	va_start(ap, flags);
	target = va_arg(ap, void *);
	va_end(ap);
	return (void *)syscall(SYS_mremap, at, from, to, flags, target);
}

int madvise(void *at, size_t length, int advice)
{
	count_of_other++;
	return (int)syscall(SYS_madvise, at, length, advice);
}

int mprotect(void *at, size_t length, int prot)
{
	count_of_other++;
	return (int)syscall(SYS_mprotect, at, length, prot);
}

int prctl(int option, ...)
{
	va_list ap;
	long a[4];

	count_of_other++;
	va_start(ap, option);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	return (int)syscall(SYS_prctl, option, a[0], a[1], a[2], a[3]);
}
END
cat >program.c <<'END'
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>

extern int count_of_other;

#define MIB (1 << 20)

static int check(const char *what, int fine, int calls)
{
	/* Of lazy memory the other one need not hear. */
	if (fine && count_of_other <= calls)
		return 0;
	printf("%s: %s, %d calls\n", what, fine ? "well" : "failed",
	       count_of_other);
	return 1;
}

int main(int argc, char **argv)
{
	size_t length = argc > 1 ? MIB : 16384;	/* lazy, or too small */
	struct sock_filter allow = { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW };
	struct sock_fprog filter = { 1, &allow };
	char *at = mmap(NULL, length, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int failed = 0;

	count_of_other = 0;
	at[0] = 1;
	failed |= check("mprotect", !mprotect(at, length, PROT_READ), 1);
	failed |= check("madvise", !madvise(at, length, MADV_WILLNEED), 2);
	at = mremap(at, length, 2 * length, MREMAP_MAYMOVE);
	failed |= check("mremap", at != MAP_FAILED && at[0] == 1, 3);
	failed |= check("munmap", !munmap(at, 2 * length), 4);
	failed |= check("prctl", !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
				 !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER,
					&filter), 6);
	return failed;
}
END
${CC:-cc} -shared -fPIC -O1 -o other.so other.c
${CC:-cc} -O1 -o program program.c ./other.so
cat >policy.json <<'END'
{ "version": 1, "min_size": "64KiB", "rules": [
  { "match": { "call": ["malloc", "mmap-anon"] }, "store": "zero" } ] }
END
UFFDLAZY_POLICY=$PWD/policy.json
export UFFDLAZY_POLICY

for size in "" lazy; do
	# shellcheck disable=SC2086
	./program $size || fail "the program itself"
	for libraries in "$library" "$library $PWD/other.so" \
		"$PWD/other.so $library"; do
		# shellcheck disable=SC2086
		status 0 env "LD_PRELOAD=$libraries" ./program $size
		[ ! -s out ] || { cat out; fail "$libraries: $size"; }
	done
done
