/* SPDX-License-Identifier: MIT */
/*
 * Rationale: the draft manual page of userfaultfd(2) of 2017 left questions
 * open, and the engine depends on the answers: what the last close does, what
 * O_NONBLOCK is for, whether one read may bring several messages. This asks
 * the kernel, with nothing of ours in between. HACKING.md has the answers.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/unit/check.h"

#define THREADS 4

static size_t page_size;

/* A descriptor with the handshake made, or -1 where it is not allowed. */
static int open_uffd(int flags)
{
	struct uffdio_api api = { .api = UFFD_API };
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | flags);

	if (fd < 0)
		return -1;
	CHECK_EQ(ioctl(fd, UFFDIO_API, &api), 0);
	return fd;
}

static char *register_pages(int fd, size_t pages)
{
	struct uffdio_register request = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	char *at = mmap(NULL, pages * page_size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(at != MAP_FAILED);
	request.range.start = (uintptr_t)at;
	request.range.len = pages * page_size;
	CHECK_EQ(ioctl(fd, UFFDIO_REGISTER, &request), 0);
	return at;
}

static void *touch(void *page)
{
	return (void *)(intptr_t)*(volatile char *)page;
}

/* A thread that waits when the last descriptor is closed reads a zero. */
static void test_last_close(void)
{
	struct pollfd ready;
	pthread_t thread;
	int fd = open_uffd(O_NONBLOCK);
	char *page = register_pages(fd, 1);
	void *value = page;

	CHECK_EQ(pthread_create(&thread, NULL, touch, page), 0);
	ready = (struct pollfd){ .fd = fd, .events = POLLIN };
	CHECK_EQ(poll(&ready, 1, -1), 1);	/* now it waits */
	close(fd);
	CHECK_EQ(pthread_join(thread, &value), 0);
	CHECK(value == NULL);
	munmap(page, page_size);
}

/* Without O_NONBLOCK poll(2) says POLLERR, though nothing is wrong; with it a
 * read that finds nothing says EAGAIN. */
static void test_nonblock(void)
{
	int blocking = open_uffd(0), nonblocking = open_uffd(O_NONBLOCK);
	struct pollfd ready = { .fd = blocking, .events = POLLIN };
	struct uffd_msg message;

	CHECK_EQ(poll(&ready, 1, 0), 1);
	CHECK_EQ(ready.revents, POLLERR);
	ready.fd = nonblocking;
	CHECK_EQ(poll(&ready, 1, 0), 0);
	CHECK_EQ(read(nonblocking, &message, sizeof(message)), -1);
	CHECK_EQ(errno, EAGAIN);
	close(blocking);
	close(nonblocking);
}

/* How many messages wait cannot be asked; so they are read one by one until
 * all threads have been seen, woken without a page, and then all at once. */
static int read_all(int fd, struct uffd_msg *messages, int room)
{
	ssize_t n = read(fd, messages, (size_t)room * sizeof(*messages));

	return n < 0 ? 0 : (int)(n / (ssize_t)sizeof(*messages));
}

static void test_several_messages(void)
{
	struct uffd_msg messages[2 * THREADS];
	pthread_t threads[THREADS];
	int fd = open_uffd(O_NONBLOCK);
	char *pages = register_pages(fd, THREADS);
	struct uffdio_zeropage zero = {
		.range = { (uintptr_t)pages, THREADS * page_size },
	};
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	int most = 0;

	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, touch,
					pages + (size_t)i * page_size),
			 0);
	/* All of them fault again and again until one read has had several. */
	while (most < 2) {
		struct uffdio_range all = zero.range;
		int n;

		CHECK_EQ(poll(&ready, 1, -1), 1);
		n = read_all(fd, messages, 2 * THREADS);
		for (int i = 0; i < n; i++)
			CHECK_EQ(messages[i].event, UFFD_EVENT_PAGEFAULT);
		if (n > most)
			most = n;
		CHECK_EQ(ioctl(fd, UFFDIO_WAKE, &all), 0);
	}
	/* Room for less than one is a mistake. */
	CHECK_EQ(read(fd, messages, sizeof(*messages) - 1), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(ioctl(fd, UFFDIO_ZEROPAGE, &zero), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	close(fd);
}

int main(void)
{
	int fd;

	page_size = (size_t)sysconf(_SC_PAGESIZE);
	fd = open_uffd(O_NONBLOCK);
	if (fd < 0) {
		fprintf(stderr, "SKIP: kernel: userfaultfd(2) is not allowed\n");
		return 77;
	}
	close(fd);
	test_last_close();
	test_nonblock();
	test_several_messages();
	return 0;
}
