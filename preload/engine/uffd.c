/* SPDX-License-Identifier: MIT */
/* uffd.c - the contract with the kernel; see uffd.h and userfaultfd(2). */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/engine/stat_abi.h"
#include "preload/engine/uffd.h"

/* Linux 5.11, 6.6, 6.7 and 6.8 brought what the oldest headers lack. */
#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif
#ifndef USERFAULTFD_IOC_NEW
#define USERFAULTFD_IOC_NEW _IO(0xAA, 0x00)
#endif
#ifndef UFFD_FEATURE_EXACT_ADDRESS
#define UFFD_FEATURE_EXACT_ADDRESS (1 << 11)
#endif
#ifndef UFFDIO_POISON
#define UFFD_FEATURE_POISON (1 << 14)
#define _UFFDIO_POISON 0x08
struct uffdio_poison {
	struct uffdio_range range;
	__u64 mode;
	__s64 updated;
};
#define UFFDIO_POISON _IOWR(UFFDIO, _UFFDIO_POISON, struct uffdio_poison)
#endif

#define EVENTS                                                                 \
	(UFFD_FEATURE_EVENT_REMAP | UFFD_FEATURE_EVENT_REMOVE |                \
	 UFFD_FEATURE_EVENT_UNMAP)
#define WELCOME                                                                \
	((uint64_t)UFFD_FEATURE_EXACT_ADDRESS | UFFD_FEATURE_POISON |          \
	 UFFD_FEATURE_THREAD_ID)

/* A page nobody can read: the source of ul_uffd_is_registered. */
static const void *unreadable;

static int open_rung(int rung)
{
	int flags = O_CLOEXEC | O_NONBLOCK;
	int device, fd, error;

	switch (rung) {
	case UL_RUNG_FULL_DEV:
		/* Valgrind knows no such call, and lets the ioctl below pass:
		 * but of its threads one alone runs at a time, which would wait
		 * in its fault for one that does not. */
		if (syscall(SYS_userfaultfd, ~0) < 0 && errno == ENOSYS)
			return -ENOSYS;
		device = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC);
		if (device < 0)
			return -errno;
		fd = ioctl(device, USERFAULTFD_IOC_NEW, flags);
		error = errno;
		close(device);
		return fd < 0 ? -error : fd;
	case UL_RUNG_FULL_SYSCALL:
		fd = (int)syscall(SYS_userfaultfd, flags);
		return fd < 0 ? -errno : fd;
	case UL_RUNG_USER_ONLY:
		fd = (int)syscall(SYS_userfaultfd, flags | UFFD_USER_MODE_ONLY);
		return fd < 0 ? -errno : fd;
	default:
		return -EINVAL;
	}
}

/* Ask what a rung's kernel offers. The handshake can be made once only, so
 * this descriptor is spent on the question. */
static int ask_features(int rung, uint64_t *features)
{
	struct uffdio_api api = { .api = UFFD_API };
	int fd = open_rung(rung);
	int error = 0;

	if (fd < 0)
		return fd;
	if (ioctl(fd, UFFDIO_API, &api) < 0)
		error = -errno;
	close(fd);
	*features = api.features;
	return error;
}

static int open_with(int rung, uint64_t features, struct ul_uffd *uffd)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	int fd = open_rung(rung);
	int error;

	if (fd < 0)
		return fd;
	if (ioctl(fd, UFFDIO_API, &api) < 0) {
		error = -errno;
		close(fd);
		return error;
	}
	uffd->fd = fd;
	uffd->rung = rung;
	uffd->features = features;
	uffd->has_poison = features & UFFD_FEATURE_POISON;
	return 0;
}

/* A kernel that lacks one of them refuses all (EINVAL). */
static int open_with_features(int rung, struct ul_uffd *uffd)
{
	int error = open_with(rung, EVENTS | WELCOME, uffd);
	uint64_t offered;

	if (error != -EINVAL)
		return error;
	error = ask_features(rung, &offered);
	if (error)
		return error;
	return (offered & EVENTS) == EVENTS ?
		       open_with(rung, EVENTS | (offered & WELCOME), uffd) :
		       -EOPNOTSUPP;
}

int ul_uffd_open(struct ul_uffd *uffd)
{
	int error = -ENOSYS;

	if (!unreadable) {
		void *page = mmap(NULL, 4096, PROT_NONE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (page == MAP_FAILED)
			return -errno;
		unreadable = page;
	}
	for (int rung = UL_RUNG_FULL_DEV; rung <= UL_RUNG_USER_ONLY; rung++) {
		error = open_with_features(rung, uffd);
		if (!error)
			return 0;
	}
	return error;
}

int ul_uffd_register(const struct ul_uffd *uffd, uintptr_t start, size_t length)
{
	struct uffdio_register request = {
		.range = { .start = start, .len = length },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	return ioctl(uffd->fd, UFFDIO_REGISTER, &request) < 0 ? -errno : 0;
}

int ul_uffd_unregister(const struct ul_uffd *uffd, uintptr_t start,
		       size_t length)
{
	struct uffdio_range range = { .start = start, .len = length };

	return ioctl(uffd->fd, UFFDIO_UNREGISTER, &range) < 0 ? -errno : 0;
}

/* The kernel reports a partial result as EAGAIN with the bytes done, and an
 * error before the first byte as that error with a negative count. */
static int outcome(int result, int64_t count, size_t length, size_t *done)
{
	int error = errno;

	*done = count > 0 ? (size_t)count : 0;
	if (result == 0 || *done == length)
		return 0;
	return *done ? -EAGAIN : -error;
}

int ul_uffd_copy(const struct ul_uffd *uffd, uintptr_t target, const void *bytes,
		 size_t length, bool wake, size_t *done)
{
	struct uffdio_copy request = {
		.dst = target,
		.src = (uintptr_t)bytes,
		.len = length,
		.mode = wake ? 0 : UFFDIO_COPY_MODE_DONTWAKE,
	};
	int result = ioctl(uffd->fd, UFFDIO_COPY, &request);

	return outcome(result, request.copy, length, done);
}

int ul_uffd_zero(const struct ul_uffd *uffd, uintptr_t target, size_t length,
		 size_t *done)
{
	struct uffdio_zeropage request = {
		.range = { .start = target, .len = length },
	};
	int result = ioctl(uffd->fd, UFFDIO_ZEROPAGE, &request);

	return outcome(result, request.zeropage, length, done);
}

int ul_uffd_poison(const struct ul_uffd *uffd, uintptr_t target, size_t length)
{
	struct uffdio_poison request = {
		.range = { .start = target, .len = length },
	};

	/* Present, gone, or changing: there is nothing to poison now. */
	if (uffd->has_poison) {
		if (ioctl(uffd->fd, UFFDIO_POISON, &request) == 0)
			return 0;
		if (errno == EEXIST || errno == EAGAIN || errno == ENOENT ||
		    errno == ESRCH)
			return -errno;
	}
	if (mprotect((void *)target, length, PROT_NONE) < 0)
		return -errno;
	return ul_uffd_wake(uffd, target, length);
}

int ul_uffd_wake(const struct ul_uffd *uffd, uintptr_t start, size_t length)
{
	struct uffdio_range range = { .start = start, .len = length };

	return ioctl(uffd->fd, UFFDIO_WAKE, &range) < 0 ? -errno : 0;
}

int ul_uffd_is_registered(const struct ul_uffd *uffd, uintptr_t page)
{
	size_t done;

	size_t size = (size_t)sysconf(_SC_PAGESIZE);

	switch (ul_uffd_copy(uffd, page, unreadable, size, true, &done)) {
	case -EFAULT:
	case -EEXIST:
		/* Or by the program, with a userfaultfd of its own: the copy
		 * does not tell. What is ours is registered again for nothing;
		 * what is another's is EBUSY. */
		return ul_uffd_register(uffd, page, size) != -EBUSY;
	case -EAGAIN:
		return -EAGAIN;
	default:
		return 0;
	}
}

/* The kernel looks at this before it looks at the address. */
bool ul_uffd_is_changing(const struct ul_uffd *uffd)
{
	return ul_uffd_is_registered(uffd, 0) == -EAGAIN;
}

static void translate(const struct uffd_msg *from, struct ul_message *to)
{
	memset(to, 0, sizeof(*to));
	switch (from->event) {
	case UFFD_EVENT_PAGEFAULT:
		to->kind = UL_MESSAGE_FAULT;
		to->address = from->arg.pagefault.address;
		/* Zero where the feature is not there. */
		to->thread = from->arg.pagefault.feat.ptid;
		to->write = from->arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WRITE;
		break;
	case UFFD_EVENT_REMAP:
		to->kind = UL_MESSAGE_REMAP;
		to->start = from->arg.remap.from;
		to->end = from->arg.remap.from + from->arg.remap.len;
		to->to = from->arg.remap.to;
		break;
	case UFFD_EVENT_REMOVE:
		to->kind = UL_MESSAGE_REMOVE;
		to->start = from->arg.remove.start;
		to->end = from->arg.remove.end;
		break;
	case UFFD_EVENT_UNMAP:
		to->kind = UL_MESSAGE_UNMAP;
		to->start = from->arg.remove.start;
		to->end = from->arg.remove.end;
		break;
	default:
		to->kind = UL_MESSAGE_OTHER;
	}
}

int ul_uffd_read(const struct ul_uffd *uffd, struct ul_message *messages,
		 int room)
{
	struct uffd_msg raw[UL_UFFD_READ_MAX];
	ssize_t bytes;
	int n;

	if (room > UL_UFFD_READ_MAX)
		room = UL_UFFD_READ_MAX;
	do
		bytes = read(uffd->fd, raw, (size_t)room * sizeof(*raw));
	while (bytes < 0 && errno == EINTR);
	if (bytes < 0)
		return errno == EAGAIN ? 0 : -errno;
	n = (int)(bytes / (ssize_t)sizeof(*raw));
	for (int i = 0; i < n; i++)
		translate(&raw[i], &messages[i]);
	return n;
}

int ul_uffd_probe(struct ul_uffd_probe *probe)
{
	int *errors[] = { &probe->error_dev, &probe->error_syscall,
			  &probe->error_user_only };
	struct ul_uffd uffd;
	struct uffdio_register request;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *target;

	memset(probe, 0, sizeof(*probe));
	probe->rung = UL_RUNG_NONE;
	for (int i = 0; i < 3; i++) {
		uint64_t features = 0;
		int rung = UL_RUNG_FULL_DEV + i;

		*errors[i] = -ask_features(rung, &features);
		if (*errors[i] || probe->rung != UL_RUNG_NONE)
			continue;
		probe->rung = rung;
		probe->features = features;
	}
	if (probe->rung == UL_RUNG_NONE)
		return -probe->error_user_only;
	target = mmap(NULL, page, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (target == MAP_FAILED)
		return -errno;
	if (open_with_features(probe->rung, &uffd) == 0) {
		memset(&request, 0, sizeof(request));
		request.range.start = (uintptr_t)target;
		request.range.len = page;
		request.mode = UFFDIO_REGISTER_MODE_MISSING;
		if (ioctl(uffd.fd, UFFDIO_REGISTER, &request) == 0)
			probe->ioctls = request.ioctls;
		close(uffd.fd);
	}
	munmap(target, page);
	return 0;
}

const char *ul_uffd_feature_name(unsigned int bit)
{
	static const char *const names[] = {
		"PAGEFAULT_FLAG_WP", "EVENT_FORK", "EVENT_REMAP",
		"EVENT_REMOVE", "MISSING_HUGETLBFS", "MISSING_SHMEM",
		"EVENT_UNMAP", "SIGBUS", "THREAD_ID", "MINOR_HUGETLBFS",
		"MINOR_SHMEM", "EXACT_ADDRESS", "WP_HUGETLBFS_SHMEM",
		"WP_UNPOPULATED", "POISON", "WP_ASYNC", "MOVE",
	};

	return bit < sizeof(names) / sizeof(*names) ? names[bit] : NULL;
}
