/* SPDX-License-Identifier: MIT */
/*
 * Rationale: the next functions in line are those that dlsym(3) would have
 * found, one by one.
 */
#include "config.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "preload/next.h"
#include "tests/unit/check.h"

/* All hooks; and a function that the loader resolves, one of the loader, data,
 * one that is not the default version, this program's own, and none at all. */
#define UL_HOOK(type, name, parameters, arguments) #name "\0"
static const char names[] =
#include "preload/hooks.def"
	"time\0"
	"__tls_get_addr\0"
	"environ\0"
	"memcpy\0"
	"realpath\0"
	"pthread_cond_wait\0"
	"main\0"
	"no_such_function\0";

#define MANY 1024

int main(int argc, char **argv)
{
	void *found[MANY] = { NULL };
	size_t count = 0, none = 0;
	const char *name = names;

	(void)argc;
	(void)argv;
	for (const char *at = names; at < names + sizeof(names) - 1; at++)
		count += !*at;
	CHECK(count < MANY);
	ul_next_find(names, count, found);
	for (size_t i = 0; i < count; i++, name += strlen(name) + 1) {
		if (found[i] != dlsym(RTLD_NEXT, name))
			printf("%s\n", name);
		CHECK(found[i] == dlsym(RTLD_NEXT, name));
		CHECK(ul_next_find_one(name) == found[i]);
		none += !found[i];
	}
	CHECK(none >= 2 && none < count / 2);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&         \
	!defined(__clang__)
	/* Once more, with a library in between that has most of them. */
	if (!getenv("LD_PRELOAD") && getenv("UL_BUILDDIR")) {
		char library[4096];

		snprintf(library, sizeof(library), "%s/.libs/libuffdlazy.so",
			 getenv("UL_BUILDDIR"));
		setenv("UFFDLAZY_POLICY", "{ \"version\": 1, \"programs\": "
					  "[ \"none\" ], \"rules\": [] }", 1);
		setenv("LD_PRELOAD", library, 1);
		execv(argv[0], argv);
	}
#endif
	return 0;
}
