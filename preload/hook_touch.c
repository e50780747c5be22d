/* SPDX-License-Identifier: MIT */
/* hook_touch.c - the hooks of hook_touch.def; see hook_touch.h. */
#include "config.h"

#include "preload/hook_touch.h"

/* Macros of <stdio.h>, where it is optimized. */
#undef fread_unlocked
#undef fwrite_unlocked

#define RANGE(start, length) ul_touch_range(start, length);
#define OBJECT(object) ul_touch_range(object, sizeof(*(object)));
#define PRODUCT(start, size, count) ul_touch_product(start, size, count);
#define BITS(set, count) ul_touch_range(set, (size_t)((count) + 63) / 64 * 8);
#define STRING(string) ul_touch_string(string);
#define STRINGS(strings) ul_touch_strings(strings);
#define PARTS(parts, count) ul_touch_parts(parts, count);
/* Of this process, if it is that one's memory. */
#define PARTS_OF(pid, parts, count)                                            \
	(pid) == getpid() ? ul_touch_parts(parts, count) :                     \
			    ul_touch_range(parts, (count) * sizeof(*(parts)));
/* The kernel will write there by itself, when a signal comes. */
#define STACK(stack) ul_touch_stack(stack);
#define MESSAGE(message) ul_touch_message(message);
#define MESSAGES(messages, count) ul_touch_messages(messages, count);
#define JOB(job)                                                               \
	OBJECT(job)                                                            \
	ul_touch_range((void *)(job)->aio_buf, (job)->aio_nbytes);
#define ADDRESS(address, length) ul_touch_address(address, length);

#define UL_TOUCH(type, name, parameters, arguments, touches)                   \
	UL_EXPORT type name parameters                                         \
	{                                                                      \
		if (UL_TOUCHES()) {                                            \
			touches                                                \
		}                                                              \
		return UL_REAL(name) arguments;                                \
	}
#include "preload/hook_touch.def"
