#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: uffdlazy-run becomes the program, so its exit status, or the signal
# that killed it, is the program's; 126 and 127 are as the shell gives them.
. "${UL_SRCDIR:-.}/tests/lib.sh"

status 0 "$run" true
status 1 "$run" false
status 42 "$run" sh -c 'exit 42'
# shellcheck disable=SC2016 # the inner shell's
status 143 "$run" sh -c 'kill -TERM $$'
status 127 "$run" no-such-program-anywhere
says err "uffdlazy-run: 'no-such-program-anywhere': not found in PATH"
status 127 "$run" ./no-such-file
status 126 "$run" /
# A program that was cut short is no script.
head -c 100 "$builddir/tests/tools/holder" >short
chmod +x short
status 126 "$run" ./short
says err 'uffdlazy-run: ./short: cannot execute binary file'
PATH=$work:$PATH status 126 "$run" short

# Nor is the library any use without its engine.
mkdir bin
cp "$(readlink -f "$library")" bin/libuffdlazy.so
"$builddir/libtool" --mode=execute cp "$run" bin/uffdlazy-run
status 1 bin/uffdlazy-run true
says err 'uffdlazy-run: cannot find uffdlazy-engine.so beside '

: >plain
status 126 "$run" ./plain
says err 'uffdlazy-run: ./plain: is not executable'
