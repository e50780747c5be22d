/* SPDX-License-Identifier: MIT */
/*
 * Rationale: whatever the first 4 KiB of a file are, they are a stub's text or
 * they are not; it never crashes, and what was understood, said again, means
 * the same.
 *
 * LLVMFuzzerTestOneInput is libFuzzer's entry; see fuzz.sh. Without libFuzzer,
 * main takes files and runs each as it is and with some changes, always the
 * same ones; `make check` does that.
 */
#include "config.h"

#include <errno.h>

#include "preload/store/stub.h"
#include "tests/unit/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char header[UL_STUB_HEADER], again[UL_STUB_HEADER];
	struct ul_stub stub, same;
	/* What follows the text is also the stub's name. */
	const char *name = "name";
	int code;

	memset(header, '\n', sizeof(header));
	memcpy(header, data, size < sizeof(header) ? size : sizeof(header));
	code = ul_stub_parse(header, &stub);
	CHECK(code == 0 || code == -ENODATA || code == -EBADMSG);
	if (code != 0)
		return 0;
	CHECK(stub.blob[0] && strnlen(stub.blob, PATH_MAX) < PATH_MAX);
	CHECK(stub.size >= UL_STUB_HEADER);
	if (stub.size % 2)
		name = stub.blob;
	code = ul_stub_format(&stub, name, again);
	CHECK(code == 0 || code == -ENAMETOOLONG);
	if (code != 0)
		return 0;
	CHECK(again[UL_STUB_HEADER - 1] == '\n');
	/* Text for a terminal: nothing of a name can move the cursor. */
	for (size_t i = 0; i < sizeof(again); i++)
		CHECK((unsigned char)again[i] >= 0x20 || again[i] == '\n');
	CHECK_EQ(ul_stub_parse(again, &same), 0);
	CHECK(strcmp(stub.blob, same.blob) == 0 && stub.size == same.size &&
	      stub.blob_size == same.blob_size &&
	      stub.table_checksum == same.table_checksum);
	return 0;
}

#ifndef UL_LIBFUZZER

#define CHANGES 2000		/* of each file */

static uint32_t next_random(void)
{
	static uint32_t state = 2463534242;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

/* Put a byte that means something to the text, double a stretch, or cut. */
static size_t change(uint8_t *data, size_t size)
{
	static const char tokens[] = "\n\n\\x0019af:' \x7f\xc3\xc2\x9b";
	size_t at = size ? next_random() % size : 0, n;

	if (size == 0)
		return 0;
	switch (next_random() % 8) {
	case 0:
		return at;
	case 1:
		n = next_random() % 80;
		if (n > size - at)
			n = size - at;
		memmove(data + at + n, data + at, size - at);
		return size + n;
	case 2:
		n = next_random() % 80;
		if (n > size - at)
			n = size - at;
		memmove(data + at, data + at + n, size - at - n);
		return size - n;
	default:
		data[at] = (uint8_t)tokens[next_random() % sizeof(tokens)];
		return size;
	}
}

int main(int argc, char **argv)
{
	static uint8_t seed[UL_STUB_HEADER], data[2 * UL_STUB_HEADER];
	size_t size;
	FILE *file;

	CHECK(argc > 1);
	for (int i = 1; i < argc; i++) {
		file = fopen(argv[i], "r");
		CHECK(file);
		size = fread(seed, 1, sizeof(seed), file);
		fclose(file);
		LLVMFuzzerTestOneInput(seed, size);
		for (int k = 0; k < CHANGES; k++) {
			memcpy(data, seed, size);
			LLVMFuzzerTestOneInput(data, change(data, size));
		}
	}
	printf("%d seeds, %d changes of each\n", argc - 1, CHANGES);
	return 0;
}

#endif
