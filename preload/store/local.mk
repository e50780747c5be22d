# SPDX-License-Identifier: MIT

noinst_LTLIBRARIES += libulstore.la

libulstore_la_SOURCES = \
	preload/store/checksum.c preload/store/checksum.h \
	preload/store/hold.c preload/store/hold.h \
	preload/store/scratch.c preload/store/scratch.h \
	preload/store/seekable.c preload/store/seekable.h \
	preload/store/seekable_foreign.c \
	preload/store/seekable_table.c preload/store/seekable_table.h \
	preload/store/seekable_write.c \
	preload/store/store.c preload/store/store.h \
	preload/store/store_blob.c \
	preload/store/store_file.c \
	preload/store/store_internal.h \
	preload/store/store_load.c \
	preload/store/store_zero.c \
	preload/store/stub.c preload/store/stub.h \
	preload/store/stub_open.c \
	preload/store/text.h
libulstore_la_CFLAGS = $(UL_CFLAGS) $(UL_SANITIZE) \
	$(ZSTD_CFLAGS) $(LZ4_CFLAGS) $(XXHASH_CFLAGS)
libulstore_la_LIBADD = $(ZSTD_LIBS) $(LZ4_LIBS)
