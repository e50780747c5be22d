#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: where a preload cannot reach the program, uffdlazy-run says so and
# why, and runs it all the same; where it can, it is silent. One with musl's
# loader, which would not start it, is run without the preload.
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

# env(1), whose loader has a name as musl's has, of the same length.
env=$(command -v env)
loader=$(grep -ao '/lib[a-z0-9/]*/ld-linux[-a-z0-9_.]*' "$env" | head -n 1)
[ -e "$loader" ] || exit 0
musl=/ld-musl-x.so.1
while [ ${#musl} -lt $((${#loader} - 1)) ]; do
	musl=/$musl
done
sed "s|$loader|.$musl|" "$env" >musl-env
chmod +x musl-env
ln -s "$loader" ld-musl-x.so.1
printf '#!./musl-env sh\nenv\n' >script
for program in musl-env script; do
	status 0 "$run" "./$program"
	warned 'is linked with musl, not with the GNU C library'
	grep '^LD_PRELOAD=' out && fail "$program: musl's loader is given it"
	LD_PRELOAD=libc.so.6 "$run" "./$program" >out 2>err || fail "status $?"
	says out LD_PRELOAD=libc.so.6
done
says out UFFDLAZY_RUN=
