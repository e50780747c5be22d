/* SPDX-License-Identifier: MIT */
/* gate.c - see gate.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>

#include "preload/engine/handler.h"
#include "preload/engine/placing.h"
#include "preload/engine/region.h"
#include "tests/unit/gate.h"

#if defined(__SANITIZE_THREAD__)
#define UL_UNDER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UL_UNDER_TSAN 1
#endif
#endif

#ifndef UFFDIO_POISON			/* Linux 6.6 */
#define UFFDIO_POISON _IOC(_IOC_READ | _IOC_WRITE, UFFDIO, 0x08, 32)
#endif

const struct ul_engine *engine;
const struct ul_engine *ul_engine_enter(const struct ul_shim *shim);

/* --- gates ------------------------------------------------------------------ */

enum { OPEN, SHUT, STOOD_AT, LISTENS, OPENS, OPENS_IN_CHANGE,
       OPENS_WHEN_WANTED, OPENS_WHEN_AWAITED };

static _Atomic uint32_t gates[GATES];
static atomic_uint loads, copies;
static _Atomic uint32_t waiting, breaths;
static _Atomic uint32_t waiters[64];	/* threads, the last ones */

void gate_shut(enum gate gate)
{
	gates[gate] = SHUT;
}

static _Atomic uint64_t store_offset;

void gate_shut_store(uint64_t offset)
{
	store_offset = offset;
	gate_shut(GATE_STORE);
}

void gate_await(enum gate gate)
{
	uint32_t now;

	while ((now = gates[gate]) != STOOD_AT)
		ul_futex_wait(&gates[gate], now);
}

static void set(enum gate gate, uint32_t state)
{
	gates[gate] = state;
	ul_futex_wake(&gates[gate], INT32_MAX);
}

void gate_open(enum gate gate)
{
	uint32_t now;

	set(gate, OPENS);
	while ((now = gates[gate]) != OPEN)
		ul_futex_wait(&gates[gate], now);
}

void gate_open_in_change(enum gate gate)
{
	set(gate, OPENS_IN_CHANGE);
}

static int await_change(void *argument)
{
	(void)argument;
	while (!ul_uffd_is_changing(&ul_the_uffd))
		sched_yield();
	return 0;
}

void gate_open_when_wanted(enum gate gate)
{
	set(gate, OPENS_WHEN_WANTED);
}

void gate_await_change(void)
{
	char nothing = 0;

	ul_handler_ask(await_change, &nothing, sizeof(nothing));
}

int __real_poll(struct pollfd *fds, nfds_t n, int timeout);

static const _Atomic bool *was_read;
static _Atomic bool was_late;

void gate_open_when_awaited(enum gate gate, const _Atomic bool *read)
{
	was_read = read;
	set(gate, OPENS_WHEN_AWAITED);
}

static void await_awaited(void)
{
	struct pollfd fds = { .fd = ul_the_uffd.fd, .events = POLLIN };

	while (!*was_read && !(ul_placing_is_awaited() &&
			       __real_poll(&fds, 1, 0) == 1))
		sched_yield();
	was_late = *was_read;
}

bool gate_was_late(void)
{
	return was_late;
}

static bool waits(uint32_t thread)
{
	for (int i = 0; i < 64; i++)
		if (thread && waiters[i] == thread)
			return true;
	return false;
}

void gate_await_waiting(const struct toucher *toucher)
{
	for (;;) {
		uint32_t now = waiting;

		if (waits(toucher->tid))
			return;
		ul_futex_wait(&waiting, now);
	}
}

static int nothing_to_do(void *argument)
{
	(void)argument;
	return 0;
}

void gate_await_breaths(unsigned int more)
{
	uint32_t until = breaths + more;
	uint32_t now;

	while ((now = breaths) < until)
		ul_futex_wait(&breaths, now);
}

void gate_await_message(enum gate gate)
{
	set(gate, LISTENS);
	gate_await(gate);
}

/* It drops stores after it has answered; so the second answer is later. */
void gate_await_keeper(void)
{
	char nothing = 0;

	ul_handler_ask(nothing_to_do, &nothing, sizeof(nothing));
	ul_handler_ask(nothing_to_do, &nothing, sizeof(nothing));
}

void gate_forget(void)
{
	for (int i = 0; i < GATES; i++)
		gates[i] = OPEN;
}

unsigned int gate_loads(void)
{
	return loads;
}

unsigned int gate_copies(void)
{
	return copies;
}

/* Here, for the descriptor is not in the program's table. */
static void listen_for_message(void)
{
	struct pollfd fds = { .fd = ul_the_uffd.fd, .events = POLLIN };

	__real_poll(&fds, 1, -1);
}

/* The engine's thread comes by. */
static void pass(enum gate gate)
{
	uint32_t state = SHUT;

	if (!atomic_compare_exchange_strong(&gates[gate], &state, STOOD_AT))
		return;
	ul_futex_wake(&gates[gate], INT32_MAX);
	while ((state = gates[gate]) == STOOD_AT || state == LISTENS) {
		if (state == STOOD_AT) {
			ul_futex_wait(&gates[gate], STOOD_AT);
			continue;
		}
		listen_for_message();
		set(gate, STOOD_AT);
	}
	if (state == OPENS_IN_CHANGE)
		await_change(NULL);
	else if (state == OPENS_WHEN_AWAITED)
		await_awaited();
	else if (state == OPENS_WHEN_WANTED)
		while (ul_baton.state != 2 && !ul_placing_is_awaited())
			sched_yield();
	set(gate, OPEN);
}

/* --- what goes wrong --------------------------------------------------------- */

static struct {
	atomic_uint loads, cuts, copies, poisons;
	int load_error, copy_error, poison_error;
	const char *why;
	uint64_t end;
	_Atomic uintptr_t place_at;
	unsigned char place_byte;
} fault;

void gate_fail_loads(unsigned int count, int error, const char *why)
{
	fault.load_error = error;
	fault.why = why;
	fault.loads = count;
}

void gate_fail_copies(unsigned int count, int error)
{
	fault.copy_error = error;
	fault.copies = count;
}

void gate_cut_loads(unsigned int count, uint64_t end)
{
	fault.end = end;
	fault.cuts = count;
}

void gate_fail_poison(unsigned int count, int error)
{
	fault.poison_error = error;
	fault.poisons = count;
}

void gate_place_before(uintptr_t page, unsigned char byte)
{
	fault.place_byte = byte;
	fault.place_at = page;
}

static bool is_due(atomic_uint *count)
{
	unsigned int left = *count;

	while (left && !atomic_compare_exchange_weak(count, &left, left - 1))
		continue;
	return left;
}

/* A copy of the first bytes, and then memory that nobody can read. */
static const void *cut(const void *bytes, size_t good)
{
	static char *room;
	char *start;

	if (!room)
		room = mmap(NULL, 2 * UL_LOAD_MAX, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(room != MAP_FAILED);
	start = room + UL_LOAD_MAX - good;
	mprotect(room, UL_LOAD_MAX, PROT_READ | PROT_WRITE);
	memcpy(start, bytes, good);
	return start;
}

int __real_ul_store_load(struct ul_store *store, uint64_t offset, size_t length,
			 struct ul_scratch *scratch, const void **bytes,
			 struct ul_store_error *error);
int __wrap_ul_store_load(struct ul_store *store, uint64_t offset, size_t length,
			 struct ul_scratch *scratch, const void **bytes,
			 struct ul_store_error *error);

int __wrap_ul_store_load(struct ul_store *store, uint64_t offset, size_t length,
			 struct ul_scratch *scratch, const void **bytes,
			 struct ul_store_error *error)
{
	bool fails = is_due(&fault.loads), is_cut = is_due(&fault.cuts);
	int result;

	loads++;
	pass(GATE_LOAD);
	if (offset == store_offset)
		pass(GATE_STORE);
	if (fails) {
		strcpy(error->text, fault.why);
		return fault.load_error;
	}
	result = __real_ul_store_load(store, offset, length, scratch, bytes,
				      error);
	if (is_cut && !result)
		*bytes = cut(*bytes, fault.end > offset ? fault.end - offset :
							  0);
	return result;
}

static void place_quietly(const struct ul_uffd *uffd)
{
	static char page[PAGE] __attribute__((aligned(4096)));
	struct uffdio_copy copy = { .src = (uintptr_t)page, .len = PAGE,
				    .mode = UFFDIO_COPY_MODE_DONTWAKE };

	copy.dst = atomic_exchange(&fault.place_at, 0);
	if (!copy.dst)
		return;
	memset(page, fault.place_byte, PAGE);
	CHECK_EQ(ioctl(uffd->fd, UFFDIO_COPY, &copy), 0);
}

int __real_ul_uffd_copy(const struct ul_uffd *uffd, uintptr_t target,
			const void *bytes, size_t length, bool wake,
			size_t *done);
int __wrap_ul_uffd_copy(const struct ul_uffd *uffd, uintptr_t target,
			const void *bytes, size_t length, bool wake,
			size_t *done);

int __wrap_ul_uffd_copy(const struct ul_uffd *uffd, uintptr_t target,
			const void *bytes, size_t length, bool wake,
			size_t *done)
{
	copies++;
	pass(GATE_COPY);
	place_quietly(uffd);
	if (is_due(&fault.copies)) {
		*done = 0;
		return fault.copy_error;
	}
	return __real_ul_uffd_copy(uffd, target, bytes, length, wake, done);
}

void __real_ul_baton_join(void);
void __wrap_ul_baton_join(void);

void __wrap_ul_baton_join(void)
{
	pass(GATE_JOIN);
	__real_ul_baton_join();
}

void __real_ul_stats_publish(bool forked);
void __wrap_ul_stats_publish(bool forked);

void __wrap_ul_stats_publish(bool forked)
{
	pass(GATE_START);
	__real_ul_stats_publish(forked);
}

int __real_ioctl(int fd, unsigned long request, void *argument);
int __wrap_ioctl(int fd, unsigned long request, void *argument);

int __wrap_ioctl(int fd, unsigned long request, void *argument)
{
	if (request == UFFDIO_POISON && is_due(&fault.poisons)) {
		errno = fault.poison_error;
		return -1;
	}
	return __real_ioctl(fd, request, argument);
}

void __real_ul_stats_wait_begin(const struct ul_message *message,
				uint64_t arrived_ns);
void __wrap_ul_stats_wait_begin(const struct ul_message *message,
				uint64_t arrived_ns);

void __wrap_ul_stats_wait_begin(const struct ul_message *message,
				uint64_t arrived_ns)
{
	__real_ul_stats_wait_begin(message, arrived_ns);
	waiters[waiting % 64] = message->thread;
	waiting++;
	ul_futex_wake(&waiting, INT32_MAX);
}

static atomic_bool deaf;
static atomic_uint deaf_readers;

void gate_deafen(bool yes)
{
	deaf = yes;
}

void gate_await_deaf(unsigned int readers)
{
	while (deaf_readers < readers && ul_baton.state != 2)
		sched_yield();
}

int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout);

/* The kernel wakes who waits, who looks again, and then another may have read
 * the message: he sleeps on. A reader waits for two. */
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout)
{
	bool loses = deaf && n == 2 && timeout < 0;
	int ready = __real_poll(fds, n, timeout);

	if (!loses || !fds[0].revents)
		return ready;
	deaf_readers++;
	fds[0].revents = 0;
	return __real_poll(&fds[1], 1, timeout);
}

/* Of the engine: it stands still, so that no load is late because the machine
 * is busy. */
static _Atomic uint64_t clock_ns = UINT64_C(1000000000);

uint64_t __wrap_ul_now_ns(void);

uint64_t __wrap_ul_now_ns(void)
{
	return clock_ns;
}

void gate_let_time_pass(uint64_t ns)
{
	char nothing = 0;

	atomic_fetch_add(&clock_ns, ns);
	/* Its keeper looks at the clock after it has answered. */
	if (ul_handler_runs())
		ul_handler_ask(nothing_to_do, &nothing, sizeof(nothing));
}

static uint64_t growth_ns;

void gate_slow_growth(uint64_t ns)
{
	growth_ns = ns;
}

void __real_ul_crew_grow_beside(uint32_t thread);
void __wrap_ul_crew_grow_beside(uint32_t thread);

void __wrap_ul_crew_grow_beside(uint32_t thread)
{
	__real_ul_crew_grow_beside(thread);
	if (!growth_ns)
		return;
	gate_let_time_pass(growth_ns);
	gate_await_keeper();
}

void gate_let_timeout_pass(void)
{
	gate_let_time_pass(GATE_TIMEOUT_MS * UINT64_C(1000000));
}

int __real_nanosleep(const struct timespec *length, struct timespec *rest);
int __wrap_nanosleep(const struct timespec *length, struct timespec *rest);

int __wrap_nanosleep(const struct timespec *length, struct timespec *rest)
{
	breaths++;
	ul_futex_wake(&breaths, INT32_MAX);
	return __real_nanosleep(length, rest);
}

/* --- the engine --------------------------------------------------------------- */

static char path[] = "/tmp/uffdlazy-gate.XXXXXX";

unsigned char pattern_at(size_t at)
{
	uint64_t x = (at + 1) * UINT64_C(0x9e3779b97f4a7c15);

	return (unsigned char)(1 + (x >> 40) % 255);
}

static int *inside(void)
{
	static _Thread_local int flag;

	return &flag;
}

static size_t no_usable_size(void *block)
{
	(void)block;
	return 0;
}

static void nothing(void)
{
}

static void make_pattern(void)
{
	char *bytes = malloc(LENGTH);
	int fd = mkstemp(path);

	CHECK(bytes && fd >= 0);
	for (size_t i = 0; i < LENGTH; i++)
		bytes[i] = (char)pattern_at(i);
	CHECK_EQ(write(fd, bytes, LENGTH), (long)LENGTH);
	close(fd);
	free(bytes);
}

static void remove_pattern(void)
{
	unlink(path);
}

void gate_start(unsigned int readers)
{
#ifdef UL_UNDER_TSAN
	SKIP("TSan takes a sequence count for a race, and ends at a fork");
#endif
	static struct ul_shim shim = {
		.abi = UL_ENGINE_ABI,
		.malloc = malloc,
		.memalign = aligned_alloc,
		.free = free,
		.usable_size = no_usable_size,
		.inside = inside,
		.user_mode = nothing,
		.program = "gate",
		.program_path = "gate",
	};
	char policy[1024];
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0)
		SKIP("kernel: no full userfaultfd here");
	close(fd);
	make_pattern();
	atexit(remove_pattern);
	snprintf(policy, sizeof(policy),
		 "{ \"version\": 1, \"min_size\": \"4KiB\", \"workers\": %u,"
		 "  \"stores\": { \"s\": { \"type\": \"file\", \"path\": \"%s\" },"
		 "    \"t\": { \"type\": \"file\", \"path\": \"%s\","
		 "             \"timeout\": \"%ums\" } },"
		 "  \"rules\": ["
		 "    { \"match\": { \"call\": \"mmap-file\" },"
		 "      \"store\": \"self\", \"readahead\": \"off\" },"
		 "    { \"match\": { \"call\": \"mmap-anon\","
		 "                 \"size\": { \"min\": %zu } },"
		 "      \"store\": \"s\", \"granule\": %zu,"
		 "      \"readahead\": \"off\" },"
		 "    { \"match\": { \"call\": \"mmap-anon\","
		 "                 \"size\": { \"min\": %zu } },"
		 "      \"store\": \"t\", \"readahead\": \"off\" },"
		 "    { \"match\": { \"call\": [\"mmap-anon\", \"malloc\"] },"
		 "      \"store\": \"s\","
		 "      \"readahead\": \"off\" } ] }",
		 readers, path, path, GATE_TIMEOUT_MS, LENGTH + 2 * PAGE,
		 LENGTH, LENGTH + PAGE);
	setenv("UFFDLAZY_POLICY", policy, 1);
	setenv("UFFDLAZY_LOG", getenv("GATE_LOG") ? "debug" : "error", 1);
	engine = ul_engine_enter(&shim);
	CHECK(engine);
	CHECK_EQ(pthread_atfork(engine->fork_prepare, engine->fork_parent,
				engine->fork_child), 0);
	alarm(GATE_HANGS);
}

static char *place(struct ul_mmap_call *call)
{
	void *address;

	CHECK_EQ(engine->mmap(call, &address), 1);
	return address;
}

char *lazy_memory(void)
{
	struct ul_mmap_call call = { NULL, LENGTH, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0, false };

	return place(&call);
}

char *lazy_impatient(void)
{
	struct ul_mmap_call call = { NULL, LENGTH + PAGE,
				     PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0, false };

	return place(&call);
}

char *lazy_coarse(void)
{
	struct ul_mmap_call call = { NULL, LENGTH + 2 * PAGE,
				     PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0, false };

	return place(&call);
}

char *lazy_file_at(void *at, size_t length)
{
	struct ul_mmap_call call = { at, length, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | (at ? MAP_FIXED : 0), -1, 0,
				     false };
	char *got;

	call.fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(call.fd >= 0);
	got = place(&call);
	close(call.fd);
	return got;
}

char *lazy_file(void)
{
	return lazy_file_at(NULL, LENGTH);
}

int lazy_munmap(bool raw, void *at, size_t length)
{
	int done = raw ? 0 : engine->munmap(at, length);

	return done ? -(done < 0) : munmap(at, length);
}

int lazy_madvise(bool raw, void *at, size_t length, int advice)
{
	int done = raw ? 0 : engine->madvise(at, length, advice, false);

	return done ? -(done < 0) : madvise(at, length, advice);
}

char *lazy_mremap(bool raw, void *at, size_t length, int flags, void *to)
{
	void *moved;
	int done = raw ? 0 : engine->mremap(at, length, length, flags, to,
					    &moved);

	if (!done)
		moved = mremap(at, length, length, flags, to);
	CHECK(done >= 0 && moved != MAP_FAILED);
	return moved;
}

char *lazy_map_over(bool raw, void *at, size_t length)
{
	struct ul_mmap_call call = { at, length, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
				     -1, 0, false };
	char *got;

	if (!raw)
		return place(&call);
	got = mmap(at, length, call.prot, call.flags, -1, 0);
	CHECK(got == at);
	return got;
}

/* --- the program --------------------------------------------------------------- */

void check_pattern(const char *memory, size_t from, size_t length,
		   size_t offset)
{
	for (size_t i = 0; i < length; i++)
		CHECK_EQ((unsigned char)memory[from + i],
			 pattern_at(offset + i));
}

void check_bytes(const char *memory, size_t from, size_t length,
		 unsigned char byte)
{
	for (size_t i = 0; i < length; i++)
		CHECK_EQ((unsigned char)memory[from + i], byte);
}

static _Thread_local sigjmp_buf jump;
static _Thread_local void *volatile address;

static void on_signal(int number, siginfo_t *info, void *context)
{
	(void)context;
	address = info->si_addr;
	siglongjmp(jump, number);
}

bool is_hole(const void *at)
{
	return msync((void *)((uintptr_t)at & -(uintptr_t)PAGE), PAGE,
		     MS_ASYNC) < 0;
}

void unmap_around(char *memory, size_t first, size_t last)
{
	if (first)
		munmap(memory, first * PAGE);
	if (last < PAGES)
		munmap(memory + last * PAGE, (PAGES - last) * PAGE);
}

int touch(struct toucher *toucher, const void *at)
{
	struct sigaction action = { .sa_sigaction = on_signal,
				    .sa_flags = SA_SIGINFO | SA_NODEFER };

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	toucher->at = at;
	toucher->signal = sigsetjmp(jump, 1);
	if (!toucher->signal)
		toucher->got = (unsigned char)*toucher->at;
	toucher->address = address;
	return toucher->signal;
}

static void *touch_main(void *argument)
{
	struct toucher *toucher = argument;

	toucher->tid = (uint32_t)syscall(SYS_gettid);
	touch(toucher, (const void *)toucher->at);
	return NULL;
}

void touch_begin(struct toucher *toucher, const void *at)
{
	toucher->at = at;
	toucher->tid = 0;
	CHECK_EQ(pthread_create(&toucher->thread, NULL, touch_main, toucher),
		 0);
}

void touch_end(struct toucher *toucher)
{
	CHECK_EQ(pthread_join(toucher->thread, NULL), 0);
}

static void *do_main(void *argument)
{
	struct doer *doer = argument;

	doer->tid = (int)syscall(SYS_gettid);
	doer->what(doer->argument);
	return NULL;
}

void doer_begin(struct doer *doer, void (*what)(void *), void *argument)
{
	doer->tid = 0;
	doer->what = what;
	doer->argument = argument;
	CHECK_EQ(pthread_create(&doer->thread, NULL, do_main, doer), 0);
}

void doer_await_asleep(struct doer *doer)
{
	char name[64], text[512], *state;
	ssize_t n;
	int fd;

	do {
		sched_yield();
		snprintf(name, sizeof(name), "/proc/self/task/%d/stat",
			 doer->tid);
		fd = open(name, O_RDONLY | O_CLOEXEC);
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
		text[n > 0 ? n : 0] = '\0';
		state = strrchr(text, ')');
	} while (!state || strncmp(state, ") S", 3) != 0);
}

void doer_end(struct doer *doer)
{
	CHECK_EQ(pthread_join(doer->thread, NULL), 0);
}
