#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: Prometheus' own parser of OpenMetrics takes what --openmetrics
# writes, and its linter has nothing to say against the names, units and help.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need promtool

for kind in good quotes; do
	"$builddir/tests/tools/make_stat" file $kind
	"$stat" --openmetrics ./file >metrics

	# What is imported has timestamps.
	sed 's/^\([^#].*\)$/\1 1700000000/' metrics >timed
	rm -rf blocks
	mkdir -p blocks/wal		# or "dump" does not find the blocks
	status 0 promtool tsdb create-blocks-from openmetrics timed blocks
	promtool tsdb dump blocks >dumped
	[ "$(wc -l <dumped)" -eq "$(grep -vc '^#' metrics)" ] ||
		{ cat dumped; fail "not all of it is taken"; }

	# The linter reads the older format, where a counter is called by its
	# whole name, and has no end mark.
	sed -e '/^# \(UNIT\|EOF\)/d' \
		-e 's/^# TYPE \(.*\) counter$/# TYPE \1_total counter/' \
		metrics >older
	sed -n 's/^# TYPE \(.*\)_total counter$/\1/p' older >counters
	while IFS= read -r name; do
		sed -i "s/^# HELP $name /# HELP ${name}_total /" older
	done <counters
	promtool check metrics <older >out 2>&1 ||
		{ cat out; fail "promtool complains"; }
	[ ! -s out ] || { cat out; fail "promtool has something to say"; }
done
