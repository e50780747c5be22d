# SPDX-License-Identifier: MIT
#
# Recording and replaying first touches.

trace_tests = \
	tests/preload/trace-record.sh \
	tests/preload/trace-replay.sh \
	tests/preload/trace-rebuilt.sh \
	tests/preload/trace-stale.sh \
	tests/preload/trace-stuck.sh \
	tests/preload/trace-fork.sh \
	tests/preload/trace-killed.sh \
	tests/preload/trace-refused.sh
TESTS += $(trace_tests)
dist_check_SCRIPTS += $(trace_tests)
EXTRA_DIST += tests/preload/trace-lib.sh

# The toucher, and the same built otherwise: other addresses, same functions.
check_PROGRAMS += tests/preload/toucher tests/preload/toucher_rebuilt \
	tests/preload/show_trace
tests_preload_toucher_SOURCES = tests/preload/toucher.c
tests_preload_toucher_rebuilt_SOURCES = tests/preload/toucher.c
tests_preload_toucher_rebuilt_CFLAGS = $(AM_CFLAGS) -DREBUILT
tests_preload_show_trace_SOURCES = tests/preload/show_trace.c
