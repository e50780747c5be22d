/* SPDX-License-Identifier: MIT */
/* scheduling.c - see scheduling.h */
#include "config.h"

#include <sched.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/engine/scheduling.h"

#define HURRY_NICE (-15)
#define HURRY_SLICE_NS 100000		/* the shortest there is */
#define PATIENT_SLICE_NS 10000000

void ul_scheduling_pin(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* sched_setattr(2), which glibc 2.36 does not have. */
struct scheduling {
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;	/* ns */
};

void ul_scheduling_hurry(void)
{
	struct scheduling wanted = {
		.size = sizeof(wanted),
		.nice = HURRY_NICE,
		.runtime = HURRY_SLICE_NS,
	};

	if (syscall(SYS_sched_setattr, 0, &wanted, 0) == 0)
		return;
	wanted.nice = getpriority(PRIO_PROCESS, 0);
	syscall(SYS_sched_setattr, 0, &wanted, 0);
}

void ul_scheduling_be_patient(void)
{
	struct scheduling wanted = {
		.size = sizeof(wanted),
		.policy = SCHED_BATCH,
		.runtime = PATIENT_SLICE_NS,
	};

	syscall(SYS_sched_setattr, 0, &wanted, 0);
}
