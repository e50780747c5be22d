#!/bin/sh
# SPDX-License-Identifier: MIT
# Rationale: on the user-mode rung hooks make present what a call reads or writes.
# Where the engine is not loaded apart (another library takes RTLD_DEEPBIND off, as
# heaptrack does, and as we do for a sanitizer's sake), its own calls come to
# the same hooks: they must not go round for ever, nor wait for themselves.
. "${UL_SRCDIR:-.}/tests/lib.sh"
. "$srcdir/tests/preload/user-mode-lib.sh"

cat >together.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>

void *dlopen(const char *name, int flags)
{
	void *(*next)(const char *, int);

	*(void **)&next = dlsym(RTLD_NEXT, "dlopen");
	return next(name, flags & ~RTLD_DEEPBIND);
}
END
cat >program.c <<'END'
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LENGTH (1 << 20)

static void *work(void *failed)
{
	for (int i = 0; i < 20; i++) {
		char *memory = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		int fd = open("data", O_RDONLY);

		if (read(fd, memory + 100, 300000) != 300000 ||
		    memory[99] || memory[100] != 'x' || memory[300099] != 'x')
			*(int *)failed = 1;
		close(fd);
		munmap(memory, LENGTH);
	}
	return NULL;
}

int main(void)
{
	pthread_t threads[4];
	int failed = 0;

	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, work, &failed);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	return failed;
}
END
${CC:-cc} -O1 -shared -fPIC -o together.so together.c -ldl
${CC:-cc} -O1 -pthread -o program program.c
head -c 300000 /dev/zero | tr '\0' x >data
chmod 644 data

policy='{ "version": 1, "min_size": "64KiB", "rules": [
	{ "match": { "call": "mmap-anon" }, "store": "zero" } ] }'
theirs env LD_PRELOAD="$work/together.so:$work/libuffdlazy.so" \
	"$work/program" || { cat said; fail "the program failed"; }
was_lazy
