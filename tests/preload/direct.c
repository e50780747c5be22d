/* SPDX-License-Identifier: MIT */
/*
 * Rationale: memory over which the kernel has mapped the store's file behaves
 * as any lazy memory: zeros past the store's end and in what was given back,
 * no write that reaches the file, and a mapping that can be moved, cut and
 * grown though it is several to the kernel.
 *
 * modes: plain file direct
 */
#include "config.h"

#include <malloc.h>
#include <sys/resource.h>

#include "tests/preload/victim.h"
#include "tests/preload/mremap.h"
#include "tests/preload/raw.h"

#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif
#define SIZE (1 * MIB + 100)		/* a block that ends within a page */

static bool is_direct(void)
{
	const char *store = getenv("VICTIM_STORE");

	return store && strcmp(store, "direct") == 0;
}

/* Does /proc/self/maps show the store's file at this address? */
static bool shows_store(const void *at)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long start, end;
	bool shown = false;
	char line[1024];

	CHECK(maps);
	while (!shown && fgets(line, sizeof(line), maps))
		shown = sscanf(line, "%lx-%lx", &start, &end) == 2 &&
			start <= (unsigned long)at &&
			end > (unsigned long)at &&
			strstr(line, "/pattern.bin");
	fclose(maps);
	return shown;
}

static void check_mapped(void)
{
	char *memory = map_anonymous(MIB);
	char *block = allocate(MIB);
	char *aligned = launder(memalign(2 * MIB, MIB));
	char *private = map_file(MIB, PROT_READ, MAP_PRIVATE);
	char *shared = map_file(MIB, PROT_READ, MAP_SHARED);

	CHECK_EQ(shows_store(memory), is_direct());
	CHECK_EQ(shows_store(block), is_direct());
	CHECK_EQ(shows_store(aligned), is_direct());
	CHECK_EQ(shows_store(private), is_direct());
	CHECK_EQ(shows_store(shared), is_direct());
	CHECK((uintptr_t)aligned % (2 * MIB) == 0);
	CHECK(mprotect(shared, PAGE, PROT_READ | PROT_WRITE) == -1);
	CHECK(errno == EACCES);
	CHECK(holds(shared, file_at, 0, MIB));
	CHECK(munmap(memory, MIB) == 0 && munmap(private, MIB) == 0 &&
	      munmap(shared, MIB) == 0);
	free(block);
	free(aligned);
}

/* What is given back, of several pieces with several protections. */
static void check_given_back(void)
{
	char *memory = map_anonymous(MIB);

	CHECK(mprotect(memory + 16 * PAGE, 4 * PAGE, PROT_READ) == 0);
	CHECK(madvise(memory + 8 * PAGE, 24 * PAGE, MADV_DONTNEED) == 0);
	CHECK(holds(memory + 8 * PAGE, zero_at, 0, 24 * PAGE));
	memory[8 * PAGE] = memory[31 * PAGE] = 'w';
	CHECK(mprotect(memory + 16 * PAGE, 4 * PAGE,
		       PROT_READ | PROT_WRITE) == 0);
	CHECK(madvise(memory + 8 * PAGE, 24 * PAGE, MADV_DONTNEED) == 0);
	CHECK(holds(memory + 8 * PAGE, zero_at, 0, 24 * PAGE));
	CHECK(holds(memory, memory_at, 0, 8 * PAGE));
	CHECK(holds(memory + 32 * PAGE, memory_at, 32 * PAGE, 32 * PAGE));
	/* only a part of a page is asked for: it goes as a whole */
	CHECK(madvise(memory + 40 * PAGE, 1, MADV_DONTNEED) == 0);
	CHECK(holds(memory + 40 * PAGE, zero_at, 0, PAGE));
	CHECK(holds(memory + 41 * PAGE, memory_at, 41 * PAGE, PAGE));
	CHECK(madvise(memory + 41 * PAGE + 1, PAGE, MADV_DONTNEED) == -1);
	CHECK(errno == EINVAL);
	CHECK(holds(memory + 41 * PAGE, memory_at, 41 * PAGE, 2 * PAGE));
	munmap(memory, MIB);
}

static void check_locked(void)
{
	char *memory = map_anonymous(64 * PAGE);

	if (mlock(memory + 8 * PAGE, 8 * PAGE) != 0) {
		munmap(memory, 64 * PAGE);
		return;			/* RLIMIT_MEMLOCK */
	}
	CHECK(madvise(memory + 8 * PAGE, 8 * PAGE, MADV_DONTNEED) == -1);
	CHECK(errno == EINVAL);
	CHECK(holds(memory, memory_at, 0, 64 * PAGE));
	if (madvise(memory + 8 * PAGE, 8 * PAGE, MADV_DONTNEED_LOCKED) == 0) {
		CHECK(holds(memory + 8 * PAGE, zero_at, 0, 8 * PAGE));
		CHECK(madvise(memory + 8 * PAGE, 8 * PAGE, MADV_DONTNEED) ==
		      -1);
	}
	munmap(memory, 64 * PAGE);
}

/* Where direct memory was there is other memory now. */
static void check_replaced(void)
{
	char *memory = map_anonymous(MIB);
	char *other;

	CHECK(munmap(memory, MIB) == 0);
	other = mmap(memory, 4 * PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	CHECK(other == memory);
	memset(other, 'x', 4 * PAGE);
	CHECK(madvise(other, PAGE, MADV_DONTNEED) == 0);
	CHECK(other[0] == 0 && other[PAGE] == 'x');
	munmap(other, 4 * PAGE);
	/* also where only a part of the last page was asked for */
	memory = map_anonymous(MIB + 100);
	CHECK(munmap(memory, MIB + 100) == 0);
	other = mmap(memory + MIB, PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	CHECK(other == memory + MIB);
	CHECK(madvise(other, PAGE, MADV_WIPEONFORK) == 0);
	other = mremap(other, PAGE, 2 * PAGE, MREMAP_MAYMOVE);
	CHECK(other != MAP_FAILED && other[PAGE] == 0);
	munmap(other, 2 * PAGE);
}

static char *by_hook(char *old, size_t old_length, size_t length, int flags,
		     char *to)
{
	return mremap(old, old_length, length, flags, to);
}

/* Past the store's end, and with holes of zeros: many pieces. */
static void check_pieces_move(void)
{
	size_t length = 4 * MIB;
	char *memory = map_anonymous(length);
	char *now;

	for (size_t at = 0; at < 64; at += 4)
		CHECK(madvise(memory + at * PAGE, PAGE, MADV_DONTNEED) == 0);
	memory[PAGE] = 'w';
	now = mremap(memory, length, 2 * length, MREMAP_MAYMOVE);
	CHECK(now != MAP_FAILED);
	CHECK(now[PAGE] == 'w');
	now[PAGE] = (char)memory_at(PAGE);
	for (size_t at = 0; at < 64; at += 4) {
		CHECK(holds(now + at * PAGE, zero_at, 0, PAGE));
		CHECK(holds(now + (at + 1) * PAGE, memory_at, (at + 1) * PAGE,
			    3 * PAGE));
	}
	CHECK(holds(now + MIB, memory_at, MIB, length - MIB));
	CHECK(holds(now + length, zero_at, 0, length));
	/* The books have come along: what is given back there is zeros. */
	CHECK(madvise(now + 100 * PAGE, PAGE, MADV_DONTNEED) == 0);
	CHECK(holds(now + 100 * PAGE, zero_at, 0, PAGE));
	now = mremap(now, 2 * length, 128 * PAGE, 0);
	CHECK(now != MAP_FAILED);
	CHECK(signal_of_reading(now + 128 * PAGE) == SIGSEGV);
	CHECK(holds(now + 101 * PAGE, memory_at, 101 * PAGE, 27 * PAGE));
	munmap(now, 128 * PAGE);
}

/* Every second page was given back: more pieces than most memory is in. */
static void check_many_pieces(void)
{
	size_t length = 4 * MIB;
	char *memory = map_anonymous(length);
	char *block = allocate(length);

	if (!has_store())
		memset(block, 0, length);
	for (size_t at = 1; at < 700; at += 2) {
		CHECK(madvise(memory + at * PAGE, PAGE, MADV_DONTNEED) == 0);
		if (has_store())
			CHECK(madvise(block + at * PAGE, PAGE,
				      MADV_DONTNEED) == 0);
	}
	memory = mremap(memory, length, 2 * length, MREMAP_MAYMOVE);
	CHECK(memory != MAP_FAILED);
	block = launder(realloc(block, 2 * length));
	for (size_t at = 0; at < 700; at++) {
		victim_byte_fn *byte = at % 2 ? zero_at : memory_at;

		CHECK(holds(memory + at * PAGE, byte, at * PAGE, PAGE));
		CHECK(holds(block + at * PAGE, byte, at * PAGE, PAGE));
	}
	CHECK(holds(memory + 700 * PAGE, memory_at, 700 * PAGE,
		    length - 700 * PAGE));
	CHECK(holds(memory + length, zero_at, 0, length));
	munmap(memory, 2 * length);
	free(block);
}

static size_t data_size(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	size_t kib = 0;
	char line[256];

	CHECK(status);
	while (!kib && fgets(line, sizeof(line), status))
		if (sscanf(line, "VmData: %zu", &kib) != 1)
			kib = 0;
	fclose(status);
	CHECK(kib);
	return kib * KIB;
}

/* To move takes no more memory than what it grows by. */
static void check_moves_with_little(void)
{
	size_t length = 64 * MIB;
	char *memory = map_anonymous(length + MIB);
	pid_t pid;

	/* It has to move. */
	CHECK(mmap(memory + length, MIB, PROT_NONE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		   0) == memory + length);
	pid = fork();
	if (pid == 0) {
		size_t most = data_size() + 16 * MIB;
		struct rlimit limit = { most, most };

		CHECK(setrlimit(RLIMIT_DATA, &limit) == 0);
		memory = mremap(memory, length, length + MIB, MREMAP_MAYMOVE);
		CHECK(memory != MAP_FAILED);
		CHECK(holds_sparse(memory, memory_at, 0, length + MIB));
		memory[length] = 'w';
		_exit(0);
	}
	wait_for(pid);
	munmap(memory, length + MIB);
}

/* Laid over other lazy memory, and left behind. */
static void check_source(void)
{
	char *place = map_anonymous(MIB);
	char *memory = map_anonymous(MIB);
	char *now = mremap(memory, 32 * PAGE, 32 * PAGE,
			   MREMAP_MAYMOVE | MREMAP_FIXED, place + 32 * PAGE);

	CHECK(now == place + 32 * PAGE);
	CHECK(holds(place, memory_at, 0, 32 * PAGE));
	CHECK(holds(now, memory_at, 0, 32 * PAGE));
	CHECK(holds(place + 64 * PAGE, memory_at, 64 * PAGE, 32 * PAGE));
	CHECK(holds(memory + 32 * PAGE, memory_at, 32 * PAGE, 32 * PAGE));
	CHECK(madvise(now, PAGE, MADV_DONTNEED) == 0);
	CHECK(holds(now, zero_at, 0, PAGE));
	/* What mremap(2) refuses changes nothing. */
	CHECK(mremap(now, PAGE, PAGE, MREMAP_FIXED, place) == MAP_FAILED);
	CHECK(mremap(now + 1, PAGE, PAGE, MREMAP_MAYMOVE) == MAP_FAILED);
	CHECK(mremap(now, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		     now + PAGE) == MAP_FAILED);
	CHECK(mremap(now, PAGE, 0, MREMAP_MAYMOVE) == MAP_FAILED);
	CHECK(holds(now + PAGE, memory_at, PAGE, 31 * PAGE));
	munmap(place, MIB);
	munmap(memory, MIB);
}

/* Behind a file's shared mapping, which is the kernel's own: refused as a whole,
 * and what is given back afterwards is zeros. */
static void check_behind_shared(void)
{
	const char *path = getenv("VICTIM_STORE_FILE");
	int fd = open(path ? path : getenv("VICTIM_FILE"), O_RDONLY | O_CLOEXEC);
	char *place = mmap(NULL, 4 * MIB, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char *now, *memory;

	if (has_store() && !is_direct())
		return;			/* the kernel may move a part */
	CHECK(fd >= 0 && place != MAP_FAILED);
	CHECK(munmap(place, 2 * MIB) == 0);
	memory = mmap(place + MIB, MIB, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	CHECK(memory == place + MIB);
	CHECK(mmap(place, MIB, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) ==
	      place);
	close(fd);
	errno = 0;
	now = mremap(place, 2 * MIB, 2 * MIB, MREMAP_MAYMOVE | MREMAP_FIXED,
		     place + 2 * MIB);
	CHECK(!is_direct() || (now == MAP_FAILED && errno == EFAULT));
	if (now == MAP_FAILED)
		now = place;
	CHECK(holds_sparse(now, file_at, 0, MIB));
	CHECK(holds_sparse(now + MIB, memory_at, 0, MIB));
	CHECK(madvise(now + MIB, MIB, MADV_DONTNEED) == 0);
	CHECK(holds_sparse(now + MIB, zero_at, 0, MIB));
	munmap(place, 4 * MIB);
}

/* It is cut off in place, whatever lies there; then nothing of it is left. */
static void check_cut_behind_shared(void)
{
	char *memory = map_anonymous(2 * MIB);
	int fd = open_file();

	for (int shared_first = 0; shared_first < 2; shared_first++) {
		char *at = memory + (shared_first ? 0 : MIB);

		CHECK(mmap(at, MIB / 2, PROT_READ, MAP_SHARED | MAP_FIXED, fd,
			   0) == at);
		CHECK(holds_sparse(at, file_at, 0, MIB / 2));
		CHECK(mremap(memory, 2 * MIB, 2 * MIB, 0) == memory);
		CHECK(mremap(memory, 2 * MIB, PAGE, 0) == memory);
		CHECK(signal_of_reading(memory + PAGE) == SIGSEGV);
		CHECK(signal_of_reading(memory + MIB) == SIGSEGV);
		CHECK(signal_of_reading(memory + 2 * MIB - 1) == SIGSEGV);
		CHECK(mmap(memory, 2 * MIB, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			   0) == memory);
		CHECK(holds_sparse(memory, memory_at, 0, 2 * MIB));
	}
	close(fd);
	munmap(memory, 2 * MIB);
}

static void check_block(void)
{
	char *block = allocate(SIZE);
	size_t usable = malloc_usable_size(block);

	if (!has_store())
		memset(block, 0, usable);
	CHECK(usable >= SIZE);
	CHECK(holds(block, memory_at, 0, SIZE));
	if (has_store())
		CHECK(holds(block + SIZE, zero_at, 0, usable - SIZE));
	block[5] = 'w';
	block = launder(realloc(block, 8 * MIB));
	CHECK(block[5] == 'w');
	block[5] = (char)memory_at(5);
	CHECK(holds(block, memory_at, 0, SIZE));
	if (has_store())
		CHECK(holds(block + SIZE, zero_at, 0, 8 * MIB - SIZE));
	memset(block + SIZE, 'x', 8 * MIB - SIZE);
	block = launder(realloc(block, 128 * KIB));
	CHECK(holds(block, memory_at, 0, 128 * KIB));
	block = launder(realloc(block, 100));
	CHECK(holds(block, memory_at, 0, 100));
	free(block);
}

static void check_fork(void)
{
	char *memory = map_anonymous(MIB);
	char *block = allocate(MIB);
	pid_t pid;

	if (!has_store())
		memset(block, 0, MIB);
	memory[PAGE] = 'w';
	pid = fork();
	if (pid == 0) {
		CHECK(memory[PAGE] == 'w');
		memory[2 * PAGE] = 'c';
		CHECK(holds(memory + 3 * PAGE, memory_at, 3 * PAGE,
			    MIB - 3 * PAGE));
		CHECK(madvise(memory, MIB, MADV_DONTNEED) == 0);
		CHECK(holds(memory, zero_at, 0, MIB));
		block = launder(realloc(block, 2 * MIB));
		CHECK(holds(block, memory_at, 0, MIB));
		free(block);
		memory = map_anonymous(MIB);
		CHECK(holds(memory, memory_at, 0, MIB));
		_exit(0);
	}
	wait_for(pid);
	CHECK(memory[PAGE] == 'w');
	CHECK(holds(memory + 2 * PAGE, memory_at, 2 * PAGE, MIB - 2 * PAGE));
	CHECK(holds(block, memory_at, 0, MIB));
	munmap(memory, MIB);
	free(block);
}

/* Refused as a whole: the kernel alone would wipe what lies before the file. */
static void check_wipe(void)
{
	char *memory;
	pid_t pid;

	if (!is_direct())
		return;
	memory = map_anonymous(MIB);
	CHECK(madvise(memory, 8 * PAGE, MADV_DONTNEED) == 0);
	/* Nor is anything before it wiped: a page that is plain. */
	CHECK(mmap(memory, PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == memory);
	memory[0] = 'w';
	CHECK(madvise(memory, MIB, MADV_WIPEONFORK) == -1);
	CHECK(errno == EINVAL);
	pid = fork();
	if (pid == 0)
		_exit(memory[0] == 'w' ? 0 : 1);
	wait_for(pid);
	munmap(memory, MIB);
}

/* All that was written above went into private pages. */
/* The kernel refuses the file before it, and so never gets to this memory. */
static void check_behind_refused(void)
{
	char *memory = map_anonymous(MIB);
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	CHECK(fd >= 0);
	CHECK(mmap(memory, 4 * PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_FIXED, fd, 0) == memory);
	close(fd);
	errno = 0;
	CHECK(madvise(memory, MIB, MADV_FREE) == -1 && errno == EINVAL);
	CHECK(holds(memory + 4 * PAGE, memory_at, 4 * PAGE, MIB - 4 * PAGE));
	CHECK(munmap(memory, MIB) == 0);
}

static void check_file_untouched(void)
{
	const char *path = getenv("VICTIM_STORE_FILE");
	FILE *file = path ? fopen(path, "re") : NULL;
	size_t at = 0;
	int byte;

	while (file && (byte = getc(file)) != EOF)
		CHECK(byte == file_at(at++));
	CHECK(!file || at == PATTERN_LENGTH);
}

/* Also where the kernel has put something in the place of what lies past the
 * file's end. */
static void check_never_removed(void)
{
	char *memory = map_anonymous(MIB);
	char *private = map_file(4 * MIB, PROT_READ, MAP_PRIVATE);
	char *shared = map_file(4 * MIB, PROT_READ, MAP_SHARED);

	for (size_t at = 0; at < 4 * MIB; at += 4 * MIB - PAGE) {
		CHECK(madvise(private + at, PAGE, MADV_REMOVE) == -1);
		CHECK(!is_direct() || errno == EACCES);
		CHECK(madvise(shared + at, PAGE, MADV_REMOVE) == -1);
		CHECK(!is_direct() || errno == EACCES);
	}
	CHECK(madvise(memory, PAGE, MADV_REMOVE) == -1 && errno == EINVAL);
}

/* What lies there then is nothing of the store's, to any call. */
static void check_unmapped_by_number(void)
{
	char *memory = map_anonymous(MIB);

	CHECK(holds(memory, memory_at, 0, PAGE));
	CHECK(syscall(SYS_munmap, memory, MIB) == 0);
	CHECK(raw_mmap(memory, MIB / 2, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1,
		       0) == memory);
	memory[0] = 1;
	CHECK_EQ(madvise(memory, PAGE, MADV_REMOVE), 0);
	CHECK(memory[0] == 0);
	memory[1] = 1;
	memory = mremap(memory, MIB / 2, MIB, MREMAP_MAYMOVE);
	CHECK(memory != MAP_FAILED);
	CHECK(memory[1] == 1);
	CHECK(munmap(memory, MIB) == 0);
}

int main(void)
{
	check_mapped();
	check_never_removed();
	check_given_back();
	check_locked();
	check_replaced();
	check_unmapped_by_number();
	check_moves(by_hook);
	check_grows(by_hook);
	check_shrinks(by_hook);
	check_left_behind(by_hook);
	check_file(by_hook);
	check_pieces_move();
	check_many_pieces();
	check_moves_with_little();
	check_source();
	check_behind_shared();
	check_cut_behind_shared();
	check_block();
	check_fork();
	check_wipe();
	check_behind_refused();
	check_file_untouched();
	return 0;
}
