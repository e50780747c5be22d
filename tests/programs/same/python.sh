# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# python.sh - python3's own tests (Debian's libpython3.11-testsuite) in a case

# python_tests NAME...: how many passed, and which did not.
python_tests()
{
	PYTHONHASHSEED=0 /usr/bin/python3 -m unittest -v "${@/#/test.}" \
		>log 2>&1
	echo "$?"
	sed -nE 's/^(Ran [0-9]+ tests) in .*/\1/p; /^(OK|FAILED|FAIL:|ERROR:)/p' log
	# Some of them become another user, who may not write our numbers.
	grep -a 'uffdlazy: ' log | grep -av 'UFFDLAZY_STATS: cannot write'
	:
}
