/* SPDX-License-Identifier: MIT */
#include "config.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "preload/store/checksum.h"

_Static_assert(sizeof(XXH64_state_t) <= sizeof(struct ul_checksum),
	       "the state of XXH64 outgrew struct ul_checksum");

uint64_t ul_checksum_64(const void *bytes, size_t length)
{
	return XXH64(bytes, length, 0);
}

uint32_t ul_checksum_32(const void *bytes, size_t length)
{
	return XXH32(bytes, length, 0);
}

void ul_checksum_start(struct ul_checksum *sum)
{
	XXH64_reset((XXH64_state_t *)sum->state, 0);
}

void ul_checksum_add(struct ul_checksum *sum, const void *bytes, size_t length)
{
	XXH64_update((XXH64_state_t *)sum->state, bytes, length);
}

uint64_t ul_checksum_end(const struct ul_checksum *sum)
{
	return XXH64_digest((const XXH64_state_t *)sum->state);
}
