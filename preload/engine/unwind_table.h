/* SPDX-License-Identifier: MIT */
/*
 * unwind_table.h - can what an object's table says of an address do harm?
 *
 * libunwind computes a frame's address by the expression that the table gives,
 * and reads what that has it read: where the table is wrong, or the registers are,
 * memory that is not there. A compiler's code whose table has such an expression
 * (it aligns its stack) has a frame pointer, too, and is walked by that where
 * the table is kept from libunwind.
 */
#ifndef UL_UNWIND_TABLE_H
#define UL_UNWIND_TABLE_H

#include <link.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Is pc in this object, in code whose table has memory read for an address or a
 * value? A signal's frame, which the kernel has made, does no harm; nor does
 * what the object's index does not have. Takes no lock, allocates nothing.
 */
bool ul_unwind_table_reads(const struct dl_phdr_info *object, uintptr_t pc);

#endif
