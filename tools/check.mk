# SPDX-License-Identifier: MIT

bin_PROGRAMS += uffdlazy-check

uffdlazy_check_SOURCES = \
	preload/engine/stat_abi.h \
	preload/engine/trace_abi.h \
	preload/engine/trace_check.c preload/engine/trace_check.h \
	preload/engine/uffd.c preload/engine/uffd.h \
	tools/check.c tools/check.h \
	tools/check_explain.c \
	tools/check_handover.c \
	tools/check_keys.c \
	tools/check_limits.c \
	tools/check_machine.c \
	tools/check_policy.c \
	tools/check_records.c \
	tools/check_report.c \
	tools/check_stores.c \
	tools/standard.h
uffdlazy_check_CFLAGS = $(UL_CFLAGS) $(UL_SANITIZE) $(JANSSON_CFLAGS)
uffdlazy_check_LDFLAGS = $(UL_SANITIZE) -pthread
uffdlazy_check_LDADD = libulpolicy.la libulstore.la $(JANSSON_LIBS)
