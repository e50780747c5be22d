/* SPDX-License-Identifier: MIT */
/*
 * place_mmap.c - what an mmap becomes
 *
 * The kernel registers anonymous memory only, so a lazy mapping of a file is
 * anonymous private memory in its place, with the bytes the file would show.
 * That is right for what nobody's write must show in, and nothing else is made
 * lazy: a mapping that is MAP_SHARED stays plain if it could become writable; and
 * if the file serves itself, for then another may write it, but that one is in
 * the books.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "preload/engine/direct.h"
#include "preload/engine/engine.h"
#include "preload/engine/handler.h"
#include "preload/engine/log.h"
#include "preload/engine/maps.h"
#include "preload/engine/place.h"
#include "preload/engine/scratch.h"
#include "preload/engine/stubs.h"

static int place_anonymous(const struct ul_mmap_call *call, void **address)
{
	const int unusual = MAP_HUGETLB | MAP_GROWSDOWN | MAP_STACK;
	struct ul_region_spec spec = { .call = UL_CALL_MMAP_ANON };
	struct ul_decision decision;
	bool zero;
	int done;

	if (call->plain || (call->offset & (off_t)(ul_page_size - 1)) ||
	    !ul_place_decide(UL_CALL_MMAP_ANON, call->length, call->prot, NULL,
			     &decision))
		return 0;
	zero = decision.rule->store->type == UL_STORE_ZERO;
	if (zero && (ul_place_is_shared(call->flags) || (call->flags & unusual)))
		return 0;
	if (ul_place_is_shared(call->flags)) {
		static atomic_bool said;

		if (!atomic_exchange(&said, true))
			ul_log(UL_LOG_WARNING,
			       "rule %s: shared anonymous memory cannot be "
			       "lazy; it stays plain",
			       decision.rule->name);
		return 0;
	}
	if (ul_place_rule_store(decision.rule, &spec.store) < 0)
		return -EIO;
	ul_place_spec_from(&spec, &decision, call->length, call->prot);
	if (call->flags & unusual)
		done = ul_place_filled(call, &spec, address);
	else
		done = ul_place_region(call, &spec, address);
	ul_store_put(spec.store);
	return done;
}

/* --- files -------------------------------------------------------------------- */

struct file {
	const struct ul_mmap_call *call;
	struct stat st;
	int mode;			/* O_ACCMODE of the descriptor */
	char path[PATH_MAX];		/* "" when it has none */
};

static bool look_at_file(const struct ul_mmap_call *call, struct file *file)
{
	int flags;

	file->call = call;
	flags = fcntl(call->fd, F_GETFL);
	if (flags < 0 || (flags & O_PATH) ||
	    (flags & O_ACCMODE) == O_WRONLY ||
	    fstat(call->fd, &file->st) < 0 || !S_ISREG(file->st.st_mode))
		return false;
	file->mode = flags & O_ACCMODE;
	ul_proc_path(call->fd, file->path);
	return true;
}

/* Could somebody's write show through this mapping? */
static bool may_be_written(const struct file *file)
{
	return ul_place_is_shared(file->call->flags) &&
	       ((file->call->prot & PROT_WRITE) || file->mode != O_RDONLY);
}

/* hugetlbfs: its pages are reserved by the mapping, or there are none. */
static bool is_huge(const struct file *file)
{
	struct statfs fs;

	return (size_t)file->st.st_blksize > ul_page_size &&
	       fstatfs(file->call->fd, &fs) == 0 &&
	       fs.f_type == HUGETLBFS_MAGIC;
}

static bool is_noexec(const struct ul_mmap_call *call)
{
	struct statvfs fs;

	return fstatvfs(call->fd, &fs) == 0 && (fs.f_flag & ST_NOEXEC);
}

static unsigned int file_flags(const struct ul_mmap_call *call)
{
	return UL_REGION_REFILLS | UL_REGION_ENDS |
	       (ul_place_is_shared(call->flags) ? UL_REGION_READ_ONLY : 0) |
	       (is_noexec(call) ? UL_REGION_NO_EXEC : 0);
}

/* A stub says by itself where its bytes are. What cannot be served is refused:
 * the stub's own bytes are never what the program wants. A decision, or NULL,
 * tells the rest. */
static int place_stub(const struct file *file,
		      const struct ul_decision *decision, void **address)
{
	const struct ul_mmap_call *call = file->call;
	struct ul_region_spec spec = { .call = UL_CALL_MMAP_FILE,
				       .rule = UL_NO_INDEX,
				       .callsite = UL_NO_INDEX };
	int done = ul_stubs_open(call->fd, &file->st, file->path, &spec.store);

	if (done == -ENODATA)
		return 0;
	if (done < 0)
		return -EIO;
	if (ul_place_is_shared(call->flags) && (call->prot & PROT_WRITE)) {
		ul_log(UL_LOG_WARNING,
		       "%s is a stub: it cannot be mapped for shared writing",
		       file->path);
		ul_store_put(spec.store);
		return -EACCES;
	}
	if (decision) {
		ul_place_spec_from(&spec, decision, call->length, call->prot);
	} else {
		spec.callsite = ul_place_callsite();
		spec.size = call->length;
		spec.prot = call->prot;
	}
	spec.store_offset = (uint64_t)call->offset;
	spec.flags = file_flags(call);
	spec.path = file->path;
	done = ul_place_region(call, &spec, address);
	ul_store_put(spec.store);
	return done;
}

static int place_by_rule(const struct file *file,
			 const struct ul_decision *decision, void **address)
{
	const struct ul_mmap_call *call = file->call;
	bool self = decision->rule->store->type == UL_STORE_SELF;
	struct ul_region_spec spec = { .call = UL_CALL_MMAP_FILE };
	struct ul_store_error why;
	bool shown;
	int done;

	if (self && ul_policy->stubs) {
		done = place_stub(file, decision, address);
		if (done)
			return done;
	}
	if (may_be_written(file)) {
		static atomic_bool said;

		/* Of a file that serves itself no byte is other than it would
		 * be; of another store's the user must know. */
		if (self || !atomic_exchange(&said, true))
			ul_log(self ? UL_LOG_INFO : UL_LOG_WARNING,
			       "%s: a shared mapping that can be written stays "
			       "plain",
			       file->path);
		return 0;
	}
	if (self && (call->offset >= file->st.st_size || is_huge(file)))
		return 0;		/* past its end: as the kernel has it */
	shown = self && ul_place_is_shared(call->flags);
	if (shown)
		done = ul_store_open_nothing("self", &spec.store);
	else if (self)
		done = ul_store_open_file_fd("self", call->fd,
					     (uint64_t)call->offset, UINT64_MAX,
					     &spec.store, &why);
	else
		done = ul_place_rule_store(decision->rule, &spec.store);
	if (done < 0)
		return self ? 0 : -EIO;
	ul_place_spec_from(&spec, decision, call->length, call->prot);
	if (self)
		spec.store_offset = 0;
	else
		spec.store_offset += (uint64_t)call->offset;
	spec.flags = file_flags(call);
	spec.path = file->path;
	spec.self = self;
	done = shown ? ul_direct_show(call, &spec, address) :
		       ul_place_region(call, &spec, address);
	ul_store_put(spec.store);
	/* There may be room for it once, and not for ours beside it. */
	return self && done == -ENOMEM ? 0 : done;
}

/* The file's own bytes are what a rule passes over; it must not be in silence. */
static void say_nameless(void)
{
	static atomic_bool said;
	bool asked = false;

	for (size_t i = 0; i < ul_policy->n_rules; i++)
		asked = asked || ul_policy->rules[i].path;
	if (asked && !atomic_exchange(&said, true))
		ul_log(UL_LOG_WARNING,
		       "the names of mapped files cannot be read from "
		       "/proc/self/fd: rules with \"path\" pass them over; "
		       "mount /proc");
}

static int place_any_file(struct file *file, bool ruled, void **address)
{
	const struct ul_mmap_call *call = file->call;
	struct ul_decision decision;

	if ((call->prot & PROT_EXEC) && is_noexec(call))
		return 0;		/* the kernel refuses it */
	if (ruled && !*file->path)
		say_nameless();
	if (ruled && ul_place_decide(UL_CALL_MMAP_FILE, call->length, call->prot,
				     file->path, &decision))
		return place_by_rule(file, &decision, address);
	if (ruled && decision.rule)
		return 0;		/* "lazy": false goes for stubs too */
	return ul_policy->stubs ? place_stub(file, NULL, address) : 0;
}

/* The kernel refuses what the file system does not have, if it is asked to, and
 * what no ordinary file has. */
static bool may_be_refused(int flags)
{
	return (flags & (MAP_GROWSDOWN | MAP_HUGETLB)) ||
	       (flags & MAP_TYPE) == MAP_SHARED_VALIDATE ||
	       ((flags & MAP_TYPE) == MAP_PRIVATE && (flags & MAP_SYNC));
}

static int place_file(const struct ul_mmap_call *call, void **address)
{
	bool ruled = ul_policy_may_match(ul_policy, UL_CALL_MMAP_FILE,
					 call->length);
	struct file *file;
	int done = 0;

	if ((call->offset & (off_t)(ul_page_size - 1)) || call->offset < 0 ||
	    (!ruled && !ul_policy->stubs) ||
	    may_be_refused(call->flags))
		return 0;
	file = ul_scratch_borrow();
	if (!file)
		return -ENOMEM;
	if (look_at_file(call, file))
		done = place_any_file(file, ruled, address);
	ul_scratch_return(file);
	return done;
}

/* A plain mapping laid over lazy ones: make it here, so that the books agree
 * when the caller has it. */
static int replace(const struct ul_mmap_call *call, void **address)
{
	uintptr_t start = (uintptr_t)call->address;
	struct ul_sighting sighting;
	struct ul_passage passage;
	int error = 0;

	if (!(call->flags & MAP_FIXED) ||
	    !ul_registry_look(start, start + ul_round_up(call->length), &sighting))
		return 0;
	ul_passage_enter(&passage);
	ul_passage_announce(call->address, ul_round_up(call->length));
	*address = ul_place_mmap_empty(call);
	if (*address == MAP_FAILED) {
		error = -errno;
	} else {
		ul_passage_done();
		ul_direct_forget(start, start + ul_round_up(call->length));
	}
	ul_passage_leave(&passage);
	if (!error)
		ul_place_populate(*address, call);
	return error ? error : 1;
}

int ul_place_mmap(const struct ul_mmap_call *call, void **address)
{
	bool small = (call->flags & MAP_ANONYMOUS) &&
		     !ul_policy_may_match(ul_policy, UL_CALL_MMAP_ANON,
					  call->length);
	struct ul_mmap_call here = *call;
	bool held;
	int done;

	/* Of the two the kernel goes by the one that spares what is there. */
	if (call->flags & MAP_FIXED_NOREPLACE)
		here.flags &= ~MAP_FIXED;
	if (!ul_handler_is_home())
		return 0;
	if (small || !call->length || call->length > PTRDIFF_MAX)
		return replace(call, address);
	held = ul_place_hold(&here);
	done = (call->flags & MAP_ANONYMOUS) ? place_anonymous(&here, address) :
					       place_file(&here, address);
	if (held && done != 1)
		munmap(call->address, call->length);
	return done ? done : replace(call, address);
}
