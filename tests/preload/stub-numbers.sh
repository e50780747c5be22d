#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a stub's stream has the descriptor that the file would have: see
# stub_numbers.c.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$UL_SRCDIR/tests/preload/stub-lib.sh"

same numbers "$builddir/tests/preload/stub_numbers \$file"
