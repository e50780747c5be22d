#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: what cannot be served fails loudly, and never gives the stub's own
# bytes: writing into a stub, a stub whose blob is gone or another. And where
# the policy says so, stubs are files like any other.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$UL_SRCDIR/tests/preload/stub-lib.sh"

cp words before
if lazily sh -c 'echo more >>words' 2>said; then
	fail "appended to a stub"
fi
grep -q "is a stub: writing would damage it" said || fail "no word of why"
if lazily dd if=/dev/zero of=words bs=1 count=1 conv=notrunc 2>said; then
	fail "wrote into a stub"
fi
# Open for writing before we were there.
if lazily dd if=/dev/zero bs=1 count=1 2>said >>words; then
	fail "wrote to an inherited stub"
fi
cmp words before || fail "the stub was changed"
lazily touch words || fail "touch"

# To replace it whole is no damage.
lazily cp plain words
cmp plain words || fail "replacing"
cp before words

# The project's own tools see it as it is.
lazily "$pack" -q --unpack words.zst -o back
cmp plain back || fail "--unpack, preloaded"
UFFDLAZY_POLICY='{ "version": 1, "stubs": false }' lazily cat words >out
cmp words out || fail '"stubs": false'

mv words.zst elsewhere
if lazily cat words >out 2>said; then
	fail "read without a blob"
fi
[ ! -s out ] || fail "bytes out of nowhere"
grep -q "words.zst" said || fail "no word of the blob"
# Opened, and mapped: told of once.
if command -v look >/dev/null; then
	lazily look line words >out 2>said && fail "found without a blob"
	[ "$(grep -c 'words is a stub' said)" -eq 1 ] ||
		{ cat said; fail "not said once"; }
fi
lazily stat -c %s words >out || fail "stat without a blob"
if lazily sort <words >out 2>said; then
	fail "sorted without a blob"
fi
seq 100000 >numbers
"$pack" -q numbers -o words.zst
if lazily cat words >out 2>said || [ -s out ]; then
	fail "read from another blob"
fi
