# SPDX-License-Identifier: MIT

pack_tests = \
	tests/tools/pack-changing-input.sh \
	tests/tools/pack-damaged.sh \
	tests/tools/pack-fifo.sh \
	tests/tools/pack-full-disk.sh \
	tests/tools/pack-interop.sh \
	tests/tools/pack-interrupted.sh \
	tests/tools/pack-list.sh \
	tests/tools/pack-odd-names.sh \
	tests/tools/pack-overwrites-nothing.sh \
	tests/tools/pack-extended.sh \
	tests/tools/pack-permissions.sh \
	tests/tools/pack-progress.sh \
	tests/tools/pack-refuses-plain.sh \
	tests/tools/pack-replace.sh \
	tests/tools/pack-replace-refuses.sh \
	tests/tools/pack-round-trip.sh \
	tests/tools/pack-stub.sh \
	tests/tools/pack-usage.sh

TESTS += $(pack_tests)
EXTRA_DIST += $(pack_tests) tests/tools/pack-lib.sh
