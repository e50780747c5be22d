/* SPDX-License-Identifier: MIT */
/*
 * fuzz_fields.h - changes of files that are structs: fields that lie
 *
 * For make check, without libFuzzer: each file as it is, then with one to four
 * fields of 1, 2, 4 or 8 bytes set to what tends to hurt, or cut short. Always
 * the same changes.
 */
#ifndef UL_FUZZ_FIELDS_H
#define UL_FUZZ_FIELDS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FUZZ_FILE_MAX ((size_t)1 << 16)

static inline uint64_t fuzz_random(void)
{
	static uint64_t state = 88172645463325252;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static inline uint64_t fuzz_number(void)
{
	unsigned int bit = fuzz_random() % 64;

	switch (fuzz_random() % 6) {
	case 0:
		return fuzz_random();
	case 1:
		return UINT64_MAX - fuzz_random() % 16;
	case 2:
		return ((uint64_t)1 << bit) - fuzz_random() % 2;
	case 3:
		return ((uint64_t)1 << bit) + fuzz_random() % 4096;
	default:
		return fuzz_random() % 512;
	}
}

static inline size_t fuzz_change(uint8_t *data, size_t size)
{
	int times = (int)(fuzz_random() % 4) + 1;

	if (size == 0 || fuzz_random() % 64 == 0)
		return size ? fuzz_random() % size : 0;
	while (times--) {
		size_t width = (size_t)1 << fuzz_random() % 4;
		/* Half of them in the header, where the sizes are. */
		size_t most = fuzz_random() % 2 && size > 2048 ? 2048 : size;
		size_t at = fuzz_random() % most / width * width;
		uint64_t value = fuzz_number();

		if (at + width <= size)
			memcpy(data + at, &value, width);
	}
	return size;
}

static inline int fuzz_fields(int argc, char **argv, int changes,
			      int (*run)(const uint8_t *data, size_t size))
{
	static uint8_t seed[FUZZ_FILE_MAX], data[FUZZ_FILE_MAX];
	size_t size;
	FILE *file;

	for (int i = 1; i < argc; i++) {
		file = fopen(argv[i], "re");
		if (!file) {
			perror(argv[i]);
			return 1;
		}
		size = fread(seed, 1, sizeof(seed), file);
		fclose(file);
		run(seed, size);
		for (int k = 0; k < changes; k++) {
			memcpy(data, seed, size);
			run(data, fuzz_change(data, size));
		}
	}
	printf("%d seeds, %d changes of each\n", argc - 1, changes);
	return argc > 1 ? 0 : 1;
}

#endif
