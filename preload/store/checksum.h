/* SPDX-License-Identifier: MIT */
/* checksum.h - the xxHash sums of both formats; the one door to xxhash.h */
#ifndef UL_CHECKSUM_H
#define UL_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Seeds are zero. Context: any. Allocates: no. */
uint64_t ul_checksum_64(const void *bytes, size_t length);
uint32_t ul_checksum_32(const void *bytes, size_t length);

/* The 64-bit sum of bytes that come in pieces. */
struct ul_checksum {
	_Alignas(16) unsigned char state[128];
};

void ul_checksum_start(struct ul_checksum *sum);
void ul_checksum_add(struct ul_checksum *sum, const void *bytes, size_t length);
uint64_t ul_checksum_end(const struct ul_checksum *sum);

#endif
