/* SPDX-License-Identifier: MIT */
/*
 * scheduling.h - when and where the calling thread of ours runs
 *
 * What is not allowed is left alone: all of it makes faster and nothing else.
 */
#ifndef UL_ENGINE_SCHEDULING_H
#define UL_ENGINE_SCHEDULING_H

/* Run where the faults of one CPU are: handing a fault to another core costs
 * far more than serving it (on virtual machines twenty times). */
void ul_scheduling_pin(int cpu);
/*
 * Busy threads must not keep a fault waiting. A short time slice gets a thread
 * that has slept onto its CPU at once (Linux 6.12) and costs the others
 * nothing; a higher priority does the same elsewhere, where it is allowed.
 * Not a real-time one: unpacking would then keep a CPU from all others.
 */
void ul_scheduling_hurry(void);
/* Who fills ahead leaves the CPU to whoever else wants it. */
void ul_scheduling_be_patient(void);

#endif
