# SPDX-License-Identifier: MIT
#
# What it costs: make bench, make bench BENCH=--quick, make bench BENCH='NAME...'

EXTRA_PROGRAMS += \
	tests/bench/busy \
	tests/bench/floor \
	tests/bench/interleave \
	tests/bench/victim \
	tests/bench/warm
EXTRA_LTLIBRARIES += tests/bench/empty.la

tests_bench_busy_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_bench_busy_SOURCES = \
	tests/bench/busy.c tests/bench/bench.c tests/bench/bench.h
tests_bench_busy_LDADD = -lpthread
tests_bench_floor_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_bench_floor_SOURCES = \
	tests/bench/floor.c tests/bench/bench.c tests/bench/bench.h
tests_bench_floor_CFLAGS = $(AM_CFLAGS) $(ZSTD_CFLAGS)
tests_bench_floor_LDADD = $(ZSTD_LIBS) -lpthread
tests_bench_interleave_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_bench_interleave_SOURCES = \
	tests/bench/interleave.c tests/bench/bench.c tests/bench/bench.h
tests_bench_victim_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_bench_victim_SOURCES = \
	tests/bench/victim.c tests/bench/bench.c tests/bench/bench.h
# The pairs of malloc and free are to be made.
tests_bench_victim_CFLAGS = $(AM_CFLAGS) -fno-builtin
tests_bench_victim_LDADD = -lpthread
tests_bench_warm_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_bench_warm_SOURCES = \
	tests/bench/warm.c tests/bench/bench.c tests/bench/bench.h
# -rpath makes libtool build it shared though it is never installed.
tests_bench_empty_la_SOURCES = tests/bench/empty.c
tests_bench_empty_la_CFLAGS = $(AM_CFLAGS) -fvisibility=default
tests_bench_empty_la_LDFLAGS = \
	-module -avoid-version -shared -rpath /nowhere

bench_programs = $(EXTRA_PROGRAMS) tests/bench/empty.la
CLEANFILES += $(EXTRA_PROGRAMS) tests/bench/empty.la
bench_scripts = \
	tests/bench/README.md \
	tests/bench/bench.py \
	tests/bench/chart.py \
	tests/bench/data.sh \
	tests/bench/harness.py \
	tests/bench/report.py \
	tests/bench/rows_file.py \
	tests/bench/rows_fill.py \
	tests/bench/rows_load.py \
	tests/bench/rows_replay.py \
	tests/bench/rows_start.py
EXTRA_DIST += $(bench_scripts)

BENCH =
BENCH_RUNNER = $$(test -x /usr/bin/python3 && echo /usr/bin/python3 || echo python3) -B
.PHONY: bench bench-quick
bench: all $(bench_programs)
	$(BENCH_RUNNER) $(srcdir)/tests/bench/bench.py \
		--build '$(abs_top_builddir)' $(BENCH)
bench-quick: all $(bench_programs)
	$(BENCH_RUNNER) $(srcdir)/tests/bench/bench.py \
		--build '$(abs_top_builddir)' --quick $(BENCH)
