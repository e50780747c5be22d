/* SPDX-License-Identifier: MIT */
/* touch.c - see hook_touch.h: what a call's arguments lead to. */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <gnu/libc-version.h>
#include <limits.h>
#include <link.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/hook_touch.h"
#include "preload/object.h"

#define PAGE 4096
#define AT_ONCE 8			/* parts that are copied */
#define LEAST 1024			/* bytes of what may be an argument's */

/* Constant from the constructor on. */
static struct ul_object libc_code, unwinder;
/* Before us, and behind; not libc's. And Go's. */
#define ALLOCATORS 3
static struct ul_object allocators[ALLOCATORS];

void ul_touch_range(const void *start, size_t length)
{
	if (start && length)
		ul_engine->touch((uintptr_t)start, length);
}

void ul_touch_product(const void *start, size_t size, size_t count)
{
	size_t bytes;

	if (!__builtin_mul_overflow(size, count, &bytes))
		ul_touch_range(start, bytes);
}

/* The kernel reads the set of signals first, and then finds that it is to do
 * nothing known with it: EINVAL. It is the cheapest call that tells. */
static bool is_readable(uintptr_t at)
{
	const long how = -1, bytes = 8;

	return UL_REAL(syscall)(SYS_rt_sigprocmask, how, at & ~(uintptr_t)7,
				NULL, bytes) == 0 ||
	       errno != EFAULT;
}

bool ul_touch_copy(void *to, const void *from, size_t size)
{
	uintptr_t first = (uintptr_t)from, last = first + size - 1;
	int saved = errno;
	bool readable = from && last >= first;

	if (readable && UL_TOUCHES())
		ul_touch_range(from, size);
	if (readable && !ul_is_confined)
		readable = is_readable(first) &&
			   (!((first ^ last) & ~(uintptr_t)(PAGE - 1)) ||
			    is_readable(last));
	if (readable)
		memcpy(to, from, size);
	errno = saved;
	return readable;
}

/* May this page be looked at? It is touched if it is lazy. Others may be wild, and
 * what is in them is of interest only where a lazy one follows. */
static bool touch_piece(const char *string, size_t left)
{
	int saved = errno;
	bool may;

	if (ul_engine->is_lazy(string))
		return ul_engine->touch((uintptr_t)string, 1);
	may = !ul_is_confined && ul_engine->is_lazy(string + left) &&
	      is_readable((uintptr_t)string);
	errno = saved;
	return may;
}

void ul_touch_string(const char *string)
{
	while (string) {
		size_t left = PAGE - ((uintptr_t)string & (PAGE - 1));

		if (!touch_piece(string, left) || memchr(string, '\0', left))
			return;
		string += left;
	}
}

void ul_touch_strings(char *const *strings)
{
	char *string;

	for (; ul_touch_copy(&string, strings, sizeof(string)); strings++) {
		if (!string)
			return;
		ul_touch_string(string);
	}
}

void ul_touch_parts(const struct iovec *parts, size_t count)
{
	struct iovec some[AT_ONCE];
	size_t n;

	if (count > IOV_MAX)
		return;
	for (; count; parts += n, count -= n) {
		n = count < AT_ONCE ? count : AT_ONCE;
		if (!ul_touch_copy(some, parts, n * sizeof(*some)))
			return;
		for (size_t i = 0; i < n; i++)
			ul_touch_range(some[i].iov_base, some[i].iov_len);
	}
}

void ul_touch_message(const struct msghdr *message)
{
	struct msghdr copy;

	if (!ul_touch_copy(&copy, message, sizeof(copy)))
		return;
	ul_touch_range(copy.msg_name, copy.msg_namelen);
	ul_touch_parts(copy.msg_iov, copy.msg_iovlen);
	ul_touch_range(copy.msg_control, copy.msg_controllen);
}

void ul_touch_messages(const struct mmsghdr *messages, unsigned int count)
{
	if (!messages)
		return;
	if (count > IOV_MAX)		/* the kernel takes no more */
		count = IOV_MAX;
	ul_touch_range(messages, count * sizeof(*messages));
	for (unsigned int i = 0; i < count; i++)
		ul_touch_message(&messages[i].msg_hdr);
}

void ul_touch_stack(const stack_t *stack)
{
	uintptr_t at, end;
	stack_t copy;

	if (!ul_touch_copy(&copy, stack, sizeof(copy)) ||
	    (copy.ss_flags & SS_DISABLE))
		return;
	at = (uintptr_t)copy.ss_sp;
	end = at + copy.ss_size;
	if (end < at || ul_engine->touch(at, copy.ss_size))
		return;
	/* It may have a guard page at its end, which is its beginning. */
	for (; at < end; at = (at | (PAGE - 1)) + 1)
		ul_engine->touch(at, 1);
}

void ul_touch_address(const void *address, const socklen_t *length)
{
	socklen_t copy;

	if (ul_touch_copy(&copy, length, sizeof(copy)))
		ul_touch_range(address, copy);
}

void ul_touch_arguments(const long *arguments, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *start = (const char *)arguments[i];
		size_t length = LEAST;

		if (!start || (!ul_engine->is_lazy(start) &&
			       !ul_engine->is_lazy(start + LEAST)))
			continue;
		/* The most that a call reads or writes; see read(2). */
		if (i + 1 < count && arguments[i + 1] > (long)length &&
		    arguments[i + 1] <= 0x7ffff000)
			length = (size_t)arguments[i + 1];
		ul_touch_range(start, length);
	}
}

static bool has_go_note(const char *at, size_t left)
{
	const ElfW(Nhdr) *note;
	size_t size;

	for (; left >= sizeof(*note); at += size, left -= size) {
		note = (const void *)at;
		size = sizeof(*note) + ((note->n_namesz + 3) & ~3UL) +
		       ((note->n_descsz + 3) & ~3UL);
		if (size > left)
			break;
		if (note->n_namesz == 4 && !memcmp(note + 1, "Go\0", 4))
			return true;
	}
	return false;
}

/* The first object that has Go's runtime in it: the note of that is found. */
static int look_for_go(struct dl_phdr_info *info, size_t size, void *context)
{
	const char *at, **note = context;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];

		at = (const char *)(info->dlpi_addr + part->p_vaddr);
		if (part->p_type != PT_NOTE || !has_go_note(at, part->p_memsz))
			continue;
		*note = at;
		return 1;
	}
	return 0;
}

void ul_touch_find_code(void)
{
	const struct ul_object none = { 0, 0, NULL };
	const char *note;

	ul_object_find((void *)gnu_get_libc_version, &libc_code);
	ul_object_find(dlsym(RTLD_DEFAULT, "calloc"), &allocators[0]);
	if (ul_object_holds(&allocators[0], (void *)ul_touch_find_code))
		allocators[0] = none;
	ul_object_find((void *)ul_real.malloc, &allocators[1]);
	for (int i = 0; i < 2; i++)
		if (allocators[i].start == libc_code.start)
			allocators[i] = none;
	if (ul_object_walk(look_for_go, &note))
		ul_object_find(note, &allocators[2]);
}

bool ul_touch_is_libc(const void *code)
{
	return ul_object_holds(&libc_code, code);
}

void ul_touch_note_unwinder(const void *code)
{
	ul_object_find(code, &unwinder);
}

bool ul_touch_is_unwinder(const void *code)
{
	return ul_object_holds(&unwinder, code);
}

bool ul_touch_is_allocator(const void *code)
{
	for (int i = 0; i < ALLOCATORS; i++)
		if (ul_object_holds(&allocators[i], code))
			return true;
	return false;
}
