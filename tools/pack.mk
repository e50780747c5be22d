# SPDX-License-Identifier: MIT

bin_PROGRAMS += uffdlazy-pack

uffdlazy_pack_SOURCES = \
	tools/pack.c tools/pack.h \
	tools/pack_attributes.c \
	tools/pack_input.c \
	tools/pack_list.c \
	tools/pack_output.c \
	tools/pack_read.c \
	tools/pack_stub.c \
	tools/pack_util.c \
	tools/pack_write.c \
	tools/standard.h
uffdlazy_pack_CFLAGS = $(UL_CFLAGS) $(UL_SANITIZE) -pthread
uffdlazy_pack_LDFLAGS = $(UL_SANITIZE) -pthread
uffdlazy_pack_LDADD = libulstore.la libulsize.la
