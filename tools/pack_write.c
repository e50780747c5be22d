/* SPDX-License-Identifier: MIT */
/*
 * pack_write.c - a file into a blob, on all cores
 *
 * One thread reads and writes, the others pack. Between them lies a ring of
 * batches; a batch is a run of frames, 1 MiB or one frame if that is larger,
 * so that small frames do not cost a wakeup each.
 *
 *	empty --main reads--> read --worker packs--> packed --main writes-->
 *empty
 *
 * Workers take batches in the order in which they were read, and the main
 * thread writes them in that order too, whichever is finished first. The ring
 * bounds the memory: what comes faster than it goes waits.
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/pack.h"

#define BATCH_BYTES ((size_t)1 << 20)

enum batch_state { BATCH_EMPTY, BATCH_READ, BATCH_PACKED };

struct batch {
	enum batch_state state; /* under the pipe's lock */
	int error;		/* of the worker: 0 or -errno */
	unsigned char *in;
	size_t in_length;
	unsigned char *out;
	size_t out_length;
	struct ul_entry *entries;
	uint32_t n_entries;
};

struct pipe {
	const struct pack_options *options;
	pthread_mutex_t lock;
	pthread_cond_t work; /* a batch was read, or the end is near */
	pthread_cond_t done; /* a batch was packed */
	uint64_t n_read;     /* batches; under the lock */
	uint64_t n_taken;    /* by workers; under the lock */
	bool stop;	     /* under the lock */
	struct batch *ring;  /* a batch is its owner's by its state */
	unsigned int n_ring;
	unsigned int frames;	  /* in a batch */
	size_t in_size, out_size; /* bytes of a batch's buffers */
	pthread_t *threads;
	unsigned int n_threads;
	/* the main thread's own */
	struct ul_entry *entries;
	uint32_t n_entries, entries_room;
	struct progress progress;
	struct pack_result *result;
};

static int pack_batch(struct pipe *pipe, struct ul_packer *packer,
		      struct batch *batch)
{
	size_t frame = pipe->options->frame, at, n;
	int code;

	batch->out_length = 0;
	batch->n_entries = 0;
	for (at = 0; at < batch->in_length; at += n) {
		n = batch->in_length - at < frame ? batch->in_length - at
						  : frame;
		code = ul_packer_pack(packer, batch->in + at, n,
				      batch->out + batch->out_length,
				      pipe->out_size - batch->out_length,
				      &batch->entries[batch->n_entries]);
		if (code < 0)
			return code;
		batch->out_length += batch->entries[batch->n_entries++].packed;
	}
	return 0;
}

static void *worker(void *context)
{
	struct pipe *pipe = context;
	struct ul_packer *packer =
		ul_packer_new(pipe->options->codec, pipe->options->level,
			      pipe->options->frame);
	struct batch *batch;
	int error;

	pthread_mutex_lock(&pipe->lock);
	for (;;) {
		while (pipe->n_taken == pipe->n_read && !pipe->stop)
			pthread_cond_wait(&pipe->work, &pipe->lock);
		if (pipe->n_taken == pipe->n_read)
			break;
		batch = &pipe->ring[pipe->n_taken++ % pipe->n_ring];
		pthread_mutex_unlock(&pipe->lock);
		error = packer ? pack_batch(pipe, packer, batch) : -ENOMEM;
		pthread_mutex_lock(&pipe->lock);
		batch->error = error;
		batch->state = BATCH_PACKED;
		pthread_cond_signal(&pipe->done);
	}
	pthread_mutex_unlock(&pipe->lock);
	ul_packer_free(packer);
	return NULL;
}

static int start(struct pipe *pipe)
{
	size_t frame = pipe->options->frame;
	struct batch *batch;

	pipe->frames =
		frame < BATCH_BYTES ? (unsigned int)(BATCH_BYTES / frame) : 1;
	pipe->n_ring = pipe->options->threads * 2 + 1;
	pipe->in_size = pipe->frames * frame;
	pipe->out_size =
		pipe->frames * ul_packer_bound(pipe->options->codec, frame);
	pipe->ring = calloc(pipe->n_ring, sizeof(*pipe->ring));
	pipe->threads = calloc(pipe->options->threads, sizeof(pthread_t));
	if (!pipe->ring || !pipe->threads)
		return pack_fail("out of memory");
	for (unsigned int i = 0; i < pipe->n_ring; i++) {
		batch = &pipe->ring[i];
		batch->in = malloc(pipe->in_size);
		batch->out = malloc(pipe->out_size);
		batch->entries = calloc(pipe->frames, sizeof(*batch->entries));
		if (!batch->in || !batch->out || !batch->entries)
			return pack_fail(
				"out of memory: %u batches of %s; "
				"fewer --threads or a smaller --frame "
				"need less",
				pipe->n_ring,
				pack_human(pipe->in_size + pipe->out_size));
	}
	/* Signals are the main thread's. */
	output_hold_signals(true);
	for (; pipe->n_threads < pipe->options->threads; pipe->n_threads++)
		if (pthread_create(&pipe->threads[pipe->n_threads], NULL,
				   worker, pipe) != 0)
			break;
	output_hold_signals(false);
	return pipe->n_threads > 0 ? 0 : pack_fail("cannot start a thread");
}

static void finish(struct pipe *pipe)
{
	pthread_mutex_lock(&pipe->lock);
	pipe->stop = true;
	pthread_cond_broadcast(&pipe->work);
	pthread_mutex_unlock(&pipe->lock);
	for (unsigned int i = 0; i < pipe->n_threads; i++)
		pthread_join(pipe->threads[i], NULL);
	for (unsigned int i = 0; pipe->ring && i < pipe->n_ring; i++) {
		free(pipe->ring[i].in);
		free(pipe->ring[i].out);
		free(pipe->ring[i].entries);
	}
	free(pipe->ring);
	free(pipe->threads);
	free(pipe->entries);
	pthread_mutex_destroy(&pipe->lock);
	pthread_cond_destroy(&pipe->work);
	pthread_cond_destroy(&pipe->done);
}

/* Fill a batch. Returns 1 if there was something left to read, 0 at the end,
 * -1 on an error. */
static int fill(struct pipe *pipe, int in, const char *name,
		struct batch *batch)
{
	ssize_t n;

	batch->in_length = 0;
	while (batch->in_length < pipe->in_size) {
		n = read(in, batch->in + batch->in_length,
			 pipe->in_size - batch->in_length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return pack_fail("%s cannot be read: %s", name,
					 strerror(errno));
		if (n == 0)
			break;
		batch->in_length += (size_t)n;
	}
	return batch->in_length > 0;
}

static int keep_entries(struct pipe *pipe, const struct batch *batch)
{
	uint32_t room = pipe->entries_room ? pipe->entries_room * 2 : 1024;
	struct ul_entry *entries;

	if (pipe->n_entries > UL_FRAMES_MAX - batch->n_entries)
		return pack_fail("more than %u frames: use a larger --frame",
				 UL_FRAMES_MAX);
	if (pipe->n_entries + batch->n_entries > pipe->entries_room) {
		while (room < pipe->n_entries + batch->n_entries)
			room *= 2;
		entries = realloc(pipe->entries, room * sizeof(*entries));
		if (!entries)
			return pack_fail("out of memory for the seek table");
		pipe->entries = entries;
		pipe->entries_room = room;
	}
	memcpy(pipe->entries + pipe->n_entries, batch->entries,
	       batch->n_entries * sizeof(*batch->entries));
	pipe->n_entries += batch->n_entries;
	return 0;
}

/* Wait until a batch is packed, and write it. */
static int drain(struct pipe *pipe, struct batch *batch, struct output *output)
{
	pthread_mutex_lock(&pipe->lock);
	while (batch->state != BATCH_PACKED)
		pthread_cond_wait(&pipe->done, &pipe->lock);
	batch->state = BATCH_EMPTY;
	pthread_mutex_unlock(&pipe->lock);
	if (batch->error < 0)
		return pack_fail("cannot pack: %s", strerror(-batch->error));
	if (output_write(output, batch->out, batch->out_length) < 0 ||
	    keep_entries(pipe, batch) < 0)
		return -1;
	pipe->result->read += batch->in_length;
	pipe->result->written += batch->out_length;
	progress_at(&pipe->progress, pipe->result->read);
	return 0;
}

static int pump(struct pipe *pipe, int in, const char *name,
		struct output *output)
{
	struct batch *batch;
	uint64_t i, written = 0;
	int more;

	for (i = 0;; i++) {
		batch = &pipe->ring[i % pipe->n_ring];
		if (i >= pipe->n_ring) {
			if (drain(pipe, batch, output) < 0)
				return -1;
			written++;
		}
		more = fill(pipe, in, name, batch);
		if (more < 0)
			return -1;
		if (!more)
			break;
		pthread_mutex_lock(&pipe->lock);
		batch->state = BATCH_READ;
		pipe->n_read++;
		pthread_cond_signal(&pipe->work);
		pthread_mutex_unlock(&pipe->lock);
	}
	for (; written < i; written++)
		if (drain(pipe, &pipe->ring[written % pipe->n_ring], output) <
		    0)
			return -1;
	return 0;
}

/* The seal and the table, in that order: the seal has the table's sum. */
static int write_table(struct pipe *pipe, struct output *output)
{
	struct ul_entry entry;
	const struct batch last = {.entries = &entry, .n_entries = 1};
	unsigned char seal[UL_SEAL_SIZE], *table;
	size_t size;
	int code;

	pipe->result->n_frames = pipe->n_entries;
	ul_seal_entry(&entry);
	if (keep_entries(pipe, &last) < 0)
		return -1;
	size = ul_table_size(pipe->n_entries);
	table = malloc(size);
	if (!table)
		return pack_fail("out of memory for the seek table");
	ul_table_put(table, pipe->entries, pipe->n_entries);
	ul_seal_put(seal, table, size);
	code = output_write(output, seal, sizeof(seal));
	if (code == 0)
		code = output_write(output, table, size);
	free(table);
	pipe->result->written += sizeof(seal) + size;
	return code;
}

int pack_write(const struct pack_options *options, int in, const char *name,
	       uint64_t total, struct output *output,
	       struct pack_result *result)
{
	struct pipe pipe = {.options = options, .result = result};
	int code;

	memset(result, 0, sizeof(*result));
	pthread_mutex_init(&pipe.lock, NULL);
	pthread_cond_init(&pipe.work, NULL);
	pthread_cond_init(&pipe.done, NULL);
	progress_start(&pipe.progress, "packing", total, options->quiet);
	code = start(&pipe);
	if (code == 0)
		code = pump(&pipe, in, name, output);
	if (code == 0)
		code = write_table(&pipe, output);
	progress_end(&pipe.progress);
	result->seconds = progress_seconds(&pipe.progress);
	finish(&pipe);
	return code;
}
