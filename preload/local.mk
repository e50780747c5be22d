# SPDX-License-Identifier: MIT
lib_LTLIBRARIES += libuffdlazy.la
libuffdlazy_la_SOURCES = \
	preload/hooks.def preload/hook.h preload/real.h preload/guard.h \
	preload/engine_api.h preload/engine_load.h preload/quiet_write.h \
	preload/hook_ids.c preload/hook_malloc.c preload/hook_mmap.c \
	preload/hook_process.c \
	preload/hook_io.c preload/hook_io.h preload/io_stub.c preload/hook_copy.c \
	preload/hook_control.c preload/sandbox.c preload/sandbox.h \
	preload/sandbox_calls.c preload/sandbox_calls.h preload/sandbox_trial.c \
	preload/filter.c preload/filter.h \
	preload/hook_stdio.c preload/hook_wide.c \
	preload/stub_stream.c preload/stub_stream.h \
	preload/hook_touch.c preload/hook_touch.h preload/hook_touch.def \
	preload/touch.c preload/vfork.c preload/vfork.h \
	preload/real.c preload/next.c preload/next.h preload/inner_heap.c preload/guard.c \
	preload/engine_load.c preload/object.c preload/object.h preload/select.c \
	policy/glob.c policy/glob.h
# No builtins: a compiler that knows malloc would turn calloc into itself.
libuffdlazy_la_CFLAGS = $(AM_CFLAGS) -fno-builtin -ftls-model=initial-exec
# Two mappings less for the loader to make.
libuffdlazy_la_LDFLAGS = -module -avoid-version -shared -Wl,-z,now \
	-Wl,-z,noseparate-code
