#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: an include points down, never up: hooks to the engine's interface,
# the engine to stores and policy, those to nothing of ours; and each foreign
# header has one home. This is what keeps the parts apart.
. "${UL_SRCDIR:-.}/tests/lib.sh"

# FILE INCLUDED, one pair a line, of all sources but the tests.
cd "$srcdir"
find preload policy tools -name '*.[ch]' | sort |
	xargs grep -HoE '^[ 	]*#[ 	]*include[ 	]*[<"][^>"]+[>"]' |
	sed -E 's/^([^:]+):.*[<"]([^>"]+)[>"]$/\1 \2/' >"$work/includes"
[ "$(wc -l <"$work/includes")" -gt 100 ] || fail "found no includes"

awk '
function layer(file)
{
	if (file ~ /^preload\/store\//) return "store"
	if (file ~ /^preload\/engine\//) return "engine"
	if (file ~ /^preload\//) return "shim"
	if (file ~ /^policy\//) return "policy"
	if (file ~ /^tools\//) return "tools"
	return ""
}
function bad(why) { print $1 " includes " $2 ": " why; failed = 1 }
BEGIN {
	may["shim", "engine"] = 0	# but for engine_api.h, which is the shim s
	may["engine", "store"] = may["engine", "policy"] = 1
	may["tools", "policy"] = may["tools", "store"] = 1
	# The engine s interface lies with the shim.
	down["preload/engine_api.h"] = "engine"
	# Both have something to say.
	down["preload/quiet_write.h"] = "engine"
	# Both ask in which object something is.
	down["preload/object.h"] = "engine"
	# Whether a program is meant is asked twice, of one matcher, and
	# neither reads more than a policy has.
	down["policy/glob.h"] = down["policy/most.h"] = "shim"
	# Who speaks shows what others have named.
	down["policy/harmless.h"] = "shim"
	# What a tool may know of the engine: the layouts of its files, and, for
	# the doctor, how userfaultfd is opened.
	down["preload/engine/stat_abi.h"] = "tools"
	down["preload/engine/trace_abi.h"] = "tools"
	down["preload/engine/trace_check.h"] = "tools"
	down["preload/engine/uffd.h"] = "tools"
	home["jansson.h"] = "^(policy/|tools/)"
	home["libunwind.h"] = "^preload/engine/callsite(_name)?\\.c$"
	home["linux/userfaultfd.h"] = "^preload/engine/uffd\\.[ch]$"
	home["zstd.h"] = home["zstd_errors.h"] = "^preload/store/(seekable|decode)[a-z_]*\\.[ch]$"
	home["lz4.h"] = home["lz4frame.h"] = home["lz4hc.h"] = home["zstd.h"]
}
{
	for (header in home)
		if ($2 == header && $1 !~ home[header])
			bad("its home is " home[header])
	from = layer($1)
	to = layer($2)
	if (to == "" || to == from || may[from, to])
		next
	if (($2 in down) && down[$2] == from)
		next
	bad("that points up")
}
END { exit failed }
' "$work/includes" || fail "an include that must not be"
