# SPDX-License-Identifier: MIT
#
# Unit tests of preload/store and of sizes. Blobs are made by tests/unit/blob.c,
# odd ones by blob_cases.c; `test_seekable FOLDER` writes them all to FOLDER.

store_tests = test_store test_seekable test_blob_sizes test_stub \
	test_fault_path test_size

UNIT_TESTS += $(store_tests)
TESTS += tests/unit/store-symbols.sh
EXTRA_DIST += tests/unit/store-symbols.sh

unit_cflags = $(UL_CFLAGS) $(UL_SANITIZE) -pthread $(ZSTD_CFLAGS) $(LZ4_CFLAGS)
unit_ldflags = $(UL_SANITIZE)
blob_sources = tests/unit/blob.c tests/unit/blob.h tests/unit/check.h
blob_case_sources = $(blob_sources) \
	tests/unit/blob_cases.c tests/unit/blob_cases.h

test_store_SOURCES = tests/unit/test_store.c $(blob_sources)
test_store_CFLAGS = $(unit_cflags)
test_store_LDFLAGS = $(unit_ldflags) -Wl,--wrap=open -Wl,--wrap=mmap
test_store_LDADD = libulstore.la

test_seekable_SOURCES = tests/unit/test_seekable.c $(blob_case_sources)
test_seekable_CFLAGS = $(unit_cflags)
test_seekable_LDFLAGS = $(unit_ldflags)
test_seekable_LDADD = libulstore.la

test_blob_sizes_SOURCES = tests/unit/test_blob_sizes.c $(blob_sources)
test_blob_sizes_CFLAGS = $(unit_cflags)
test_blob_sizes_LDFLAGS = $(unit_ldflags)
test_blob_sizes_LDADD = libulstore.la

test_stub_SOURCES = tests/unit/test_stub.c $(blob_sources)
test_stub_CFLAGS = $(unit_cflags)
test_stub_LDFLAGS = $(unit_ldflags)
test_stub_LDADD = libulstore.la

# malloc must be the program's for every library: not hidden.
test_fault_path_SOURCES = tests/unit/test_fault_path.c $(blob_case_sources)
test_fault_path_CFLAGS = $(unit_cflags) -fvisibility=default
test_fault_path_LDFLAGS = $(unit_ldflags)
test_fault_path_LDADD = libulstore.la

test_size_SOURCES = tests/unit/test_size.c tests/unit/check.h
test_size_CFLAGS = $(unit_cflags)
test_size_LDFLAGS = $(unit_ldflags)
test_size_LDADD = libulsize.la
