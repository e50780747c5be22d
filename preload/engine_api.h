/* SPDX-License-Identifier: MIT */
/*
 * engine_api.h - how the hooks and the engine call each other
 *
 * The shim (libuffdlazy.so) hands the engine a struct ul_shim and gets a
 * struct ul_engine back, or NULL: then every hook passes through for the rest
 * of the process. Both live as long as the process.
 *
 * Unless a function says otherwise: context, a hook on the program's thread,
 * inside the guard (the engine's own allocations stay plain); it may block for
 * a store, allocate, and take the engine's locks; it returns 0 for "not ours,
 * stay plain", 1 for "done", or -errno for what the caller must be told, and
 * leaves errno alone (the guard restores it).
 */
#ifndef UL_ENGINE_API_H
#define UL_ENGINE_API_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct dl_phdr_info;
struct iovec;

#define UL_ENGINE_ABI 9

struct ul_shim {
	unsigned int abi;		/* UL_ENGINE_ABI */
	void *(*malloc)(size_t size);	/* next in line, past our hooks */
	void *(*memalign)(size_t alignment, size_t size);
	void (*free)(void *block);
	size_t (*usable_size)(void *block);
	int *(*inside)(void);		/* this thread's guard flag */
	/* System calls do not wait for missing pages: touch them before. Once
	 * and for all; context: the keeper, before the first region. */
	void (*user_mode)(void);
	/* Another allocator comes before us, and is what pthread_create(3)
	 * allocates from. It may hold its locks when it maps memory, and at a
	 * fork: no thread can be made then. */
	bool foreign_malloc;
	/* libc's own dl_iterate_phdr(3); a program's may not answer before
	 * main. */
	int (*walk_objects)(int (*look)(struct dl_phdr_info *object, size_t size,
					void *context),
			    void *context);
	/* The program's name, without and with its path. libc's own variables
	 * may be copies in the program (R_*_COPY), which the engine, looking
	 * into itself first, never sees: it would read the empty ones that libc
	 * has kept. */
	const char *program;
	const char *program_path;
};

/* What a filter that the program puts on its system calls leaves us. */
enum ul_sandbox {
	UL_SANDBOX_NONE,		/* all that we need */
	UL_SANDBOX_NO_START,		/* our threads would not live under it */
	UL_SANDBOX_CONFINED,		/* no hook may make a system call */
};

struct ul_mmap_call {
	void *address;
	size_t length;
	int prot;
	int flags;
	int fd;
	off_t offset;
	bool plain;			/* not to be lazy, whatever the policy */
};

struct ul_engine {
	/* Calls smaller than these (bytes) need not be shown to the engine. */
	size_t malloc_threshold;
	size_t mmap_threshold;		/* anonymous */
	/* In the library that unwinds, for the program, too: it may map memory
	 * with its lock held, and must not be made to unwind for that. */
	const void *unwinder;

	/* A block of at least size bytes on a multiple of alignment (a power
	 * of two) with the store's bytes in it. It may be the next allocator's
	 * in line, where lazy memory cannot be had. */
	int (*malloc)(size_t size, size_t alignment, void **block);
	/* Give back a block. 0: not one of ours. */
	int (*free)(void *block);
	/* Resize one of our blocks, moving it if need be. 0: not one of ours. */
	int (*realloc)(void *block, size_t size, void **moved);
	/* Bytes usable in one of our blocks; 0: not ours. Takes no lock; also
	 * outside the guard. */
	size_t (*usable_size)(const void *block);

	int (*mmap)(const struct ul_mmap_call *call, void **address);
	int (*mremap)(void *address, size_t old_length, size_t new_length,
		      int flags, void *target, void **moved);
	int (*munmap)(void *address, size_t length);
	/* advice as madvise(2); posix: the POSIX_MADV_ call, a hint only. */
	int (*madvise)(void *address, size_t length, int advice, bool posix);
	int (*mprotect)(void *address, size_t length, int prot);
	/* With SHM_REMAP. */
	int (*shmat)(int id, const void *address, int flags, void **attached);
	/* The program wants a range for a userfaultfd of its own: no page of it
	 * is served by us any more. -EINVAL: it cannot be had for that, as of
	 * a file; -EBUSY: what is missing there cannot be brought. */
	int (*release)(uintptr_t start, size_t length);

	/* The program is about to filter system calls, perhaps those of all
	 * threads. */
	void (*expect_filter)(void);

	/* The process will be that, if the kernel grants it. */
	void (*foretell)(enum ul_sandbox what);
	/*
	 * It is; may_advise: madvise(2) may still be called. Confined, all of
	 * the others but is_lazy, usable_size, touch, and what serves a stub,
	 * are called no more. This, and in their place the next two, without
	 * another system call, also outside the guard:
	 */
	void (*sandbox)(enum ul_sandbox what, bool may_advise);
	/* This block is none of ours any more. Bytes to unmap; 0: it never was. */
	size_t (*take)(void *block);
	/* Before a fork: every page is there that a store has bytes for. */
	void (*fill_all)(void);

	/* Has the program one thread, beside ours? False where that cannot be
	 * told. Takes no lock; also outside the guard. */
	bool (*is_alone)(void);
	/* Around fork(2), as pthread_atfork(3) calls them. */
	void (*fork_prepare)(void);
	void (*fork_parent)(void);
	void (*fork_child)(void);
	/* Before that, where the child was made past libc's fork. */
	void (*fork_alone)(void);

	/* Around setuid(2) and all that libc does in each thread; outside the
	 * guard. See thread.h. */
	uint32_t (*ids_begin)(void);
	void (*ids_end)(uint32_t turn);

	/* The process exits. */
	void (*finish)(void);

	/*
	 * Files that are read; see stub_files.h for the context.
	 *
	 * A descriptor was opened whose file begins like a stub: 1, a stub,
	 * which has its store now or never; 0, not a stub, or the policy wants
	 * none served; -EROFS, a stub opened for writing.
	 */
	int (*stub_opened)(int fd);
	/* 1: some descriptor that we started with is a stub. -ENOTSUP: the
	 * policy wants none served, so there is nothing to look for. */
	int (*stub_inherited)(void);
	/* As preadv(2), or as readv(2) with UL_OFFSET_CURRENT. The bytes, a
	 * -errno, or UL_NO_STUB. */
	ssize_t (*stub_read)(int fd, const struct iovec *parts, int count,
			     int64_t offset);
	/* 1: a stub. */
	int (*stub_is)(int fd);
	/* A line that says what was refused. */
	void (*stub_refuse)(const char *what);

	/* On the user-mode rung; see touch.h for the context. touch: false where
	 * a lazy page may not be read. */
	bool (*touch)(uintptr_t start, size_t length);
	bool (*is_lazy)(const void *address);
};

#define UL_OFFSET_CURRENT ((int64_t)-1)
#define UL_NO_STUB ((ssize_t)-4096)	/* below every -errno */

/* The engine's only exported symbol. NULL: stay inert (the reason has been
 * said on stderr where there was something to say). */
#define UL_ENGINE_ENTRY "ul_engine_enter"
typedef const struct ul_engine *ul_engine_enter_fn(const struct ul_shim *shim);

#endif
