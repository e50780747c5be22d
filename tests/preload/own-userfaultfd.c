/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a program with a userfaultfd of its own (the JVM, ART, QEMU, a
 * checkpointer) may register memory that is lazy already, a mapping, a part of
 * one or a block of malloc's: it gets the faults of what it has not touched,
 * and nothing of what it should hold is lost. Neither takes the other's faults,
 * also not where one's memory follows the other's, and in a fork's child.
 */
#include "config.h"

#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "tests/preload/victim.h"
#include "tests/preload/raw.h"

#define LENGTH (1 * MIB)

static int uffd;
static _Atomic int served;

/* Every fault of the program's own is answered with this. */
static unsigned char own_at(size_t at)
{
	(void)at;
	return 'o';
}

static void *serve(void *argument)
{
	static char page[PAGE] __attribute__((aligned(4096)));
	struct uffd_msg message;
	struct uffdio_copy copy = { .src = (uintptr_t)page, .len = PAGE };

	(void)argument;
	memset(page, 'o', sizeof(page));
	while (read(uffd, &message, sizeof(message)) == sizeof(message)) {
		copy.dst = message.arg.pagefault.address & ~(PAGE - 1);
		ioctl(uffd, UFFDIO_COPY, &copy);
		served++;
	}
	return NULL;
}

static int change(unsigned long request, void *at, size_t length)
{
	struct uffdio_register wanted = {
		.range = { (uintptr_t)at, length },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	return ioctl(uffd, request, &wanted);
}

/* Nobody has touched it: what comes from a store is there, the rest is the
 * program's to fill. */
static void check_untouched(char *memory)
{
	if (has_store())
		CHECK(holds(memory, memory_at, 0, LENGTH));
	else
		CHECK(holds_sparse(memory, own_at, 0, LENGTH));
}

static void check_mapping(void)
{
	char *memory = map_anonymous(LENGTH);

	CHECK_EQ(change(UFFDIO_REGISTER, memory, LENGTH), 0);
	check_untouched(memory);
	CHECK(madvise(memory, LENGTH, MADV_DONTNEED) == 0);
	CHECK(holds_sparse(memory, own_at, 0, LENGTH));
	munmap(memory, LENGTH);
}

static void check_part(void)
{
	char *memory = map_anonymous(3 * LENGTH);
	char *part = memory + LENGTH;

	CHECK(holds(part + LENGTH / 2, memory_at, 3 * LENGTH / 2, PAGE));
	memset(part + PAGE, 'w', PAGE);
	CHECK(madvise(part + 2 * PAGE, PAGE, MADV_DONTNEED) == 0);
	CHECK_EQ(change(UFFDIO_REGISTER, part, LENGTH), 0);
	CHECK(part[PAGE] == 'w');
	CHECK(part[2 * PAGE] == 'o');
	if (has_store())
		CHECK(holds(part + 3 * PAGE, memory_at, LENGTH + 3 * PAGE,
			    LENGTH - 3 * PAGE));
	else
		CHECK(part[3 * PAGE] == 'o');
	CHECK(holds(memory, memory_at, 0, LENGTH));
	CHECK(holds(memory + 2 * LENGTH, memory_at, 2 * LENGTH, LENGTH));
	CHECK_EQ(change(UFFDIO_UNREGISTER, part, LENGTH), 0);
	munmap(memory, 3 * LENGTH);
}

static void check_block(void)
{
	char *block;

	CHECK(posix_memalign((void **)&block, PAGE, LENGTH) == 0);
	CHECK_EQ(change(UFFDIO_REGISTER, block + PAGE, LENGTH - PAGE), 0);
	if (!has_store() && getenv("VICTIM_STORE"))
		CHECK(block[2 * PAGE] == 'o');
	if (has_store())
		CHECK(holds(block, memory_at, 0, LENGTH));
	block[0] = 'x';
	CHECK_EQ(change(UFFDIO_UNREGISTER, block + PAGE, LENGTH - PAGE), 0);
	block = launder(realloc(block, 3 * LENGTH));
	CHECK(block[0] == 'x');
	free(block);
}

/* What the program gives up is not ours to lose. */
static void check_given_up(void)
{
	char *memory = map_anonymous(LENGTH);

	CHECK_EQ(change(UFFDIO_UNREGISTER, memory, LENGTH), 0);
	CHECK(holds(memory, memory_at, 0, LENGTH));
	munmap(memory, LENGTH);
}

/* A file, lazy or not, is refused. */
static void check_file(void)
{
	char *memory = map_file(LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	CHECK(change(UFFDIO_REGISTER, memory, LENGTH) == -1);
	CHECK_EQ(errno, EINVAL);
	CHECK(holds(memory, file_at, 0, LENGTH));
	munmap(memory, LENGTH);
}

/* In the child nobody answers for the program's memory: it is zeros. */
static void check_neighbours(void)
{
	char *room = raw_mmap(NULL, 2 * LENGTH, PROT_NONE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = open_file();
	char *lazy = mmap(room, LENGTH, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_FIXED, fd, 0);
	char *own = raw_mmap(room + LENGTH, LENGTH, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	pid_t pid;

	CHECK(lazy == room && own == room + LENGTH);
	CHECK_EQ(change(UFFDIO_REGISTER, own, LENGTH), 0);
	CHECK(own[3 * PAGE] == 'o');
	pid = fork();
	if (pid == 0) {
		CHECK(own[3 * PAGE] == 'o');
		CHECK(holds(own, zero_at, 0, 3 * PAGE));
		CHECK(holds(lazy, file_at, 0, LENGTH));
		_exit(0);
	}
	wait_for(pid);
	CHECK(own[5 * PAGE] == 'o');
	CHECK(holds(lazy, file_at, 0, LENGTH));
	munmap(room, 2 * LENGTH);
	close(fd);
}

int main(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	pthread_t thread;

	uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (uffd < 0)
		SKIP("user: no userfaultfd for this one");
	CHECK(ioctl(uffd, UFFDIO_API, &api) == 0);
	pthread_create(&thread, NULL, serve, NULL);
	check_mapping();
	check_part();
	check_block();
	check_given_up();
	check_file();
	check_neighbours();
	CHECK(served);
	return 0;
}
