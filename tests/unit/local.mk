# SPDX-License-Identifier: MIT
#
# Unit tests link a part of the house, and preload nothing; they alone also run
# under sanitizers. A fragment says UNIT_TESTS += test_x and gives its sources.
# `make check-unit` runs only these.

UNIT_TESTS =
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)

check-unit:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(UNIT_TESTS)'
.PHONY: check-unit
