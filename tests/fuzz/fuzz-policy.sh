#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Rationale: what once broke the reader of policies, and all that it must
# refuse, is read again, as it is and changed a little.

: "${UL_SRCDIR:?}" "${UL_BUILDDIR:?}"
exec "$UL_BUILDDIR/fuzz_policy" "$UL_SRCDIR"/tests/fuzz/corpus/policy/* \
    "$UL_SRCDIR"/tests/policy/good/*.json "$UL_SRCDIR"/tests/policy/bad/*.json
