/* SPDX-License-Identifier: MIT */
/*
 * Rationale: POSIX AIO does its work in threads of libc's own, which read from
 * and write to lazy memory that nobody has touched.
 */
#include "config.h"

#include <aio.h>

#include "tests/preload/victim.h"

#define LENGTH (256 * KIB)

static void finish(struct aiocb *request, size_t wanted)
{
	const struct aiocb *list[] = { request };

	while (aio_error(request) == EINPROGRESS)
		aio_suspend(list, 1, NULL);
	CHECK_EQ(aio_error(request), 0);
	CHECK_EQ(aio_return(request), (long)wanted);
}

int main(void)
{
	char *from = map_anonymous(LENGTH), *to = map_anonymous(LENGTH);
	struct aiocb out = { .aio_buf = from, .aio_nbytes = LENGTH };
	struct aiocb in = { .aio_buf = to, .aio_nbytes = LENGTH / 2 };
	char path[4096];

	snprintf(path, sizeof(path), "%s/aio", getenv("VICTIM_FOLDER"));
	out.aio_fildes = in.aio_fildes =
		open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(out.aio_fildes >= 0);
	CHECK(aio_write(&out) == 0);
	finish(&out, LENGTH);
	CHECK(aio_read(&in) == 0);
	finish(&in, LENGTH / 2);
	CHECK(holds(to, memory_at, 0, LENGTH));
	return 0;
}
