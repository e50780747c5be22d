/* SPDX-License-Identifier: MIT */
/*
 * Rationale: whatever stands in a policy, it is read or refused with one line;
 * it never crashes, hangs or leaks, and a position always lies in the text.
 *
 * LLVMFuzzerTestOneInput is libFuzzer's entry. Without libFuzzer, main takes
 * files and runs each as it is and with some changes, always the same ones;
 * `make check` does that. With it, see fuzz.sh.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"

#define INPUT_MOST ((size_t)1 << 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what, const char *about)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s: %s\n", what, about);
	abort();
}

static void check_message(const char *message, const char *text, size_t length)
{
	unsigned int line = 0, column = 0, lines = 1;
	size_t i;

	for (i = 0; i < length; i++)
		lines += text[i] == '\n';
	must(*message && !message[strcspn(message, "\n\r\033")], "one line",
	     message);
	must(sscanf(message, "fuzz:%u:%u: ", &line, &column) == 2,
	     "has a position", message);
	must(line >= 1 && line <= lines && column >= 1 &&
	     column <= length + 1, "lies in the text", message);
}

static size_t give_frames(void *context, const struct ul_policy_frame **frames)
{
	*frames = context;
	return 1;
}

/* The text itself is the path, the function and the object. */
static void match(const struct ul_policy *policy, const char *text)
{
	struct ul_policy_frame frame = { text, text };
	struct ul_policy_call call = {
		.size = UINT64_MAX, .prot = 7, .path = text,
		.frames = give_frames, .frames_context = &frame,
	};
	const struct ul_policy_rule *rule;
	unsigned int kind;

	for (kind = UL_CALL_MALLOC; kind <= UL_CALL_MMAP_FILE; kind <<= 1) {
		call.call = kind;
		rule = ul_policy_match(policy, &call, NULL);
		if (!rule)
			continue;
		must(rule->store, "has a store", rule->name);
		must(ul_policy_may_match(policy, kind, call.size) ||
		     !rule->lazy, "may match what matches", rule->name);
		must(kind != UL_CALL_MMAP_FILE || !rule->lazy ||
		     rule->store->type != UL_STORE_ZERO,
		     "a mapped file is never zeros", rule->name);
	}
	ul_policy_selects(policy, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ul_policy *policy;
	char message[512], *text;

	if (size > INPUT_MOST)
		return 0;
	/* Exactly as long as it is, for the sanitizer to see a byte more. */
	text = malloc(size ? size : 1);
	must(text, "memory", "");
	memcpy(text, data, size);
	if (ul_policy_parse(text, size, "fuzz", "/", &policy, message,
			    sizeof(message))) {
		must(!policy, "no policy when refused", message);
		check_message(message, text, size);
		free(text);
		return 0;
	}
	must(!*message, "no message when read", message);
	free(text);
	text = malloc(size + 1);
	must(text, "memory", "");
	memcpy(text, data, size);
	text[size] = '\0';
	match(policy, text);
	free(text);
	ul_policy_free(policy);
	return 0;
}

#ifndef UL_LIBFUZZER

#define CHANGES 200			/* of each file */

static uint32_t next_random(void)
{
	static uint32_t state = 2463534242;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

/* Put a character that means something to JSON or to a glob, cut, or double
 * a stretch. */
static size_t change(uint8_t *data, size_t size)
{
	static const char tokens[] = "{}[]\",:\\/*?!-019eE.$un \n\t\x80\xc3";
	size_t at = size ? next_random() % size : 0, n;

	switch (next_random() % 4) {
	case 0:
		return at;
	case 1:
		n = next_random() % (size - at + 1);
		memmove(data + at, data + at + n, size - at - n);
		return size - n;
	case 2:
		n = next_random() % (size - at + 1);
		memmove(data + at + n, data + at, size - at);
		return size + n;
	default:
		if (size)
			data[at] = tokens[next_random() %
					  (sizeof(tokens) - 1)];
		return size;
	}
}

static void run_file(const char *path)
{
	static uint8_t seed[INPUT_MOST], data[2 * INPUT_MOST];
	FILE *file = fopen(path, "re");
	size_t size, length;
	int i;

	must(file, "can be opened", path);
	size = fread(seed, 1, sizeof(seed), file);
	fclose(file);
	LLVMFuzzerTestOneInput(seed, size);
	for (i = 0; i < CHANGES; i++) {
		memcpy(data, seed, size);
		length = size;
		do
			length = change(data, length);
		while (length <= INPUT_MOST && next_random() % 2);
		LLVMFuzzerTestOneInput(data, length);
	}
}

int main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		run_file(argv[i]);
	return argc > 1 ? 0 : 1;
}

#endif
