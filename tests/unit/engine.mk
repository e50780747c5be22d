# SPDX-License-Identifier: MIT
#
# Unit tests of preload/engine and of the shim's own reader of policies.

engine_tests = test_pageset test_registry test_lock test_log test_next \
	test_select test_filter test_draft test_summary test_maps test_open test_stats_kept \
	test_stats_memory test_trace test_uffd $(gate_tests)
# The engine with gates in it; the linker puts them there, see gate.h.
gate_tests = test_race_beside test_race_fill test_race_fillers test_race_fork test_race_guard \
	test_race_late \
	test_race_remap test_race_pieces test_race_readers test_race_remove \
	test_race_replace test_race_replay test_race_start test_race_stuck \
	test_race_unmap test_store_fails

UNIT_TESTS += $(engine_tests)

test_pageset_SOURCES = tests/unit/test_pageset.c tests/unit/check.h
test_pageset_CFLAGS = $(unit_cflags)
test_pageset_LDFLAGS = $(unit_ldflags)
test_pageset_LDADD = libulengine.la

test_registry_SOURCES = tests/unit/test_registry.c tests/unit/check.h
test_registry_CFLAGS = $(unit_cflags)
test_registry_LDFLAGS = $(unit_ldflags)
test_registry_LDADD = libulengine.la

test_lock_SOURCES = tests/unit/test_lock.c tests/unit/check.h
test_lock_CFLAGS = $(unit_cflags)
test_lock_LDFLAGS = $(unit_ldflags)
test_lock_LDADD = libulengine.la

test_log_SOURCES = tests/unit/test_log.c tests/unit/check.h
test_log_CFLAGS = $(unit_cflags)
test_log_LDFLAGS = $(unit_ldflags)
test_log_LDADD = libulengine.la

test_next_SOURCES = tests/unit/test_next.c tests/unit/check.h \
	preload/next.c preload/next.h preload/hooks.def
test_next_CFLAGS = $(unit_cflags)
test_next_LDFLAGS = $(unit_ldflags)

test_select_SOURCES = tests/unit/test_select.c tests/unit/check.h \
	preload/select.c preload/engine_load.h policy/glob.c policy/glob.h
test_select_CFLAGS = $(unit_cflags)
test_select_LDFLAGS = $(unit_ldflags)

test_filter_SOURCES = tests/unit/test_filter.c tests/unit/check.h \
	preload/filter.c preload/filter.h
test_filter_CFLAGS = $(unit_cflags)
test_filter_LDFLAGS = $(unit_ldflags)

test_draft_SOURCES = tests/unit/test_draft.c tests/unit/check.h
test_draft_CFLAGS = $(unit_cflags)
test_draft_LDFLAGS = $(unit_ldflags) -pthread

test_summary_SOURCES = tests/unit/test_summary.c tests/unit/check.h \
	preload/engine/summary.c
test_summary_CFLAGS = $(unit_cflags)
test_summary_LDFLAGS = $(unit_ldflags)

test_stats_kept_SOURCES = tests/unit/test_stats_kept.c tests/unit/check.h
test_stats_kept_CFLAGS = $(unit_cflags)
test_stats_kept_LDFLAGS = $(unit_ldflags) -Wl,--wrap=rename
test_stats_kept_LDADD = libulengine.la

test_stats_memory_SOURCES = tests/unit/test_stats_memory.c tests/unit/check.h \
	preload/engine/stats_memory.c
test_stats_memory_CFLAGS = $(unit_cflags)
test_stats_memory_LDFLAGS = $(unit_ldflags)

test_maps_SOURCES = tests/unit/test_maps.c tests/unit/check.h
test_maps_CFLAGS = $(unit_cflags)
test_maps_LDFLAGS = $(unit_ldflags) -Wl,--wrap=open
test_maps_LDADD = libulengine.la

test_open_SOURCES = tests/unit/test_open.c tests/unit/check.h \
	preload/engine/open.c
test_open_CFLAGS = $(unit_cflags)
test_open_LDFLAGS = $(unit_ldflags)

test_uffd_SOURCES = tests/unit/test_uffd.c tests/unit/check.h \
	preload/engine/uffd.c
test_uffd_CFLAGS = $(unit_cflags)
test_uffd_LDFLAGS = $(unit_ldflags) -Wl,--wrap=ioctl

gate_sources = tests/unit/gate.c tests/unit/gate.h tests/unit/check.h
gate_ldflags = $(unit_ldflags) -pthread \
	-Wl,--wrap=ul_store_load -Wl,--wrap=ul_stats_publish \
	-Wl,--wrap=ul_crew_grow_beside \
	-Wl,--wrap=ul_uffd_copy -Wl,--wrap=ul_baton_join -Wl,--wrap=ioctl \
	-Wl,--wrap=ul_stats_wait_begin -Wl,--wrap=nanosleep \
	-Wl,--wrap=poll -Wl,--wrap=ul_now_ns

test_race_beside_SOURCES = tests/unit/test_race_beside.c $(gate_sources)
test_race_beside_CFLAGS = $(unit_cflags)
test_race_beside_LDFLAGS = $(gate_ldflags)
test_race_beside_LDADD = libulengine.la

test_race_fill_SOURCES = tests/unit/test_race_fill.c $(gate_sources)
test_race_fill_CFLAGS = $(unit_cflags)
test_race_fill_LDFLAGS = $(gate_ldflags)
test_race_fill_LDADD = libulengine.la

test_race_fillers_SOURCES = tests/unit/test_race_fillers.c $(gate_sources)
test_race_fillers_CFLAGS = $(unit_cflags)
test_race_fillers_LDFLAGS = $(gate_ldflags)
test_race_fillers_LDADD = libulengine.la

test_race_fork_SOURCES = tests/unit/test_race_fork.c $(gate_sources)
test_race_fork_CFLAGS = $(unit_cflags)
test_race_fork_LDFLAGS = $(gate_ldflags)
test_race_fork_LDADD = libulengine.la

test_race_late_SOURCES = tests/unit/test_race_late.c $(gate_sources)
test_race_late_CFLAGS = $(unit_cflags)
test_race_late_LDFLAGS = $(gate_ldflags)
test_race_late_LDADD = libulengine.la

test_race_pieces_SOURCES = tests/unit/test_race_pieces.c $(gate_sources)
test_race_pieces_CFLAGS = $(unit_cflags)
test_race_pieces_LDFLAGS = $(gate_ldflags)
test_race_pieces_LDADD = libulengine.la

test_race_readers_SOURCES = tests/unit/test_race_readers.c $(gate_sources)
test_race_readers_CFLAGS = $(unit_cflags)
test_race_readers_LDFLAGS = $(gate_ldflags)
test_race_readers_LDADD = libulengine.la

test_race_remap_SOURCES = tests/unit/test_race_remap.c $(gate_sources)
test_race_remap_CFLAGS = $(unit_cflags)
test_race_remap_LDFLAGS = $(gate_ldflags)
test_race_remap_LDADD = libulengine.la

test_race_guard_SOURCES = tests/unit/test_race_guard.c $(gate_sources)
test_race_guard_CFLAGS = $(unit_cflags)
test_race_guard_LDFLAGS = $(gate_ldflags)
test_race_guard_LDADD = libulengine.la

test_race_remove_SOURCES = tests/unit/test_race_remove.c $(gate_sources)
test_race_remove_CFLAGS = $(unit_cflags)
test_race_remove_LDFLAGS = $(gate_ldflags)
test_race_remove_LDADD = libulengine.la

test_race_replace_SOURCES = tests/unit/test_race_replace.c $(gate_sources)
test_race_replace_CFLAGS = $(unit_cflags)
test_race_replace_LDFLAGS = $(gate_ldflags)
test_race_replace_LDADD = libulengine.la

test_race_replay_SOURCES = tests/unit/test_race_replay.c $(gate_sources)
test_race_replay_CFLAGS = $(unit_cflags)
test_race_replay_LDFLAGS = $(gate_ldflags)
test_race_replay_LDADD = libulengine.la

test_race_start_SOURCES = tests/unit/test_race_start.c $(gate_sources)
test_race_start_CFLAGS = $(unit_cflags)
test_race_start_LDFLAGS = $(gate_ldflags)
test_race_start_LDADD = libulengine.la

test_race_stuck_SOURCES = tests/unit/test_race_stuck.c $(gate_sources)
test_race_stuck_CFLAGS = $(unit_cflags)
test_race_stuck_LDFLAGS = $(gate_ldflags)
test_race_stuck_LDADD = libulengine.la

test_race_unmap_SOURCES = tests/unit/test_race_unmap.c $(gate_sources)
test_race_unmap_CFLAGS = $(unit_cflags)
test_race_unmap_LDFLAGS = $(gate_ldflags)
test_race_unmap_LDADD = libulengine.la

test_store_fails_SOURCES = tests/unit/test_store_fails.c $(gate_sources)
test_store_fails_CFLAGS = $(unit_cflags)
test_store_fails_LDFLAGS = $(gate_ldflags)
test_store_fails_LDADD = libulengine.la

test_trace_SOURCES = tests/unit/test_trace.c tests/unit/check.h
test_trace_CFLAGS = $(unit_cflags)
test_trace_LDFLAGS = $(unit_ldflags)
test_trace_LDADD = libulengine.la
