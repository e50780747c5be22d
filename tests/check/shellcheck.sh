#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: the scripts hold what shellcheck knows of shells.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need shellcheck

cd "$srcdir"
{
	echo bootstrap
	echo .ci/run
	find tests -name '*.sh'
} | sort | xargs shellcheck -x -P "$srcdir" -S warning -e SC1090,SC1091,SC2034,SC2148 ||
	fail "shellcheck complains"
