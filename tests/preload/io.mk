# SPDX-License-Identifier: MIT
stub_tests = \
	tests/preload/stub-again.sh \
	tests/preload/stub-calls.sh \
	tests/preload/stub-cancel.sh \
	tests/preload/stub-numbers.sh \
	tests/preload/stub-programs.sh \
	tests/preload/stub-python.sh \
	tests/preload/stub-refused.sh \
	tests/preload/stub-sqlite.sh \
	tests/preload/stub-stdin.sh \
	tests/preload/stub-streams.sh \
	tests/preload/stub-wide.sh
TESTS += $(stub_tests)
dist_check_SCRIPTS += $(stub_tests)
EXTRA_DIST += tests/preload/stub-lib.sh
check_PROGRAMS += tests/preload/stub_again tests/preload/stub_calls \
	tests/preload/stub_numbers tests/preload/stub_stdin \
	tests/preload/stub_streams tests/preload/stub_wide
check_PROGRAMS += tests/preload/stub_cancel
tests_preload_stub_cancel_SOURCES = tests/preload/stub_cancel.c
tests_preload_stub_again_SOURCES = tests/preload/stub_again.c
tests_preload_stub_calls_SOURCES = tests/preload/stub_calls.c
tests_preload_stub_numbers_SOURCES = tests/preload/stub_numbers.c
tests_preload_stub_stdin_SOURCES = tests/preload/stub_stdin.c
tests_preload_stub_streams_SOURCES = tests/preload/stub_streams.cc
tests_preload_stub_wide_SOURCES = tests/preload/stub_wide.c

user_mode_tests = \
	tests/preload/user-mode-malloc.sh \
	tests/preload/user-mode-calls.sh \
	tests/preload/user-mode-go.sh \
	tests/preload/user-mode-sandbox.sh \
	tests/preload/user-mode-shadowed.sh \
	tests/preload/user-mode-programs.sh
TESTS += $(user_mode_tests)
dist_check_SCRIPTS += $(user_mode_tests)
EXTRA_DIST += tests/preload/user-mode-lib.sh
check_PROGRAMS += tests/preload/user_mode_calls
tests_preload_user_mode_calls_SOURCES = tests/preload/user_mode_calls.c \
	tests/preload/user_mode_fresh.h
check_PROGRAMS += tests/preload/user_mode_rare
tests_preload_user_mode_rare_SOURCES = tests/preload/user_mode_rare.c \
	tests/preload/user_mode_fresh.h
check_PROGRAMS += tests/preload/user_mode_go
tests_preload_user_mode_go_SOURCES = tests/preload/user_mode_go.c \
	tests/preload/raw.h
