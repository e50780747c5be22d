/* SPDX-License-Identifier: MIT */
/*
 * pack_read.c - a blob's frames, on all cores
 *
 * Every thread takes the next frame, unpacks and verifies it, and does with
 * it what the sink says: nothing, compare, or write. Into a file frames are
 * written where they belong, in any order; into a pipe each thread waits for
 * its turn. This reads the blob by pread(2), not by a mapping: a tool has no
 * reason to be surprised by a file that shrinks.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "preload/store/stub.h"
#include "tools/pack.h"

#define FAULTS_SHOWN 10 /* frames named before "and so on" */

struct crew {
	const struct blob_file *blob;
	const struct blob_sink *sink;
	pthread_mutex_t lock;
	pthread_cond_t turned;
	uint32_t next;		  /* frame to be taken; under the lock */
	uint32_t turn;		  /* frame to be written; under the lock */
	uint32_t n_bad;		  /* under the lock */
	uint64_t done;		  /* bytes; under the lock */
	bool stop;		  /* under the lock */
	struct progress progress; /* under the lock */
};

/* What one thread has. */
struct hand {
	struct ul_unpacker *unpacker;
	void *memory;
	unsigned char *packed, *bytes, *other;
};

static uint32_t packed_max(const struct ul_table *table)
{
	uint32_t max = 0;

	for (uint32_t i = 0; i < table->n_frames; i++)
		if (table->frames[i].packed > max)
			max = table->frames[i].packed;
	return max;
}

static int hand_start(struct hand *hand, const struct crew *crew)
{
	const struct ul_table *table = &crew->blob->table;
	size_t size = (ul_unpacker_size() + 63) & ~(size_t)63;

	memset(hand, 0, sizeof(*hand));
	hand->memory = aligned_alloc(64, size);
	hand->packed = malloc((size_t)packed_max(table) + 1);
	hand->bytes = malloc((size_t)table->frame_max + 1);
	hand->other = crew->sink->compare < 0
			      ? NULL
			      : malloc((size_t)table->frame_max + 1);
	if (hand->memory)
		hand->unpacker = ul_unpacker_init(hand->memory, size);
	return hand->unpacker && hand->packed && hand->bytes &&
			       (hand->other || crew->sink->compare < 0)
		       ? 0
		       : -ENOMEM;
}

static void hand_end(struct hand *hand)
{
	free(hand->memory);
	free(hand->packed);
	free(hand->bytes);
	free(hand->other);
}

static int read_at(int fd, void *dst, size_t length, uint64_t at)
{
	unsigned char *to = dst;
	ssize_t n;

	while (length > 0) {
		n = pread(fd, to, length, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ENODATA;
		to += n;
		at += (uint64_t)n;
		length -= (size_t)n;
	}
	return 0;
}

static int write_at(int fd, const unsigned char *from, size_t length,
		    uint64_t at, bool in_order)
{
	ssize_t n;

	while (length > 0) {
		n = in_order ? write(fd, from, length)
			     : pwrite(fd, from, length, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		from += n;
		at += (uint64_t)n;
		length -= (size_t)n;
	}
	return 0;
}

static bool all_zeros(const unsigned char *bytes, size_t length)
{
	return length > 0 && bytes[0] == 0 &&
	       memcmp(bytes, bytes + 1, length - 1) == 0;
}

/* Zeros become a hole where they can. */
static int write_frame(const struct blob_sink *sink, const unsigned char *bytes,
		       size_t length, uint64_t at)
{
	if (!sink->in_order && all_zeros(bytes, length) &&
	    fallocate(sink->out, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		      (off_t)at, (off_t)length) == 0)
		return 0;
	return write_at(sink->out, bytes, length, at, sink->in_order);
}

/* Returns 0, or a negative errno and why; *fatal: no frame can do better. */
static int do_frame(struct crew *crew, struct hand *hand, uint32_t i,
		    const char **why, bool *fatal)
{
	const struct blob_file *blob = crew->blob;
	const struct ul_frame *frame = &blob->table.frames[i];
	const struct blob_sink *sink = crew->sink;
	size_t size = ul_table_unpacked(&blob->table, i);
	int code;

	*why = NULL;
	*fatal = false;
	code = read_at(blob->fd, hand->packed, frame->packed, frame->at);
	if (code < 0) {
		*why = code == -ENODATA ? "the file was truncated"
					: strerror(-code);
		return code;
	}
	code = ul_frame_unpack(hand->unpacker, &blob->table, i, hand->packed,
			       hand->bytes, why);
	if (code < 0)
		return code;
	if (sink->compare >= 0) {
		code = read_at(sink->compare, hand->other, size, frame->start);
		if (code == 0 && memcmp(hand->other, hand->bytes, size) == 0)
			return 0;
		*why = "differs from the original, which has changed "
		       "meanwhile";
		*fatal = true;
		return -EBADMSG;
	}
	if (sink->out < 0)
		return 0;
	pthread_mutex_lock(&crew->lock);
	while (sink->in_order && crew->turn != i && !crew->stop)
		pthread_cond_wait(&crew->turned, &crew->lock);
	code = crew->stop ? -ECANCELED : 0;
	pthread_mutex_unlock(&crew->lock);
	if (code == 0)
		code = write_frame(sink, hand->bytes, size, frame->start);
	if (code < 0)
		*fatal = true;
	return code;
}

/* After a frame, under the lock. */
static void account(struct crew *crew, uint32_t i, int code, const char *why,
		    bool fatal)
{
	const struct blob_file *blob = crew->blob;

	crew->turn++;
	pthread_cond_broadcast(&crew->turned);
	crew->done += ul_table_unpacked(&blob->table, i);
	if (code == 0)
		return progress_at(&crew->progress, crew->done);
	if (code == -ECANCELED)
		return;
	crew->n_bad++;
	/* A damaged blob is only verified to the end; nothing else has use
	 * for the frames that remain. */
	if (fatal || crew->sink->out >= 0 || crew->sink->compare >= 0)
		crew->stop = true;
	if (!why)
		pack_say("%s cannot be written: %s", crew->sink->name,
			 strerror(-code));
	else if (crew->n_bad <= FAULTS_SHOWN)
		pack_say("%s: frame %u (bytes %ju to %ju): %s", blob->name, i,
			 (uintmax_t)blob->table.frames[i].start,
			 (uintmax_t)blob->table.frames[i + 1].start, why);
}

static void *work(void *context)
{
	struct crew *crew = context;
	struct hand hand;
	const char *why;
	uint32_t i;
	bool fatal;
	int code = hand_start(&hand, crew);

	pthread_mutex_lock(&crew->lock);
	if (code < 0) {
		pack_say("out of memory");
		crew->n_bad++;
		crew->stop = true;
		pthread_cond_broadcast(&crew->turned);
	}
	while (!crew->stop && crew->next < crew->blob->table.n_frames) {
		i = crew->next++;
		pthread_mutex_unlock(&crew->lock);
		code = do_frame(crew, &hand, i, &why, &fatal);
		pthread_mutex_lock(&crew->lock);
		account(crew, i, code, why, fatal);
	}
	pthread_mutex_unlock(&crew->lock);
	hand_end(&hand);
	return NULL;
}

int blob_file_read(const struct pack_options *options,
		   const struct blob_file *blob, const struct blob_sink *sink,
		   const char *what)
{
	struct crew crew = {.blob = blob, .sink = sink};
	pthread_t *threads = calloc(options->threads, sizeof(*threads));
	unsigned int n = 0;

	if (!threads)
		return pack_fail("out of memory");
	pthread_mutex_init(&crew.lock, NULL);
	pthread_cond_init(&crew.turned, NULL);
	progress_start(&crew.progress, what, blob->table.length,
		       options->quiet);
	output_hold_signals(true);
	for (; n + 1 < options->threads; n++)
		if (pthread_create(&threads[n], NULL, work, &crew) != 0)
			break;
	output_hold_signals(false);
	work(&crew);
	while (n > 0)
		pthread_join(threads[--n], NULL);
	progress_end(&crew.progress);
	free(threads);
	pthread_mutex_destroy(&crew.lock);
	pthread_cond_destroy(&crew.turned);
	if (crew.n_bad > FAULTS_SHOWN)
		pack_say("%s: and %u more frames", blob->name,
			 crew.n_bad - FAULTS_SHOWN);
	return crew.n_bad ? -1 : 0;
}

int blob_file_from(struct blob_file *blob, int fd, const char *name)
{
	struct ul_store_error error;

	blob->fd = fd;
	blob->name = name;
	if (ul_table_read(fd, name, &blob->table, &error) < 0)
		return pack_fail("%s", error.text);
	return 0;
}

int blob_file_open(struct blob_file *blob, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	memset(blob, 0, sizeof(*blob));
	if (fd < 0)
		return pack_fail("%s cannot be opened: %s", path,
				 strerror(errno));
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return pack_fail("%s is not a regular file, so not a blob",
				 path);
	}
	if (blob_file_from(blob, fd, path) == 0)
		return 0;
	close(fd);
	return -1;
}

void blob_file_close(struct blob_file *blob)
{
	ul_table_free(&blob->table);
	close(blob->fd);
}

int pack_verify(const struct pack_options *options)
{
	struct blob_sink sink = {.compare = -1, .out = -1};
	struct blob_file blob;
	int code;

	if (blob_file_open(&blob, options->input) < 0)
		return -1;
	code = blob_file_read(options, &blob, &sink, "verifying");
	if (code == 0 && !options->quiet)
		printf("%s: %u frames, %ju bytes: all well\n", options->input,
		       blob.table.n_frames - blob.table.sealed,
		       (uintmax_t)blob.table.length);
	blob_file_close(&blob);
	return code;
}

static int unpack_into(const struct pack_options *options,
		       const struct blob_file *blob, struct output *output)
{
	struct blob_sink sink = {.compare = -1,
				 .out = output->fd,
				 .name = output->target ? options->output
							: "standard output",
				 .in_order = !output->target};

	if (!sink.in_order && blob->table.length > 0) {
		/* Room first, so that a full disk is known at once. It may be
		 * enough all the same if there are holes. */
		if (fallocate(output->fd, 0, 0, (off_t)blob->table.length) <
			    0 &&
		    ftruncate(output->fd, (off_t)blob->table.length) < 0)
			return pack_fail("%s cannot be written: %s",
					 options->output, strerror(errno));
	}
	if (blob_file_read(options, blob, &sink, "unpacking") < 0 ||
	    output_copy_attributes(output, blob->fd) < 0)
		return -1;
	return output_commit(output);
}

int pack_unpack(const struct pack_options *options)
{
	struct blob_file blob;
	struct output output;
	struct stat st;
	int code;

	if (blob_file_open(&blob, options->input) < 0)
		return -1;
	if (fstat(blob.fd, &st) < 0)
		memset(&st, 0, sizeof(st));
	code = output_open(&output, options->output,
			   options->force ||
				   pack_is_stub_of(options->output, &blob),
			   &st);
	if (code == 0)
		code = unpack_into(options, &blob, &output);
	output_abandon(&output);
	blob_file_close(&blob);
	return code;
}
