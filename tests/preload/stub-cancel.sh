#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: reading a stub is a cancellation point: see stub_cancel.c.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$UL_SRCDIR/tests/preload/stub-lib.sh"

same cancel "$builddir/tests/preload/stub_cancel \$file"
