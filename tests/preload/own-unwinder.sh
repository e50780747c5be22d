#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a program may unwind by the library that we unwind by. That maps
# memory with its lock held, and must not be made to unwind for it; and what the
# program finds is what it finds without us. It may have a dl_iterate_phdr(3) of its
# own, too, which is not ours to call before main.
. "${UL_SRCDIR:-.}/tests/lib.sh"

cat >program.c <<'END'
#define UNW_LOCAL_ONLY
#include <libunwind.h>
#include <stdio.h>
#include <stdlib.h>

static __attribute__((noinline)) int deep(int n)
{
	void *pcs[300];
	int first, again, depth;

	if (n) {
		depth = deep(n - 1);
		__asm__ volatile("" ::: "memory");
		return depth;
	}
	first = unw_backtrace(pcs, 300);
	/* Its cache of frames is mapped anew, and large. */
	unw_set_cache_size(unw_local_addr_space, 1023, 0);
	unw_flush_cache(unw_local_addr_space, 0, 0);
	again = unw_backtrace(pcs, 300);
	return first == again ? first : -1;
}

int main(void)
{
	volatile char *block = malloc(1 << 20);

	block[4096] = 1;
	printf("%d frames\n", deep(5));
	return 0;
}
END
${CC:-cc} -O1 -o program program.c -lunwind 2>err || {
	cat err
	skip "tool: no C compiler with libunwind's headers"
}
./program >plain
cat >policy.json <<'END'
{ "version": 1, "min_size": "64KiB", "rules": [
  { "match": { "call": ["malloc", "mmap-anon"], "caller": "nobody" },
    "store": "zero" },
  { "match": { "call": ["malloc", "mmap-anon"] }, "store": "zero" } ] }
END
timeout -s KILL 60 env LD_PRELOAD="$library" UFFDLAZY_POLICY=policy.json \
	UFFDLAZY_STATS=stats ./program >lazy || fail "it hung, or failed"
cmp plain lazy || fail "it found other frames"
"$stat" ./stats >report
grep -q '1[.]00MiB' report || { cat report; fail "nothing was lazy"; }

cat >program.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>

static int begun;
typedef int look_fn(struct dl_phdr_info *info, size_t size, void *context);

int dl_iterate_phdr(look_fn *look, void *context)
{
	int (*next)(look_fn *look, void *context);

	if (!begun)
		abort();
	next = dlsym(RTLD_NEXT, "dl_iterate_phdr");
	return next(look, context);
}

int main(void)
{
	volatile char *block = malloc(1 << 20);

	begun = 1;
	block[4096] = 1;
	return 0;
}
END
${CC:-cc} -O1 -rdynamic -o program program.c
timeout -s KILL 60 env LD_PRELOAD="$library" UFFDLAZY_STATS=stats ./program ||
	fail "a dl_iterate_phdr of the program's is asked before main"
"$stat" ./stats >report
grep -q '1[.]00MiB' report || { cat report; fail "nothing was lazy"; }
