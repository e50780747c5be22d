#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: the mistakes that somebody makes on the first day. Each is answered
# by a line that begins with the name of who speaks, says what is wrong, and,
# where it is known, what to do; and by the exit status that goes with it.
. "${UL_SRCDIR:-.}/tests/lib.sh"

seq -w 300000 >data
seq 20 >small
mkdir folder
ln -s data link
cp data replaced
"$pack" --quiet --replace replaced
"$pack" --quiet data
head -c 1000 data.zst >cut.zst
printf '#!/no/such/interpreter\n' >script
chmod +x script
: >empty.json
echo '{ "version": 1, "rules": [ {' >cut.json
echo '{ "version": 1, "ruels": [] }' >key.json
echo '{ "version": 1, "min_size": "1MB" }' >size.json
echo '{ "rules": [] }' >version.json
store='"rules": [ { "match": { "call": "malloc" }, "store": "s" } ] }'
for path in no-such.zst data; do
	echo '{ "version": 1, "stores": { "s": { "type": "blob",
		"path": "'$path'" } }, '"$store" >$path.json
done
echo '{ "version": 1, '"$store" >store.json

# wrong STATUS TEXT COMMAND...: ends so, with that in a line that names who
# speaks, and no line by nobody.
wrong()
{
	want=$1
	text=$2
	shift 2
	status "$want" "$@" </dev/null
	grep -E "^uffdlazy(-[a-z]+)?: " err | grep -qF -- "$text" ||
		{ cat err; fail "not '$text': $*"; }
	grep -vE "^(uffdlazy(-[a-z]+)?: |Try 'uffdlazy-[a-z]+ --help' for)" err &&
		fail "that comes from nobody: $*"
	return 0
}
with()
{
	LD_PRELOAD=$library env "$@"
}
lazily="sort -S 64M data -o sorted"

wrong 1 'no-such.json: cannot be opened: No such file' "$check" no-such.json
wrong 1 'is not a regular file; a policy is a file, or JSON' "$check" folder
wrong 1 'empty.json:1:1: there is nothing in it; expected {"version"' \
	"$check" empty.json
wrong 1 'cut.json:1:29: not JSON' "$check" cut.json
wrong 1 'key.json:1:17: ruels: unknown key; did you mean "rules"?' \
	"$check" key.json
wrong 1 '"1MB" is no size; expected a size such as "64KiB"' "$check" size.json
wrong 1 'version: missing; expected a number: 1' "$check" version.json
wrong 1 'no store "s"; stores are' "$check" store.json
wrong 2 'one policy at a time' "$check" key.json cut.json
wrong 2 "requires an argument" "$check" --explain
wrong 2 'expected malloc, mmap-anon or mmap-file' "$check" --explain call=maloc
wrong 2 'a call has a kind and a size: call=malloc,size=64MiB' \
	"$check" --explain size=3
wrong 2 'expected a size such as 64MiB' "$check" --explain call=malloc,size=1MB
wrong 2 "unrecognized option '--explian'" "$check" --explian call=malloc
status 1 "$check" no-such.zst.json
says out "to change: uffdlazy-pack INPUT -o $PWD/no-such.zst"
status 1 "$check" data.json
says out "to change: uffdlazy-pack $PWD/data, and name the .zst"

wrong 2 'no PROGRAM given' "$run"
wrong 2 "no PROGRAM given; 'true' is taken for the option's argument" \
	"$run" -p true
wrong 2 "no PROGRAM given; 'true' is taken" "$run" --stats true
wrong 127 "'no-such-program': not found in PATH" "$run" no-such-program
wrong 127 'small: not found in PATH; to run the one in this folder: ./small' \
	"$run" small
wrong 126 './small: is not executable; if it is a program: chmod +x' \
	"$run" ./small
wrong 126 './folder: is a folder, not a program' "$run" ./folder
wrong 127 'the interpreter that its first line names is not there' \
	"$run" ./script
wrong 1 'no-such.json: cannot be opened' "$run" -p no-such.json true
wrong 1 'key.json:1:17: ruels: unknown key' "$run" -p key.json true
wrong 2 "'1MB' is not a size" "$run" --min-size 1MB true
wrong 2 "unrecognized option '--summry'" "$run" --summry true
wrong 0 'no-such/x: its folder is not there' "$run" --stats no-such/x $lazily
wrong 0 'folder: it is a folder: name a file in it' \
	"$run" --stats folder $lazily
wrong 0 'small: it is there, and holds something else: remove it' \
	"$run" --stats small $lazily
wrong 0 'link: it is a symbolic link: name the file itself' \
	"$run" --stats link $lazily
same data sorted

wrong 0 'no-such.json: cannot be opened' \
	with UFFDLAZY_POLICY=no-such.json env true
wrong 0 'ruels: unknown key; did you mean "rules"?' \
	with UFFDLAZY_POLICY=key.json env true
wrong 0 'inline:1:14: not JSON' \
	with UFFDLAZY_POLICY='{"version":1,' env true
# The first look, which every program has, stops before it has read all of that.
printf '{ "version": 1, "x": "' >huge.json
truncate -s 100G huge.json 2>/dev/null || truncate -s 1100K huge.json
wrong 0 'bytes; a policy has 1048576 at the most' \
	timeout -s KILL 120 env LD_PRELOAD="$library" \
	UFFDLAZY_POLICY=huge.json true
for mistake in /usr/bin/env 'x/y' 'e[v'; do
	wrong 0 'inline:1:' with \
		UFFDLAZY_POLICY='{"version":1,"programs":["'$mistake'"]}' true
done
wrong 0 'UFFDLAZY_LOG=loud is not known; use error, warning, info or debug' \
	with UFFDLAZY_LOG=loud env true
status 0 with UFFDLAZY_POLICY= UFFDLAZY_LOG= UFFDLAZY_STATS= \
	UFFDLAZY_SUMMARY= UFFDLAZY_RECORD= UFFDLAZY_REPLAY= $lazily
[ ! -s err ] || { cat err; fail "variables that are empty are not unset"; }
# The dynamic linker says this one, and the program runs.
status 0 env LD_PRELOAD=libuffdlazy.so env true
says err 'cannot be preloaded'

wrong 2 'no input was named' "$pack"
wrong 1 'no-such cannot be opened: No such file' "$pack" no-such
wrong 1 'folder is a directory; pack a tar of it' "$pack" folder
wrong 1 'data.zst exists; --force overwrites it' "$pack" data
wrong 1 'replaced is a stub: its bytes are already packed' "$pack" replaced
wrong 1 'no-such/x.zst cannot be made' "$pack" data -o no-such/x.zst
wrong 2 '--codec gzip: zstd or lz4' "$pack" data --codec gzip
wrong 2 '--level 99: for zstd a number from 1 to 22' "$pack" data --level 99
wrong 2 '--frame 64kb: not a size; write 64KiB' "$pack" data --frame 64kb
wrong 1 'small: not a blob' "$pack" --list small
wrong 1 'truncated' "$pack" --verify cut.zst
wrong 2 '--unpack needs -o FILE' "$pack" --unpack data.zst
wrong 1 'small exists; --force overwrites it' "$pack" --unpack data.zst -o small

wrong 2 "'word' is neither a process id nor a file" "$stat" word
wrong 2 "'data' is not a process id; to read the file of that name: ./data" \
	"$stat" data
wrong 1 './data: not a statistics file' "$stat" ./data
wrong 1 './replaced: not a statistics file' "$stat" ./replaced
wrong 1 './folder: not a regular file' "$stat" ./folder
wrong 1 'there is no process 999999999' "$stat" 999999999
wrong 1 "process $$ publishes no statistics: it was not started with" \
	"$stat" --watch $$
wrong 2 'is not a number of seconds from 0.01' "$stat" --watch=0
wrong 2 '--svg and --html draw a record: --trace=RECORD' "$stat" --svg=x.svg
wrong 1 'data is not a record of first touches' \
	"$stat" --svg=x.svg --trace=data
wrong 2 "no column 'colour'; there are pid, state" "$stat" --sort=colour
