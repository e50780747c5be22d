/* SPDX-License-Identifier: MIT */
/*
 * bench.h - what the programs of the bench share
 *
 * The order in which pieces are touched, the clock, and how a row of times is
 * summed up: one line of JSON on standard output, which bench.py reads.
 */
#ifndef UL_BENCH_H
#define UL_BENCH_H

#include <stddef.h>
#include <stdint.h>

#define PAGE ((size_t)4096)
#define PIECE ((size_t)64 << 10)

static inline uint64_t bench_mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t bench_now(void);

/* Ends the program, saying what failed, and errno's text. */
void bench_die(const char *what) __attribute__((noreturn));

/* The numbers from 0 to n - 1 in an order that seed decides. From mmap of its
 * own, so that a program under test allocates nothing large by malloc. */
uint32_t *bench_order(uint32_t n, uint64_t seed);

/* Room for n times. */
uint64_t *bench_times(size_t n);

/* A plain mapping of the whole file for reading; its length in *length. */
const char *bench_map(const char *path, size_t *length);

/* This thread on one processor: the first it may use. */
void bench_pin(void);

/* { "n": ..., "median": ..., "total": ..., "sum": ... }, in nanoseconds. Sorts
 * the times. */
void bench_print(uint64_t *times, size_t n, uint64_t total, uint64_t sum);

#endif
