/* SPDX-License-Identifier: MIT */
/*
 * Rationale: whoever asks for memory is found by walking the stack, through
 * code that has no unwind tables too. The walk must not leave the program's
 * descriptors open, read from them or write to them: libunwind keeps a pipe
 * for such frames, and knows it by numbers that may be the program's by now.
 */
#include "config.h"

#include "tests/preload/victim.h"

#define LENGTH (256 * KIB)

static char *memory;

static void get_memory(void)
{
	memory = map_anonymous(LENGTH);
	CHECK(holds_sparse(memory, memory_at, 0, LENGTH));
	free(allocate(LENGTH));
}

static void (*call)(void (*)(void));

/* From pages of the stack that were not walked before. */
static void call_deep(int depth)
{
	volatile char room[3 * PAGE];

	room[0] = room[sizeof(room) - 1] = 1;
	call(get_memory);
	munmap(memory, LENGTH);
	if (depth)
		call_deep(depth - 1);
	room[1] = room[0];
}

/* Calls what it is given, from a frame that nobody can describe. */
static void (*make_caller(void))(void (*)(void))
{
#ifdef __x86_64__
	static const unsigned char code[] = {
		0x55,			/* push %rbp */
		0x48, 0x89, 0xe5,	/* mov  %rsp, %rbp */
		0xff, 0xd7,		/* call *%rdi */
		0x5d,			/* pop  %rbp */
		0xc3,			/* ret */
	};
	char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void (*caller)(void (*)(void));

	CHECK(page != MAP_FAILED);
	memcpy(page, code, sizeof(code));
	memcpy(&caller, &page, sizeof(caller));
	return caller;
#else
	SKIP("no machine code for this machine");
#endif
}

int main(void)
{
	char path[4096], text[64];
	int low, high;

	snprintf(path, sizeof(path), "%s/mine", getenv("VICTIM_FOLDER"));
	call = make_caller();
	get_memory();
	call(get_memory);
	/* Take whatever numbers are in use, and any that might be. */
	closefrom(3);
	low = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	high = open(path, O_RDWR);
	CHECK_EQ(low, 3);
	CHECK_EQ(high, 4);
	CHECK(write(low, "what it was", 11) == 11);
	CHECK(lseek(low, 0, SEEK_SET) == 0);
	call_deep(20);
	CHECK_EQ(lseek(low, 0, SEEK_CUR), 0);
	CHECK_EQ(lseek(high, 0, SEEK_CUR), 0);
	CHECK_EQ(read(high, text, sizeof(text)), 11);
	CHECK(memcmp(text, "what it was", 11) == 0);
	CHECK_EQ(open("/dev/null", O_RDONLY), 5);
	return 0;
}
