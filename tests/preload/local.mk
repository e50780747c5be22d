# SPDX-License-Identifier: MIT
#
# A victim is one line here: tests/preload/NAME.victim is built from NAME.c and
# run by run-victim.sh, as the comment at the head of NAME.c says.

victims = \
	tests/preload/ahead.victim \
	tests/preload/allocator.victim \
	tests/preload/any-time.victim \
	tests/preload/blob-damaged.victim \
	tests/preload/cancelled.victim tests/preload/cancelled-at-once.victim \
	tests/preload/change-under-faulter.victim \
	tests/preload/close-descriptors.victim \
	tests/preload/closed-from-the-start.victim \
	tests/preload/daemon.victim \
	tests/preload/direct.victim tests/preload/direct-grows.victim \
	tests/preload/discard.victim \
	tests/preload/dontfork-direct.victim \
	tests/preload/drop-privileges.victim \
	tests/preload/end-of-store.victim \
	tests/preload/few-descriptors.victim \
	tests/preload/file-truncated.victim \
	tests/preload/filtered.victim \
	tests/preload/first-in-handler.victim \
	tests/preload/first-in-setgid.victim \
	tests/preload/first-thread-ended.victim \
	tests/preload/fork.victim \
	tests/preload/fork-filled.victim \
	tests/preload/fork-at-exit.victim tests/preload/fork-in-callback.victim \
	tests/preload/fork-in-flush.victim tests/preload/fork-in-handler.victim \
	tests/preload/fork-in-last-round.victim tests/preload/fork-in-malloc.victim \
	tests/preload/fork-on-lazy-stack.victim \
	tests/preload/fork-other-ways.victim \
	tests/preload/fork-raw.victim \
	tests/preload/fork-in-walk.victim \
	tests/preload/fork-threads.victim \
	tests/preload/fork-without-proc.victim \
	tests/preload/frames-without-tables.victim \
	tests/preload/huge-pages.victim \
	tests/preload/io-uring.victim \
	tests/preload/just-unmapped.victim \
	tests/preload/last-thread.victim \
	tests/preload/last-thread-raw.victim \
	tests/preload/left-below.victim \
	tests/preload/limits.victim \
	tests/preload/little-address-space.victim \
	tests/preload/locked-malloc.victim \
	tests/preload/many-faulters.victim \
	tests/preload/many-files.victim \
	tests/preload/many-mappings.victim \
	tests/preload/map-over.victim \
	tests/preload/map-over-in-use.victim \
	tests/preload/mlock.victim \
	tests/preload/mremap.victim \
	tests/preload/mremap-locked.victim tests/preload/mremap-raw.victim \
	tests/preload/no-threads.victim tests/preload/noexec.victim \
	tests/preload/notified-fork.victim \
	tests/preload/outside.victim \
	tests/preload/own-userfaultfd.victim \
	tests/preload/pieces.victim \
	tests/preload/pipe-end.victim \
	tests/preload/populate.victim \
	tests/preload/posix-aio.victim tests/preload/posix-locks.victim \
	tests/preload/real-time.victim \
	tests/preload/real-time-first.victim \
	tests/preload/fixed-hole.victim \
	tests/preload/refused.victim \
	tests/preload/reservation.victim \
	tests/preload/reservation-refused.victim \
	tests/preload/segment-base.victim \
	tests/preload/shared-segment.victim \
	tests/preload/shared-space.victim \
	tests/preload/signal-in-fault.victim \
	tests/preload/fresh-heap.victim tests/preload/replaced-block.victim \
	tests/preload/nameless-file.victim \
	tests/preload/sandboxed.victim tests/preload/seals.victim \
	tests/preload/signal-at-thread-end.victim \
	tests/preload/signal-in-fork.victim \
	tests/preload/signal-on-stack.victim \
	tests/preload/shared-follows.victim tests/preload/small-stack.victim \
	tests/preload/stderr-is-data.victim \
	tests/preload/transfer.victim \
	tests/preload/unprivileged.victim \
	tests/preload/vfork-apart.victim \
	tests/preload/wipe-and-dontfork.victim \
	tests/preload/without-userfaultfd.victim

check_PROGRAMS += tests/preload/pattern tests/preload/numbers $(victims) \
	tests/preload/slow_file tests/preload/stuck_reader \
	tests/preload/populate_beside
TESTS += $(victims)
TEST_EXTENSIONS += .victim
VICTIM_LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/preload/run-victim.sh
EXTRA_DIST += tests/preload/run-victim.sh tests/preload/victim.h \
	tests/preload/raw.h tests/preload/mremap.h tests/preload/forbid.h

TESTS += tests/preload/constructor.sh tests/preload/direct-ways.sh \
	tests/preload/foreign-malloc.sh \
	tests/preload/fault-path-symbols.sh tests/preload/under-valgrind.sh \
	tests/preload/killing-filter.sh tests/preload/other-interposer.sh \
	tests/preload/own-unwinder.sh tests/preload/stats-no-room.sh \
	tests/preload/stderr-gone.sh
EXTRA_DIST += tests/preload/direct-ways.sh tests/preload/foreign-malloc.sh \
	tests/preload/fault-path-symbols.sh tests/preload/under-valgrind.sh \
	tests/preload/killing-filter.sh tests/preload/constructor.sh \
	tests/preload/other-interposer.sh \
	tests/preload/own-unwinder.sh tests/preload/stats-no-room.sh \
	tests/preload/stderr-gone.sh \
	tests/preload/in_constructor.c
check_PROGRAMS += tests/preload/killing_filter tests/preload/in_sequence

check_PROGRAMS += tests/preload/many_ranges
dist_check_SCRIPTS += tests/preload/many-ranges.sh
TESTS += tests/preload/many-ranges.sh

check_PROGRAMS += tests/preload/caller_again tests/preload/frame_tables \
	tests/preload/too_large
dist_check_SCRIPTS += tests/preload/caller-again.sh \
	tests/preload/too-large.sh \
	tests/preload/frame-tables.sh
TESTS += tests/preload/caller-again.sh tests/preload/too-large.sh \
	tests/preload/frame-tables.sh

dist_check_SCRIPTS += tests/preload/timeout.sh tests/preload/stuck.sh \
	tests/preload/populate-stuck.sh
TESTS += tests/preload/timeout.sh tests/preload/stuck.sh \
	tests/preload/populate-stuck.sh
