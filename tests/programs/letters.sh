#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: the demonstration of userfaultfd(2)'s manual, with a program that
# has not a line of it: pages of A, B, C come from a file, one fault for each,
# and the log shows address, direction and bytes.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$srcdir/tests/programs/lib.sh"
need_userfaultfd

for letter in A B C D E; do
	head -c 4096 /dev/zero | tr '\0' "$letter"
done >pages
cat >policy.json <<-'END'
	{ "version": 1, "min_size": "4KiB",
	  "stores": { "pages": { "type": "file", "path": "pages" } },
	  "rules": [ { "match": { "call": "mmap-anon", "size": "20KiB" },
	    "store": "pages", "granule": "4KiB", "readahead": "off" } ] }
END
UFFDLAZY_LOG=debug "$run" -p policy.json "$programs/letters" 5 >out 2>err
cat out err
[ "$(grep -c 'Read address 0x[0-9a-f]*[0-9a-f]f in main(): ' out)" -eq 20 ] ||
	fail "not 20 addresses"
sed -n 's/.* in main(): //p' out | tr -d '\n' >letters
[ "$(cat letters)" = AAAABBBBCCCCDDDDEEEE ] || fail "not the letters"
base=$(sed -n 's/^Address returned by mmap() = //p' out)
[ "$(grep -c '^uffdlazy: fault at 0x.*, read: 4096 bytes' err)" -eq 5 ] ||
	fail "not a line for each fault"
# The last three digits are the byte's, or zeros where the kernel keeps them.
for page in 0 1 2 3 4; do
	number=$(printf '0x%x' $(((base >> 12) + page)))
	grep -qE "fault at $number(00f|000)," err ||
		fail "no fault in page $page"
done
