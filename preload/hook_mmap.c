/* SPDX-License-Identifier: MIT */
/*
 * hook_mmap.c - the calls that make, move and change mappings
 *
 * The kernel tells the engine what became of a lazy range (userfaultfd's
 * events), whoever asked for it. These hooks add what the events do not say,
 * and see to it that the engine's books agree when the call returns.
 */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include "preload/hook_touch.h"

#define POPULATE_READ 22		/* MADV_POPULATE_READ, Linux 5.14 */
#define POPULATE_WRITE 23

/*
 * On the user-mode rung the memory of an allocator that is not libc's stays
 * plain: libc's streams get their buffers from it, and the system calls that
 * fill these cannot be interposed. Nor can those of Go's runtime, which makes
 * them itself, but maps its heap by libc's function where there is cgo. The
 * first lazy mapping tells the rung, and may be such a one itself.
 */
static __attribute__((noinline)) bool place(struct ul_mmap_call *call,
					    void **address, const void *caller)
{
	bool is_told = UL_TOUCHES();
	struct ul_guard guard;
	bool is_heap;
	int done;

	if (ul_touch_is_unwinder(caller) || !ul_hook_enter(&guard))
		return false;
	is_heap = (call->flags & MAP_ANONYMOUS) &&
		  ul_touch_is_allocator(caller);
	call->plain = is_told && is_heap;
	done = ul_engine->mmap(call, address);
	if (done > 0 && is_heap && !is_told && UL_TOUCHES() &&
	    ul_engine->munmap(*address, call->length) > 0)
		done = 0;
	if (done < 0)
		*address = MAP_FAILED;
	ul_guard_leave_with(&guard, done);
	return done != 0;
}

/* Small anonymous mappings are nobody's business, unless they replace. */
static bool worth_a_look(const struct ul_mmap_call *call)
{
	return ul_engine && (!(call->flags & MAP_ANONYMOUS) ||
			     call->length >= ul_engine->mmap_threshold ||
			     (call->flags & MAP_FIXED));
}

UL_EXPORT void *mmap(void *address, size_t length, int prot, int flags, int fd,
		     off_t offset)
{
	struct ul_mmap_call call = { address, length, prot, flags, fd, offset,
				     false };
	void *placed;

	if (worth_a_look(&call) && place(&call, &placed,
					 __builtin_return_address(0)))
		return placed;
	return UL_REAL(mmap)(address, length, prot, flags, fd, offset);
}

UL_EXPORT void *mmap64(void *address, size_t length, int prot, int flags,
		       int fd, off64_t offset)
{
	struct ul_mmap_call call = { address, length, prot, flags, fd, offset,
				     false };
	void *placed;

	if (worth_a_look(&call) && place(&call, &placed,
					 __builtin_return_address(0)))
		return placed;
	return UL_REAL(mmap64)(address, length, prot, flags, fd, offset);
}

UL_EXPORT int munmap(void *address, size_t length)
{
	struct ul_guard guard;
	int done;

	if (!ul_hook_enter(&guard))
		return UL_REAL(munmap)(address, length);
	done = ul_engine->munmap(address, length);
	ul_guard_leave_with(&guard, done);
	if (!done)
		return UL_REAL(munmap)(address, length);
	return done < 0 ? -1 : 0;
}

UL_EXPORT void *mremap(void *address, size_t old_length, size_t new_length,
		       int flags, ...)
{
	struct ul_guard guard;
	void *target = NULL;
	void *moved;
	int done = 0;
	va_list ap;

	va_start(ap, flags);
	if (flags & MREMAP_FIXED)
		target = va_arg(ap, void *);
	va_end(ap);
	if (ul_hook_enter(&guard)) {
		done = ul_engine->mremap(address, old_length, new_length, flags,
					 target, &moved);
		ul_guard_leave_with(&guard, done);
	}
	if (!done)
		return UL_REAL(mremap)(address, old_length, new_length, flags,
				       target);
	return done < 0 ? MAP_FAILED : moved;
}

UL_EXPORT int madvise(void *address, size_t length, int advice)
{
	struct ul_guard guard;
	int done;

	if (advice == POPULATE_READ || advice == POPULATE_WRITE)
		UL_TOUCH_RANGE(address, length);
	if (!ul_hook_enter(&guard))
		return UL_REAL(madvise)(address, length, advice);
	done = ul_engine->madvise(address, length, advice, false);
	ul_guard_leave_with(&guard, done);
	if (!done)
		return UL_REAL(madvise)(address, length, advice);
	return done < 0 ? -1 : 0;
}

UL_EXPORT int posix_madvise(void *address, size_t length, int advice)
{
	struct ul_guard guard;

	if (ul_hook_enter(&guard)) {
		ul_engine->madvise(address, length, advice, true);
		ul_guard_leave(&guard);
	}
	return UL_REAL(posix_madvise)(address, length, advice);
}

/* False, with errno: the kernel would refuse it, if the memory were a file's. */
static bool may_protect(void *address, size_t length, int prot)
{
	struct ul_guard guard;
	int done = 0;

	if (ul_hook_enter(&guard)) {
		done = ul_engine->mprotect(address, length, prot);
		ul_guard_leave_with(&guard, done);
	}
	return done >= 0;
}

UL_EXPORT int mprotect(void *address, size_t length, int prot)
{
	if (!may_protect(address, length, prot))
		return -1;
	return UL_REAL(mprotect)(address, length, prot);
}

UL_EXPORT int pkey_mprotect(void *address, size_t length, int prot, int key)
{
	if (!may_protect(address, length, prot))
		return -1;
	return UL_REAL(pkey_mprotect)(address, length, prot, key);
}

/* Over lazy memory (SHM_REMAP) it goes without an event of the kernel's. */
UL_EXPORT void *shmat(int id, const void *address, int flags)
{
	struct ul_guard guard;
	void *attached;
	int done = 0;

	if ((flags & SHM_REMAP) && ul_hook_enter(&guard)) {
		done = ul_engine->shmat(id, address, flags, &attached);
		ul_guard_leave_with(&guard, done);
	}
	if (!done)
		return UL_REAL(shmat)(id, address, flags);
	return done < 0 ? (void *)-1 : attached;
}
