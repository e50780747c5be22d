# SPDX-License-Identifier: MIT

check_PROGRAMS += fuzz_trace fuzz_stat
TESTS += tests/fuzz/fuzz-trace.sh tests/fuzz/fuzz-stat.sh
EXTRA_DIST += tests/fuzz/fuzz-trace.sh tests/fuzz/fuzz-stat.sh \
	tests/fuzz/corpus/trace tests/fuzz/corpus/stat

fuzz_trace_SOURCES = tests/fuzz/fuzz_trace.c tests/fuzz/fuzz_fields.h \
	tests/unit/check.h preload/engine/replay.h \
	preload/engine/replay_load.c \
	preload/engine/trace_check.c preload/engine/trace_check.h
fuzz_trace_CFLAGS = $(unit_cflags)
fuzz_trace_LDFLAGS = $(unit_ldflags)

fuzz_stat_SOURCES = tests/fuzz/fuzz_stat.c tests/fuzz/fuzz_fields.h \
	tests/unit/check.h $(uffdlazy_stat_SOURCES)
fuzz_stat_CPPFLAGS = $(AM_CPPFLAGS) -Dmain=ul_stat_main
# The tool's main has no prototype under its other name.
fuzz_stat_CFLAGS = $(uffdlazy_stat_CFLAGS) -Wno-missing-prototypes
fuzz_stat_LDFLAGS = $(uffdlazy_stat_LDFLAGS)
fuzz_stat_LDADD = $(uffdlazy_stat_LDADD)
