/* SPDX-License-Identifier: MIT */
/*
 * filter.h - what a filter on system calls says of one
 *
 * The kernel cannot be asked, but a filter is a program of a few kinds of
 * instructions, and runs here as well as there.
 */
#ifndef UL_FILTER_H
#define UL_FILTER_H

#include <stdint.h>

struct seccomp_data;
struct sock_fprog;

/* SECCOMP_RET_*, with its data. What the kernel would not take as a filter kills.
 * Context: any; no system call. The program can be read. */
uint32_t ul_filter_run(const struct sock_fprog *filter,
		       const struct seccomp_data *call);

/* The kernel's name for what this library was built for, as in a filter's data;
 * 0: not known. */
uint32_t ul_filter_arch(void);

#endif
