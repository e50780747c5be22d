/* SPDX-License-Identifier: MIT */
/* store_zero.c - the store that has nothing in it: zeros without end */
#include "config.h"

#include <errno.h>

#include "preload/store/store_internal.h"

int ul_store_open_zero(struct ul_store **store)
{
	int saved = errno;
	struct ul_store *zero = ul_store_new(UL_KIND_ZERO, "zero");

	if (!zero) {
		errno = saved;
		return -ENOMEM;
	}
	zero->length = UINT64_MAX;
	/* Never written, so every page of it is the kernel's page of zeros. */
	zero->map = ul_pages_map(UL_LOAD_MAX);
	zero->map_bytes = UL_LOAD_MAX;
	if (!zero->map) {
		ul_store_put(zero);
		errno = saved;
		return -ENOMEM;
	}
	*store = zero;
	return 0;
}
