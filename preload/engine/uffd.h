/* SPDX-License-Identifier: MIT */
/*
 * uffd.h - the contract with the kernel
 *
 * The only file that knows <linux/userfaultfd.h>, with definitions of our own
 * for what older headers lack. Every function is a system call or two, returns
 * 0 or -errno, allocates nothing and takes no lock: any thread of ours may
 * call it, as long as the descriptor is in that thread's table.
 */
#ifndef UL_UFFD_H
#define UL_UFFD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ul_uffd {
	int fd;
	int rung;			/* enum ul_stat_rung */
	uint64_t features;		/* UFFD_FEATURE_* agreed on */
	bool has_poison;		/* UFFDIO_POISON works */
};

enum ul_message_kind {
	UL_MESSAGE_FAULT,
	UL_MESSAGE_REMAP,
	UL_MESSAGE_REMOVE,
	UL_MESSAGE_UNMAP,
	UL_MESSAGE_OTHER,
};

struct ul_message {
	enum ul_message_kind kind;
	uintptr_t address;		/* fault: exact where the kernel says */
	bool write;			/* fault: a write */
	uint32_t thread;		/* fault: who; 0: unknown */
	uintptr_t start, end;		/* remove, unmap; remap: the old place */
	uintptr_t to;			/* remap: the new place */
};

/* Climb the ladder from the top and open a descriptor with all the features
 * we use that this kernel has. -errno: of the last rung tried. */
int ul_uffd_open(struct ul_uffd *uffd);

int ul_uffd_register(const struct ul_uffd *uffd, uintptr_t start, size_t length);
int ul_uffd_unregister(const struct ul_uffd *uffd, uintptr_t start,
		       size_t length);

/*
 * Place pages and (a copy: if so wished) wake who waits for them. *done says how many bytes were
 * placed before an error: -EEXIST (a page is there already), -ENOENT (not all
 * in one mapping, or not ours any more), -EAGAIN (an event is waiting to be
 * read), -EFAULT (the source cannot be read), -ENOMEM, -ESRCH (we exit).
 */
int ul_uffd_copy(const struct ul_uffd *uffd, uintptr_t target, const void *bytes,
		 size_t length, bool wake, size_t *done);
int ul_uffd_zero(const struct ul_uffd *uffd, uintptr_t target, size_t length,
		 size_t *done);
/* Make pages raise SIGBUS (or SIGSEGV, on kernels before 6.6 and where this one
 * refuses) and wake. */
int ul_uffd_poison(const struct ul_uffd *uffd, uintptr_t target, size_t length);
int ul_uffd_wake(const struct ul_uffd *uffd, uintptr_t start, size_t length);

/*
 * Is this page in a mapping that is registered? 1, 0, or -EAGAIN: an event is
 * waiting, ask again later. Has no effect on the page: it is a copy from an
 * unreadable address, which fails differently in the two cases. A mapping that
 * is registered with another userfaultfd than ours is not.
 */
int ul_uffd_is_registered(const struct ul_uffd *uffd, uintptr_t page);

/* Has a mapping changed, or does it change now, whose event has not been read,
 * or whose thread has not gone on since? */
bool ul_uffd_is_changing(const struct ul_uffd *uffd);

/* Read up to room messages without blocking. Returns how many, or -errno. */
int ul_uffd_read(const struct ul_uffd *uffd, struct ul_message *messages,
		 int room);
#define UL_UFFD_READ_MAX 32

/* What uffdlazy-check reports. */
struct ul_uffd_probe {
	int rung;			/* enum ul_stat_rung */
	uint64_t features;		/* all the kernel offers on that rung */
	uint64_t ioctls;		/* bit 1 << nr for each one of a range */
	int error_dev;			/* 0 or errno of each rung */
	int error_syscall;
	int error_user_only;
};
int ul_uffd_probe(struct ul_uffd_probe *probe);
/* "POISON" for bit 14, and so on; NULL for a bit not known. */
const char *ul_uffd_feature_name(unsigned int bit);

#endif
