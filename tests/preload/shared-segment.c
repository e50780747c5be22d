/* SPDX-License-Identifier: MIT */
/*
 * Rationale: shmat(2) with SHM_REMAP lays a segment over lazy memory, and the
 * kernel tells nobody. The segment keeps its bytes, also in a fork's child; and
 * what is mapped there later is not filled with what belonged there before. It
 * comes over a file's shared mapping, too, where no thread of ours runs.
 */
#include "config.h"

#include <sys/ipc.h>
#include <sys/shm.h>

#include "tests/preload/victim.h"
#include "tests/preload/raw.h"

#define LENGTH (1 * MIB)
#define OVER (256 * KIB)
#define SIZE (128 * KIB)

static void check_in_child(char *memory, victim_byte_fn *over)
{
	pid_t pid = fork();

	if (pid == 0) {
		CHECK(holds(memory, memory_at, 0, OVER));
		CHECK(holds(memory + OVER, over, 0, SIZE));
		CHECK(holds(memory + OVER + SIZE, memory_at, OVER + SIZE,
			    LENGTH - OVER - SIZE));
		_exit(0);
	}
	wait_for(pid);
}

/* Before anything is lazy. */
static void lay_over_file(void)
{
	char *memory = map_file(LENGTH, PROT_READ, MAP_SHARED);
	int id = shmget(IPC_PRIVATE, SIZE, IPC_CREAT | 0600);

	if (id < 0)
		SKIP("kernel: no System V shared memory");
	CHECK(shmat(id, memory + OVER, SHM_REMAP) == memory + OVER);
	shmctl(id, IPC_RMID, NULL);
	CHECK(holds(memory, file_at, 0, OVER));
	memory[OVER] = 1;
	CHECK(holds(memory + OVER + 1, zero_at, 0, SIZE - 1));
	CHECK(holds(memory + OVER + SIZE, file_at, OVER + SIZE, PAGE));
	CHECK(munmap(memory, LENGTH) == 0);
}

int main(void)
{
	char *memory;
	int id;

	lay_over_file();
	memory = map_anonymous(LENGTH);
	id = shmget(IPC_PRIVATE, SIZE, IPC_CREAT | 0600);
	CHECK(id >= 0);
	CHECK(memory[OVER + PAGE] == (char)memory_at(OVER + PAGE));
	CHECK(shmat(id, memory + OVER, SHM_REMAP) == memory + OVER);
	shmctl(id, IPC_RMID, NULL);
	check_in_child(memory, zero_at);
	CHECK(holds(memory + OVER, zero_at, 0, SIZE));
	CHECK(shmdt(memory + OVER) == 0);
	CHECK(raw_mmap(memory + OVER, SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		       0) == memory + OVER);
	check_in_child(memory, zero_at);
	CHECK(holds(memory, memory_at, 0, OVER));
	CHECK(holds(memory + OVER, zero_at, 0, SIZE));
	return 0;
}
