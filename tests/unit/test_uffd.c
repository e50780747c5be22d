/* SPDX-License-Identifier: MIT */
/*
 * Rationale: an older kernel refuses a handshake that asks for a feature it does
 * not know, and the descriptor is spent. What it has must be agreed on all the
 * same; and without the events nothing can be lazy.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "preload/engine/uffd.h"
#include "tests/unit/check.h"

#define EVENTS                                                                 \
	((uint64_t)UFFD_FEATURE_EVENT_REMAP | UFFD_FEATURE_EVENT_REMOVE |      \
	 UFFD_FEATURE_EVENT_UNMAP)
#define POISON ((uint64_t)1 << 14)	/* UFFD_FEATURE_POISON, Linux 6.6 */

static uint64_t known;			/* to this kernel */

int __real_ioctl(int fd, unsigned long request, void *argument);
int __wrap_ioctl(int fd, unsigned long request, void *argument);

int __wrap_ioctl(int fd, unsigned long request, void *argument)
{
	struct uffdio_api *api = argument;
	int result;

	if (request != UFFDIO_API)
		return __real_ioctl(fd, request, argument);
	if (api->features & ~known) {
		errno = EINVAL;
		return -1;
	}
	result = __real_ioctl(fd, request, argument);
	api->features &= known;
	return result;
}

static int open_on(uint64_t features, struct ul_uffd *uffd)
{
	known = features;
	return ul_uffd_open(uffd);
}

int main(void)
{
	struct ul_uffd uffd;
	int error = open_on(~UINT64_C(0), &uffd);

	if (error == -EPERM || error == -ENOSYS)
		SKIP("kernel: no userfaultfd here");
	CHECK_EQ(error, 0);
	CHECK_EQ(uffd.features & EVENTS, EVENTS);
	close(uffd.fd);
	CHECK_EQ(open_on(EVENTS | UFFD_FEATURE_THREAD_ID, &uffd), 0);
	CHECK_EQ(uffd.features, EVENTS | UFFD_FEATURE_THREAD_ID);
	CHECK(!uffd.has_poison);
	CHECK(fcntl(uffd.fd, F_GETFD) >= 0);
	close(uffd.fd);
	CHECK_EQ(open_on(~POISON, &uffd), 0);
	CHECK(!uffd.has_poison);
	close(uffd.fd);
	CHECK_EQ(open_on(EVENTS & ~(uint64_t)UFFD_FEATURE_EVENT_UNMAP, &uffd),
		 -EOPNOTSUPP);
	return 0;
}
