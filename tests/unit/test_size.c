/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a size means one number of bytes, exactly, or is refused.
 */
#include "config.h"

#include <errno.h>

#include "policy/policy.h"
#include "tests/unit/check.h"

static void good(const char *text, uint64_t wanted)
{
	uint64_t bytes = 77;

	if (ul_size_parse(text, &bytes) != 0 || bytes != wanted) {
		fprintf(stderr, "%s: got %ju, wanted %ju\n", text,
			(uintmax_t)bytes, (uintmax_t)wanted);
		exit(1);
	}
}

static void refused(const char *text, int error)
{
	uint64_t bytes = 77;

	if (ul_size_parse(text, &bytes) != error || bytes != 77) {
		fprintf(stderr, "\"%s\" was taken as %ju\n", text,
			(uintmax_t)bytes);
		exit(1);
	}
}

static void bad(const char *text)
{
	refused(text, -EINVAL);
}

static void too_large(const char *text)
{
	refused(text, -ERANGE);
}

int main(void)
{
	good("0", 0);
	good("4096", 4096);
	good("4096B", 4096);
	good("64KiB", 65536);
	good("2GiB", 2147483648u);
	good("1.5MiB", 1572864);
	good("0.5KiB", 512);
	good("1.25KiB", 1280);
	good("1.500000000000000000000KiB", 1536);
	good("1.0", 1);
	good("0.0009765625KiB", 1);
	good("18446744073709551615", UINT64_MAX);
	good("15EiB", 15ull << 60);
	good("15.5EiB", 31ull << 59);
	good("16383PiB", 16383ull << 50);
	bad("");
	bad(" 1");
	bad("1 ");
	bad("1 KiB");
	bad("-1");
	bad("+1");
	bad("KiB");
	bad(".5KiB");
	bad("1.KiB");
	bad("1.5");
	bad("0.3KiB");
	bad("1.5B");
	bad("1K");
	bad("1KB");
	bad("1kib");
	bad("1KiBx");
	bad("1..5KiB");
	bad("0x10");
	bad("1e3");
	too_large("18446744073709551616");
	too_large("16EiB");
	too_large("16384PiB");
	too_large("99999999999999999999GiB");
	bad("inf");
	return 0;
}
