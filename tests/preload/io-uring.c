/* SPDX-License-Identifier: MIT */
/*
 * Rationale: io_uring reads from and writes to lazy memory that nobody has
 * touched: by address, and by buffers that were registered and so pinned.
 */
#include "config.h"

#include <linux/io_uring.h>
#include <stdatomic.h>
#include <sys/uio.h>

#include "tests/preload/victim.h"
#include "tests/preload/raw.h"

#define LENGTH (256 * KIB)

static int ring;
static char *submissions, *completions;
static struct io_uring_sqe *entries;
static struct io_uring_params params;

static void open_ring(void)
{
	size_t sq, cq;

	ring = (int)raw(SYS_io_uring_setup, 8, (long)&params, 0, 0, 0, 0);
	if (ring < 0)
		SKIP("kernel: no io_uring here");
	sq = params.sq_off.array + params.sq_entries * sizeof(uint32_t);
	cq = params.cq_off.cqes +
	     params.cq_entries * sizeof(struct io_uring_cqe);
	submissions = raw_mmap(NULL, sq, PROT_READ | PROT_WRITE, MAP_SHARED,
			       ring, IORING_OFF_SQ_RING);
	completions = raw_mmap(NULL, cq, PROT_READ | PROT_WRITE, MAP_SHARED,
			       ring, IORING_OFF_CQ_RING);
	entries = (void *)raw_mmap(NULL, params.sq_entries * sizeof(*entries),
				   PROT_READ | PROT_WRITE, MAP_SHARED, ring,
				   IORING_OFF_SQES);
	CHECK(submissions != MAP_FAILED && completions != MAP_FAILED &&
	      entries != MAP_FAILED);
}

static _Atomic uint32_t *word(char *place, uint32_t offset)
{
	return (_Atomic uint32_t *)(void *)(place + offset);
}

/* One request, and what it came to. */
static int request(int operation, int fd, char *at, size_t length)
{
	uint32_t tail = *word(submissions, params.sq_off.tail);
	uint32_t slot = tail & (params.sq_entries - 1);
	uint32_t head = *word(completions, params.cq_off.head);
	struct io_uring_cqe *answers =
		(void *)(completions + params.cq_off.cqes);

	memset(&entries[slot], 0, sizeof(*entries));
	entries[slot].opcode = (uint8_t)operation;
	entries[slot].fd = fd;
	entries[slot].addr = (uintptr_t)at;
	entries[slot].len = (uint32_t)length;
	/* Not in this thread, for half of them. */
	entries[slot].flags = tail & 1 ? IOSQE_ASYNC : 0;
	*word(submissions, params.sq_off.array + 4 * slot) = slot;
	*word(submissions, params.sq_off.tail) = tail + 1;
	CHECK_EQ(raw(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, 0,
		     0), 1);
	CHECK(*word(completions, params.cq_off.tail) != head);
	*word(completions, params.cq_off.head) = head + 1;
	return answers[head & (params.cq_entries - 1)].res;
}

static void round_trip(int write_op, int read_op, char *from, char *to)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/ring", getenv("VICTIM_FOLDER"));
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(fd >= 0);
	CHECK_EQ(request(write_op, fd, from, LENGTH), (int)LENGTH);
	CHECK_EQ(request(read_op, fd, to, LENGTH / 2), (int)(LENGTH / 2));
	CHECK(holds(to, memory_at, 0, LENGTH / 2));
	/* The rest is as it was. */
	CHECK(holds(to + LENGTH / 2, memory_at, LENGTH / 2, LENGTH / 2));
	CHECK(holds(from, memory_at, 0, LENGTH));
	close(fd);
}

int main(void)
{
	char *pinned = map_anonymous(LENGTH);
	struct iovec buffer = { pinned, LENGTH };

	open_ring();
	round_trip(IORING_OP_WRITE, IORING_OP_READ, map_anonymous(LENGTH),
		   map_anonymous(LENGTH));
	round_trip(IORING_OP_WRITE, IORING_OP_READ, map_anonymous(LENGTH),
		   map_anonymous(LENGTH));
	if (raw(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS,
		(long)&buffer, 1, 0, 0) < 0)
		return 0;		/* RLIMIT_MEMLOCK */
	CHECK(holds(pinned, memory_at, 0, LENGTH));
	round_trip(IORING_OP_WRITE_FIXED, IORING_OP_READ_FIXED, pinned, pinned);
	return 0;
}
