# SPDX-License-Identifier: MIT

check_PROGRAMS += fuzz_policy
dist_check_SCRIPTS += tests/fuzz/fuzz-policy.sh
TESTS += tests/fuzz/fuzz-policy.sh
EXTRA_DIST += tests/fuzz/corpus/policy

fuzz_policy_SOURCES = tests/fuzz/fuzz_policy.c
fuzz_policy_CFLAGS = $(UL_CFLAGS) $(UL_SANITIZE)
fuzz_policy_LDFLAGS = $(UL_SANITIZE)
fuzz_policy_LDADD = libulpolicy.la
