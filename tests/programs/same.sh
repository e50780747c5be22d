#!/bin/bash
# SPDX-License-Identifier: MIT
#
# same.sh CASE.same - one real program does the same on lazy memory
#
# A case is a piece of bash:
#
#   needs='COMMAND...'    skip where one of these, or /a/file, is missing
#   lazy='COMMAND...'     each must have had lazy memory, in every policy
#   maps='COMMAND...'     each must have had a lazy file, where files are lazy
#   limit=N               seconds that one run may take; 300 if it says nothing, and
#                         20 times what the plain run took if that is more
#   long=yes              left out by UL_QUICK=1
#   ways='WAY...'         how it runs; 'zero self' if it says nothing
#   user=yes              it runs as an ordinary user, who has been given full use
#                         of userfaultfd where the way does not say otherwise
#   prepare()             makes what the program needs; runs once, without us
#   program()             what is compared: standard output, standard error and
#                         the exit status; runs in a fresh copy of prepare's
#                         folder, the shell it runs in being preloaded, too
#
# It runs plain, and then in each of its ways:
#
#   zero      all that is allocated or mapped from 64 KiB up is filled with zeros
#             by us
#   self      and so are mapped files, with their own bytes
#   built-in  without any policy
#   none      as self, where userfaultfd(2) is forbidden by a seccomp filter
#   user      as self, for an ordinary user, who has UFFD_USER_MODE_ONLY
#   plain-user  without us, for an ordinary user; what user is compared with
#
# SAME_WAYS='WAY...' has it run in others, SAME_RUNS=N repeats them, and
# SAME_LOG=debug has the library speak.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$srcdir/tests/autopsy.sh"

case_file=$(cd "$OLDPWD" && realpath "$1")
needs='' lazy='' maps='' limit=300 long=no ways='zero self' user=no
prepare() { :; }
program() { fail "no program in $case_file"; }
. "$case_file"

[ "$long" = no ] || long_test
for thing in bash jq $needs; do
	[ -e "$thing" ] || need "$thing"
done
need_userfaultfd
export case_file srcdir TMPDIR="$work"
ways=${SAME_WAYS:-$ways}

memory='{ "name": "memory", "match": { "call": ["malloc", "mmap-anon"] },
	"store": "zero" }'
files='{ "name": "files", "match": { "call": "mmap-file" }, "store": "self" }'
policy()
{
	echo "{ \"version\": 1, \"min_size\": \"64KiB\", \"rules\": [ $1 ] }"
}

# attempt WAY [COMMAND...]: out, err and status in a folder of its own. The
# command is what starts the shell: env and the like.
attempt()
{
	way=$1
	shift
	rm -rf run numbers
	mkdir -p "$way"
	mkdir -m 1777 numbers
	cp -a prepared run
	case $way,$user in
	*user,* | *,yes) chown -R 65534:65534 run ;;
	esac
	(autopsy_later $((limit - 60)) $$) >"$way/autopsy" 2>/dev/null &
	watcher=$!
	# shellcheck disable=SC2016 # for the inner shell
	timeout -s KILL "$limit" env -C run "$@" bash -c \
		'set -u; . "$case_file"; program' case \
		</dev/null >"$way/out" 2>"$way/err" && got=0 || got=$?
	kill $watcher 2>/dev/null || :
	echo "$got" >"$way/status"
	[ "$got" -ne 137 ] || {
		cat "$way/autopsy" >&2
		tail -n 3 "$way/out" "$way/err" run/log 2>/dev/null >&2 || :
		echo "$way: killed, after $limit seconds or before"
		return 1
	}
}

# attempt_plain WAY [COMMAND...]: what the others are compared with. Some
# programs hang by themselves, once in a while: that says nothing about us.
attempt_plain()
{
	for _ in 1 2 3; do
		began=$SECONDS
		attempt "$@" || continue
		[ $((20 * (SECONDS - began))) -le "$limit" ] ||
			limit=$((20 * (SECONDS - began)))
		return
	done
	fail "$1: it does not end without us"
}

# Did COMMAND have regions by a rule of this NAME?
had_regions()
{
	for file in numbers/*; do
		"$stat" --json "./$file" 2>/dev/null || :
	done | jq -es --arg command "$1" --arg rule "$2" \
		'[.[] | select(.command == $command) | .rules[] |
		select(.name == $rule or $rule == "") | .regions] | add > 0' \
		>/dev/null
}

compare()
{
	for what in out err status; do
		diff -a "$wanted/$what" "$1/$what" >"$1/diff" || {
			head -c 4000 "$1/diff"
			fail "$1: std$what is not the same"
		}
	done
	# Memory that cannot be lazy is filled at once.
	[ "$1" != none ] || return 0
	# 1 MiB is more than some ask for at a time.
	[ "$1" = built-in ] || for command in $lazy; do
		had_regions "$command" '' ||
			fail "$1: no lazy memory in $command"
	done
	case $1 in
	self | user) ;;
	*) return 0 ;;
	esac
	for command in $maps; do
		had_regions "$command" files ||
			fail "$1: no lazy file in $command"
	done
}

# lazily WAY [VARIABLE=VALUE...]
lazily()
{
	attempt "$@" LD_PRELOAD="$library" \
		UFFDLAZY_STATS="$work/numbers/of" UFFDLAZY_LOG="${SAME_LOG:-}" ||
		fail "$1: it does not end"
	compare "$1"
}

other='setpriv --reuid=65534 --regid=65534 --clear-groups'
as_user="$other --inh-caps=-all env HOME=/nonexistent"
full="env"
[ "$user" = no ] || full="$other --inh-caps=-all,+sys_ptrace \
--ambient-caps=+sys_ptrace env HOME=/nonexistent"
all=$(policy "$files, $memory")

# In a way whose name says it.
# shellcheck disable=SC2046,SC2086 # commands
run_way()
{
	case $1 in
	zero) lazily "$1" $full UFFDLAZY_POLICY="$(policy "$memory")" ;;
	self) lazily "$1" $full UFFDLAZY_POLICY="$all" ;;
	built-in) lazily "$1" $full ;;
	none)
		lazily "$1" "$builddir/no_userfaultfd" \
			"$(command -v "${full%% *}")" \
			$(echo "$full" | cut -s -d ' ' -f 2-) \
			UFFDLAZY_POLICY="$all"
		;;
	plain-user)
		attempt_plain plain-user $as_user
		wanted=plain-user
		;;
	user)
		lazily "$1" $as_user UFFDLAZY_POLICY="$all"
		;;
	*) fail "no such way: $1" ;;
	esac
}

# What an ordinary user has to be able to read.
prepare_user()
{
	need setpriv
	[ "$(id -u)" -eq 0 ] || skip "user: needs root, to play another user"
	[ "$(cat /proc/sys/vm/unprivileged_userfaultfd)" -eq 0 ] ||
		skip "kernel: every user may use userfaultfd here"
	chmod 755 "$work"
	mkdir .libs case
	cp "$library" "$builddir/.libs/uffdlazy-engine.so" .libs
	cp -r "${case_file%/*}/." case
	chmod -R a+rX .libs case
	library=$work/.libs/libuffdlazy.so
	case_file=$work/case/${case_file##*/}
}

case " $ways $user " in
*user* | *yes*) prepare_user ;;
esac
mkdir prepared
(cd prepared && prepare) >prepare.log 2>&1 </dev/null || {
	tail -n 20 prepare.log
	fail "prepare"
}
# shellcheck disable=SC2086 # a command
attempt_plain plain $full
[ "$(cat plain/status)" -eq 0 ] || { tail plain/err; fail "it fails without us"; }
[ -s plain/out ] || fail "it says nothing"
for _ in $(seq "${SAME_RUNS:-1}"); do
	wanted=plain
	for way in $ways; do
		run_way "$way"
	done
done
