#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: where there is debug information a call site has file and line,
# those of the call; a process that was started by a name that is no path is
# found all the same.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need jq
grep -q '^#define HAVE_LIBDW 1' "$builddir/config.h" || skip "tool: libdw not found"
command -v "${CC:-cc}" >/dev/null || skip "tool: no C compiler"

cat >caller.c <<'EOF'
#include <stdlib.h>

char *block;
int main(void)
{
	block =
		malloc(8 << 20);	/* line 7 */
	return 0;
}
EOF
# shellcheck disable=SC2086 # CC may have options
${CC:-cc} -g -O0 -o caller caller.c
PATH=$work:$PATH
export PATH
timeout -s KILL 120 "$run" --zero --stats caller.stat caller
status 0 "$stat" --callers ./caller.stat
grep -qE ' main\+0x[0-9a-f]+ \(caller\) caller\.c:[67]$' out ||
	{ cat out; fail "no file and line"; }
"$stat" --json ./caller.stat |
	jq -e '.callsites[0].frames[0].source | test("^caller.c:[67]$")' ||
	fail "not in the JSON"
