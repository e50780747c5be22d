#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: --watch in a real terminal: the table fits it and shows what counts
# in 80 columns; another size is drawn at once; control-Z gives the shell its
# screen, its cursor and its echo, and `fg` goes on; q and control-C end it, in
# the same order; a process that ends leaves its last numbers behind.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need tmux

XDG_RUNTIME_DIR=$work/run
export XDG_RUNTIME_DIR
folder=$XDG_RUNTIME_DIR/uffdlazy-$(id -u)
mkdir -p "$folder"
sleep 1000 &
sleeper=$!
"$builddir/tests/tools/make_stat" "$folder/$sleeper" largest "$sleeper"

unset TMUX
tm()
{
	tmux -S "$work/tmux" -f /dev/null "$@"
}
trap 'tm kill-server 2>/dev/null || true; kill $sleeper 2>/dev/null || true
	cd / && rm -rf "$work"' EXIT

# until_true WHAT COMMAND...: waits for the command to be true, however long it takes
# a busy machine; what it never gets to is a failure.
until_true()
{
	what=$1
	shift
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ $tries -lt 1200 ] ||
			{ cat screen; fail "the screen never shows: $what"; }
		sleep 0.05
	done
}
shows()
{
	tm capture-pane -p -t pane >screen 2>tmux.err
	grep -qE -- "$1" screen
}
hides()
{
	! shows "$1"
}
is()
{
	[ "$(tm display-message -p -t pane "$1")" = "$2" ]
}
see()
{
	until_true "$1" shows "$1"
}
# alternate 0|1: the shell's screen, or the view's own.
alternate()
{
	until_true "alternate screen $1" is '#{alternate_on}' "$1"
	until_true "cursor" is '#{cursor_flag}' "$((1 - $1))"
}
type()
{
	tm send-keys -t pane -l "$1"
	tm send-keys -t pane Enter
}

cp "$stat" watcher			# a short command line
tm new-session -d -s pane -x 80 -y 24 \
	"exec env PS1='ready> ' ENV= TERM=screen LC_ALL=C.UTF-8 \
	PATH=$work:$PATH XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR sh -i"
see '^ready>'

# The table: its titles are first, a process takes one line, with its name.
# It is the largest, however many others there are on this machine.
type 'watcher --watch=0.05 --sort=lazy'
alternate 1
see '^ *PID .* COMMAND$'
see "^ *$sleeper +2 +16.0EiB +5.00MiB +6.00MiB .* 1.50s +[0-9]+ a victim\$"
grep . screen | grep -vE '^ *(PID|[0-9]+) ' && fail "a process has two lines"
# Too narrow for all: the name is still there, cut where it must be.
tm resize-window -t pane -x 40 -y 10
see "^ *$sleeper .* a victim\$"
see '^ *PID .* COMMAND$'
tm resize-window -t pane -x 200 -y 10
see "^ *$sleeper running .* a victim\$"
tm resize-window -t pane -x 80 -y 24
see "^ *$sleeper +2 .* a victim\$"

# Control-Z, and back.
tm send-keys -t pane C-z
alternate 0
see 'Stopped'
# shellcheck disable=SC2016 # the other shell's
type 'echo $((6 * 7)) echoed'
see '^ready> echo \$\(\(6 \* 7\)\) echoed$'
see '^42 echoed$'
type fg
alternate 1
see "^ *$sleeper .* a victim\$"
# Stopped by what nobody can catch.
for pid in $(tm list-panes -t pane -F '#{pane_pid}'); do
	watcher=$(cat "/proc/$pid/task/$pid/children")
done
# shellcheck disable=SC2086 # one number and a blank
kill -STOP $watcher
see '^ready>'
type fg
until_true "the view without a prompt" hides '^ready>'
see "^ *$sleeper .* a victim\$"
alternate 1
tm send-keys -t pane q
alternate 0
type 'echo status=$?'
see '^status=0$'

# One process; its regions and where they are from, in 80 columns.
type "clear; watcher --watch=0.05 $sleeper"
alternate 1
see "^$sleeper a victim: running"
see 'malloc by build_index\+0x1c \(libidx.so\)'
tm resize-window -t pane -x 36 -y 24
see 'malloc by build_index\+0x1c \(l…$'
tm send-keys -t pane C-c
alternate 0
tm resize-window -t pane -x 80 -y 30
type "clear; watcher -w0.05 $sleeper"
alternate 1
see "^$sleeper a victim: running"
kill $sleeper
wait $sleeper 2>/dev/null || true
rm "$folder/$sleeper"
alternate 0
see 'hash table'
type 'echo status=$?'
see '^status=0$'
