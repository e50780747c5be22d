/* SPDX-License-Identifier: MIT */
/*
 * stub_stdin.c WAY [FILE [after | wide | elsewhere]] - reads the first lines of
 * FILE from standard input
 *
 * FILE comes to be descriptor 0 in the way that is named, behind the back of
 * the stream if it is not freopen(3); after it has read a line and put one
 * character back, after a wide one, or with its wide part at another place than
 * the C library's. What reads is the FILE that standard input was at the start,
 * which then reads /etc/passwd, and is closed. How far each has read ahead shows
 * in the descriptor's offset. Without a FILE WAY is a mode for
 * freopen(3), which opens what standard input is already, and another stream. It
 * knows nothing of stubs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wchar.h>

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
	if (!strcmp(way, "dup3"))
		return dup3(fd, STDIN_FILENO, 0);
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
	printf("at %d\n", (int)lseek(copy, 0, SEEK_CUR));
	fflush(stream);
	printf("%s%d %d\n", line, (int)lseek(copy, 0, SEEK_CUR),
	       (int)ftell(stream));
	close(copy);
}

static void begin(const char *how)
{
	static char elsewhere[256];	/* more than is used of it */
	char line[200];

	if (!strcmp(how, "after")) {
		if (!fgets(line, sizeof(line), stdin) || ungetc('X', stdin) == EOF)
			die("fgets");
		fputs(line, stdout);
	} else if (!strcmp(how, "wide")) {
		fwide(stdin, 1);
	} else if (!strcmp(how, "elsewhere")) {
		memcpy(elsewhere, stdin->_wide_data, sizeof(elsewhere));
		stdin->_wide_data = (void *)elsewhere;
	}
}

static void show_offset(FILE *in)
{
	printf("at %d\n", (int)lseek(fileno(in), 0, SEEK_CUR));
}

static void show_lines(FILE *in)
{
	char line[200];

	for (int i = 0; i < 4; i++) {
		if (!fgets(line, sizeof(line), in))
			die("stdin");
		fputs(line, stdout);
	}
	show_offset(in);
	if (fseek(in, 12345, SEEK_SET) == 0 && fgets(line, sizeof(line), in))
		fputs(line, stdout);
	show_offset(in);
}

static void become_by_name(const char *path, FILE *in)
{
	FILE *again = freopen(path, "r", in);

	if (!again)
		die("freopen");
	printf("%d %d\n", again == in, again == stdin);
}

int main(int argc, char **argv)
{
	FILE *in = stdin;
	int fd;

	if (argc == 2) {
		reopen(argv[1], stdin);
		reopen(argv[1], fdopen(dup(STDIN_FILENO), "r"));
		return 0;
	}
	if (argc < 3)
		return 2;
	if (argc == 4)
		begin(argv[3]);
	if (!strcmp(argv[1], "freopen")) {
		become_by_name(argv[2], in);
	} else {
		fd = open(argv[2], O_RDONLY);
		if (fd < 0)
			die(argv[2]);
		if (become(argv[1], fd) != STDIN_FILENO)
			die(argv[1]);
	}
	show_lines(in);
	become_by_name("/etc/passwd", in);
	fscanf(in, "%*[^\n]");
	printf("%d\n", (int)ftell(in));
	become_by_name(argv[2], in);
	show_lines(in);
	fclose(in);
	printf("%d %d\n", getchar(), fileno(stdin));
	in = fopen(argv[2], "r");
	if (!in)
		die(argv[2]);
	lseek(fileno(in), 12345, SEEK_SET);
	show_lines(in);
	become_by_name("/etc/passwd", in);
	printf("%d\n", fscanf(in, "%*[^\n]"));
	printf("%d\n", (int)ftell(in));
	printf("%d\n", !freopen("/no/such/file", "r", in) && errno == ENOENT);
	return 0;
}
