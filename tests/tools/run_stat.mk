# SPDX-License-Identifier: MIT
#
# uffdlazy-run and uffdlazy-stat as a shell sees them.

check_PROGRAMS += tests/tools/fill_slowly tests/tools/holder \
	tests/tools/make_stat \
	tests/tools/make_trace \
	tests/tools/painter \
	tests/tools/static_victim tests/tools/waiter tests/tools/wasteful
tests_tools_waiter_SOURCES = tests/tools/waiter.c
tests_tools_waiter_LDFLAGS = -pthread
tests_tools_wasteful_SOURCES = tests/tools/wasteful.c
tests_tools_fill_slowly_SOURCES = tests/tools/fill_slowly.c
tests_tools_holder_SOURCES = tests/tools/holder.c
tests_tools_holder_LDFLAGS = -pthread
tests_tools_painter_SOURCES = tests/tools/painter.c
tests_tools_make_stat_SOURCES = tests/tools/make_stat.c
tests_tools_make_trace_SOURCES = tests/tools/make_trace.c
tests_tools_static_victim_SOURCES = tests/tools/static_victim.c
tests_tools_static_victim_LDFLAGS = -all-static

run_stat_tests = \
	tests/tools/check-doctor.sh \
	tests/tools/check-handover.sh \
	tests/tools/check-stores.sh \
	tests/tools/first-mistakes.sh \
	tests/tools/closed.sh \
	tests/tools/run-arguments.sh \
	tests/tools/run-environment.sh \
	tests/tools/run-policy.sh \
	tests/tools/run-setuid.sh \
	tests/tools/run-stats-foreign.sh \
	tests/tools/run-stats-together.sh tests/tools/run-status.sh \
	tests/tools/run-summary.sh \
	tests/tools/run-umask.sh \
	tests/tools/run-usage.sh \
	tests/tools/run-warning.sh \
	tests/tools/stat-callers.sh \
	tests/tools/stat-delta.sh \
	tests/tools/stat-detail.sh \
	tests/tools/stat-exec.sh \
	tests/tools/stat-fill.sh \
	tests/tools/stat-fill-busy.sh \
	tests/tools/stat-fill-damaged.sh \
	tests/tools/stat-fill-fork.sh \
	tests/tools/stat-fill-progress.sh \
	tests/tools/stat-fill-refused.sh \
	tests/tools/stat-heatmap.sh \
	tests/tools/stat-hostile.sh \
	tests/tools/stat-json.sh \
	tests/tools/stat-link.sh \
	tests/tools/stat-list.sh \
	tests/tools/stat-moving.sh \
	tests/tools/stat-namespace.sh \
	tests/tools/stat-neighbours.sh \
	tests/tools/stat-newer.sh \
	tests/tools/stat-openmetrics.sh \
	tests/tools/stat-promtool.sh \
	tests/tools/stat-owner.sh \
	tests/tools/stat-picture.sh \
	tests/tools/stat-sort.sh \
	tests/tools/stat-source.sh \
	tests/tools/stat-stale.sh \
	tests/tools/stat-stall.sh \
	tests/tools/stat-usage.sh \
	tests/tools/stat-watch.sh \
	tests/tools/stat-watch-tmux.sh \
	tests/tools/valgrind.sh
TESTS += $(run_stat_tests)
dist_check_SCRIPTS += $(run_stat_tests)
EXTRA_DIST += tests/lib.sh tests/autopsy.sh
