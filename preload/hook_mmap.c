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
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/hook_touch.h"

#define POPULATE_READ 22		/* MADV_POPULATE_READ, Linux 5.14 */
#define POPULATE_WRITE 23
#define DONTUNMAP 4			/* MREMAP_DONTUNMAP, Linux 5.7 */

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

/*
 * What the engine has to do with a call: 0: nothing, or the kernel is to do the
 * rest; a negative errno; else all of it is done.
 */
static int unmap(void *address, size_t length)
{
	struct ul_guard guard;
	int done = 0;

	if (ul_hook_enter(&guard)) {
		done = ul_engine->munmap(address, length);
		ul_guard_leave_with(&guard, done);
	}
	return done;
}

static int move(void *address, size_t old_length, size_t new_length, int flags,
		void *target, void **moved)
{
	struct ul_guard guard;
	int done = 0;

	if (ul_hook_enter(&guard)) {
		done = ul_engine->mremap(address, old_length, new_length, flags,
					 target, moved);
		ul_guard_leave_with(&guard, done);
	}
	return done;
}

static int advise(void *address, size_t length, int advice)
{
	struct ul_guard guard;
	int done = 0;

	if (advice == POPULATE_READ || advice == POPULATE_WRITE)
		UL_TOUCH_RANGE(address, length);
	if (ul_hook_enter(&guard)) {
		done = ul_engine->madvise(address, length, advice, false);
		ul_guard_leave_with(&guard, done);
	}
	return done;
}

static bool has_lazy(const char *address, size_t length)
{
	size_t page = (size_t)getpagesize();

	for (size_t at = 0; at < length; at += page)
		if (ul_engine->is_lazy(address + at))
			return true;
	return false;
}

/* What we keep away by poison is, to the program, what its file does not have:
 * MADV_POPULATE is told so. */
static long advised(long result, const char *address, size_t length)
{
	if (result < 0 && errno == EHWPOISON && ul_engine &&
	    has_lazy(address, length))
		errno = EFAULT;
	return result;
}

/* The kernel would refuse it, if the memory were a file's. */
static int protect(void *address, size_t length, int prot)
{
	struct ul_guard guard;
	int done = 0;

	if (ul_hook_enter(&guard)) {
		done = ul_engine->mprotect(address, length, prot);
		ul_guard_leave_with(&guard, done);
	}
	return done;
}

/* Another library's munmap(3) may call us so: not by its name again. */
bool ul_memory_by_number(long number, const long a[6], long *result)
{
	void *address = (void *)a[0], *moved = NULL;
	size_t length = (size_t)a[1];
	int done;

	switch (number) {
	case SYS_munmap:
		done = unmap(address, length);
		break;
	case SYS_mremap:
		done = move(address, length, (size_t)a[2], (int)a[3],
			    (void *)a[4], &moved);
		break;
	case SYS_madvise:
		done = advise(address, length, (int)a[2]);
		if (done)
			break;
		*result = advised(UL_REAL(syscall)(number, a[0], a[1], a[2]),
				  address, length);
		return true;
	case SYS_mprotect:
	case SYS_pkey_mprotect:
		done = protect(address, length, (int)a[2]) < 0 ? -1 : 0;
		break;
	default:
		return false;
	}
	*result = done < 0 ? -1 : (long)moved;
	return done != 0;
}

UL_EXPORT int munmap(void *address, size_t length)
{
	int done = unmap(address, length);

	return done ? (done < 0 ? -1 : 0) : UL_REAL(munmap)(address, length);
}

UL_EXPORT void *mremap(void *address, size_t old_length, size_t new_length,
		       int flags, ...)
{
	void *target = NULL;		/* or where it is wanted */
	void *moved;
	va_list ap;
	int done;

	va_start(ap, flags);
	if (flags & (MREMAP_FIXED | DONTUNMAP))
		target = va_arg(ap, void *);
	va_end(ap);
	done = move(address, old_length, new_length, flags, target, &moved);
	if (!done)
		return UL_REAL(mremap)(address, old_length, new_length, flags,
				       target);
	return done < 0 ? MAP_FAILED : moved;
}

UL_EXPORT int madvise(void *address, size_t length, int advice)
{
	int done = advise(address, length, advice);

	if (done)
		return done < 0 ? -1 : 0;
	return (int)advised(UL_REAL(madvise)(address, length, advice), address,
			    length);
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

UL_EXPORT int mprotect(void *address, size_t length, int prot)
{
	if (protect(address, length, prot) < 0)
		return -1;
	return UL_REAL(mprotect)(address, length, prot);
}

UL_EXPORT int pkey_mprotect(void *address, size_t length, int prot, int key)
{
	if (protect(address, length, prot) < 0)
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
