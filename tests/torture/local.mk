# SPDX-License-Identifier: MIT

check_PROGRAMS += tests/torture/torture tests/torture/served
tests_torture_torture_SOURCES = \
	tests/torture/torture.c tests/torture/torture.h \
	tests/torture/oracle.c tests/torture/rng.c \
	tests/torture/ops_advise.c tests/torture/ops_block.c \
	tests/torture/ops_bytes.c tests/torture/ops_call.c \
	tests/torture/ops_crowd.c tests/torture/ops_map.c \
	tests/torture/ops_more.c tests/torture/ops_process.c \
	tests/torture/ops_remap.c tests/torture/ops_traffic.c
tests_torture_served_SOURCES = tests/torture/served.c
# Nothing here is to be optimised away.
tests_torture_torture_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_torture_torture_CFLAGS = $(AM_CFLAGS) -fno-builtin-malloc \
	-fno-builtin-realloc -fno-builtin-calloc

TESTS += tests/torture/torture.sh
EXTRA_DIST += tests/torture/torture.sh tests/torture/seeds

# As long as one likes: make torture SECONDS=600 SEED=7
SECONDS = 60
SEED =
.PHONY: torture
torture: all tests/torture/torture tests/torture/served
	UL_SRCDIR='$(abs_top_srcdir)' UL_BUILDDIR='$(abs_top_builddir)' \
	$(SHELL) $(srcdir)/tests/torture/torture.sh \
		--seconds '$(SECONDS)' --seed '$(SEED)'
