/* SPDX-License-Identifier: MIT */
/* ops_call.c - system calls with their buffers in the areas. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "torture.h"

bool has_freed(const struct span *span)
{
	for (size_t i = span->offset / PAGE;
	     i <= (span->offset + span->length - 1) / PAGE; i++)
		if (span->area->page[i].freed)
			return true;
	return false;
}

bool pick_pair(struct player *p, int need, size_t max, struct span *from,
	       struct span *to)
{
	if (!pick_span(p, NEED_READ | need, max, from) || has_freed(from) ||
	    !pick_span(p, NEED_READ | NEED_WRITE | need, from->length, to))
		return false;
	from->length = to->length;
	return true;
}

bool overlaps(const struct span *a, const struct span *b)
{
	return a->area == b->area && a->offset < b->offset + b->length &&
	       b->offset < a->offset + a->length;
}

void arrived(struct player *p, const struct span *to)
{
	shadow_put(to, p->buffer);
	compare_span(p, to);
}

void expect(struct player *p, const char *what, ssize_t got, size_t want)
{
	if (got != (ssize_t)want)
		fail(p, "%s: %zd of %zu, %s", what, got, want,
		     got < 0 ? strerror(errno) : "too few");
}

void op_pipe(struct player *p)
{
	struct span from, to;
	int ends[2];

	if (!pick_pair(p, 0, AT_ONCE, &from, &to) || pipe2(ends, O_CLOEXEC))
		return;
	note(p, "pipe %p to %p +%zu", (void *)span_at(&from),
	     (void *)span_at(&to), to.length);
	shadow_get(&from, p->buffer);
	expect(p, "write", write(ends[1], span_at(&from), from.length),
	       from.length);
	settle_freed(p, &to);
	expect(p, "read", read(ends[0], span_at(&to), to.length), to.length);
	arrived(p, &to);
	close(ends[0]);
	close(ends[1]);
}

int temporary(struct player *p, int flags)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/torture.%d.%d", world.temporary,
		 (int)getpid(), p->number);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | flags, 0600);
	if (fd >= 0)
		unlink(path);
	return fd;
}

void op_file(struct player *p)
{
	struct span from, to;
	int fd;

	if (!pick_pair(p, 0, BUFFER, &from, &to))
		return;
	fd = temporary(p, 0);
	if (fd < 0)
		return;
	note(p, "file %p to %p +%zu", (void *)span_at(&from),
	     (void *)span_at(&to), to.length);
	shadow_get(&from, p->buffer);
	expect(p, "pwrite", pwrite(fd, span_at(&from), from.length, 0),
	       from.length);
	settle_freed(p, &to);
	expect(p, "pread", pread(fd, span_at(&to), to.length, 0), to.length);
	arrived(p, &to);
	close(fd);
}

void op_vector(struct player *p)
{
	struct span from[3], to;
	struct iovec io[3];
	size_t total = 0;
	int fd;

	for (int i = 0; i < 3; i++) {
		if (!pick_span(p, NEED_READ, 20000, &from[i]) ||
		    has_freed(&from[i]))
			return;
		io[i].iov_base = span_at(&from[i]);
		io[i].iov_len = from[i].length;
	}
	fd = temporary(p, 0);
	if (fd < 0)
		return;
	for (int i = 0; i < 3; i++) {
		note(p, "vector %p +%zu", (void *)span_at(&from[i]),
		     from[i].length);
		shadow_get(&from[i], p->buffer + total);
		total += from[i].length;
	}
	expect(p, "writev", writev(fd, io, 3), total);
	expect(p, "pread", pread(fd, p->buffer2, total, 0), total);
	if (memcmp(p->buffer, p->buffer2, total) != 0)
		fail(p, "writev wrote other bytes");
	if (pick_span(p, NEED_READ | NEED_WRITE, total, &to)) {
		size_t half = to.length / 2;

		note(p, "... into %p +%zu", (void *)span_at(&to), to.length);
		settle_freed(p, &to);
		io[0] = (struct iovec){ span_at(&to), half };
		io[1] = (struct iovec){ span_at(&to) + half, to.length - half };
		expect(p, "preadv", preadv(fd, io, 2, 0), to.length);
		arrived(p, &to);
	}
	close(fd);
}

void op_direct(struct player *p)
{
	struct span from, to;
	int fd;

	if (!pick_pair(p, NEED_ALIGNED, BUFFER, &from, &to))
		return;
	fd = temporary(p, O_DIRECT);
	if (fd < 0)
		return;
	note(p, "direct %p to %p +%zu", (void *)span_at(&from),
	     (void *)span_at(&to), to.length);
	shadow_get(&from, p->buffer);
	expect(p, "direct pwrite", pwrite(fd, span_at(&from), from.length, 0),
	       from.length);
	settle_freed(p, &to);
	expect(p, "direct pread", pread(fd, span_at(&to), to.length, 0),
	       to.length);
	arrived(p, &to);
	close(fd);
}

void op_sendfile(struct player *p)
{
	struct span from, to;
	off_t start = 0;
	int ends[2], fd;

	if (!pick_pair(p, 0, AT_ONCE, &from, &to))
		return;
	fd = temporary(p, 0);
	if (fd < 0)
		return;
	if (pipe2(ends, O_CLOEXEC)) {
		close(fd);
		return;
	}
	note(p, "sendfile %p to %p +%zu", (void *)span_at(&from),
	     (void *)span_at(&to), to.length);
	shadow_get(&from, p->buffer);
	expect(p, "pwrite", pwrite(fd, span_at(&from), from.length, 0),
	       from.length);
	expect(p, "sendfile", sendfile(ends[1], fd, &start, from.length),
	       from.length);
	settle_freed(p, &to);
	for (size_t done = 0; done < to.length;) {
		ssize_t n = read(ends[0], span_at(&to) + done, to.length - done);

		if (n <= 0)
			fail(p, "read after sendfile: %s", strerror(errno));
		done += (size_t)n;
	}
	arrived(p, &to);
	close(ends[0]);
	close(ends[1]);
	close(fd);
}

void op_process_vm(struct player *p)
{
	bool out = rng_once_in(&p->rng, 2);
	struct iovec local, remote;
	struct span from, to;
	ssize_t n;

	if (!pick_pair(p, 0, BUFFER, &from, &to) || overlaps(&from, &to))
		return;
	note(p, "process_vm %p to %p +%zu", (void *)span_at(&from),
	     (void *)span_at(&to), to.length);
	shadow_get(&from, p->buffer);
	settle_freed(p, &to);
	local = (struct iovec){ span_at(&to), to.length };
	remote = (struct iovec){ span_at(&from), from.length };
	if (out)
		n = process_vm_writev(getpid(), &remote, 1, &local, 1, 0);
	else
		n = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
	expect(p, out ? "process_vm_writev" : "process_vm_readv", n, to.length);
	arrived(p, &to);
}

void op_getrandom(struct player *p)
{
	struct span to;
	ssize_t n;

	if (!pick_span(p, NEED_READ | NEED_WRITE, AT_ONCE, &to))
		return;
	note(p, "getrandom %p +%zu", (void *)span_at(&to), to.length);
	settle_freed(p, &to);
	n = getrandom(span_at(&to), to.length, 0);
	if (n <= 0)
		fail(p, "getrandom: %s", strerror(errno));
	to.length = (size_t)n;
	memcpy(p->buffer, span_at(&to), to.length);
	/* So that a seed replays: not the kernel's bytes for long. */
	shadow_put(&to, p->buffer);
	compare_span(p, &to);
	rng_fill(&p->rng, p->buffer, to.length);
	memcpy(span_at(&to), p->buffer, to.length);
	shadow_put(&to, p->buffer);
}

void op_socket(struct player *p)
{
	struct span from, to;
	struct iovec io;
	struct msghdr message = { .msg_iov = &io, .msg_iovlen = 1 };
	int ends[2];

	if (!pick_pair(p, 0, AT_ONCE, &from, &to) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return;
	note(p, "socket %p to %p +%zu", (void *)span_at(&from),
	     (void *)span_at(&to), to.length);
	shadow_get(&from, p->buffer);
	io = (struct iovec){ span_at(&from), from.length };
	expect(p, "sendmsg", sendmsg(ends[1], &message, 0), from.length);
	settle_freed(p, &to);
	expect(p, "recv", recv(ends[0], span_at(&to), to.length, MSG_WAITALL),
	       to.length);
	arrived(p, &to);
	close(ends[0]);
	close(ends[1]);
}
