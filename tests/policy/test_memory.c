/* SPDX-License-Identifier: MIT */
/*
 * Rationale: the policy is read inside programs that run with little memory
 * left. Whichever allocation fails, the answer is -ENOMEM and a message, with
 * nothing leaked (a sanitizer build sees that) and nothing half made.
 *
 * Nor may a program notice that there was one: where libc begins to map blocks
 * (from 128 KiB) moves up with each such block that is freed.
 *
 * The linker leads our calls of malloc and calloc here (--wrap), and jansson
 * is told to come here in the second round.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/policy/expect.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);

static long left;			/* allocations that still succeed */
static size_t largest;			/* of those asked for */

void *__wrap_malloc(size_t size)
{
	if (size > largest)
		largest = size;
	return left-- > 0 ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t n, size_t size)
{
	return left-- > 0 ? __real_calloc(n, size) : NULL;
}

static const char text[] =
	"{ \"version\": 1, \"programs\": [\"a\", \"b\"], \"stubs\": [\"x\"],"
	"  \"stores\": { \"s\": { \"type\": \"file\", \"path\": \"$$y\" } },"
	"  \"rules\": [ { \"name\": \"n\", \"match\": { \"path\": \"*.z\" },"
	"      \"store\": \"s\" }, { \"match\": { \"caller\": \"f\","
	"      \"object\": \"o\" } }, {} ] }";

/* Fail the first allocation, then the second, and so on until it works. */
static void parse_in_all_rooms(bool jansson_fails)
{
	struct ul_policy *policy = NULL;
	char message[256];
	long room;
	int error;

	for (room = 0; room < 10000 && !failures; room++) {
		left = room;
		error = ul_policy_parse(text, strlen(text), "test", "/",
					&policy, message, sizeof(message));
		if (!error)
			break;
		/* jansson cannot always tell no memory from bad text. */
		EXPECT(error == -ENOMEM || (jansson_fails && error == -EINVAL));
		EXPECT(!policy && *message);
	}
	EXPECT(room > 15 && policy);
	ul_policy_free(policy);
}

static void builtin_in_all_rooms(void)
{
	struct ul_policy *policy = NULL;
	long room;

	for (room = 0; room < 100; room++) {
		left = room;
		policy = ul_policy_builtin();
		if (policy)
			break;
	}
	EXPECT(room > 3 && policy);
	ul_policy_free(policy);
}

static void load_in_small_blocks(void)
{
	char path[] = "policy.XXXXXX", message[256];
	struct ul_policy *policy = NULL;
	int fd = mkstemp(path);

	EXPECT(fd >= 0 &&
	       write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	left = 10000;
	largest = 0;
	EXPECT(ul_policy_load(path, &policy, message, sizeof(message)) == 0);
	EXPECT(largest > 0 && largest < (128 << 10));
	ul_policy_free(policy);
	unlink(path);
}

int main(void)
{
	parse_in_all_rooms(false);
	json_set_alloc_funcs(__wrap_malloc, free);
	parse_in_all_rooms(true);
	builtin_in_all_rooms();
	load_in_small_blocks();
	return expect_done();
}
