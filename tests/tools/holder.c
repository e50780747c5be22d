/* SPDX-License-Identifier: MIT */
/*
 * holder.c - have lazy memory, touch nothing of it, and wait
 *
 *	holder FILE
 *
 * Maps FILE, allocates 4 MiB, prints its pid and both addresses, and ends at
 * the end of its standard input. On a line "map" it maps FILE again; on "fork"
 * it has a child that prints its pid, and waits for that; on "sum" four threads
 * read all of FILE and it prints the sum of its bytes; on "exec" it becomes
 * cat(1), with no environment.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

const char *words;			/* what a debugger may ask for */
char *table;
static size_t size;

static const char *map(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	void *memory;

	if (fd < 0 || fstat(fd, &st) != 0)
		exit(1);
	size = (size_t)st.st_size;
	memory = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (memory == MAP_FAILED)
		exit(1);
	return memory;
}

/* Every fourth page, the number-th of them first. */
static void *sum(void *number)
{
	uint64_t total = 0;

	for (size_t at = (size_t)(uintptr_t)number * 4096; at < size;
	     at += 4 * 4096)
		for (size_t i = at; i < at + 4096 && i < size; i++)
			total += (unsigned char)words[i];
	return (void *)(uintptr_t)total;
}

static void sum_all(void)
{
	pthread_t threads[4];
	uintptr_t total = 0;
	void *part;

	for (uintptr_t i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, sum, (void *)i);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &part);
		total += (uintptr_t)part;
	}
	printf("sum %llu\n", (unsigned long long)total);
}

/* The child has the same standard input, and ends at its end. */
static void have_child(void)
{
	pid_t child = fork();
	char byte;

	if (child == 0) {
		printf("child %ld\n", (long)getpid());
		fflush(stdout);
		while (read(STDIN_FILENO, &byte, 1) > 0)
			;
		_exit(0);
	}
	if (child < 0 || waitpid(child, NULL, 0) < 0)
		exit(1);
}

static void become_cat(void)
{
	char *arguments[] = { (char *)"cat", NULL };
	char *environment[] = { NULL };

	execve("/bin/cat", arguments, environment);
	exit(1);
}

int main(int argc, char **argv)
{
	char line[64];

	if (argc != 2)
		return 2;
	words = map(argv[1]);
	table = malloc((size_t)4 << 20);
	if (!table)
		return 1;
	printf("%ld %p %p\n", (long)getpid(), (const void *)words,
	       (void *)table);
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		if (strcmp(line, "map\n") == 0)
			words = map(argv[1]);
		else if (strcmp(line, "sum\n") == 0)
			sum_all();
		else if (strcmp(line, "fork\n") == 0)
			have_child();
		else if (strcmp(line, "exec\n") == 0)
			become_cat();
		fflush(stdout);
	}
	return 0;
}
