/* SPDX-License-Identifier: MIT */
/*
 * stub_cancel.c FILE - a thread that was cancelled ends in a call that reads
 *
 * It cancels itself first, so no time matters. It knows nothing of stubs.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

static int fd;

static void *run(void *which)
{
	char text[100];
	struct iovec part = { text, sizeof(text) };
	ssize_t n = -1;

	pthread_cancel(pthread_self());
	switch (*(const int *)which) {
	case 0:
		n = read(fd, text, sizeof(text));
		break;
	case 1:
		n = pread(fd, text, sizeof(text), 0);
		break;
	case 2:
		n = readv(fd, &part, 1);
		break;
	case 3:
		n = preadv(fd, &part, 1, 0);
		break;
	default:
		n = preadv2(fd, &part, 1, 0, 0);
		break;
	}
	printf("call %d went on: %zd\n", *(const int *)which, n);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	void *result;

	fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;
	if (fd < 0)
		return 1;
	for (int i = 0; i < 5; i++) {
		if (pthread_create(&thread, NULL, run, &i) != 0 ||
		    pthread_join(thread, &result) != 0 ||
		    result != PTHREAD_CANCELED)
			return 2;
	}
	printf("%ld\n", (long)lseek(fd, 0, SEEK_CUR));
	return 0;
}
