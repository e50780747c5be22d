# SPDX-License-Identifier: MIT
#
# House rules that are tests.

check_tests = \
	tests/check/completion.sh \
	tests/check/conventions.sh \
	tests/check/documented.sh \
	tests/check/examples.sh \
	tests/check/includes.sh \
	tests/check/manual-lint.sh \
	tests/check/shellcheck.sh \
	tests/check/sources.sh \
	tests/check/symbols.sh
TESTS += $(check_tests)
dist_check_SCRIPTS += $(check_tests)

# For a developer, and for CI: what it finds changes with the compiler.
EXTRA_DIST += tests/check/analyse.sh tests/check/analyse.txt
.PHONY: analyse
analyse: config.h
	UL_SRCDIR='$(abs_top_srcdir)' UL_BUILDDIR='$(abs_top_builddir)' \
	$(SHELL) $(srcdir)/tests/check/analyse.sh
