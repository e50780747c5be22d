# SPDX-License-Identifier: MIT

noinst_LTLIBRARIES += libulsize.la

libulsize_la_SOURCES = policy/size.c policy/policy.h
libulsize_la_CFLAGS = $(UL_CFLAGS) $(UL_SANITIZE)
