#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: the summary is six lines at the most: what was lazy, the waiting,
# the three places that left most untouched, the largest first, and one piece
# of advice where it is clear, as here: a table of which a page was touched.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need look
need_userfaultfd

timeout -s KILL 120 "$run" --zero --summary \
	"$builddir/tests/tools/wasteful" 2>err
[ "$(wc -l <err)" -eq 6 ] || { cat err; fail "not six lines"; }
# Times are what they are; a fill may reach some pages beyond what is touched.
sed -E -e '2s/[0-9][0-9.]* (ns|us|ms|s)/TIME/g' -e '2s/[0-9,]+ (faults|%)/N \1/g' \
	-e '1s/10\.[0-9] MiB/10 MiB/' -e '1s/1[01] %/N %/' \
	-e 's/(7\.[89]|8\.0) MiB of 16\.0 MiB \((48|49|50) %/8 MiB of 16.0 MiB (N %/' \
	-e 's/\+0x[0-9a-f]+//' err >got
cat >wanted <<'EOF'
uffdlazy: lazy 94.0 MiB in 5 regions, filled 10 MiB (N %)
uffdlazy: N faults, median TIME, p99 TIME, stalled TIME (N % of the run)
uffdlazy: 64.0 MiB of 64.0 MiB (99 %) never touched: build_index (wasteful)
uffdlazy: 12.0 MiB of 12.0 MiB (100 %) never touched: make_buffers (wasteful)
uffdlazy: 8 MiB of 16.0 MiB (N %) never touched: read_input (wasteful)
uffdlazy: advice: build_index asks for 64.0 MiB; 99 % is never touched, so it could ask for less
EOF
diff -u wanted got || { cat err; fail "not the summary expected"; }

# A process without lazy memory says nothing: a script has hundreds of them. But
# the program itself does.
timeout -s KILL 120 "$run" --summary sh -c 'true; ls; true' >/dev/null 2>err
[ ! -s err ] || { cat err; fail "too many words"; }
timeout -s KILL 120 "$run" --summary --record record ls >/dev/null 2>err
says err 'uffdlazy: nothing was lazy: ls made no call that the policy takes'
says err "uffdlazy: record: nothing was lazy, so $work/record is not written"
timeout -s KILL 120 "$run" --record record ls >/dev/null 2>err
says err "uffdlazy: record: nothing was lazy, so $work/record is not written"
timeout -s KILL 120 "$run" -p "{ \"version\": 1, \"record\": \"$work/record\" }" \
	ls >/dev/null 2>err
says err "uffdlazy: record: nothing was lazy, so $work/record is not written"

# A file that is mapped to be searched is not "asked for" too large.
seq -w 1000000 >data
"$pack" --quiet --replace data
timeout -s KILL 120 "$run" --summary look 0314159 data >out 2>err
says err 'never touched'
if grep advice err; then
	fail "advice that nobody can follow"
fi
