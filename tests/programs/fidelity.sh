#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: every byte of a large packed file is the original's, whatever the
# order it is read in, by one thread or by eight at once.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$srcdir/tests/programs/lib.sh"
long_test
find_python

tar -C /usr/lib -cf - --sort=name . 2>/dev/null | head -c 272M >plain || :
[ "$(stat -c %s plain)" -ge $((256 << 20)) ] ||
	fail "/usr/lib is smaller than 256 MiB"
"$pack" --quiet plain -o packed.zst --stub packed --level 1
for threads in 1 8; do
	for order in sequential backwards random; do
		"$python" "$srcdir/tests/programs/fidelity.py" plain \
			"$order" "$threads" >wanted
		preloaded "$python" "$srcdir/tests/programs/fidelity.py" \
			packed "$order" "$threads" >got
		echo "$order, $threads: $(cat got)"
		same wanted got
	done
done
