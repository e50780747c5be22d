/* SPDX-License-Identifier: MIT */
/* rng.c - splitmix64: small, fast, and the same everywhere. */
#include <string.h>

#include "torture.h"

uint64_t rng_next(struct rng *rng)
{
	uint64_t z = rng->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

size_t rng_below(struct rng *rng, size_t below)
{
	return below ? (size_t)(rng_next(rng) % below) : 0;
}

bool rng_once_in(struct rng *rng, size_t n)
{
	return rng_below(rng, n) == 0;
}

void rng_fill(struct rng *rng, void *bytes, size_t length)
{
	unsigned char *at = bytes;

	while (length) {
		uint64_t value = rng_next(rng);
		size_t take = length < sizeof(value) ? length : sizeof(value);

		memcpy(at, &value, take);
		at += take;
		length -= take;
	}
}
