/* SPDX-License-Identifier: MIT */
/* guard.c - the flag of guard.h. */
#include "config.h"

#include "preload/guard.h"

_Thread_local int ul_inside;
_Thread_local size_t ul_small;
