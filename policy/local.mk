# SPDX-License-Identifier: MIT

noinst_LTLIBRARIES += libulpolicy.la

libulpolicy_la_SOURCES = \
	policy/complain.c policy/harmless.h \
	policy/expand.c \
	policy/glob.c policy/glob.h \
	policy/keys.c policy/keys.h \
	policy/load.c \
	policy/match.c policy/match.h \
	policy/model.c \
	policy/most.h \
	policy/parse.c \
	policy/parse_match.c \
	policy/parse_rule.c \
	policy/parse_store.c \
	policy/policy.h \
	policy/reader.h \
	policy/rule_checks.c \
	policy/suggest.c \
	policy/value.c \
	policy/where.c
libulpolicy_la_CFLAGS = $(UL_CFLAGS) $(UL_SANITIZE) $(JANSSON_CFLAGS)
libulpolicy_la_LIBADD = libulsize.la $(JANSSON_LIBS)
