/* SPDX-License-Identifier: MIT */
/*
 * user_mode_calls.c FILE - hands missing pages to every call that takes memory
 *
 * FILE holds the bytes 'a' at odd and 'b' at even places. Every buffer, path
 * and structure lies in fresh memory of its own, across pages nobody has
 * touched; fresh memory is zeros. It knows nothing of lazy memory.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/preload/user_mode_fresh.h"

#define MIB ((size_t)1 << 20)
#define LONG (40 * PAGE)

static const char *name;

static void expect(const char *bytes, off_t offset, size_t n)
{
	for (size_t i = 0; i < n; i++)
		CHECK(bytes[i] == ((offset + (off_t)i) & 1 ? 'a' : 'b'));
}

static void reading(void)
{
	int fd = open(name, O_RDONLY);
	char *a = fresh(LONG), *b = fresh(LONG);
	struct iovec *parts = fresh(2 * sizeof(*parts));

	CHECK(fd >= 0);
	CHECK(read(fd, a, LONG) == LONG);
	expect(a, 0, LONG);
	CHECK(pread(fd, a = fresh(LONG), LONG, 1) == LONG);
	expect(a, 1, LONG);
	CHECK(pread64(fd, a = fresh(LONG), LONG, 2) == LONG);
	expect(a, 2, LONG);
	a = fresh(LONG);
	parts[0].iov_base = a;
	parts[0].iov_len = LONG;
	parts[1].iov_base = b;
	parts[1].iov_len = LONG;
	CHECK(preadv(fd, parts, 2, 3) == 2 * LONG);
	expect(a, 3, LONG);
	expect(b, 3, LONG);
	parts = fresh(2 * sizeof(*parts));
	CHECK(readv(fd, parts, 1) == 0);
	close(fd);
}

static void writing(void)
{
	int fd = memfd_create("written", 0);
	static char zeros[LONG], found[2 * LONG];
	struct iovec parts[] = { { fresh(LONG), LONG }, { fresh(LONG), LONG } };

	CHECK(write(fd, fresh(LONG), LONG) == LONG);
	CHECK(pwrite(fd, fresh(LONG), LONG, LONG) == LONG);
	CHECK(pread(fd, found, 2 * LONG, 0) == 2 * LONG);
	CHECK(!memcmp(found, zeros, LONG) && !memcmp(found + LONG, zeros, LONG));
	CHECK(pwritev(fd, parts, 2, 0) == 2 * LONG);
	parts[0].iov_base = fresh(LONG);
	CHECK(writev(fd, parts, 2) == 2 * LONG);
	close(fd);
}

static void talking(void)
{
	int *pair = fresh(2 * sizeof(int)), *value = fresh(sizeof(int));
	socklen_t *length = fresh(sizeof(*length));
	struct msghdr *message = fresh(sizeof(*message));
	struct mmsghdr *many = fresh(sizeof(*many));
	struct iovec *part = fresh(sizeof(*part));
	size_t n = 20000;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	CHECK(send(pair[0], fresh(n), n, 0) == (ssize_t)n);
	CHECK(recv(pair[1], fresh(n), n, MSG_WAITALL) == (ssize_t)n);
	CHECK(sendto(pair[0], fresh(n), n, 0, NULL, 0) == (ssize_t)n);
	CHECK(recvfrom(pair[1], fresh(n), n, MSG_WAITALL, fresh(200), length) ==
	      (ssize_t)n);
	part->iov_base = fresh(n);
	part->iov_len = n;
	message->msg_iov = part;
	message->msg_iovlen = 1;
	CHECK(sendmsg(pair[0], message, 0) == (ssize_t)n);
	part->iov_base = fresh(n);
	message->msg_control = fresh(100);
	message->msg_controllen = 100;
	CHECK(recvmsg(pair[1], message, MSG_WAITALL) == (ssize_t)n);
	part->iov_base = fresh(n);
	many->msg_hdr.msg_iov = part;
	many->msg_hdr.msg_iovlen = 1;
	CHECK(sendmmsg(pair[0], many, 1, 0) == 1 && many->msg_len == n);
	part->iov_base = fresh(n);
	CHECK(recvmmsg(pair[1], many, 1, MSG_WAITALL, NULL) == 1);
	*length = sizeof(int);
	CHECK(getsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, value, length) == 0);
	value = fresh(sizeof(*value));
	CHECK(setsockopt(pair[0], SOL_SOCKET, SO_KEEPALIVE, value,
			 sizeof(*value)) == 0);
	CHECK(ioctl(pair[0], FIONREAD, fresh(sizeof(int))) == 0);
	close(pair[0]);
	close(pair[1]);
}

static void connecting(void)
{
	struct sockaddr_in *here = fresh(sizeof(*here));
	struct sockaddr_in *found = fresh(sizeof(*found));
	socklen_t *length = fresh(sizeof(*length));
	int ear = socket(AF_INET, SOCK_STREAM, 0);
	int mouth = socket(AF_INET, SOCK_STREAM, 0);
	int other;

	here->sin_family = AF_INET;
	here->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(bind(ear, (struct sockaddr *)here, sizeof(*here)) == 0);
	CHECK(listen(ear, 1) == 0);
	*length = sizeof(*found);
	CHECK(getsockname(ear, (struct sockaddr *)found, length) == 0);
	CHECK(connect(mouth, (struct sockaddr *)found, sizeof(*found)) == 0);
	other = accept(ear, fresh(sizeof(*found)), length);
	CHECK(other >= 0);
	CHECK(getpeername(mouth, fresh(sizeof(*found)), length) == 0);
	close(other);
	close(mouth);
	close(ear);
}

/* A string that crosses into a page that is missing, as all of it is. */
static char *path(const char *text)
{
	char *at = fresh(PAGE);
	int fds[2];

	/* The kernel itself puts it there, and then the page goes away. */
	CHECK(pipe(fds) == 0);
	CHECK(write(fds[1], text, strlen(text) + 1) > 0);
	CHECK(read(fds[0], at, strlen(text) + 1) > 0);
	close(fds[0]);
	close(fds[1]);
	return at;
}

static void files(void)
{
	struct stat *st = fresh(sizeof(*st));
	char *text = fresh(PAGE);
	int fd;

	CHECK(stat(path(name), st) == 0 && st->st_size > LONG);
	CHECK(lstat(name, fresh(sizeof(*st))) == 0);
	fd = open(name, O_RDONLY);
	CHECK(fstat(fd, fresh(sizeof(*st))) == 0);
	CHECK(fstatat(AT_FDCWD, name, fresh(sizeof(*st)), 0) == 0);
	CHECK(statx(fd, "", AT_EMPTY_PATH, STATX_ALL,
		    fresh(sizeof(struct statx))) == 0);
	close(fd);
	/* An empty path, of missing pages. */
	CHECK(open(fresh(PAGE), O_RDONLY) < 0 && errno == ENOENT);
	CHECK(access(fresh(PAGE), R_OK) < 0 && errno == ENOENT);
	CHECK(unlink(fresh(PAGE)) < 0 && errno == ENOENT);
	CHECK(!fopen(fresh(PAGE), "r") && errno == ENOENT);
	CHECK(getcwd(text, PAGE) == text);
	CHECK(readlink("/proc/self/exe", fresh(PAGE), PAGE) > 0);
}

/* The last byte of a page that is not lazy; what follows is missing. */
static char *border(void)
{
	char *at = mmap(NULL, MIB, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(at != MAP_FAILED);
	CHECK(mmap(at, PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at);
	return at + PAGE - 1;
}

static void straddling(void)
{
	char *root = border(), *buffer = border() - 9;
	int fd;

	*root = '/';
	CHECK(access(root, R_OK) == 0);
	fd = open(name, O_RDONLY);
	CHECK(syscall(SYS_read, fd, buffer, 2000L) == 2000);
	expect(buffer, 0, 2000);
	close(fd);
}

static void waiting(void)
{
	struct pollfd *fds = fresh(1000 * sizeof(*fds));
	struct timespec *time = fresh(sizeof(*time));
	struct epoll_event *event = fresh(sizeof(*event));
	int ends[2], epoll = epoll_create1(0);
	int *status = fresh(sizeof(*status));
	pid_t pid;

	CHECK(pipe(ends) == 0);
	CHECK(poll(fds, 500, 0) >= 0);
	CHECK(ppoll(fresh(1000 * sizeof(*fds)), 500, time, NULL) >= 0);
	CHECK(select(1000, fresh(sizeof(fd_set)), fresh(sizeof(fd_set)), NULL,
		     fresh(sizeof(struct timeval))) == 0);
	CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[1], event) == 0);
	event = fresh(sizeof(*event));
	event->events = EPOLLOUT;
	CHECK(epoll_ctl(epoll, EPOLL_CTL_MOD, ends[1], event) == 0);
	CHECK(epoll_wait(epoll, fresh(100 * sizeof(*event)), 100, 0) == 1);
	CHECK(nanosleep(fresh(sizeof(*time)), fresh(sizeof(*time))) == 0);
	CHECK(clock_nanosleep(CLOCK_MONOTONIC, 0, fresh(sizeof(*time)), NULL) ==
	      0);
	CHECK(clock_gettime(CLOCK_REALTIME, fresh(sizeof(*time))) == 0);
	CHECK(sigaction(SIGUSR1, NULL, fresh(sizeof(struct sigaction))) == 0);
	CHECK(sigprocmask(SIG_BLOCK, fresh(sizeof(sigset_t)), NULL) == 0);
	pid = fork();
	if (pid == 0) {
		reading();
		_exit(7);
	}
	CHECK(wait4(pid, status, 0, fresh(sizeof(struct rusage))) == pid);
	CHECK(WIFEXITED(*status) && WEXITSTATUS(*status) == 7);
	close(epoll);
	close(ends[0]);
	close(ends[1]);
}

static void starting(void)
{
	char **arguments = fresh(3 * sizeof(*arguments));
	char *command = fresh(PAGE);
	int status;
	pid_t pid;

	strcpy(command, "exit 9");
	arguments[0] = (char *)"sh";
	arguments[1] = (char *)"-c";
	arguments[2] = command;		/* the end of the list is missing */
	CHECK(posix_spawn(&pid, "/bin/sh", NULL, NULL, arguments, NULL) == 0);
	CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 9);
	pid = fork();
	if (pid == 0) {
		execve("/bin/sh", arguments, fresh(sizeof(char *)));
		_exit(1);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 9);
}

static void streams(void)
{
	FILE *stream = fopen(name, "r");
	FILE *out = tmpfile();
	char *a = fresh(LONG), *line = NULL;
	size_t room = 0;

	CHECK(stream && out);
	CHECK(setvbuf(stream, fresh(100000), _IOFBF, 100000) == 0);
	CHECK(getc(stream) == 'b');
	CHECK(fread(a, 1, LONG, stream) == LONG);
	expect(a, 1, LONG);
	CHECK(fgets(fresh(LONG), LONG, stream));
	rewind(stream);
	CHECK(getline(&line, &room, stream) > LONG);
	expect(line, 0, LONG);
	free(line);
	fclose(stream);
	CHECK(fwrite(fresh(LONG), 1, LONG, out) == LONG && fflush(out) == 0);
	CHECK(fprintf(out, "%s", (char *)fresh(LONG)) == 0);
	CHECK(fputs(fresh(LONG), out) >= 0 && fflush(out) == 0);
	CHECK(ftell(out) == LONG);
	fclose(out);
}

static void others(void)
{
	struct utsname *system = fresh(sizeof(*system));
	char *there = fresh(LONG);
	struct iovec local = { fresh(LONG), LONG }, remote = { there, LONG };

	CHECK(mlock(fresh(5000), 5000) == 0 || errno == ENOMEM);
	CHECK(madvise((void *)((size_t)fresh(PAGE) & ~(size_t)4095), 2 * PAGE,
		      MADV_POPULATE_WRITE) == 0 ||
	      errno == EINVAL);
	CHECK(getrandom(fresh(5000), 5000, 0) == 5000);
	CHECK(uname(system) == 0 && system->sysname[0] == 'L');
	CHECK(getrusage(RUSAGE_SELF, fresh(sizeof(struct rusage))) == 0);
	CHECK(getrlimit(RLIMIT_AS, fresh(sizeof(struct rlimit))) == 0);
	CHECK(mincore((void *)((size_t)there & ~(size_t)4095), LONG,
		      fresh(100)) == 0);
	CHECK(process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == LONG);
	/* What cannot be read is still refused, and not touched. */
	there = mmap(NULL, ARENA, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		     0);
	CHECK(read(open(name, O_RDONLY), there, LONG) < 0 && errno == EFAULT);
	CHECK(stat((char *)8, fresh(200)) < 0 && errno == EFAULT);
}

/* The kernel says so, and nobody has looked before it. */
static void wild(void)
{
	void *volatile away = (void *)64;	/* the compiler knows better */
	void *nowhere = away;
	char *closed = mmap(NULL, ARENA, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *argv[] = { nowhere, NULL };
	struct msghdr message = { .msg_iov = nowhere, .msg_iovlen = 1 };
	int fds[2];

	CHECK(closed != MAP_FAILED && mprotect(closed, ARENA, PROT_NONE) == 0);
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) == 0);
#define REFUSED(call) (errno = 0, (call) == -1 && errno == EFAULT)
	CHECK(REFUSED(writev(STDERR_FILENO, nowhere, 1)));
	CHECK(REFUSED(readv(fds[0], nowhere, 1)));
	CHECK(REFUSED(sendmsg(fds[0], nowhere, 0)));
	CHECK(REFUSED(sendmsg(fds[0], &message, 0)));
	CHECK(REFUSED(sendmmsg(fds[0], nowhere, 1, 0)));
	CHECK(REFUSED(recvmsg(fds[0], nowhere, MSG_DONTWAIT)));
	CHECK(REFUSED(getsockname(fds[0], fresh(200), nowhere)));
	CHECK(REFUSED(process_vm_readv(getpid(), nowhere, 1, nowhere, 1, 0)));
	CHECK(REFUSED(sigaltstack(nowhere, NULL)));
	CHECK(REFUSED(execve("/bin/true", nowhere, NULL)));
	CHECK(REFUSED(execve("/bin/true", argv, NULL)));
	CHECK(REFUSED(open(closed, O_RDONLY)));
	CHECK(REFUSED(open(closed + PAGE - 1, O_RDONLY)));
	CHECK(REFUSED(execve(closed, argv + 1, NULL)));
	/* A path that begins where it may be read. */
	CHECK(mprotect(closed, PAGE, PROT_READ | PROT_WRITE) == 0);
	closed[PAGE - 1] = 'x';
	CHECK(REFUSED(open(closed + PAGE - 1, O_RDONLY)));
#undef REFUSED
	close(fds[0]);
	close(fds[1]);
}

/* Past the end of a mapped file a call says EFAULT, and nobody has SIGBUS. */
static void past_the_end(void)
{
	int fd = open(name, O_RDONLY);
	struct stat status;
	char *at;

	CHECK(fd >= 0 && fstat(fd, &status) == 0);
	at = mmap(NULL, (size_t)status.st_size + 16 * PAGE,
		  PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(at != MAP_FAILED);
	CHECK(read(fd, at + status.st_size + PAGE, 100) < 0 && errno == EFAULT);
	CHECK(read(fd, at + status.st_size - 100, PAGE) == 100);
	CHECK(open(at + status.st_size + PAGE, O_RDONLY) < 0 && errno == EFAULT);
	CHECK(at[status.st_size - 1] == at[99]);
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	name = argv[1];
	reading();
	writing();
	talking();
	connecting();
	files();
	straddling();
	waiting();
	starting();
	streams();
	others();
	wild();
	past_the_end();
	return 0;
}
