#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: that a stub could not be served once is no verdict, and is said once:
# see stub_again.c.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$UL_SRCDIR/tests/preload/stub-lib.sh"

cp plain others
"$pack" -q --replace others
lazily "$builddir/tests/preload/stub_again" words others others.zst aside \
	2>said || { cat said; fail "status $?"; }
for name in words others; do
	[ "$(grep -c "$name is a stub, and its bytes cannot be had" said)" = 1 ] ||
		{ cat said; fail "$name: not said once"; }
done
