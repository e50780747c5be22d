/* SPDX-License-Identifier: MIT */
/* filter.c - see filter.h. */
#include "config.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "preload/filter.h"

#define KILL 0U				/* SECCOMP_RET_KILL_THREAD */

struct machine {
	const struct seccomp_data *call;
	uint32_t a, x;
	uint32_t memory[BPF_MEMWORDS];
	bool broken;			/* this is no filter */
};

uint32_t ul_filter_arch(void)
{
#if defined(__x86_64__)
	return AUDIT_ARCH_X86_64;
#elif defined(__aarch64__) && defined(__AARCH64EL__)
	return AUDIT_ARCH_AARCH64;
#elif defined(__riscv) && __riscv_xlen == 64
	return AUDIT_ARCH_RISCV64;
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
	return AUDIT_ARCH_PPC64LE;
#else
	return 0;
#endif
}

static uint32_t word_at(struct machine *machine, uint32_t offset)
{
	uint32_t word = 0;

	if (offset % sizeof(word) || offset >= sizeof(*machine->call))
		machine->broken = true;
	else
		memcpy(&word, (const char *)machine->call + offset,
		       sizeof(word));
	return word;
}

static uint32_t *cell(struct machine *machine, uint32_t index)
{
	if (index >= BPF_MEMWORDS)
		machine->broken = true;
	return &machine->memory[index % BPF_MEMWORDS];
}

static uint32_t loaded(struct machine *machine, const struct sock_filter *step)
{
	switch (BPF_MODE(step->code)) {
	case BPF_ABS:
		return word_at(machine, step->k);
	case BPF_IMM:
		return step->k;
	case BPF_MEM:
		return *cell(machine, step->k);
	case BPF_LEN:
		return sizeof(*machine->call);
	default:
		machine->broken = true;
		return 0;
	}
}

static uint32_t computed(struct machine *machine, const struct sock_filter *step)
{
	uint32_t a = machine->a;
	uint32_t by = BPF_SRC(step->code) == BPF_X ? machine->x : step->k;

	switch (BPF_OP(step->code)) {
	case BPF_ADD:
		return a + by;
	case BPF_SUB:
		return a - by;
	case BPF_MUL:
		return a * by;
	case BPF_DIV:
		machine->broken |= by == 0;	/* and in the kernel it kills */
		return by ? a / by : 0;
	case BPF_OR:
		return a | by;
	case BPF_AND:
		return a & by;
	case BPF_XOR:
		return a ^ by;
	case BPF_LSH:
		return a << (by & 31);
	case BPF_RSH:
		return a >> (by & 31);
	case BPF_NEG:
		return -a;
	default:
		machine->broken = true;
		return 0;
	}
}

/* How many instructions to leave out. */
static uint32_t jump(struct machine *machine, const struct sock_filter *step)
{
	uint32_t with = BPF_SRC(step->code) == BPF_X ? machine->x : step->k;
	bool holds = false;

	switch (BPF_OP(step->code)) {
	case BPF_JA:
		return step->k;
	case BPF_JEQ:
		holds = machine->a == with;
		break;
	case BPF_JGT:
		holds = machine->a > with;
		break;
	case BPF_JGE:
		holds = machine->a >= with;
		break;
	case BPF_JSET:
		holds = machine->a & with;
		break;
	default:
		machine->broken = true;
	}
	return holds ? step->jt : step->jf;
}

uint32_t ul_filter_run(const struct sock_fprog *filter,
		       const struct seccomp_data *call)
{
	struct machine machine = { .call = call };

	/* It jumps forward only, so it ends. */
	for (size_t at = 0; at < filter->len && !machine.broken; at++) {
		const struct sock_filter *step = &filter->filter[at];

		switch (BPF_CLASS(step->code)) {
		case BPF_LD:
			machine.a = loaded(&machine, step);
			break;
		case BPF_LDX:
			machine.x = loaded(&machine, step);
			break;
		case BPF_ST:
			*cell(&machine, step->k) = machine.a;
			break;
		case BPF_STX:
			*cell(&machine, step->k) = machine.x;
			break;
		case BPF_ALU:
			machine.a = computed(&machine, step);
			break;
		case BPF_JMP:
			at += jump(&machine, step);
			break;
		case BPF_RET:
			return BPF_RVAL(step->code) == BPF_A ? machine.a :
							       step->k;
		default:		/* BPF_MISC */
			if (BPF_MISCOP(step->code) == BPF_TAX)
				machine.x = machine.a;
			else
				machine.a = machine.x;
		}
	}
	return KILL;
}
