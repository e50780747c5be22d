/* SPDX-License-Identifier: MIT */
/*
 * Rationale: memory is unmapped, given back, replaced or moved while another
 * thread waits for a page of it. It must come to an end, with a signal or with
 * a byte that the page may hold, never with another page's.
 */
#include "config.h"

#include <pthread.h>
#include <stdatomic.h>

#include "tests/preload/victim.h"
#include "tests/preload/raw.h"

#define LENGTH (256 * KIB)
#define ROUNDS 240

static char *memory;
static pthread_barrier_t start, end;
static _Thread_local sigjmp_buf jump;
static atomic_int wrong;

static void on_signal(int number)
{
	siglongjmp(jump, number);
}

/* What lay there, zeros, or what was laid over the upper half. */
static bool may_be(size_t at, unsigned char byte)
{
	return !byte || byte == memory_at(at) ||
	       (at >= LENGTH / 2 && byte == memory_at(at - LENGTH / 2));
}

static void *toucher(void *argument)
{
	volatile size_t step = (size_t)argument;

	for (volatile int round = 0; round < ROUNDS; round++) {
		pthread_barrier_wait(&start);
		for (volatile size_t i = 0; i < LENGTH; i += PAGE) {
			volatile size_t at = (i * step) % LENGTH;

			if (sigsetjmp(jump, 1) == 0) {
				unsigned char got = *(volatile unsigned char *)
						(memory + at);

				if (!may_be(at, got))
					wrong++;
			}
		}
		pthread_barrier_wait(&end);
	}
	return NULL;
}

static void change(int round, char *place)
{
	char *half = memory + LENGTH / 2;

	switch (round % 8) {
	case 0:
		CHECK(munmap(memory, LENGTH) == 0);
		break;
	case 1:
		CHECK(raw_munmap(half, LENGTH / 2) == 0);
		break;
	case 2:
		CHECK(madvise(memory, LENGTH, MADV_DONTNEED) == 0);
		break;
	case 3:
		CHECK(raw_madvise(half, LENGTH / 2, MADV_DONTNEED) == 0);
		break;
	case 4:
		CHECK(mmap(half, LENGTH / 2, PROT_READ,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
		      half);
		break;
	case 5:
		CHECK(mremap(memory, LENGTH, LENGTH,
			     MREMAP_MAYMOVE | MREMAP_FIXED, place) == place);
		break;
	case 6:
		CHECK(raw_mremap(memory, LENGTH, LENGTH,
				 MREMAP_MAYMOVE | MREMAP_FIXED, place) == place);
		break;
	default:
		CHECK(mprotect(half, LENGTH / 2, PROT_NONE) == 0);
	}
}

int main(void)
{
	struct sigaction action = { .sa_handler = on_signal,
				    .sa_flags = SA_NODEFER };
	char *place = map_anonymous(LENGTH);
	pthread_t threads[3];

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	pthread_barrier_init(&start, NULL, 4);
	pthread_barrier_init(&end, NULL, 4);
	for (size_t i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, toucher,
			       (void *)(2 * i + 1));
	for (int round = 0; round < ROUNDS; round++) {
		memory = map_anonymous(LENGTH);
		pthread_barrier_wait(&start);
		change(round, place);
		pthread_barrier_wait(&end);
		raw_munmap(memory, LENGTH);
	}
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	CHECK_EQ(wrong, 0);
	return 0;
}
