#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: wrong usage is status 2, with words that name the option and what
# it takes; --help and --version are status 0 on standard output.
. "$UL_SRCDIR/tests/tools/pack-lib.sh"

text 50000 >in
refuses 2 "no input" $pack
refuses 2 "one input" $pack in in
refuses 2 "from 1 to 22" $pack in --level 23
refuses 2 "from 1 to 12" $pack in --codec lz4 --level 13
refuses 2 "--level x" $pack in --level x
refuses 2 "zstd or lz4" $pack in --codec xz
refuses 2 "not a size" $pack in --frame 64K
refuses 2 "from 4KiB to 64MiB" $pack in --frame 1KiB
refuses 2 "from 4KiB to 64MiB" $pack in --frame 65MiB
refuses 2 "from 4KiB to 64MiB" $pack in --frame 16EiB
refuses 2 "multiple of 4KiB" $pack in --frame 5000
refuses 2 "--threads 0" $pack in --threads 0
refuses 2 "-o" $pack -
refuses 2 "exclude each other" $pack --list --verify in
refuses 2 "for packing" $pack --list --level 3 in
refuses 2 "--unpack needs -o" $pack --unpack in
refuses 2 "-o is for" $pack --list in -o x
refuses 2 "--force is for" $pack --list -f in
refuses 2 "-v is for --list" $pack -v in
refuses 2 "any order" $pack --list -
refuses 2 "unrecognized option" $pack --bogus
leaves in
$pack --help >help 2>&1 || fail "--help"
grep -q '^Usage: uffdlazy-pack' help || fail "no usage in --help"
$pack --version | grep -q '^uffdlazy-pack [0-9]' || fail "--version"
refuses 1 "cannot be written" sh -c "$pack --help >/dev/full"
refuses 1 "cannot be written" sh -c "$pack --list $UL_SRCDIR/x 2>/dev/null;
	$pack in -q -o in.zst; $pack --list in.zst >/dev/full"
