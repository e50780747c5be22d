/* SPDX-License-Identifier: MIT */
/* blob_cases.h - good, bad and unsupported blobs, each with what it is */
#ifndef UL_TEST_BLOB_CASES_H
#define UL_TEST_BLOB_CASES_H

#include "tests/unit/blob.h"

/*
 * The original of every good case: CASE_LENGTH bytes of make_bytes(_, 7).
 * good-: opens, and unpacks to it. bad-: damaged or lying; refused when it
 * is opened, or when the frame is loaded. unsupported-: another format.
 */
#define CASE_LENGTH ((size_t)200000)

struct blob_case {
	const char *name;
	const char *about;	/* what is wrong with it, or odd */
	const char *open_error; /* part of the text; NULL: it opens */
	const char *load_error; /* likewise */
	void (*make)(struct blob *blob, const unsigned char *original);
};

extern const struct blob_case blob_cases[];
extern const size_t n_blob_cases;

#endif
