/* SPDX-License-Identifier: MIT */
/*
 * stub_calls.c FILE ORIGINAL SEED - reads FILE in every way there is
 *
 * Each step reads a random part by a random call, through a descriptor, a copy
 * of it, a stream, or a mapping, and compares it with the bytes of ORIGINAL, and the
 * offsets with those that POSIX promises. It knows nothing of stubs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>

#define ROOM 200000
#define STEPS 1500

static const char *name;
static char *oracle;
static off_t size, at;			/* of the descriptor */
static char buffer[ROOM];
static unsigned long long state;
static int step;

#define CHECK(condition)                                                       \
	do {                                                                   \
		if (!(condition)) {                                            \
			fprintf(stderr, "line %d, step %d, at %ld: %s (%m)\n", \
				__LINE__, step, (long)at, #condition);         \
			exit(1);                                               \
		}                                                              \
	} while (0)

static size_t any(size_t below)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (size_t)(state >> 33) % below;
}

static size_t some_length(void)
{
	return any(4) ? any(5000) : any(ROOM);
}

/* What a read of n bytes from there gives. */
static ssize_t expected(off_t from, size_t n)
{
	if (from >= size)
		return 0;
	return size - from < (off_t)n ? size - from : (ssize_t)n;
}

static void compare(off_t from, ssize_t n, size_t asked)
{
	CHECK(n == expected(from, asked));
	CHECK(n == 0 || memcmp(buffer, oracle + from, (size_t)n) == 0);
	memset(buffer, 'x', n > 0 ? (size_t)n : 0);
}

static void move(int fd)
{
	static const int hole[] = { SEEK_DATA, SEEK_HOLE };
	off_t to = (off_t)any((size_t)size + 1000);
	int which = (int)any(5);

	if (which == 0)
		at = lseek(fd, to, SEEK_SET);
	else if (which == 1)
		at = lseek(fd, to - at, SEEK_CUR);
	else if (which == 2)
		at = lseek64(fd, to - size, SEEK_END);
	else {
		off_t found = lseek(fd, to, hole[which - 3]);

		CHECK(found == (to >= size ? -1 : which == 3 ? to : size));
		at = lseek(fd, to, SEEK_SET);
	}
	CHECK(at == to);
}

static void read_parts(int fd, off_t from, int how)
{
	size_t n = some_length(), first = any(n + 1);
	struct iovec parts[] = { { buffer, first }, { buffer + first, 0 },
				 { buffer + first, n - first } };

	switch (how) {
	case 0:
		compare(from, readv(fd, parts, 3), n);
		break;
	case 1:
		compare(from, preadv(fd, parts, 3, from), n);
		break;
	case 2:
		compare(from, preadv64v2(fd, parts, 3, from, 0), n);
		break;
	default:
		compare(from, preadv2(fd, parts, 3, -1, 0), n);
		break;
	}
}

/* It is open for reading; so nobody can write, not even nothing. */
static void use_writing(int fd)
{
	struct iovec part = { buffer, 1 };

	CHECK(write(fd, buffer, 1) == -1 && errno == EBADF);
	CHECK(write(fd, buffer, 0) == -1 && errno == EBADF);
	CHECK(pwrite(fd, buffer, 1, 0) == -1 && errno == EBADF);
	CHECK(pwrite64(fd, buffer, 1, 0) == -1 && errno == EBADF);
	CHECK(writev(fd, &part, 1) == -1 && errno == EBADF);
	CHECK(pwritev(fd, &part, 1, 0) == -1 && errno == EBADF);
	CHECK(pwritev64(fd, &part, 1, 0) == -1 && errno == EBADF);
	CHECK(pwritev2(fd, &part, 1, 0, 0) == -1 && errno == EBADF);
	CHECK(pwritev64v2(fd, &part, 1, 0, 0) == -1 && errno == EBADF);
}

static void use_descriptor(int fd)
{
	size_t n = some_length();
	off_t from = (off_t)any((size_t)size + 1000);
	ssize_t done;

	switch (any(9)) {
	case 0:
		move(fd);
		break;
	case 1:
		compare(from, pread(fd, buffer, n, from), n);
		break;
	case 2:
		compare(from, pread64(fd, buffer, n, from), n);
		break;
	case 3:
		read_parts(fd, from, 1 + (int)any(2));
		break;
	case 4:
		done = lseek(fd, 0, SEEK_CUR);
		read_parts(fd, at, any(2) ? 0 : 3);
		at = lseek(fd, 0, SEEK_CUR);
		CHECK(at >= done && at <= (size > done ? size : done));
		break;
	default:
		compare(at, read(fd, buffer, n), n);
		at += expected(at, n);
		break;
	}
	CHECK(lseek(fd, 0, SEEK_CUR) == at);
}

/* A child and its parent share the offset. */
static void use_child(int fd)
{
	int status;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		use_descriptor(fd);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	at = lseek(fd, 0, SEEK_CUR);
}

/* Private or only to be read, lazy or there at once. */
static void use_mapping(int fd)
{
	static const int flags[] = { MAP_PRIVATE, MAP_SHARED,
				     MAP_PRIVATE | MAP_POPULATE,
				     MAP_SHARED | MAP_POPULATE };
	size_t from = any((size_t)size) & ~(size_t)4095;
	size_t length = 1 + any((size_t)size - from);
	char *map = mmap(NULL, length, PROT_READ, flags[any(4)], fd,
			 (off_t)from);

	CHECK(map != MAP_FAILED);
	CHECK(memcmp(map, oracle + from, length) == 0);
	CHECK(munmap(map, length) == 0);
}

static FILE *open_stream(void)
{
	FILE *stream = NULL;

	switch (any(3)) {
	case 0:
		stream = fopen(name, "r");
		break;
	case 1:
		stream = fopen64(name, "rbe");
		break;
	default:
		stream = fdopen(open(name, O_RDONLY), "r");
		break;
	}
	CHECK(stream);
	CHECK(fileno(stream) >= 0 && fileno(stream) == fileno_unlocked(stream));
	if (any(2))
		setvbuf(stream, NULL, any(2) ? _IOFBF : _IONBF, any(9000));
	return stream;
}

static void use_line(FILE *stream, off_t from)
{
	const char *end = memchr(oracle + from, '\n', (size_t)(size - from));
	size_t n = end ? (size_t)(end - oracle - from) + 1 :
			 (size_t)(size - from);
	char *line = NULL;
	size_t room = 0;

	if (any(2)) {
		CHECK(fgets(buffer, ROOM, stream));
		CHECK(strlen(buffer) == n);
		compare(from, (ssize_t)n, n);
	} else {
		CHECK(getline(&line, &room, stream) == (ssize_t)n);
		CHECK(memcmp(line, oracle + from, n) == 0);
		free(line);
	}
	CHECK(ftello(stream) == from + (off_t)n);
}

static void use_stream(FILE *stream)
{
	off_t from = (off_t)any((size_t)size);
	size_t n = some_length();
	int c;

	if (any(3)) {
		CHECK(any(2) ? fseeko(stream, from, SEEK_SET) == 0 :
			       fseeko(stream, from - size, SEEK_END) == 0);
	} else {
		from = ftello(stream);
	}
	if (from >= size)
		return;
	switch (any(4)) {
	case 0:
		use_line(stream, from);
		break;
	case 1:
		c = getc(stream);
		CHECK(c == (unsigned char)oracle[from]);
		CHECK(ungetc(c, stream) == c);
		CHECK(fgetc(stream) == c);
		break;
	default:
		compare(from, (ssize_t)fread(buffer, 1, n, stream), n);
		break;
	}
}

/* What must not give the stub's own bytes: refuse, or be right. */
static void use_kernel(int fd)
{
	int pipes[2];
	off_t from = 8192;
	ssize_t n;

	CHECK(pipe(pipes) == 0);
	n = sendfile(pipes[1], fd, &from, 100);
	CHECK(n < 0 ? errno == EINVAL : n == 100);
	if (n > 0) {
		CHECK(read(pipes[0], buffer, 100) == 100);
		compare(8192, 100, 100);
	}
	from = 8192;
	n = splice(fd, &from, pipes[1], NULL, 100, 0);
	CHECK(n < 0 ? errno == EINVAL : n == 100);
	close(pipes[0]);
	close(pipes[1]);
}

static void use_edges(int fd)
{
	/* Not known to the compiler, who would warn. */
	void *volatile nowhere = (void *)16;
	struct iovec part = { buffer, 1 };
	volatile int too_few = -1;
	char *gap = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(gap != MAP_FAILED && munmap(gap + 4096, 4096) == 0);
	CHECK(pread(fd, gap + 4000, 1000, 10) > 0);
	CHECK(memcmp(gap + 4000, oracle + 10, 96) == 0);
	CHECK(pread(fd, nowhere, 1000, 10) < 0 && errno == EFAULT);
	CHECK(pread(fd, buffer, 10, -1) < 0 && errno == EINVAL);
	CHECK(pread(fd, buffer, 0, 10) == 0);
	CHECK(readv(fd, &part, too_few) < 0 && errno == EINVAL);
	CHECK(readv(fd, nowhere, 1) < 0 && errno == EFAULT);
	CHECK(preadv2(fd, &part, 1, 10, 1 << 30) < 0 && errno == EOPNOTSUPP);
	CHECK(preadv64v2(fd, &part, 1, -1, 1 << 30) < 0 && errno == EOPNOTSUPP);
	CHECK(preadv2(fd, &part, 1, 10, RWF_HIPRI) == 1 ||
	      errno == EOPNOTSUPP);
	munmap(gap, 4096);
}

/* Wide characters, and standard input that becomes the file. */
static void use_stdin(void)
{
	FILE *stream = fopen(name, "r");
	char line[200];
	int fd, number;

	CHECK(stream && fseek(stream, 5000, SEEK_SET) == 0);
	CHECK(fgetwc(stream) == (wint_t)oracle[5000]);
	CHECK(ungetwc((wint_t)oracle[5000], stream) == (wint_t)oracle[5000]);
	CHECK(getwc(stream) == (wint_t)oracle[5000]);
	fclose(stream);
	stream = freopen(name, "r", stdin);
	CHECK(stream && stream == stdin && fileno(stdin) == 0);
	CHECK(scanf("line %d of", &number) == 1 && number == 0);
	CHECK(freopen("/dev/null", "r", stdin) == stdin && getchar() == EOF);
	fd = open(name, O_RDONLY);
	CHECK(fd > 0 && dup2(fd, 0) == 0);
	clearerr(stdin);
	CHECK(fgets(line, sizeof(line), stdin));
	CHECK(strncmp(line, oracle, strlen(line)) == 0);
	close(fd);
}

int main(int argc, char **argv)
{
	struct stat st;
	FILE *stream;
	int fd, copy;

	if (argc != 4)
		return 2;
	name = argv[1];
	state = strtoull(argv[3], NULL, 0);
	fd = open(argv[2], O_RDONLY);
	CHECK(fd >= 0 && fstat(fd, &st) == 0);
	size = st.st_size;
	oracle = malloc((size_t)size + 1);
	CHECK(oracle && read(fd, oracle, (size_t)size) == size);
	close(fd);
	fd = open(name, O_RDONLY);
	CHECK(fd >= 0 && fstat(fd, &st) == 0 && st.st_size == size);
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 100);
	CHECK(copy >= 100);
	stream = open_stream();
	for (step = 0; step < STEPS; step++) {
		size_t what = any(100);

		if (what < 60)
			use_descriptor(any(2) ? fd : copy);
		else if (what < 95)
			use_stream(stream);
		else if (what < 97)
			use_child(fd);
		else if (what < 98)
			use_mapping(any(2) ? fd : copy);
		else if (fclose(stream) == 0)
			stream = open_stream();
	}
	use_kernel(fd);
	use_writing(fd);
	use_edges(fd);
	use_stdin();
	return 0;
}
