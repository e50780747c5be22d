#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: lines of wide characters are read from a stub by whatever name the
# compiler gave the function, fortified ones too.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$UL_SRCDIR/tests/preload/stub-lib.sh"

wide=$builddir/tests/preload/stub_wide
for way in fgetws fgetws_unlocked __fgetws_chk __fgetws_unlocked_chk longer; do
	same "$way" "$wide $way \$file"
done
# A stream is one of wide characters, or of bytes, as any other.
same fwide "$wide fwide \$file"
# What does not fit is found out as it is without us.
same "an overflow" "ulimit -c 0; $wide overflow \$file 2>&1 || echo \$?"

# A line with bytes that are no character ends in an error, not half read.
for file in plain words; do
	sed '2s/some/s\xffme/' plain >"$file.bad"
done
"$pack" -q --replace words.bad
same "no character" "$wide fgetws \$file.bad"
same "no character, fortified" "$wide longer \$file.bad"

# Formatted input fails loudly, in each standard's functions; and reads what is
# no stub. Without C23's in the C library there are ours, which are C99's.
LC_ALL=C
for prefix in "" __isoc99_ __isoc23_; do
	for name in fwscanf wscanf vfwscanf vwscanf; do
		way=$prefix$name
		lazily "$wide" "$way" words <words >out 2>said ||
			fail "$way: status $?"
		[ "$(cat out)" = "-1 -1" ] || fail "$way gave $(cat out)"
		grep -q "^uffdlazy: fwscanf: a stub cannot be" said ||
			fail "$way: no word of why"
		grep -q "$way: Operation not supported" said ||
			fail "$way: $(cat said)"
		lazily "$wide" "$way" plain <plain >out 2>said ||
			fail "$way: status $? on a plain file"
		[ "$(cat out)" = "1 0" ] && [ ! -s said ] ||
			fail "$way: $(cat out said) on a plain file"
	done
done
