#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: C++ exceptions are thrown and caught in a preloaded program, in its
# threads, in a module that it opens, and through that module's frames.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$srcdir/tests/programs/lib.sh"

module=$programs/.libs/throw_module.so
"$programs/throw" "$module" >wanted
says wanted 'caught 7'
preloaded "$programs/throw" "$module" >got
same wanted got
# With call sites, so that we unwind the same stacks.
"$run" -p '{ "version": 1, "rules": [ { "match": { "call": "malloc",
	"caller": "throw_here*" }, "store": "zero" } ] }' \
	"$programs/throw" "$module" >got
same wanted got
