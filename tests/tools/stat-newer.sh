#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: the layout grows by appending; a newer minor version is read.
. "${UL_SRCDIR:-.}/tests/lib.sh"

"$builddir/tests/tools/make_stat" file newer
status 0 "$stat" ./file
says out '90 read, 10 write'
