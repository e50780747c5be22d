/* SPDX-License-Identifier: MIT */
/*
 * Rationale: a program with a userfaultfd of its own is told EBUSY for memory
 * that is lazy already, and can use it on all other memory; neither takes the
 * other's faults.
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

static void *serve(void *argument)
{
	static char page[PAGE] __attribute__((aligned(4096)));
	struct uffd_msg message;
	struct uffdio_copy copy = { .src = (uintptr_t)page, .len = PAGE };

	(void)argument;
	memset(page, 'o', sizeof(page));
	if (read(uffd, &message, sizeof(message)) != sizeof(message))
		return NULL;
	copy.dst = message.arg.pagefault.address & ~(PAGE - 1);
	ioctl(uffd, UFFDIO_COPY, &copy);
	return NULL;
}

int main(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register request = { .mode =
						   UFFDIO_REGISTER_MODE_MISSING };
	char *lazy = map_anonymous(LENGTH);
	char *own = raw_mmap(NULL, LENGTH, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_t thread;

	uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (uffd < 0)
		SKIP("no userfaultfd for this user");
	CHECK(own != MAP_FAILED);
	CHECK(ioctl(uffd, UFFDIO_API, &api) == 0);
	request.range.start = (uintptr_t)lazy;
	request.range.len = LENGTH;
	if (getenv("VICTIM_STORE")) {
		CHECK(ioctl(uffd, UFFDIO_REGISTER, &request) == -1);
		CHECK(errno == EBUSY);
	}
	request.range.start = (uintptr_t)own;
	CHECK(ioctl(uffd, UFFDIO_REGISTER, &request) == 0);
	pthread_create(&thread, NULL, serve, NULL);
	CHECK(own[3 * PAGE] == 'o');
	pthread_join(thread, NULL);
	CHECK(holds(lazy, memory_at, 0, LENGTH));
	return 0;
}
