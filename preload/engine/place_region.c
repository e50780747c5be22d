/* SPDX-License-Identifier: MIT */
/*
 * place_region.c - how a region gets its memory
 *
 * Lazy; or filled at once, where it cannot be; or, with "direct", the store's
 * file itself. Always at one blow: where something lay before, another thread
 * sees that, or the region.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "preload/engine/direct.h"
#include "preload/engine/engine.h"
#include "preload/engine/handler.h"
#include "preload/engine/place.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif

/* Flags that say where the stand-in lies or how it is accounted. */
#define KEPT_FLAGS                                                             \
	(MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_NORESERVE | MAP_32BIT)
#ifndef MAP_32BIT
#define MAP_32BIT 0
#endif

/* What is mapped where the call wants it. MAP_FAILED with errno. */
static char *map_there(const struct ul_mmap_call *call, int prot, int flags,
		       int fd)
{
	char *at;

	if (call->flags & MAP_FIXED)
		ul_passage_announce(call->address, ul_round_up(call->length));
	at = ul_place_mmap_plain(call->address, ul_round_up(call->length), prot,
				 (call->flags & KEPT_FLAGS) | flags, fd, 0);

	if (at != MAP_FAILED && (call->flags & MAP_FIXED)) {
		ul_passage_done();	/* what lay there is off the books */
		ul_direct_forget((uintptr_t)at,
				 (uintptr_t)at + ul_round_up(call->length));
	}
	return at;
}

/* The stand-in's memory. MAP_FAILED with errno. */
static char *map_stand_in(const struct ul_mmap_call *call, int prot)
{
	return map_there(call, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

/* A file's bytes come from the store; none is right for what lies past its
 * end. 0 or -errno. */
static int write_from_store(int fd, const struct ul_region_spec *spec,
			    size_t length)
{
	void *at;
	int error;

	if (!length)
		return 0;
	if (ftruncate(fd, (off_t)length) < 0)
		return -errno;
	at = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	error = ul_place_fill(at, length, spec->store, spec->store_offset);
	munmap(at, length);
	return error ? -EIO : 0;
}

int ul_place_copy(const struct ul_region_spec *spec, size_t length)
{
	struct rlimit limit;
	int fd, error;

	/* Beyond that there is a signal for who makes a file longer. */
	if (getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur < length)
		return -EFBIG;
	fd = memfd_create("uffdlazy-file", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	error = write_from_store(fd, spec, length);
	if (!error && fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) < 0)
		error = -errno;
	if (error)
		close(fd);
	return error ? error : fd;
}

/*
 * A file that is filled at once is a file all the same: what is given back
 * comes again, past its end there is SIGBUS, and it cannot be wiped at a fork.
 * It is there at one blow. 0: it cannot be made.
 */
static int map_filled_file(const struct ul_mmap_call *call,
			   const struct ul_region_spec *spec, void **address)
{
	uint64_t total = ul_store_length(spec->store);
	uint64_t length = total > spec->store_offset ?
				  total - spec->store_offset :
				  0;
	int fd = ul_place_copy(spec, length < call->length ? length :
						 ul_round_up(call->length));
	char *at;

	if (fd < 0)
		return fd == -EIO ? -EIO : 0;
	at = map_there(call, call->prot,
		       ul_place_is_shared(call->flags) ? MAP_SHARED : MAP_PRIVATE, fd);
	close(fd);
	if (at == MAP_FAILED)
		return -errno;
	if (call->flags & MAP_LOCKED)
		mlock(at, ul_round_up(call->length));
	*address = at;
	return 1;
}

/* Where the address space does not reach, mremap(2) says so by another word than
 * mmap(2). */
static bool is_beyond(const struct ul_mmap_call *call, int error)
{
	return error == EINVAL &&
	       !((uintptr_t)call->address & (ul_page_size - 1));
}

/* Memory that is full goes where the call wants it, at one blow: another thread
 * sees what lay there, or this. Returns 0 or -errno. */
static int lay_over(const struct ul_mmap_call *call, char *at, size_t length)
{
	ul_passage_announce(call->address, length);
	if (length && mremap(at, length, length, MREMAP_MAYMOVE | MREMAP_FIXED,
			     call->address) == MAP_FAILED)
		return is_beyond(call, errno) ? -ENOMEM : -errno;
	ul_passage_done();
	ul_direct_forget((uintptr_t)call->address,
			 (uintptr_t)call->address + length);
	return 0;
}

/* Of a file, the bytes it has; all of other memory. */
static size_t length_to_fill(const struct ul_region_spec *spec, size_t length)
{
	uint64_t total = ul_store_length(spec->store);
	uint64_t backed = total > spec->store_offset ?
				  total - spec->store_offset :
				  0;

	return (spec->flags & UL_REGION_ENDS) && backed < length ?
		       ul_round_up(backed) :
		       length;
}

/* Fill fresh memory, and give it its protection. Returns 0 or -errno. */
static int fill_fresh(const struct ul_mmap_call *call,
		      const struct ul_region_spec *spec, char *at,
		      size_t length)
{
	size_t bytes = length < call->length ? length : call->length;
	int error = ul_place_fill(at, bytes, spec->store, spec->store_offset);

	if (!error && mprotect(at, length, call->prot) < 0)
		error = -errno;
	return error;
}

/*
 * Fill a stand-in at once. The pages past the end of a file get their SIGBUS
 * from an empty file's mapping.
 */
int ul_place_filled(const struct ul_mmap_call *call,
		      const struct ul_region_spec *spec, void **address)
{
	size_t length = ul_round_up(call->length);
	size_t full = length_to_fill(spec, length);
	int error = spec->flags & UL_REGION_REFILLS ?
			    map_filled_file(call, spec, address) :
			    0;
	char *at = MAP_FAILED, *there;

	if (error)
		return error;
	if (call->flags & MAP_FIXED)
		at = mmap(NULL, length, PROT_READ | PROT_WRITE,
			  (call->flags & MAP_NORESERVE) | MAP_PRIVATE |
				  MAP_ANONYMOUS,
			  -1, 0);
	there = at == MAP_FAILED ?	/* no room for it elsewhere */
			map_stand_in(call, PROT_READ | PROT_WRITE) :
			call->address;
	if (there == MAP_FAILED)
		return -errno;
	if (at == MAP_FAILED)
		at = there;
	error = fill_fresh(call, spec, at, full) ? -EIO : 0;
	if (!error && at != there)
		error = lay_over(call, at, full);
	if (error) {
		munmap(at, length);
		return error;
	}
	if (at != there && full < length)
		munmap(at + full, length - full);
	if (full < length &&
	    ul_place_map_end(there + full, length - full, call->prot)) {
		munmap(there, length);
		return -EIO;
	}
	if (call->flags & MAP_LOCKED)
		mlock(there, length);
	*address = there;
	return 1;
}

/*
 * Over what another thread may be using: made lazy elsewhere, and moved there
 * at one blow. Between a mapping and its registration the kernel would answer
 * that thread with a page of zeros, which would stay. MAP_FAILED: nothing has
 * changed.
 */
static char *map_over(const struct ul_mmap_call *call,
		      const struct ul_region_spec *spec)
{
	size_t length = ul_round_up(call->length);
	char *at = mmap(NULL, length, call->prot,
			(call->flags & MAP_NORESERVE) | MAP_PRIVATE |
				MAP_ANONYMOUS,
			-1, 0);
	char *moved = MAP_FAILED;

	if (at == MAP_FAILED)
		return at;
	ul_passage_announce(at, length);
	ul_passage_announce(call->address, length);
	if (!ul_page_is_present((uintptr_t)at) &&
	    ul_place_register((uintptr_t)at, length, spec) == 0)
		moved = mremap(at, length, length,
			       MREMAP_MAYMOVE | MREMAP_FIXED, call->address);
	if (moved == MAP_FAILED)
		munmap(at, length);
	else
		ul_passage_done();
	return moved;
}

static int map_lazy(const struct ul_mmap_call *call,
		    const struct ul_region_spec *spec, void **address)
{
	size_t length = ul_round_up(call->length);
	struct ul_passage passage;
	int error;
	char *at;

	ul_passage_enter(&passage);
	if ((call->flags & MAP_FIXED) && !ul_store_is_zero(spec->store)) {
		*address = map_over(call, spec);
		error = *address != MAP_FAILED ? 1 :
			spec->self ? 0 :
				     ul_place_filled(call, spec, address);
		ul_passage_leave(&passage);
		return error;
	}
	at = map_stand_in(call, call->prot);
	if (at == MAP_FAILED) {
		error = -errno;
		ul_passage_leave(&passage);
		return error;
	}
	if (!ul_store_is_zero(spec->store) && ul_page_is_present((uintptr_t)at))
		error = -EBUSY;		/* MCL_FUTURE: nothing is missing */
	else
		error = ul_place_register((uintptr_t)at, length, spec);
	if (error && spec->self) {
		munmap(at, length);
		ul_passage_leave(&passage);
		return 0;
	}
	if (error && !ul_store_is_zero(spec->store)) {
		struct ul_mmap_call again = *call;

		/* The same place, filled. */
		again.address = at;
		again.flags &= ~MAP_FIXED_NOREPLACE;
		again.flags |= MAP_FIXED;
		error = ul_place_filled(&again, spec, address);
		ul_passage_leave(&passage);
		return error;
	}
	ul_passage_leave(&passage);
	*address = at;
	return 1;
}

/*
 * MAP_POPULATE and MAP_LOCKED: the pages come at once, by faults like any
 * others. The memory must be a region all the same, for the program may give
 * pages of a file back (MADV_DONTNEED) and then they come from the file again.
 * As in the kernel it is no error when some cannot be had.
 */
static void populate(void *at, const struct ul_mmap_call *call)
{
	if (call->flags & MAP_LOCKED)
		mlock(at, call->length);
	else if (call->prot & PROT_READ)
		madvise(at, ul_round_up(call->length), MADV_POPULATE_READ);
}

/*
 * The store's file itself; it may replace what MAP_FIXED is to replace, piece by
 * piece, with nothing in between. Where it cannot be, there is nothing yet.
 */
static int map_direct(const struct ul_mmap_call *call,
		      const struct ul_region_spec *spec, void **address)
{
	size_t length = ul_round_up(call->length);
	int flags = (call->flags & MAP_NORESERVE) |
		    (ul_place_is_shared(call->flags) ? MAP_SHARED : MAP_PRIVATE);
	struct ul_passage passage;
	int error;
	char *at;

	ul_passage_enter(&passage);
	if (call->flags & MAP_FIXED) {
		at = call->address;
		ul_passage_announce(at, length);
		flags |= MAP_FIXED;
	} else {
		at = map_stand_in(call, call->prot);
	}
	error = at == MAP_FAILED ? -errno :
				   ul_direct_place(spec, at, length, flags);
	if (error && at != MAP_FAILED && !(call->flags & MAP_FIXED))
		munmap(at, length);
	ul_passage_leave(&passage);
	*address = at;
	return error ? error : 1;
}

/* Lazy if it can be, else filled; a zero store is then just plain memory, and a
 * file that serves itself a plain mapping. */
int ul_place_region(const struct ul_mmap_call *call,
		      const struct ul_region_spec *spec, void **address)
{
	bool zero = ul_store_is_zero(spec->store);
	bool now = call->flags & (MAP_POPULATE | MAP_LOCKED);
	int error;

	if (now && (zero || spec->self))
		return 0;
	error = spec->direct ? map_direct(call, spec, address) : 0;
	if (error != 1) {
		error = ul_handler_start();
		if (error)
			return zero || spec->self ?
				       0 :
				       ul_place_filled(call, spec, address);
		error = map_lazy(call, spec, address);
	}
	if (error == 1 && now)
		populate(*address, call);
	return error;
}
