#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: Go's runtime makes its own system calls, with buffers and signal
# stacks in its heap. Where there is cgo it maps that heap by libc's mmap(2): on
# the user-mode rung, where such calls cannot wait for a page, it must stay
# plain, also when it is the first that could be lazy.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$srcdir/tests/preload/user-mode-lib.sh"

cp "$builddir/tests/preload/user_mode_go" program
theirs "$work/program" || { cat said; fail "the program failed"; }
was_lazy go
