/* SPDX-License-Identifier: MIT */
/*
 * check.h - what a unit test is made of
 *
 * A test is a program: 0 is passed, 1 failed, 77 skipped. A CHECK that fails
 * says where and what, and ends the test.
 */
#ifndef UL_CHECK_H
#define UL_CHECK_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                     \
	do {                                                                 \
		if (!(condition)) {                                          \
			fprintf(stderr, "%s:%d: %s: not so: %s\n", __FILE__, \
				__LINE__, __func__, #condition);             \
			exit(1);                                             \
		}                                                            \
	} while (0)

#define CHECK_EQ(got, wanted)                                                 \
	do {                                                                  \
		intmax_t got_ = (intmax_t)(got);                              \
		intmax_t wanted_ = (intmax_t)(wanted);                        \
		if (got_ != wanted_) {                                        \
			fprintf(stderr, "%s:%d: %s: %s is %jd, wanted %jd\n", \
				__FILE__, __LINE__, __func__, #got, got_,     \
				wanted_);                                     \
			exit(1);                                              \
		}                                                             \
	} while (0)

/* haystack contains needle */
#define CHECK_HAS(haystack, needle)                                           \
	do {                                                                  \
		const char *hay_ = (haystack), *needle_ = (needle);           \
		if (!strstr(hay_, needle_)) {                                 \
			fprintf(stderr,                                       \
				"%s:%d: %s: \"%s\" does not contain "         \
				"\"%s\"\n",                                   \
				__FILE__, __LINE__, __func__, hay_, needle_); \
			exit(1);                                              \
		}                                                             \
	} while (0)

#define SKIP(why)                                      \
	do {                                           \
		fprintf(stderr, "skipped: %s\n", why); \
		exit(77);                              \
	} while (0)

#endif
