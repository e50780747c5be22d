#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: what the library exports, what hooks.def lists and what
# uffdlazy(7) says are one list: nothing is interposed by accident.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need nm

# What begins with ul_heap_ is for the engine.
nm -D --defined-only "$library" | awk '{ print $NF }' | sed 's/@.*//' |
	grep -v '^ul_heap_' | sort >exported
{
	echo '#define UL_HOOK(type, name, parameters, arguments) HOOK name'
	echo '#include "preload/hooks.def"'
} | ${CC:-cc} -E -P -I"$srcdir" - | sed -n 's/^HOOK \([^ ]*\).*/\1/p' |
	sort >hooks
sed -n '/symbols begin/,/symbols end/s/^\.Fn \([^ ]*\).*/\1/p' \
	"$srcdir/man/uffdlazy.7" | sort >manual
[ -s hooks ] || fail "found no hooks"
diff -u hooks exported || fail "exported is not what hooks.def lists"
diff -u hooks manual || fail "uffdlazy(7) does not list what hooks.def does"

# The engine is entered in one place; what else it exports is for the libraries
# that it brings along (heap.c, objects.c, open.c, zone.c).
nm -D --defined-only "$builddir/.libs/uffdlazy-engine.so" |
	awk '{ print $NF }' | sed 's/@.*//' | grep -Ev '^(mmap|open)64$' | sort >exported
printf '%s\n' aligned_alloc calloc dl_iterate_phdr free malloc mmap open posix_memalign realloc \
	ul_engine_enter >wanted
diff -u wanted exported || fail "the engine exports more than its entry"
# The shim loads nothing but the C library, of which the loader is a part.
objdump -p "$library" | awk '$1 == "NEEDED" && $2 !~ /^ld/ { print $2 }' >needed
[ "$(cat needed)" = libc.so.6 ] ||
	{ cat needed; fail "the library needs more than libc"; }
