#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: --openmetrics is what the format's own parser takes, also with a
# name that does not belong into it, and says what the table says.
. "${UL_SRCDIR:-.}/tests/lib.sh"
find_python
"$python" -c 'import prometheus_client.openmetrics.parser' 2>/dev/null ||
	skip "tool: python3-prometheus-client not found"

cat >check.py <<'EOF'
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
families = {f.name: f for f in text_string_to_metric_families(sys.stdin.read())}
faults = {s.labels["access"]: s.value for s in families["uffdlazy_faults"].samples}
assert faults == {"read": 90, "write": 10}, faults
assert families["uffdlazy_lazy_bytes"].samples[0].value == 8 << 20
assert families["uffdlazy_filled_bytes"].type == "counter"
assert families["uffdlazy_replayed_bytes"].samples[0].value == 2 << 20
hist = families["uffdlazy_fault_seconds"]
le = {s.labels["le"]: s.value for s in hist.samples if s.name.endswith("_bucket")}
assert hist.type == "histogram" and le["+Inf"] == 100, le
# 90 from 8,192 ns on, 10 from 262,144 ns on
assert [v for k, v in le.items() if float(k) <= 8.2e-6][-1] == 0, le
assert [v for k, v in le.items() if float(k) <= 2e-5][-1] == 90, le
if len(sys.argv) > 1:
    command = hist.samples[0].labels["command"]
    assert command == sys.argv[1], command
EOF
"$builddir/tests/tools/make_stat" file good
status 0 "$stat" --openmetrics ./file
"$python" check.py 'a victim' <out || { cat out; fail "not OpenMetrics"; }
"$builddir/tests/tools/make_stat" file quotes
status 0 "$stat" --openmetrics ./file
"$python" check.py 'a "\" ??' <out || { cat out; fail "a bad name"; }
