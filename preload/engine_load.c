/* SPDX-License-Identifier: MIT */
/*
 * engine_load.c - decides whether this process is meant, and loads the engine
 *
 * The engine and its libraries come in by dlopen with a scope of their own
 * (RTLD_LOCAL) that looks into itself first (RTLD_DEEPBIND): neither does a
 * json_loads of the program become ours, nor ours the program's.
 */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "policy/harmless.h"
#include "preload/engine_load.h"
#include "preload/hook.h"
#include "preload/hook_touch.h"
#include "preload/next.h"
#include "preload/object.h"
#include "preload/quiet_write.h"
#include "preload/sandbox.h"

const struct ul_engine *ul_engine;
size_t ul_malloc_threshold = SIZE_MAX;
bool ul_is_started;
char *ul_libc_is_single;

/* This thread forks, with the engine's locks taken; another one may confine the
 * process meanwhile. */
static _Thread_local bool is_forking
	__attribute__((tls_model("initial-exec")));

/* The confined child has no threads of ours to fill its memory. */
void ul_fork_prepare(void)
{
	int saved = errno;

	if (ul_is_confined) {
		ul_engine->fill_all();
	} else if (ul_engine) {
		ul_engine->fork_prepare();
		is_forking = true;
	}
	errno = saved;
}

bool ul_fork_is_locked(void)
{
	return is_forking;
}

/* As the last of it the thread may end, if it was cancelled. */
void ul_fork_parent(void)
{
	bool was_forking = is_forking;
	int saved = errno;

	is_forking = false;
	if (was_forking)
		ul_engine->fork_parent();
	errno = saved;
}

void ul_fork_child_alone(void)
{
	int saved = errno;

	if (is_forking)
		ul_engine->fork_alone();
	errno = saved;
	ul_fork_child();
}

void ul_fork_child(void)
{
	bool was_forking = is_forking;
	struct ul_guard guard;
	int saved = errno;
	bool entered;

	is_forking = false;
	if (was_forking) {
		/* New threads' tables come from the inner heap: the program's
		 * may have no room, and none to be had. */
		entered = ul_guard_enter(&guard);
		ul_engine->fork_child();
		if (entered)
			ul_guard_leave(&guard);
	}
	if (!ul_is_confined)
		ul_stdio_remember_home();
	errno = saved;
}

/*
 * libc takes the lock of its list of streams after it has run our handler. Who
 * has it may be in fflush(NULL), and wait for a page that nobody serves while
 * we hold what we hold; so it is taken before. It counts, and the child's is
 * made new by libc, too.
 */
void _IO_list_lock(void) __attribute__((weak));
void _IO_list_unlock(void) __attribute__((weak));
void _IO_list_resetlock(void) __attribute__((weak));

static void before_fork(void)
{
	if (ul_engine && _IO_list_lock)
		_IO_list_lock();
	ul_fork_prepare();
}

static void after_fork(void)
{
	if (ul_engine && _IO_list_unlock)
		_IO_list_unlock();
	ul_fork_parent();
}

static void child_of_fork(void)
{
	if (ul_engine && _IO_list_resetlock)
		_IO_list_resetlock();
	ul_fork_child();
}

/* Of no object: ours is taken down before exit(3) is done with others, which may
 * fork, and while another thread forks. */
void ul_register_fork_handlers(void)
{
	static int done;

	if (__atomic_exchange_n(&done, 1, __ATOMIC_ACQ_REL))
		return;
	UL_REAL(__register_atfork)(before_fork, after_fork, child_of_fork, NULL);
}

static int *inside(void)
{
	return &ul_inside;
}

static size_t usable_size(void *block)
{
	return UL_REAL(malloc_usable_size)(block);
}

static bool is_user_mode;

/* Not before there is an engine to touch with: for a foreign allocator it begins
 * while it is being loaded. */
static void user_mode(void)
{
	is_user_mode = true;
	if (ul_engine)
		ul_io_mode |= UL_IO_TOUCH;
}

static void complain(const char *what, const char *why)
{
	const char *const parts[] = { "uffdlazy: ", what, ": ",
				      why ? why : "unknown error",
				      "; memory stays plain" };
	char line[1024];
	size_t length = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		length = ul_put_printable(line, length, sizeof(line) - 1,
					  parts[i]);
	line[length++] = '\n';
	ul_quiet_write(STDERR_FILENO, line, length);
}

/* "<folder of this library>/<name>". False when it does not fit. */
static bool beside_us(char *path, size_t size, const char *name)
{
	struct ul_object us;
	const char *slash;
	size_t folder;

	if (!ul_object_find((void *)beside_us, &us))
		return false;
	slash = strrchr(us.path, '/');
	folder = slash ? (size_t)(slash - us.path) + 1 : 0;
	if (folder + strlen(name) + 1 > size)
		return false;
	memcpy(path, us.path, folder);
	strcpy(path + folder, name);
	return true;
}

/* Bound by the loader: dlsym(3) makes and frees a text for what is not there. */
extern void __asan_init(void) __attribute__((weak));
extern void __tsan_init(void) __attribute__((weak));
extern void __msan_init(void) __attribute__((weak));

/* A sanitizer's runtime is in the process: it forbids RTLD_DEEPBIND. */
static bool is_sanitized(void)
{
	return __asan_init || __tsan_init || __msan_init;
}

static void *open_engine(void)
{
	/* As installed, and as built. */
	static const char *const names[] = { "uffdlazy/uffdlazy-engine.so",
					     "uffdlazy-engine.so" };
	int flags = RTLD_NOW | RTLD_LOCAL;
	char path[4096];
	void *engine;

	if (!is_sanitized())
		flags |= RTLD_DEEPBIND;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!beside_us(path, sizeof(path), names[i]) ||
		    access(path, R_OK) != 0)
			continue;
		engine = dlopen(path, flags);
		if (!engine)
			complain("cannot load the engine", dlerror());
		return engine;
	}
	complain("uffdlazy-engine.so", "not found beside libuffdlazy.so");
	return NULL;
}

/* Is this function in our library? */
static bool is_ours(const void *function)
{
	struct ul_object us;

	return ul_object_find((void *)is_ours, &us) &&
	       ul_object_holds(&us, function);
}

static const struct ul_engine *load_engine(void)
{
	static const struct ul_shim *handed;
	static struct ul_shim shim;
	ul_engine_enter_fn *enter;
	void *handle = open_engine();

	if (!handle)
		return NULL;
	*(void **)&enter = dlsym(handle, UL_ENGINE_ENTRY);
	if (!enter) {
		complain(UL_ENGINE_ENTRY, dlerror());
		return NULL;
	}
	shim.abi = UL_ENGINE_ABI;
	shim.malloc = ul_real.malloc;
	shim.memalign = ul_real.memalign;
	shim.free = ul_real.free;
	shim.usable_size = usable_size;
	shim.inside = inside;
	shim.user_mode = user_mode;
	shim.foreign_malloc = !is_ours(dlsym(RTLD_DEFAULT, "calloc"));
	shim.walk_objects = ul_object_walk;
	shim.program = program_invocation_short_name;
	shim.program_path = program_invocation_name;
	handed = &shim;
	return enter(handed);
}

static void find_libcs(void)
{
	void *next = ul_next_find_one("dl_iterate_phdr");

	if (next)
		*(void **)&ul_object_walk = next;
	ul_libc_is_single = ul_next_find_one("__libc_single_threaded");
}

static __attribute__((constructor)) void start(void)
{
	const struct ul_engine *engine = NULL;
	int saved = errno;

	/* Our own tools work on stubs and blobs as they are. */
	if (getauxval(AT_SECURE) ||
	    !strncmp(program_invocation_short_name, "uffdlazy-", 9) ||
	    !ul_select_program(program_invocation_short_name))
		goto out;
	ul_real_find_all();
	find_libcs();
	ul_inside = UL_IN_ENGINE;	/* the program's heap stays as it is */
	ul_touch_find_code();
	if (ul_sandbox_lets_engine_live())
		engine = load_engine();
	else
		ul_sandbox_say("uffdlazy: a filter on system calls: it kills for "
			       "what lazy memory takes (LIMITATIONS in "
			       "uffdlazy(7) lists that); allow it, or leave the "
			       "program out by \"programs\"; memory stays "
			       "plain\n");
	if (engine) {
		ul_register_fork_handlers();
		ul_touch_note_unwinder(engine->unwinder);
		ul_engine = engine;
		if (is_user_mode)
			ul_io_mode |= UL_IO_TOUCH;
		/* libc's allocator begins with a system call, which a filter
		 * may forbid after the first block, which may be ours. This
		 * begins it, and sets nothing. */
		mallopt(INT_MIN, 0);
		ul_malloc_threshold = engine->malloc_threshold;
		ul_io_start();
	}
	ul_inside = UL_OUTSIDE;
out:
	ul_is_started = true;
	errno = saved;
}

static __attribute__((destructor)) void finish(void)
{
	struct ul_guard guard;

	if (!ul_hook_enter(&guard))
		return;
	ul_engine->finish();
	ul_guard_leave(&guard);
}
