/* SPDX-License-Identifier: MIT */
/*
 * Rationale: patterns choose whose memory is lazy. Each line here is a promise
 * of uffdlazy-policy(5); the last ones are patterns that make a naive matcher
 * take until tomorrow, or read past its text.
 */
#include "policy/glob.h"
#include "tests/policy/expect.h"

static const struct {
	const char *pattern;
	const char *text;
	bool name;
	bool path;
} cases[] = {
	{ "abc", "abc", true, true },
	{ "abc", "abcd", false, false },
	{ "abcd", "abc", false, false },
	{ "*", "", true, true },
	{ "?", "", false, false },
	{ "*", "a/b", true, false },
	{ "**", "a/b", true, true },
	{ "?", "/", true, false },
	{ "[/]", "/", true, false },
	{ "[!a]", "/", true, false },
	{ "/usr/*/words", "/usr/share/words", true, true },
	{ "/usr/*/words", "/usr/share/dict/words", true, false },
	{ "/usr/**/words", "/usr/share/dict/words", true, true },
	{ "/usr/**/words", "/usr/words", false, true },
	{ "/usr/**words", "/usr/a/b/my-words", true, true },
	{ "**/words", "/words", true, true },
	{ "**/words", "/a/swords", false, false },
	{ "**/a/**/b", "/x/a/y/z/b", true, true },
	{ "**/a/*/b", "/a/x/a/y/b", true, true },
	{ "/a/**", "/a/b/c", true, true },
	{ "/a/**", "/ab", false, false },
	{ "python3*", "python3.11", true, true },
	{ "lib*.so.[0-9]", "libz.so.1", true, true },
	{ "lib*.so.[!0-9]", "libz.so.1", false, false },
	{ "[]]", "]", true, true },
	{ "[!]]", "a", true, true },
	{ "[a-]", "-", true, true },
	{ "[\\]]", "]", true, true },
	{ "[^a]", "b", true, true },
	{ "\\*", "*", true, true },
	{ "\\*", "a", false, false },
	{ "a\\\\b", "a\\b", true, true },
	{ "caf?", "caf\xc3\xa9", true, true },
	{ "caf[!x]", "caf\xc3\xa9", true, true },
	{ "*a*b*c*", "xxaxxbxxcxx", true, true },
	{ "*.tar.*", "a.tar.b.tar.c", true, true },
	/* No mistake was looked for: these must merely not run away. */
	{ "[", "[", false, false },
	{ "[a-", "a", true, true },
	{ "\\", "\\", true, true },
};

static const struct {
	const char *pattern;
	bool fine;
} patterns[] = {
	{ "", false },
	{ "a[", false },
	{ "a[]", false },
	{ "a[!]", false },
	{ "a[b\\]", false },
	{ "a\\", false },
	{ "[\xc3\xa9]", false },
	{ "[]]", true },
	{ "[!]]", true },
	{ "a\\[", true },
	{ "]", true },
};

static void test_file(void)
{
	EXPECT(ul_glob_file("words", "/usr/share/dict/words"));
	EXPECT(ul_glob_file("w*", "words"));
	EXPECT(!ul_glob_file("dict", "/usr/share/dict/words"));
	EXPECT(ul_glob_file("/usr/share/dict/*", "/usr/share/dict/words"));
	EXPECT(!ul_glob_file("/words", "/usr/share/dict/words"));
}

int main(void)
{
	char text[4097], pattern[65];
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (ul_glob_name(cases[i].pattern, cases[i].text) ==
			    cases[i].name &&
		    ul_glob_path(cases[i].pattern, cases[i].text) ==
			    cases[i].path)
			continue;
		fprintf(stderr, "\"%s\" against \"%s\"\n", cases[i].pattern,
			cases[i].text);
		failures++;
	}
	for (i = 0; i < sizeof(patterns) / sizeof(*patterns); i++)
		EXPECT(!ul_glob_mistake(patterns[i].pattern) ==
		       patterns[i].fine);
	test_file();

	/* 32 stars over 4,096 letters: ages for who tries every way. */
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (i = 0; i < 64; i += 2)
		memcpy(pattern + i, "*a", 2);
	pattern[63] = 'b';
	pattern[64] = '\0';
	EXPECT(!ul_glob_name(pattern, text));
	EXPECT(!ul_glob_path(pattern, text));
	return expect_done();
}
