#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: a tool is started with standard descriptors closed. Nothing of what
# it has to say gets into a file that it makes or reads, reading and writing
# there fails as on a closed descriptor, and the program that uffdlazy-run
# becomes finds closed what was closed.
. "${UL_SRCDIR:-.}/tests/lib.sh"

seq 20000 >original
"$pack" -q original -o right

# closed N... COMMAND...: with these descriptors closed
closed()
{
	case $1 in
	0) shift; closed "$@" <&- ;;
	1) shift; closed "$@" >&- ;;
	2) shift; closed "$@" 2>&- ;;
	*) "$@" ;;
	esac
}

for which in 0 1 2 '0 1' '0 2' '1 2' '0 1 2'; do
	cp original f
	# shellcheck disable=SC2086 # several
	closed $which "$pack" --replace f 2>>said || fail "$which: --replace"
	same right f.zst
	"$run" cat f | cmp - original || fail "$which: the stub"
	closed $which "$pack" --unpack f.zst -o back 2>>said ||
		fail "$which: --unpack"
	same original back
	rm f f.zst back
	closed $which "$pack" original -o g 2>>said || fail "$which: -o"
	same right g
	rm g
done

# What is read there is not empty, what is written there is not done.
for file in zst x; do
	closed 0 "$pack" - -o $file 2>err && fail "packed a closed input"
	[ ! -e $file ] || fail "made $file"
done
grep -q 'standard input.*: Bad file' err || { cat err; fail "why not"; }
closed 1 "$pack" original -o - --force 2>err && fail "packed into nothing"
closed 1 "$pack" --unpack right -o - 2>err && fail "unpacked into nothing"
for tool in "$stat --version" "$check --version" "$check" "$run --version" \
	"$pack --list right" "$pack --help"; do
	# shellcheck disable=SC2086 # words
	closed 1 $tool 2>err && fail "$tool: 0 without standard output"
done

# What a tool opens gets none of the three numbers: they are taken to the end.
CC=${CC:-cc}
need "${CC%% *}"
cat >look.c <<'END'
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((destructor)) static void look(void)
{
	int found = 0;

	for (int fd = 0; fd < 3; fd++)
		found += fcntl(fd, F_GETFD) == FD_CLOEXEC;
	if (found == 3)
		close(open("taken", O_WRONLY | O_CREAT, 0600));
}
END
$CC -shared -fPIC -o look.so look.c
"$run" --stats numbers true
for tool in "$pack -q original -o h" "$pack --verify right" "$stat numbers" \
	"$check" "$check --keys" "$run ./nothing" "$run --help"; do
	# shellcheck disable=SC2086 # words
	closed 0 1 2 env LD_PRELOAD="$work/look.so" $tool || :
	[ -e taken ] || fail "$tool: not taken"
	rm taken
done

for which in 0 2 '0 1' '0 1 2'; do
	rm -f found
	# shellcheck disable=SC2016,SC2086 # the shell within; several
	closed $which "$run" --zero sh -c 'for n in 0 1 2; do
		[ -e /proc/$$/fd/$n ] || echo $n >>found
	done' || fail "$which: the program"
	[ "$(paste -sd ' ' found)" = "$which" ] ||
		fail "$which closed, and the program finds closed: $(cat found)"
done
