# SPDX-License-Identifier: MIT

check_PROGRAMS += fuzz_blob fuzz_stub
TESTS += tests/fuzz/fuzz-blob.sh tests/fuzz/fuzz-stub.sh
EXTRA_DIST += tests/fuzz/fuzz-blob.sh tests/fuzz/fuzz-stub.sh \
	tests/fuzz/corpus/blob tests/fuzz/corpus/stub

fuzz_blob_SOURCES = tests/fuzz/fuzz_blob.c tests/unit/check.h
fuzz_blob_CFLAGS = $(unit_cflags)
fuzz_blob_LDFLAGS = $(unit_ldflags)
fuzz_blob_LDADD = libulstore.la

fuzz_stub_SOURCES = tests/fuzz/fuzz_stub.c tests/unit/check.h
fuzz_stub_CFLAGS = $(unit_cflags)
fuzz_stub_LDFLAGS = $(unit_ldflags)
fuzz_stub_LDADD = libulstore.la

# With libFuzzer, as long as one likes: make fuzz SECONDS=3600
EXTRA_DIST += tests/fuzz/fuzz.sh
.PHONY: fuzz
fuzz: all
	UL_SRCDIR='$(abs_top_srcdir)' UL_BUILDDIR='$(abs_top_builddir)' \
	$(SHELL) $(srcdir)/tests/fuzz/fuzz.sh '$(SECONDS)'
