/* SPDX-License-Identifier: MIT */
/*
 * stub_stdin.c WAY [FILE] - reads the first line of FILE from standard input
 *
 * FILE comes to be descriptor 0 in the way that is named, behind the back of
 * the stream. Without a FILE WAY is a mode for freopen(3), which opens what
 * standard input is already, and another stream. It knows nothing of stubs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	_exit(1);
}

/* What is sent takes the lowest number that is free. */
static int receive(int fd)
{
	_Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(fd))] = { 0 };
	char byte = 'x';
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = room,
				  .msg_controllen = sizeof(room) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	int ends[2];

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0 ||
	    sendmsg(ends[0], &message, 0) != 1)
		die("sendmsg");
	close(STDIN_FILENO);
	errno = ERANGE;
	if (recvmsg(ends[1], &message, 0) != 1 || errno != ERANGE)
		die("recvmsg");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

static int become(const char *way, int fd)
{
	if (!strcmp(way, "message"))
		return receive(fd);
	if (!strcmp(way, "dup2"))
		return dup2(fd, STDIN_FILENO);
	close(STDIN_FILENO);
	if (!strcmp(way, "dup"))
		return dup(fd);
	if (!strcmp(way, "fcntl"))
		return fcntl(fd, F_DUPFD, 0);
	return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

/* From the beginning, by a descriptor that is like no other, in the same FILE
 * with the same number. */
static void reopen(const char *mode, FILE *stream)
{
	int fd = fileno(stream), copy = dup(fd), flags;
	char line[200];

	for (int i = 0; i < 3; i++)
		if (!fgets(line, sizeof(line), stream))
			die("fgets");
	if (freopen(NULL, mode, stream) != stream)
		die(mode);
	flags = fcntl(fileno(stream), F_GETFD);
	printf("%d %d %d\n", fileno(stream) == fd, flags,
	       (int)ftell(stream));
	if (!fgets(line, sizeof(line), stream))
		die("fgets");
	fflush(stream);
	printf("%s%d %d\n", line, (int)lseek(copy, 0, SEEK_CUR),
	       (int)ftell(stream));
	close(copy);
}

int main(int argc, char **argv)
{
	char line[200];
	int fd;

	if (argc == 2) {
		reopen(argv[1], stdin);
		reopen(argv[1], fdopen(dup(STDIN_FILENO), "r"));
		return 0;
	}
	if (argc != 3)
		return 2;
	fd = open(argv[2], O_RDONLY);
	if (fd < 0)
		die(argv[2]);
	if (become(argv[1], fd) != STDIN_FILENO)
		die(argv[1]);
	if (fileno(stdin) != STDIN_FILENO || !fgets(line, sizeof(line), stdin))
		die("stdin");
	fputs(line, stdout);
	return 0;
}
