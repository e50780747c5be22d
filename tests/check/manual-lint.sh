#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: the manual pages are right by mandoc's own measure.
. "${UL_SRCDIR:-.}/tests/lib.sh"
need mandoc

# Whether other pages are installed here says nothing of ours.
for page in "$srcdir"/man/*.[1-8]; do
	mandoc -T lint "$page" 2>&1
done | grep -v -e 'referenced manual not found' -e 'outdated mandoc.db' \
	-e 'STYLE: no blank before trailing delimiter' >complaints || :
[ ! -s complaints ] || { cat complaints; fail "mandoc -T lint complains"; }
