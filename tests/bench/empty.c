/* SPDX-License-Identifier: MIT */
/* empty.c - a library that does nothing: what any preload costs. */
int ul_bench_empty;
