# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034
#
# trace-lib.sh - what the tests of records share: a file of 128 frames of which
# toucher touches 101 and the last one, and a policy over it.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need jq
need_userfaultfd

programs=$builddir/tests/preload
show=$programs/show_trace
# A run that waits for pages that never come is a failure, not a hang.
toucher="timeout 240 $programs/toucher"
frames=102
# The last frame is short, and its last page, which is all that is touched of
# it, is not whole.
seq -w 1100000 | tr '\n' ' ' | head -c 8388508 >plain
"$pack" --quiet --level 1 plain -o packed.zst
pages=$((101 * 16 + 1))
mkdir holes
truncate -r plain holes/data
file=$work/holes/data

# policy MORE [BLOB]: writes policy.json, MORE at its end.
policy()
{
	cat >policy.json <<-END
	{ "version": 1, "programs": ["toucher"],
	  "stores": { "packed": { "type": "blob", "path": "${2:-packed.zst}" } },
	  "rules": [
	    { "name": "the file", "match": { "call": "mmap-file" },
	      "store": "packed", "readahead": "off" },
	    { "name": "the block", "match": { "call": "malloc" } } ]
	  $1 }
	END
}
policy "" packed.zst

# touch_plain: what a program without us reads.
touch_plain()
{
	$toucher "$work/plain" "$@"
}

# touch_lazy OPTIONS -- ARGUMENTS: under uffdlazy-run, statistics in stat.json.
touch_lazy()
{
	options=
	while [ "$1" != -- ]; do
		options="$options $1"
		shift
	done
	shift
	rm -f stat.file
	# shellcheck disable=SC2086
	timeout -s KILL 240 "$run" -p policy.json --stats stat.file $options -- \
		"${program:-$programs/toucher}" "$file" "$@" \
		>out 2>err || { status=$?; cat err; fail "toucher: $status"; }
	"$stat" --json ./stat.file >stat.json
}

# faults RULE: how many there were of a rule.
faults()
{
	number stat.json ".rules[] | select(.name == \"$1\") |
		.counters | .faults_read + .faults_write"
}

# replayed RULE: bytes.
replayed()
{
	number stat.json ".rules[] | select(.name == \"$1\") |
		.counters.replayed_bytes"
}

# silent: nothing of ours on standard error.
silent()
{
	! grep '^uffdlazy' err || fail "words on standard error"
}

# equal GOT WANTED WHAT
equal()
{
	[ "$1" -eq "$2" ] || fail "$3: $1, not $2"
}
