#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Rationale: see locked-malloc.c. Threads are made at the start for a program
# with an allocator of its own, but only where its memory may be lazy.
set -eu

for rule in '{ "match": { "call": "mmap-file" }, "store": "self" }' \
	'{ "match": { "call": "malloc" }, "store": "zero" }'; do
	status=0
	said=$(VICTIM_ALONE=1 VICTIM_STORE=zero UFFDLAZY_LOG=warning \
		UFFDLAZY_POLICY="{ \"version\": 1, \"rules\": [ $rule ] }" \
		LD_PRELOAD="$UL_BUILDDIR/.libs/libuffdlazy.so" \
		timeout -s KILL 120 \
		"$UL_BUILDDIR/tests/preload/locked-malloc.victim" 2>&1) ||
		status=$?
	[ "$status,$said" = 0, ] || {
		echo "$rule: status $status: $said"
		exit 1
	}
done
