/* SPDX-License-Identifier: MIT */
/*
 * hook_touch.h - memory that is handed to the kernel, on the user-mode rung
 *
 * There a system call that meets a missing page is told EFAULT. So the pages
 * are made present before the call, from user mode. Every function here costs
 * one branch on the other rungs. What is not lazy memory is left alone, and so
 * is what may not be read: the kernel then answers as it always does.
 */
#ifndef UL_HOOK_TOUCH_H
#define UL_HOOK_TOUCH_H

#include <signal.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "preload/hook_io.h"

#define UL_TOUCHES() UL_UNLIKELY(ul_io_mode & UL_IO_TOUCH)

#define UL_TOUCH_RANGE(start, length)                                          \
	(UL_TOUCHES() ? ul_touch_range(start, length) : (void)0)
#define UL_TOUCH_STRING(string)                                                \
	(UL_TOUCHES() ? ul_touch_string(string) : (void)0)
#define UL_TOUCH_PARTS(parts, count)                                           \
	(UL_TOUCHES() ? ul_touch_parts(parts, count) : (void)0)

/* What is pointed to is not looked at: it may not be initialized. */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 11
#define UL_NOT_READ __attribute__((access(none, 1)))
#else
#define UL_NOT_READ
#endif

/*
 * What a call's argument points to, a page at most, for us to look at; on every
 * rung. False: it may not be read, and the kernel will say so. It costs a system
 * call or two; a confined process (sandbox.h) makes none, and must be right.
 */
bool ul_touch_copy(void *to, const void *from, size_t size);

/* Any of the pointers may be NULL or wild. errno stays. */
void ul_touch_range(const void *start, size_t length) UL_NOT_READ;
void ul_touch_product(const void *start, size_t size,
		      size_t count) UL_NOT_READ;
void ul_touch_string(const char *string);
void ul_touch_strings(char *const *strings);	/* NULL ends them */
void ul_touch_parts(const struct iovec *parts, size_t count);
void ul_touch_message(const struct msghdr *message);
void ul_touch_messages(const struct mmsghdr *messages, unsigned int count);
void ul_touch_stack(const stack_t *stack);
/* An address that the kernel writes, and its length, which it reads first. */
void ul_touch_address(const void *address, const socklen_t *length);
/*
 * A call whose kind is not known. Of each argument that is a lazy address, as
 * many bytes as the next one says are made present, if it can be a length, and
 * enough for any structure in any case.
 */
void ul_touch_arguments(const long *arguments, size_t count);

/* Context: the constructor. */
void ul_touch_find_code(void);
/* Is this the C library's code? */
bool ul_touch_is_libc(const void *code);
/* The same for an allocator that is not libc's, and for a program with Go's
 * runtime. */
bool ul_touch_is_allocator(const void *code);
/* The library that unwinds has this address in it; context: the constructor. */
void ul_touch_note_unwinder(const void *code);
bool ul_touch_is_unwinder(const void *code);

#endif
