/* SPDX-License-Identifier: MIT */
/* log.c - see log.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "policy/harmless.h"
#include "preload/engine/engine.h"
#include "preload/engine/log.h"
#include "preload/engine/stats.h"
#include "preload/quiet_write.h"

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

#define LINE 1024

static enum ul_level threshold = UL_LOG_WARNING;
static struct stat stderr_then;		/* st_ino 0: there was none */
/* The summary, and a record's end, come when the program may have closed
 * descriptor 2 (as all of coreutils do at exit): then, and only then, it is kept
 * a second time. */
static int stderr_kept = -1;
/* One of our own threads; then pidfd leads to the program's descriptors. */
static _Thread_local bool is_own __attribute__((tls_model("initial-exec")));
static _Atomic int own_pidfd = -1;

void ul_log_keep_stderr(void)
{
	if (stderr_kept < 0 && stderr_then.st_ino)
		stderr_kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 200);
}

void ul_log_init(void)
{
	static const char *const names[] = { "error", "warning", "info",
					     "debug" };
	const char *wanted = secure_getenv("UFFDLAZY_LOG");

	if (fstat(STDERR_FILENO, &stderr_then) < 0)
		stderr_then.st_ino = 0;
	else if (ul_summary_wanted())
		ul_log_keep_stderr();
	if (!wanted || !*wanted)
		return;
	for (int i = 0; i < 4; i++) {
		if (!strcmp(wanted, names[i])) {
			threshold = (enum ul_level)i;
			return;
		}
	}
	ul_log(UL_LOG_WARNING,
	       "UFFDLAZY_LOG=%s is not known; use error, warning, info or debug",
	       wanted);
}

bool ul_log_wants(enum ul_level level)
{
	return level <= threshold;
}

void ul_log_own_thread(int pidfd)
{
	own_pidfd = pidfd;
	is_own = true;
}

struct line {
	char text[LINE];
	size_t used;
};

static void put(struct line *line, const char *text)
{
	/* The newline has room behind it. */
	line->used = ul_put_printable(line->text, line->used, LINE - 1, text);
}

static void put_number(struct line *line, uint64_t number, unsigned int base)
{
	char digits[24];
	size_t at = sizeof(digits);

	digits[--at] = '\0';
	do {
		digits[--at] = "0123456789abcdef"[number % base];
		number /= base;
	} while (number);
	if (base == 16)
		put(line, "0x");
	put(line, digits + at);
}

static void put_error(struct line *line, int error)
{
	/* Not translated: strerror takes locks of the locale. */
	const char *text = strerrordesc_np(-error);

	if (text)
		put(line, text);
	else
		put_number(line, (uint64_t)-error, 10);
}

static void put_argument(struct line *line, char kind, va_list *ap)
{
	const char *text;

	switch (kind) {
	case 's':
		text = va_arg(*ap, const char *);
		put(line, text ? text : "(none)");
		break;
	case 'u':
		put_number(line, va_arg(*ap, unsigned int), 10);
		break;
	case 'l':
		put_number(line, va_arg(*ap, uint64_t), 10);
		break;
	case 'x':
		put_number(line, va_arg(*ap, uint64_t), 16);
		break;
	case 'e':
		put_error(line, va_arg(*ap, int));
		break;
	default:
		put(line, "%");
	}
}

/* Descriptor 2 may have become a database by now. */
static bool is_same_file(int fd)
{
	struct stat now;

	return stderr_then.st_ino && fstat(fd, &now) == 0 &&
	       now.st_dev == stderr_then.st_dev &&
	       now.st_ino == stderr_then.st_ino;
}

void ul_log_forked(void)
{
	if (stderr_kept >= 0 && is_same_file(stderr_kept))
		close(stderr_kept);
	stderr_kept = -1;
}

static bool write_line(int fd, const struct line *line)
{
	struct pollfd ready = { .fd = fd, .events = POLLOUT };

	return is_same_file(fd) && poll(&ready, 1, 0) == 1 &&
	       ready.revents == POLLOUT &&
	       ul_quiet_write(fd, line->text, line->used);
}

static bool say(const struct line *line)
{
	bool done;
	int fd;

	if (!is_own)
		return write_line(STDERR_FILENO, line) ||
		       (stderr_kept >= 0 && write_line(stderr_kept, line));
	fd = (int)syscall(SYS_pidfd_getfd, own_pidfd, STDERR_FILENO, 0);
	if (fd < 0)
		return false;
	done = write_line(fd, line);
	close(fd);
	return done;
}

void ul_log(enum ul_level level, const char *format, ...)
{
	struct line line = { .used = 0 };
	int saved = errno;
	va_list ap;

	if (!ul_log_wants(level))
		return;
	put(&line, "uffdlazy: ");
	va_start(ap, format);
	for (; *format; format++) {
		char one[2] = { *format, '\0' };

		if (*format == '%' && format[1])
			put_argument(&line, *++format, &ap);
		else
			put(&line, one);
	}
	va_end(ap);
	line.text[line.used++] = '\n';
	if (!say(&line))
		ul_stats_count(&ul_stats_header()->log_dropped);
	ul_stats_count(&ul_stats_header()->log_lines);
	errno = saved;
}
