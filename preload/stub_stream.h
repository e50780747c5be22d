/* SPDX-License-Identifier: MIT */
/* stub_stream.h - streams that read stubs; what other hooks ask of them is in
 * hook_io.h. */
#ifndef UL_STUB_STREAM_H
#define UL_STUB_STREAM_H

#include <stdbool.h>
#include <stdio.h>

/* A stream that reads what the descriptor leads to, also when that is another file
 * by then; NULL with errno. */
FILE *ul_stream_make(int fd);

/* libc's own stdin becomes such a stream. False: this is not it, or it has no room
 * for what that takes. */
bool ul_stream_turn_stdin(FILE *file);
/* The other way round. False: it is none. */
bool ul_stream_turn_back(FILE *file);

/* It has read nothing yet: it may be one of wide characters or of bytes. */
void ul_stream_renew(FILE *file);

#endif
