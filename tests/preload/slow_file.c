/* SPDX-License-Identifier: MIT */
/*
 * slow_file.c - a file whose bytes come when they are told to, or never
 *
 *	slow_file FOLDER LENGTH STUCK COMMAND [ARG...]
 *
 * Mounts a file system on FOLDER with one file in it, "data", of LENGTH bytes,
 * which are the low byte of each one's page number plus one; runs the command;
 * takes the file system away, and ends as the command did. A read of bytes from
 * STUCK on is not answered as long as FOLDER.stuck exists (FOLDER is empty
 * otherwise, so the name lies beside it). It speaks the kernel's FUSE protocol
 * (linux/fuse.h) itself: five requests are all that this takes. Exit status 77:
 * it cannot mount.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILE_ID 2
#define PAGE 4096
#define ROOM (1 << 20)

static int device;
static uint64_t length, stuck_from;
static char stuck_name[4096];

static void answer(uint64_t unique, int error, const void *body, size_t size)
{
	static char reply[ROOM];
	struct fuse_out_header head = {
		.len = (uint32_t)(sizeof(head) + size),
		.error = error,
		.unique = unique,
	};

	memcpy(reply, &head, sizeof(head));
	if (size)
		memcpy(reply + sizeof(head), body, size);
	if (write(device, reply, sizeof(head) + size) < 0)
		return;			/* who asked has given up */
}

static struct fuse_attr attributes(uint64_t id)
{
	return (struct fuse_attr){
		.ino = id,
		.size = id == FILE_ID ? length : 0,
		.mode = id == FILE_ID ? S_IFREG | 0444 : S_IFDIR | 0555,
		.nlink = 1,
		.blksize = PAGE,
	};
}

static void answer_init(const struct fuse_in_header *in)
{
	struct fuse_init_out out = {
		.major = FUSE_KERNEL_VERSION,
		.minor = 31,
		.max_readahead = PAGE,
		/* Reads ahead that are not answered; with so many the kernel
		 * sends no other, and all of the file is stuck. */
		.max_background = 65535,
		.congestion_threshold = 65535,
		.max_write = PAGE,
	};

	answer(in->unique, 0, &out, sizeof(out));
}

static void answer_lookup(const struct fuse_in_header *in, const char *name)
{
	struct fuse_entry_out out = {
		.nodeid = FILE_ID,
		.entry_valid = 3600,
		.attr_valid = 3600,
		.attr = attributes(FILE_ID),
	};

	if (strcmp(name, "data"))
		answer(in->unique, -ENOENT, NULL, 0);
	else
		answer(in->unique, 0, &out, sizeof(out));
}

/* A child answers, so that what is stuck holds nothing else up. */
static void answer_read(const struct fuse_in_header *in,
			const struct fuse_read_in *read_in)
{
	static char bytes[ROOM / 2];
	uint64_t at = read_in->offset;
	size_t size = read_in->size < sizeof(bytes) ? read_in->size :
						      sizeof(bytes);

	if (at >= length)
		size = 0;
	else if (size > length - at)
		size = length - at;
	if (fork())
		return;
	while (at + size > stuck_from && access(stuck_name, F_OK) == 0)
		usleep(10000);
	for (size_t i = 0; i < size; i++)
		bytes[i] = (char)((at + i) / PAGE + 1);
	answer(in->unique, 0, bytes, size);
	_exit(0);
}

static void serve_one(char *request)
{
	const struct fuse_in_header *in = (void *)request;
	const void *body = in + 1;
	struct fuse_attr_out attr = { .attr_valid = 3600 };
	struct fuse_open_out open_out = { .fh = 1 };

	switch (in->opcode) {
	case FUSE_INIT:
		answer_init(in);
		return;
	case FUSE_LOOKUP:
		answer_lookup(in, body);
		return;
	case FUSE_GETATTR:
		attr.attr = attributes(in->nodeid);
		answer(in->unique, 0, &attr, sizeof(attr));
		return;
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		answer(in->unique, 0, &open_out, sizeof(open_out));
		return;
	case FUSE_READ:
		answer_read(in, body);
		return;
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
	case FUSE_FLUSH:
		answer(in->unique, 0, NULL, 0);
		return;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return;			/* no answer is wanted */
	default:
		answer(in->unique, -ENOSYS, NULL, 0);
	}
}

static void serve(void)
{
	static char request[ROOM] __attribute__((aligned(8)));

	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		ssize_t n = read(device, request, sizeof(request));

		if (n < 0 && errno == ENODEV)
			_exit(0);	/* unmounted */
		if (n > 0)
			serve_one(request);
	}
}

int main(int argc, char **argv)
{
	char options[128];
	int status = 0;
	pid_t server, command;

	if (argc < 5)
		return 2;
	length = strtoull(argv[2], NULL, 0);
	stuck_from = strtoull(argv[3], NULL, 0);
	snprintf(stuck_name, sizeof(stuck_name), "%s.stuck", argv[1]);
	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40000,user_id=0,group_id=0", device);
	if (device < 0 ||
	    mount("slow", argv[1], "fuse.slow", MS_NOSUID | MS_NODEV, options)) {
		printf("SKIP: kernel: no FUSE file system can be mounted: %s\n",
		       strerror(errno));
		return 77;
	}
	server = fork();
	if (server == 0)
		serve();
	command = fork();
	if (command == 0) {
		execvp(argv[4], argv + 4);
		_exit(127);
	}
	waitpid(command, &status, 0);
	umount2(argv[1], MNT_DETACH);
	kill(server, SIGKILL);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
