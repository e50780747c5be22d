/* SPDX-License-Identifier: MIT */
/* ops_traffic.c - more ways for bytes to come and go: io_uring, streams. */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "torture.h"

/* --- io_uring --------------------------------------------------------------- */

struct ring {
	int fd;
	char *submissions, *completions;
	size_t sq_size, cq_size, sqe_size;
	struct io_uring_sqe *entries;
	struct io_uring_params params;
};

static void *map_ring(int fd, size_t size, unsigned long long what)
{
	return (void *)syscall(SYS_mmap, NULL, size, PROT_READ | PROT_WRITE,
			       MAP_SHARED, fd, (long)what);
}

static bool ring_open(struct ring *ring)
{
	struct io_uring_params *params = &ring->params;

	memset(ring, 0, sizeof(*ring));
	ring->fd = (int)syscall(SYS_io_uring_setup, 4L, params);
	if (ring->fd < 0)
		return false;
	ring->sq_size = params->sq_off.array + params->sq_entries * 4;
	ring->cq_size = params->cq_off.cqes +
			params->cq_entries * sizeof(struct io_uring_cqe);
	ring->sqe_size = params->sq_entries * sizeof(struct io_uring_sqe);
	ring->submissions = map_ring(ring->fd, ring->sq_size,
				     IORING_OFF_SQ_RING);
	ring->completions = map_ring(ring->fd, ring->cq_size,
				     IORING_OFF_CQ_RING);
	ring->entries = map_ring(ring->fd, ring->sqe_size, IORING_OFF_SQES);
	return ring->submissions != MAP_FAILED &&
	       ring->completions != MAP_FAILED && ring->entries != MAP_FAILED;
}

static void ring_close(struct ring *ring)
{
	syscall(SYS_munmap, ring->submissions, ring->sq_size);
	syscall(SYS_munmap, ring->completions, ring->cq_size);
	syscall(SYS_munmap, ring->entries, ring->sqe_size);
	close(ring->fd);
}

static _Atomic uint32_t *word(char *place, uint32_t offset)
{
	return (_Atomic uint32_t *)(void *)(place + offset);
}

/* One request, and what came of it; in a thread of the kernel's or not. */
static int ring_try(struct player *p, struct ring *ring, int operation, int fd,
		   const struct span *span)
{
	const struct io_uring_params *params = &ring->params;
	uint32_t tail = *word(ring->submissions, params->sq_off.tail);
	uint32_t slot = tail & (params->sq_entries - 1);
	uint32_t head = *word(ring->completions, params->cq_off.head);
	struct io_uring_sqe *entry = &ring->entries[slot];
	struct io_uring_cqe *answers =
		(void *)(ring->completions + params->cq_off.cqes);
	long got;

	memset(entry, 0, sizeof(*entry));
	entry->opcode = (uint8_t)operation;
	entry->fd = fd;
	entry->addr = (uintptr_t)span_at(span);
	entry->len = (uint32_t)span->length;
	entry->flags = rng_once_in(&p->rng, 2) ? IOSQE_ASYNC : 0;
	*word(ring->submissions, params->sq_off.array + 4 * slot) = slot;
	*word(ring->submissions, params->sq_off.tail) = tail + 1;
	got = syscall(SYS_io_uring_enter, ring->fd, 1L, 1L,
		      (long)IORING_ENTER_GETEVENTS, NULL, 0L);
	while (*word(ring->completions, params->cq_off.tail) == head) {
		if (got < 0 && errno != EINTR)
			fail(p, "io_uring_enter: %s", strerror(errno));
		got = syscall(SYS_io_uring_enter, ring->fd, 0L, 1L,
			      (long)IORING_ENTER_GETEVENTS, NULL, 0L);
	}
	*word(ring->completions, params->cq_off.head) = head + 1;
	return answers[head & (params->cq_entries - 1)].res;
}

/* The kernel cancels what is to be done in a thread when a signal keeps it from
 * making that. */
static int ring_do(struct player *p, struct ring *ring, int operation, int fd,
		   const struct span *span)
{
	int got;

	do
		got = ring_try(p, ring, operation, fd, span);
	while (got == -ECANCELED);
	return got;
}

/* Pinned, for as long as the ring is there; false: it may not be. */
static bool ring_pin(struct ring *ring, const struct span *span)
{
	struct iovec buffer = { span_at(span), span->length };

	return syscall(SYS_io_uring_register, ring->fd,
		       (long)IORING_REGISTER_BUFFERS, &buffer, 1L) == 0;
}

static void all_of(struct player *p, const char *what, int got, size_t want)
{
	if (got != (int)want)
		fail(p, "%s: %d of %zu, %s", what, got, want,
		     got < 0 ? strerror(-got) : "too few");
}

void op_uring(struct player *p)
{
	bool pin = rng_once_in(&p->rng, 3);
	struct span from, to;
	struct ring ring;
	int fd;

	/* Where the kernel's own accesses are not served this is not. */
	if (world.user || !pick_pair(p, 0, BUFFER, &from, &to))
		return;
	fd = temporary(p, 0);
	if (fd < 0)
		return;
	if (!ring_open(&ring)) {
		close(fd);
		return;
	}
	note(p, "io_uring %p to %p +%zu", (void *)span_at(&from),
	     (void *)span_at(&to), to.length);
	shadow_get(&from, p->buffer);
	all_of(p, "io_uring writes",
	       ring_do(p, &ring, IORING_OP_WRITE, fd, &from), from.length);
	settle_freed(p, &to);
	pin = pin && ring_pin(&ring, &to);
	note(p, "... comes%s", pin ? ", pinned" : "");
	all_of(p, "io_uring reads",
	       ring_do(p, &ring, pin ? IORING_OP_READ_FIXED : IORING_OP_READ,
		       fd, &to), to.length);
	arrived(p, &to);
	ring_close(&ring);
	close(fd);
}

/* --- pipes ------------------------------------------------------------------ */

void op_readv(struct player *p)
{
	struct span to[3];
	struct iovec io[3];
	size_t total = 0;
	int ends[2];

	for (int i = 0; i < 3; i++) {
		if (!pick_span(p, NEED_READ | NEED_WRITE, AT_ONCE / 3, &to[i]))
			return;
		for (int j = 0; j < i; j++)
			if (overlaps(&to[i], &to[j]))
				return;
		io[i].iov_base = span_at(&to[i]);
		io[i].iov_len = to[i].length;
		total += to[i].length;
	}
	if (pipe2(ends, O_CLOEXEC))
		return;
	rng_fill(&p->rng, p->buffer2, total);
	expect(p, "write", write(ends[1], p->buffer2, total), total);
	for (int i = 0; i < 3; i++) {
		note(p, "readv %p +%zu", (void *)span_at(&to[i]), to[i].length);
		settle_freed(p, &to[i]);
	}
	expect(p, "readv", readv(ends[0], io, 3), total);
	total = 0;
	for (int i = 0; i < 3; i++) {
		memcpy(p->buffer, p->buffer2 + total, to[i].length);
		total += to[i].length;
		arrived(p, &to[i]);
	}
	close(ends[0]);
	close(ends[1]);
}

/* The pages themselves go into the pipe. */
void op_splice(struct player *p)
{
	struct span from, to;
	struct iovec io;
	int ends[2];

	if (!pick_pair(p, 0, 12 * PAGE, &from, &to) || overlaps(&from, &to) ||
	    pipe2(ends, O_CLOEXEC))
		return;
	note(p, "vmsplice %p to %p +%zu", (void *)span_at(&from),
	     (void *)span_at(&to), to.length);
	shadow_get(&from, p->buffer);
	io = (struct iovec){ span_at(&from), from.length };
	expect(p, "vmsplice", vmsplice(ends[1], &io, 1, 0), from.length);
	settle_freed(p, &to);
	for (size_t done = 0; done < to.length;) {
		ssize_t n = read(ends[0], span_at(&to) + done, to.length - done);

		if (n <= 0)
			fail(p, "read after vmsplice: %s", strerror(errno));
		done += (size_t)n;
	}
	arrived(p, &to);
	close(ends[0]);
	close(ends[1]);
}

/* --- streams ---------------------------------------------------------------- */

/* A stream whose own buffer is among the areas, too. */
void op_stream(struct player *p)
{
	struct span from, to, room;
	FILE *stream;
	int fd;

	if (!pick_pair(p, 0, BUFFER, &from, &to) ||
	    !pick_span(p, NEED_READ | NEED_WRITE, 5 * PAGE, &room) ||
	    overlaps(&room, &from) || overlaps(&room, &to))
		return;
	fd = temporary(p, 0);
	stream = fd < 0 ? NULL : fdopen(fd, "r+");
	if (!stream)
		return;
	note(p, "stream %p to %p +%zu by %p +%zu", (void *)span_at(&from),
	     (void *)span_at(&to), to.length, (void *)span_at(&room),
	     room.length);
	settle_freed(p, &room);
	if (rng_once_in(&p->rng, 2))
		setvbuf(stream, (char *)span_at(&room), _IOFBF, room.length);
	shadow_get(&from, p->buffer);
	expect(p, "fwrite", (ssize_t)fwrite(span_at(&from), 1, from.length,
					    stream), from.length);
	if (fflush(stream) || fseek(stream, 0, SEEK_SET))
		fail(p, "fseek: %s", strerror(errno));
	settle_freed(p, &to);
	expect(p, "fread", (ssize_t)fread(span_at(&to), 1, to.length, stream),
	       to.length);
	fclose(stream);
	arrived(p, &to);
	/* What libc has left there is its own affair. */
	rng_fill(&p->rng, p->buffer, room.length);
	memcpy(span_at(&room), p->buffer, room.length);
	shadow_put(&room, p->buffer);
}
