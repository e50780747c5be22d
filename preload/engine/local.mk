# SPDX-License-Identifier: MIT
#
# The engine is a convenience library too, so that unit tests can link it.

noinst_LTLIBRARIES += libulengine.la
libulengine_la_SOURCES = \
	preload/engine/arena.c preload/engine/arena.h \
	preload/engine/baton.c \
	preload/engine/callsite.c preload/engine/callsite.h \
	preload/engine/callsite_name.c \
	preload/engine/unwind_table.c preload/engine/unwind_table.h \
	preload/engine/walkers.c preload/engine/walkers.h \
	preload/engine/direct.c preload/engine/direct.h \
	preload/engine/direct_remap.c \
	preload/engine/engine.c preload/engine/engine.h \
	preload/engine/event.c \
	preload/engine/fault.c preload/engine/fault.h \
	preload/engine/fill.c preload/engine/fill.h \
	preload/engine/filler.c preload/engine/filler.h \
	preload/engine/filler_parts.h preload/engine/filler_place.c \
	preload/engine/filler_watch.c \
	preload/engine/folder.c preload/engine/folder.h \
	preload/engine/fork.c preload/engine/fork_fill.c \
	preload/engine/handler.c preload/engine/handler.h \
	preload/engine/crew.c preload/engine/handler_parts.h \
	preload/engine/mailbox.c preload/engine/queue.c \
	preload/engine/readers.c \
	preload/engine/lock.c preload/engine/lock.h \
	preload/engine/locked.c preload/engine/locked.h \
	preload/engine/log.c preload/engine/log.h \
	preload/engine/lost.c preload/engine/lost.h \
	preload/engine/maps.c preload/engine/maps.h \
	preload/engine/orphan.c \
	preload/engine/pageset.c preload/engine/pageset.h \
	preload/engine/place.c preload/engine/place.h \
	preload/engine/placing.c preload/engine/placing.h \
	preload/engine/plan.c preload/engine/plan.h \
	preload/engine/place_malloc.c preload/engine/place_mmap.c \
	preload/engine/place_populate.c \
	preload/engine/place_region.c \
	preload/engine/readahead.c preload/engine/readahead.h \
	preload/object.c preload/object.h \
	preload/engine/registry.c preload/engine/region.h \
	preload/engine/registry_pages.c \
	preload/engine/registry_table.c preload/engine/registry_table.h \
	preload/engine/room.c preload/engine/room.h \
	preload/engine/scheduling.c preload/engine/scheduling.h \
	preload/engine/release.c \
	preload/engine/remap.c preload/engine/remap.h \
	preload/engine/remap_advise.c \
	preload/engine/replay.c preload/engine/replay.h \
	preload/engine/replay_fill.c \
	preload/engine/replay_load.c \
	preload/engine/scratch.c preload/engine/scratch.h \
	preload/engine/sentry.c \
	preload/engine/stat_abi.h \
	preload/engine/stats.c preload/engine/stats.h \
	preload/engine/stats_file.c preload/engine/stats_file.h \
	preload/engine/stats_memory.c \
	preload/engine/stats_callsites.c \
	preload/engine/stats_heat.c \
	preload/engine/stats_kept.c \
	preload/engine/stats_threads.c \
	preload/engine/stub_files.c preload/engine/stub_files.h \
	preload/engine/stub_read.c \
	preload/engine/stubs.c preload/engine/stubs.h \
	preload/engine/summary.c \
	preload/engine/thread.c preload/engine/thread.h \
	preload/engine/touch.c preload/engine/touch.h \
	preload/engine/trace.c preload/engine/trace.h \
	preload/engine/trace_abi.h \
	preload/engine/trace_check.c preload/engine/trace_check.h \
	preload/engine/trace_file.c preload/engine/trace_path.c \
	preload/engine/trace_site.c \
	preload/engine/uffd.c preload/engine/uffd.h \
	preload/engine/worker.c
libulengine_la_CFLAGS = $(AM_CFLAGS) $(UL_SANITIZE) $(UNWIND_CFLAGS)
libulengine_la_LIBADD = libulpolicy.la libulstore.la $(UNWIND_LIBS)

pkglib_LTLIBRARIES += uffdlazy-engine.la
uffdlazy_engine_la_SOURCES = preload/engine/heap.c preload/engine/objects.c \
	preload/engine/open.c preload/engine/zone.c
uffdlazy_engine_la_CFLAGS = $(AM_CFLAGS) $(UL_SANITIZE)
uffdlazy_engine_la_LIBADD = libulengine.la
uffdlazy_engine_la_LDFLAGS = -module -avoid-version -shared -Wl,-z,now
