# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# autopsy.sh - where the threads of a process that hangs stand; sourced

# A process and all that came from it.
family()
{
	echo "$1"
	for born in $(pgrep -P "$1"); do
		(family "$born")
	done
}

# autopsy PID: what each thread of its family does.
autopsy()
{
	for pid in $(family "$1"); do
		echo "== $pid: $(tr '\0' ' ' <"/proc/$pid/cmdline")"
		for task in "/proc/$pid/task/"*; do
			echo "-- $(cat "$task/comm"): $(cat "$task/wchan")" \
				"$(cat "$task/syscall")"
		done
		! command -v gdb >/dev/null || timeout -s KILL 20 gdb \
			-p "$pid" -batch -ex 'thread apply all bt' 2>&1 |
			grep -E '^(#|Thread)'
	done 2>/dev/null
}

# autopsy_later SECONDS PID: the same when the time has passed, as the last
# thing before timeout(1) kills; meant for the background, and to be killed.
autopsy_later()
{
	until=$(($(date +%s) + $1))
	# Short naps: who kills this leaves no long sleep behind.
	while [ "$(date +%s)" -lt "$until" ]; do
		sleep 1
	done
	for child in $(pgrep -P "$2"); do
		[ "$(cat "/proc/$child/comm")" != timeout ] || autopsy "$child"
	done
}
