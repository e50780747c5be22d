#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: every example of the manual and of the README runs as it is
# printed: in a fresh folder, one after the other, each with exit status 0. For
# process 4711 stands one that has lazy memory, and that ends when --watch has
# shown it. The README's policy is one.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need mandoc look jq zstd lz4 gdb
PATH=$builddir:$PATH
export PATH

# The page's own words, as mandoc shows them: quotes, dashes and all.
commands_of_page()
{
	mandoc -T ascii -O width=1000 "$1" | col -bx |
		sed -n 's/^  *\$ //p'
}
# blocks LANGUAGE: those of the README that begin so; others are not for use.
blocks()
{
	awk -v begin="^\`\`\`$1\$" '$0 ~ begin { on = 1; next }
		/^```/ { on = 0 } on' "$srcdir/README.md"
}

# start_process: one with lazy memory; $pid is its number. Where the kernel
# allows none, the examples that speak of one cannot be tried.
start_process()
{
	rm -f "$work/in" "$work/told"
	mkfifo "$work/in"
	seq 1000000 >"$work/data"
	"$run" "$builddir/tests/tools/holder" "$work/data" <"$work/in" \
		>"$work/told" &
	exec 3>"$work/in"
	until [ -s "$work/told" ]; do sleep 0.01; done
	pid=$(cut -d ' ' -f 1 "$work/told")
	"$stat" --json "$pid" 2>/dev/null | jq -e '.regions_now > 0' >/dev/null
}
end_process()
{
	exec 3>&-
	wait
}

# What --watch shows goes on until the process ends.
with_process()
{
	sed -e "s/\\<4711\\>/$pid/" -e "/--watch/s|.*|{ until [ -s watched ]; do \
sleep 0.1; done; kill $pid; } \\& & >watched; cat watched|"
}

try()
{
	mkdir "$work/try"
	cd "$work/try"
	[ -s "$2" ] || fail "$1: no examples found"
	if grep -qw 4711 "$2"; then
		if start_process; then
			with_process <"$2" >"$work/concrete"
		else
			echo "no lazy memory: without the examples of a process"
			sed '/\<4711\>/d' "$2" >"$work/concrete"
		fi
		set -- "$1" "$work/concrete"
	fi
	sh -eux "$2" >"$work/log" 2>&1 </dev/null 3>&- ||
		{ cat "$work/log"; fail "$1: an example fails"; }
	end_process
	cd "$work"
	rm -rf "$work/try"
}
for page in "$srcdir"/man/*.[1-8]; do
	grep -qx '\.Dl \$ .*' "$page" || continue
	commands_of_page "$page" >commands
	try "$(basename "$page")" "$work/commands"
done
blocks sh >commands
try README.md "$work/commands"

# Its file is what the reader has.
blocks json >policy.json
[ -s policy.json ] || fail "README.md: no policy found"
head -c 1048576 /dev/zero >table.bin
"$check" policy.json || fail "README.md: that is no policy"
