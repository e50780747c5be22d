#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016
# Rationale: C++ reads files through stdio's descriptors, and std::cin through
# the stream that stdin was when the program started, whatever it becomes.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$UL_SRCDIR/tests/preload/stub-lib.sh"

streams=$builddir/tests/preload/stub_streams
same ifstream "$streams \$file"
same cin "$streams <\$file"
same "cin after a child" "(head -n 2; $streams) <\$file"
for way in freopen dup2; do
	same "cin after $way" "$streams \$file $way"
	same "cin alone after $way" "$streams \$file $way alone"
done
