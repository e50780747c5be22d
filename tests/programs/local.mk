# SPDX-License-Identifier: MIT
#
# Real programs, and small ones that know nothing of us, on lazy memory.

check_PROGRAMS += \
	tests/programs/foreign_symbols \
	tests/programs/index_table \
	tests/programs/index_table_shared \
	tests/programs/letters \
	tests/programs/own_malloc \
	tests/programs/throw \
	tests/programs/touch_pages
check_LTLIBRARIES += \
	tests/programs/libindex.la \
	tests/programs/throw_module.la

tests_programs_foreign_symbols_SOURCES = tests/programs/foreign_symbols.c
tests_programs_foreign_symbols_LDFLAGS = -export-dynamic
tests_programs_index_table_SOURCES = \
	tests/programs/index_table.c tests/programs/index_table.h
tests_programs_index_table_shared_SOURCES = \
	tests/programs/index_table.c tests/programs/index_table.h
tests_programs_index_table_shared_CPPFLAGS = $(AM_CPPFLAGS) -DBUILD_INDEX_SHARED
tests_programs_index_table_shared_LDADD = tests/programs/libindex.la
tests_programs_letters_SOURCES = tests/programs/letters.c
tests_programs_own_malloc_SOURCES = tests/programs/own_malloc.c
tests_programs_own_malloc_CFLAGS = $(AM_CFLAGS) -fno-builtin
tests_programs_own_malloc_LDFLAGS = -export-dynamic
tests_programs_throw_SOURCES = tests/programs/throw.cpp
tests_programs_throw_LDADD = -ldl -lpthread
tests_programs_touch_pages_SOURCES = tests/programs/touch_pages.c

# -rpath makes libtool build them shared though they are never installed.
tests_programs_libindex_la_SOURCES = \
	tests/programs/index_library.c tests/programs/index_table.h
tests_programs_libindex_la_CPPFLAGS = $(AM_CPPFLAGS) -DBUILD_INDEX_SHARED
tests_programs_libindex_la_LDFLAGS = -avoid-version -shared -rpath /nowhere
tests_programs_throw_module_la_SOURCES = tests/programs/throw_module.cpp
tests_programs_throw_module_la_LDFLAGS = \
	-module -avoid-version -shared -rpath /nowhere

program_tests = \
	tests/programs/bad-blob.sh \
	tests/programs/bad-file.sh \
	tests/programs/bad-stub.sh \
	tests/programs/demo.sh \
	tests/programs/exceptions.sh \
	tests/programs/fidelity.sh \
	tests/programs/foreign-symbols.sh \
	tests/programs/letters.sh \
	tests/programs/look-few-frames.sh \
	tests/programs/look-policy.sh \
	tests/programs/large-frames.sh \
	tests/programs/look-stub.sh \
	tests/programs/malloc-sort.sh \
	tests/programs/malloc-xz.sh \
	tests/programs/no-privilege.sh \
	tests/programs/own-malloc.sh \
	tests/programs/python-stub.sh \
	tests/programs/rg-stub.sh \
	tests/programs/table-shared.sh \
	tests/programs/table-static.sh
TESTS += $(program_tests)

# A whole program on lazy memory is one line here and a file of a few lines:
# see same.sh.
program_cases = \
	tests/programs/same/awk.same \
	tests/programs/same/bash.same \
	tests/programs/same/binutils.same \
	tests/programs/same/clang.same \
	tests/programs/same/compress.same \
	tests/programs/same/ffmpeg.same \
	tests/programs/same/gcc.same \
	tests/programs/same/g++.same \
	tests/programs/same/gdb.same \
	tests/programs/same/git.same \
	tests/programs/same/image.same \
	tests/programs/same/java.same \
	tests/programs/same/jq.same \
	tests/programs/same/lua.same \
	tests/programs/same/memcached.same \
	tests/programs/same/node.same \
	tests/programs/same/openssl.same \
	tests/programs/same/perl.same \
	tests/programs/same/postgres.same \
	tests/programs/same/python-mmap.same \
	tests/programs/same/python-processes.same \
	tests/programs/same/redis.same \
	tests/programs/same/ripgrep.same \
	tests/programs/same/ruby.same \
	tests/programs/same/sort.same \
	tests/programs/same/sox.same \
	tests/programs/same/sqlite-file.same \
	tests/programs/same/sqlite-memory.same \
	tests/programs/same/tar.same \
	tests/programs/same/xml.same \
	tests/programs/same/xz.same \
	tests/programs/same/zstd.same
TESTS += $(program_cases)
TEST_EXTENSIONS += .same
SAME_LOG_COMPILER = bash $(top_srcdir)/tests/programs/same.sh
EXTRA_DIST += $(program_cases) tests/programs/same.sh \
	tests/programs/same/python.sh
dist_check_SCRIPTS += $(program_tests)
EXTRA_DIST += tests/programs/lib.sh tests/programs/fidelity.py
