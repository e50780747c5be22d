#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: what ./bootstrap demo shows: a program that knows nothing of it
# answers from a compressed file that is never unpacked. It fails where the
# answer is not the plain file's.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$srcdir/tests/programs/lib.sh"
need look zstd

word=${UL_DEMO_WORD:-zebra}
title()
{
	printf '\n== %s\n' "$*"
}

# run_timed FILE COMMAND...: the output into the file, the time into $us.
run_timed()
{
	output=$1
	shift
	begin=$(date +%s%N)
	"$@" >"$output"
	end=$(date +%s%N)
	us=$(((end - begin) / 1000))
}

# bytes FILE, and what it takes on the disk.
bytes()
{
	stat -c %s "$1"
}
on_disk()
{
	echo $(($(stat -c '%b * %B' "$1")))
}

unpack_and_look()
{
	zstd -dqf words.zst -o unpacked
	look "$word" unpacked
}

make_words words
cp words plain

title "A sorted word list, $(bytes words) bytes, is packed; a stub takes its place"
echo "\$ uffdlazy-pack --replace words"
"$pack" --replace words
printf '%12s %12s\n' 'bytes long' 'on disk'
for file in plain words words.zst; do
	printf '%12d %12d  %s\n' "$(bytes $file)" "$(on_disk $file)" "$file"
done

title "What a program sees that is not preloaded"
echo "\$ head -n 3 words"
head -c 4096 words | head -n 3

title "What look(1), as Debian ships it, answers with the library preloaded"
echo "\$ LD_PRELOAD=libuffdlazy.so look $word words"
look "$word" plain >wanted
# Once unmeasured: files come into the page cache.
preloaded look "$word" words >/dev/null
run_timed answer env UFFDLAZY_STATS="$work/numbers" \
	LD_PRELOAD="$library" look "$word" words
lazy_us=$us
sed 's/^/  /' answer
same wanted answer

title "What it cost"
run_timed answer unpack_and_look
same wanted answer
unpacked_us=$us
"$stat" ./numbers | sed -n '/^userfaultfd/p; /^regions/p; /^filled/p
	/^faults/p; /^stalled/p'
printf '%9d us  look on the packed file\n' "$lazy_us"
printf '%9d us  zstd -d, then look; and %d bytes more on the disk\n' \
	"$unpacked_us" "$(bytes unpacked)"

title "The original, back again"
echo "\$ uffdlazy-pack --unpack words.zst -o again"
"$pack" --quiet --unpack words.zst -o again
same plain again
echo "  the same, byte for byte"
