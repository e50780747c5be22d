/* SPDX-License-Identifier: MIT */
/*
 * floor.c - the least that lazy memory can cost: a userfaultfd and nothing else
 *
 *	raw FILE SEED COUNT	pieces of 64 KiB, copied from a mapping of FILE
 *	blob FILE SEED COUNT	frames, unpacked from a mapping of FILE, a row of
 *				zstd frames, and copied
 *	cold FILE SEED COUNT	the same, out of the page cache first: each frame
 *				is then read by one pread
 *
 * One thread touches, one thread serves, both on one processor: no books, no
 * policy, no events, no statistics. The order, the clock and the summary are
 * those of victim.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <zstd.h>

#include "tests/bench/bench.h"

struct frame {
	size_t packed, packed_length;	/* in the file */
	size_t start, length;		/* of the bytes in it */
};

static int uffd;
static char *memory;
static size_t memory_length;
static const char *source;		/* the file */
static int cold = -1;			/* cold: the file's descriptor */
static char *packed_bytes;
static struct frame *frames;		/* blob: all of one length but the last */
static size_t n_frames;
static char *unpacked;
static ZSTD_DCtx *context;

/* The table of frames, from the frames themselves. */
static void find_frames(const char *bytes, size_t length)
{
	size_t room = length / 64 + 1;
	size_t at = 0;

	frames = calloc(room, sizeof(*frames));
	if (!frames)
		bench_die("calloc");
	while (at < length && n_frames < room) {
		size_t packed = ZSTD_findFrameCompressedSize(bytes + at,
							     length - at);
		unsigned long long size;

		if (ZSTD_isError(packed))
			break;
		size = ZSTD_getFrameContentSize(bytes + at, packed);
		/* 0: not for bytes but for readers of tables. */
		if (size != 0 && size < ZSTD_CONTENTSIZE_ERROR)
			frames[n_frames++] = (struct frame){
				at, packed, memory_length, (size_t)size
			};
		memory_length += size < ZSTD_CONTENTSIZE_ERROR ? size : 0;
		at += packed;
	}
	if (!n_frames) {
		fprintf(stderr, "floor: no frames\n");
		exit(1);
	}
	unpacked = aligned_alloc(PAGE, (frames[0].length + PAGE - 1) & ~(PAGE - 1));
	packed_bytes = malloc(ZSTD_compressBound(frames[0].length));
	context = ZSTD_createDCtx();
	if (!unpacked || !packed_bytes || !context)
		bench_die("memory");
	memset(unpacked, 0, frames[0].length);
}

static void forget(const char *path, size_t length)
{
	munmap((void *)source, length);
	cold = open(path, O_RDONLY | O_CLOEXEC);
	if (cold < 0 || fsync(cold) < 0 ||
	    posix_fadvise(cold, 0, 0, POSIX_FADV_DONTNEED) ||
	    posix_fadvise(cold, 0, 0, POSIX_FADV_RANDOM))
		bench_die(path);
}

static const char *packed(const struct frame *frame)
{
	if (cold < 0)
		return source + frame->packed;
	if (pread(cold, packed_bytes, frame->packed_length,
		  (off_t)frame->packed) != (ssize_t)frame->packed_length)
		bench_die("pread");
	return packed_bytes;
}

static void serve(size_t at)
{
	struct uffdio_copy copy = { .mode = 0 };
	size_t start = at / PIECE * PIECE;
	size_t length = PIECE;
	const char *bytes = source + start;

	if (frames) {
		const struct frame *frame = &frames[at / frames[0].length];

		start = frame->start;
		length = ZSTD_decompressDCtx(context, unpacked,
					     frames[0].length, packed(frame),
					     frame->packed_length);
		if (ZSTD_isError(length)) {
			fprintf(stderr, "floor: a damaged frame\n");
			exit(1);
		}
		bytes = unpacked;
	}
	if (length > memory_length - start)
		length = memory_length - start;
	copy.dst = (uintptr_t)memory + start;
	copy.src = (uintptr_t)bytes;
	copy.len = (length + PAGE - 1) & ~(PAGE - 1);
	if (ioctl(uffd, UFFDIO_COPY, &copy) < 0)
		bench_die("UFFDIO_COPY");
}

static void *handler_main(void *argument)
{
	struct uffd_msg message;

	while (read(uffd, &message, sizeof(message)) == sizeof(message))
		if (message.event == UFFD_EVENT_PAGEFAULT)
			serve(message.arg.pagefault.address - (uintptr_t)memory);
	return argument;
}

static int open_uffd(void)
{
	int device = open("/dev/userfaultfd", O_RDWR | O_CLOEXEC);
	int fd = -1;

	if (device >= 0)
		fd = ioctl(device, USERFAULTFD_IOC_NEW, O_CLOEXEC);
	if (fd < 0)
		fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (fd < 0)
		fd = (int)syscall(SYS_userfaultfd,
				  O_CLOEXEC | UFFD_USER_MODE_ONLY);
	return fd;
}

static void start_serving(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	pthread_t handler;

	uffd = open_uffd();
	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api) < 0)
		bench_die("userfaultfd");
	range.range.len = (memory_length + PAGE - 1) & ~(PAGE - 1);
	memory = mmap(NULL, range.range.len, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		bench_die("mmap");
	range.range.start = (uintptr_t)memory;
	if (ioctl(uffd, UFFDIO_REGISTER, &range) < 0)
		bench_die("UFFDIO_REGISTER");
	if (pthread_create(&handler, NULL, handler_main, NULL))
		bench_die("pthread_create");
}

int main(int argc, char **argv)
{
	size_t length;
	uint32_t count, pieces;
	uint32_t *order;
	uint64_t *times;
	uint64_t sum = 0;
	uint64_t start;

	if (argc != 5)
		return 2;
	bench_pin();
	source = bench_map(argv[2], &length);
	if (strcmp(argv[1], "raw") == 0)
		memory_length = length & ~(PAGE - 1);
	else
		find_frames(source, length);
	if (strcmp(argv[1], "cold") == 0)
		forget(argv[2], length);
	start_serving();
	pieces = (uint32_t)(memory_length / PIECE);
	order = bench_order(pieces, strtoull(argv[3], NULL, 10));
	count = (uint32_t)strtoull(argv[4], NULL, 10);
	if (count > pieces)
		count = pieces;
	times = bench_times(count);
	start = bench_now();
	for (uint32_t i = 0; i < count; i++) {
		const char *at = memory + order[i] * PIECE +
				 bench_mix(order[i]) % (PIECE / PAGE) * PAGE;
		uint64_t before = bench_now();

		sum += *(const volatile unsigned char *)at;
		times[i] = bench_now() - before;
	}
	bench_print(times, count, bench_now() - start, sum);
	return 0;
}
