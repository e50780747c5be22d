/* SPDX-License-Identifier: MIT */
/*
 * interleave.c - start programs in turn, many times, and time them
 *
 *	interleave ROUNDS [VARIABLE=VALUE...] COMMAND [ARG...]
 *		[::: [VARIABLE=VALUE...] COMMAND [ARG...]]...
 *
 * Each round runs every command once, with its variables set for it alone, from
 * before it is started until it has been waited for. Each begins with another, and
 * nothing is written before the last has ended: the first command after that took
 * 30 to 50 us more than the same at another place. On standard output: a line for
 * each round, with nanoseconds for each command. The commands' own output goes to
 * /dev/null; their errors do not.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"

#define COMMANDS_MAX 8

struct command {
	char **argv;
	char **environment;
};

extern char **environ;

/* The leading NAME=VALUE words of the command, before what is set already. */
static void split(struct command *command, char **words)
{
	size_t own = 0, inherited = 0;

	while (words[own] && strchr(words[own], '=') && words[own][0] != '/')
		own++;
	while (environ[inherited])
		inherited++;
	command->argv = words + own;
	command->environment = calloc(own + inherited + 1, sizeof(char *));
	if (!command->environment || !command->argv[0])
		bench_die("no command");
	memcpy(command->environment, words, own * sizeof(char *));
	memcpy(command->environment + own, environ, inherited * sizeof(char *));
}

static uint64_t run_once(const struct command *command,
			 const posix_spawn_file_actions_t *actions)
{
	uint64_t start = bench_now();
	uint64_t end;
	int status;
	pid_t pid;

	if (posix_spawnp(&pid, command->argv[0], actions, NULL, command->argv,
			 command->environment))
		bench_die(command->argv[0]);
	if (waitpid(pid, &status, 0) < 0)
		bench_die("waitpid");
	end = bench_now();
	/* look(1) ends in 1 when it finds nothing: no reason to stop. */
	if (!WIFEXITED(status) || WEXITSTATUS(status) > 1) {
		fprintf(stderr, "interleave: %s: status %#x\n",
			command->argv[0], (unsigned int)status);
		exit(1);
	}
	return end - start;
}

int main(int argc, char **argv)
{
	static struct command commands[COMMANDS_MAX];
	posix_spawn_file_actions_t actions;
	uint64_t rounds, *taken;
	int n = 0;
	int first = 2;

	if (argc < 3)
		return 2;
	rounds = strtoull(argv[1], NULL, 10);
	for (int i = 2; i <= argc; i++) {
		if (i < argc && strcmp(argv[i], ":::") != 0)
			continue;
		if (n == COMMANDS_MAX)
			return 2;
		argv[i] = NULL;
		split(&commands[n++], argv + first);
		first = i + 1;
	}
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null",
					 O_WRONLY, 0);
	taken = calloc(rounds * (uint64_t)n, sizeof(*taken));
	if (!taken)
		bench_die("no memory");
	for (uint64_t round = 0; round < rounds; round++)
		for (int i = 0; i < n; i++) {
			int which = (int)((round + (uint64_t)i) % (uint64_t)n);

			taken[round * (uint64_t)n + (uint64_t)which] =
				run_once(&commands[which], &actions);
		}
	for (uint64_t i = 0; i < rounds * (uint64_t)n; i++)
		printf("%" PRIu64 "%c", taken[i],
		       (i + 1) % (uint64_t)n ? ' ' : '\n');
	return 0;
}
