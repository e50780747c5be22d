/* SPDX-License-Identifier: MIT */
/*
 * standard.h - standard descriptors that were closed when a tool began
 *
 * open(2) gives the lowest number that is free. Where 2 is, that is the file in
 * the making, and what is said on standard error goes into it. So main() begins
 * by occupying those that are closed: with /dev/null, opened the wrong way round,
 * for who reads or writes there is to get EBADF as he would have.
 */
#ifndef UL_STANDARD_H
#define UL_STANDARD_H

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* They end with exec: a program finds them closed, as they were. Where it cannot
 * be done, the process ends by 1; there may be nowhere to say why. */
static inline void ul_standard_occupy(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		int mode = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;

		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		/* A chroot may have no /dev. */
		if (open("/dev/null", mode | O_CLOEXEC) != fd &&
		    open("/", O_PATH | O_CLOEXEC) != fd)
			_exit(EXIT_FAILURE);
	}
}

#endif
