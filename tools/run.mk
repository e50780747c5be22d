# SPDX-License-Identifier: MIT

bin_PROGRAMS += uffdlazy-run

uffdlazy_run_SOURCES = \
	tools/run.c tools/run.h \
	tools/run_options.c \
	tools/run_program.c \
	tools/standard.h
uffdlazy_run_CPPFLAGS = $(AM_CPPFLAGS) -DUL_LIBDIR='"$(libdir)"'
uffdlazy_run_CFLAGS = $(UL_CFLAGS) $(UL_SANITIZE)
uffdlazy_run_LDFLAGS = $(UL_SANITIZE)
uffdlazy_run_LDADD = libulpolicy.la
