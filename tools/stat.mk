# SPDX-License-Identifier: MIT

bin_PROGRAMS += uffdlazy-stat

uffdlazy_stat_SOURCES = \
	tools/stat.c tools/stat.h \
	tools/stat_alive.c \
	tools/stat_callers.c \
	tools/stat_detail.c \
	tools/stat_direct.c \
	tools/stat_fill.c \
	tools/stat_find.c \
	tools/stat_fit.c \
	tools/stat_heatmap.c \
	tools/stat_json.c \
	tools/stat_metrics.c \
	tools/stat_options.c \
	tools/stat_page.c \
	tools/stat_picture.c tools/stat_picture.h \
	tools/stat_read.c \
	tools/stat_screen.c \
	tools/stat_since.c \
	tools/stat_sort.c \
	tools/stat_source.c \
	tools/stat_svg.c \
	tools/stat_table.c \
	tools/stat_text.c \
	tools/stat_trace.c \
	tools/standard.h \
	preload/engine/trace_abi.h \
	preload/engine/trace_check.c preload/engine/trace_check.h
uffdlazy_stat_CFLAGS = $(UL_CFLAGS) $(UL_SANITIZE) $(JANSSON_CFLAGS) $(LIBDW_CFLAGS)
uffdlazy_stat_LDFLAGS = $(UL_SANITIZE)
uffdlazy_stat_LDADD = $(JANSSON_LIBS) $(LIBDW_LIBS) -lm
