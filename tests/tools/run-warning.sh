#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: where a preload cannot reach the program, uffdlazy-run says so and
# why, and runs it all the same; where it can, it is silent.
. "${UL_SRCDIR:-.}/tests/lib.sh"

tools=$builddir/tests/tools
warned()
{
	says err "warning: "
	says err "$1: it runs on plain memory"
}
[ -x "$tools/static_victim" ] || skip "tool: no static C library to link with"
status 3 "$run" "$tools/static_victim"
warned 'is linked statically'

printf '#!%s\n' "$tools/static_victim" >script
chmod +x script
status 3 "$run" ./script
warned 'is linked statically'
says err "the interpreter of './script'"

status 0 "$run" true
[ ! -s err ] || { cat err; fail "a warning for a plain program"; }
printf '#!/bin/sh\nexit 5\n' >script
status 5 "$run" ./script
[ ! -s err ] || fail "a warning for a plain script"
mkdir folder
cp "$tools/static_victim" folder/victim
PATH=$work/folder:$PATH
status 3 "$run" victim
warned 'is linked statically'
