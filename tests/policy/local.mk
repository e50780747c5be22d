# SPDX-License-Identifier: MIT

policy_tests = \
	tests/policy/test_glob \
	tests/policy/test_match \
	tests/policy/test_memory \
	tests/policy/test_parse

UNIT_TESTS += $(policy_tests)

tests_policy_test_glob_SOURCES = \
	tests/policy/test_glob.c tests/policy/expect.h
tests_policy_test_glob_CFLAGS = $(UL_CFLAGS) $(UL_SANITIZE)
tests_policy_test_glob_LDFLAGS = $(UL_SANITIZE)
tests_policy_test_glob_LDADD = libulpolicy.la

tests_policy_test_match_SOURCES = \
	tests/policy/test_match.c tests/policy/expect.h
tests_policy_test_match_CFLAGS = $(UL_CFLAGS) $(UL_SANITIZE)
tests_policy_test_match_LDFLAGS = $(UL_SANITIZE)
tests_policy_test_match_LDADD = libulpolicy.la

tests_policy_test_memory_SOURCES = \
	tests/policy/test_memory.c tests/policy/expect.h
tests_policy_test_memory_CFLAGS = \
	$(UL_CFLAGS) $(UL_SANITIZE) $(JANSSON_CFLAGS)
tests_policy_test_memory_LDFLAGS = \
	$(UL_SANITIZE) -Wl,--wrap=malloc -Wl,--wrap=calloc
tests_policy_test_memory_LDADD = libulpolicy.la $(JANSSON_LIBS)

tests_policy_test_parse_SOURCES = \
	tests/policy/test_parse.c tests/policy/expect.h
tests_policy_test_parse_CFLAGS = $(UL_CFLAGS) $(UL_SANITIZE)
tests_policy_test_parse_LDFLAGS = $(UL_SANITIZE)
tests_policy_test_parse_LDADD = libulpolicy.la

policy_scripts = \
	tests/policy/bad.sh \
	tests/policy/container.sh tests/policy/control.sh \
	tests/policy/explain.sh \
	tests/policy/find.sh \
	tests/policy/good.sh \
	tests/policy/keys-in-manual.sh \
	tests/policy/machine.sh \
	tests/policy/manual-examples.sh \
	tests/policy/usage.sh

check_PROGRAMS += no_userfaultfd
no_userfaultfd_SOURCES = tests/policy/no_userfaultfd.c
no_userfaultfd_CFLAGS = $(UL_CFLAGS)

dist_check_SCRIPTS += $(policy_scripts)
TESTS += $(policy_scripts)
EXTRA_DIST += tests/policy/bad tests/policy/good
# They are folders; make must not think that it can make them of bad.sh.
tests/policy/bad tests/policy/good: ;
