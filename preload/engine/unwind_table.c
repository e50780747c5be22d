/* SPDX-License-Identifier: MIT */
/*
 * unwind_table.c - see unwind_table.h
 *
 * The format is the Linux Standard Base's (.eh_frame_hdr, .eh_frame) and DWARF's
 * (call frame instructions, expressions). An object's index has one entry for
 * each function, by address; it leads to the function's entry, and that to one
 * for many functions: instructions are in both.
 */
#include "config.h"

#include <stddef.h>
#include <string.h>

#include "preload/engine/unwind_table.h"

/* How a pointer is written: DW_EH_PE. */
enum { PE_ABSOLUTE = 0x00, PE_UDATA4 = 0x03, PE_TABLE = 0x3b, PE_OMITTED = 0xff };

/* Of an instruction or an operation: what comes behind its number. */
enum operands {
	NONE, BYTES_1, BYTES_2, BYTES_4, BYTES_8, LEB, LEB_LEB,
	POINTER,			/* as the function's address is written */
	BLOCK, LEB_BLOCK,		/* an expression */
	READS,				/* the operation reads memory */
	UNKNOWN,
};

struct bytes {
	const unsigned char *at, *end;
};

static uint64_t take(struct bytes *bytes, size_t n)
{
	uint64_t value = 0;

	if ((size_t)(bytes->end - bytes->at) < n) {
		bytes->at = bytes->end;
		return 0;
	}
	memcpy(&value, bytes->at, n);	/* little-endian, or it is only skipped */
	bytes->at += n;
	return value;
}

/* A number in LEB128; the sign does not matter here. */
static uint64_t take_leb(struct bytes *bytes)
{
	unsigned int shift = 0;
	uint64_t value = 0, byte;

	do {
		byte = take(bytes, 1);
		if (shift < 64)
			value |= (byte & 127) << shift;
		shift += 7;
	} while (byte & 128);
	return value;
}

/* The next n bytes, or all that there are. */
static struct bytes take_part(struct bytes *bytes, uint64_t n)
{
	struct bytes part = { bytes->at, bytes->end };

	if (n < (uint64_t)(bytes->end - bytes->at))
		part.end = bytes->at + n;
	bytes->at = part.end;
	return part;
}

/* Bytes of a pointer that is written so; 0: not known. */
static size_t pointer_size(unsigned int encoding)
{
	static const unsigned char sizes[] = { 8, 0, 2, 4, 8, 0, 0, 0 };

	return encoding == PE_OMITTED ? 0 : sizes[encoding & 7];
}

static enum operands operation_operands(unsigned int operation)
{
	static const unsigned char low[] = {
		[0x03] = BYTES_8, [0x06] = READS, [0x08] = BYTES_1,
		[0x09] = BYTES_1, [0x0a] = BYTES_2, [0x0b] = BYTES_2,
		[0x0c] = BYTES_4, [0x0d] = BYTES_4, [0x0e] = BYTES_8,
		[0x0f] = BYTES_8, [0x10] = LEB, [0x11] = LEB,
		[0x15] = BYTES_1, [0x18] = READS, [0x23] = LEB,
		[0x28] = BYTES_2, [0x2f] = BYTES_2,
	};

	if (operation < sizeof(low))
		return low[operation];
	if (operation < 0x70)		/* small numbers, registers */
		return NONE;
	if (operation < 0x92)		/* a register and an offset; a register */
		return LEB;
	if (operation == 0x92)
		return LEB_LEB;
	return operation == 0x96 ? NONE : READS;
}

static void skip(struct bytes *bytes, enum operands operands, size_t pointer)
{
	static const unsigned char sizes[] = {
		[BYTES_1] = 1, [BYTES_2] = 2, [BYTES_4] = 4, [BYTES_8] = 8,
	};

	switch (operands) {
	case LEB_LEB:
		take_leb(bytes);
		/* fall through */
	case LEB:
		take_leb(bytes);
		break;
	case POINTER:
		take(bytes, pointer);
		break;
	case BYTES_1:
	case BYTES_2:
	case BYTES_4:
	case BYTES_8:
		take(bytes, sizes[operands]);
		break;
	default:
		break;
	}
}

static bool expression_reads(struct bytes expression)
{
	while (expression.at < expression.end) {
		enum operands operands =
			operation_operands((unsigned int)take(&expression, 1));

		if (operands == READS)
			return true;
		skip(&expression, operands, 0);
	}
	return false;
}

static enum operands instruction_operands(unsigned int instruction)
{
	static const unsigned char low[] = {
		[0x00] = NONE, [0x01] = POINTER, [0x02] = BYTES_1,
		[0x03] = BYTES_2, [0x04] = BYTES_4, [0x05] = LEB_LEB,
		[0x06] = LEB, [0x07] = LEB, [0x08] = LEB, [0x09] = LEB_LEB,
		[0x0a] = NONE, [0x0b] = NONE, [0x0c] = LEB_LEB, [0x0d] = LEB,
		[0x0e] = LEB, [0x0f] = BLOCK, [0x10] = LEB_BLOCK,
		[0x11] = LEB_LEB, [0x12] = LEB_LEB, [0x13] = LEB,
		[0x14] = LEB_LEB, [0x15] = LEB_LEB, [0x16] = LEB_BLOCK,
	};

	if (instruction & 0xc0)		/* the location; a register, and where */
		return (instruction & 0xc0) == 0x80 ? LEB : NONE;
	if (instruction < sizeof(low))
		return low[instruction];
	switch (instruction) {
	case 0x1d:
		return BYTES_8;
	case 0x2d:
		return NONE;
	case 0x2e:
		return LEB;
	case 0x2f:
		return LEB_LEB;
	default:
		return UNKNOWN;
	}
}

static bool instructions_read(struct bytes instructions, size_t pointer)
{
	while (instructions.at < instructions.end) {
		enum operands operands = instruction_operands(
			(unsigned int)take(&instructions, 1));

		if (operands == UNKNOWN)
			return true;	/* what follows cannot be told apart */
		if (operands == LEB_BLOCK)
			take_leb(&instructions);
		if (operands != BLOCK && operands != LEB_BLOCK)
			skip(&instructions, operands, pointer);
		else if (expression_reads(take_part(&instructions,
						    take_leb(&instructions))))
			return true;
	}
	return false;
}

/* What an entry for many functions says. */
struct common {
	bool has_augmentation;		/* and so its functions' entries */
	bool is_signal;
	size_t pointer;
	struct bytes instructions;
};

/* An entry's bytes behind its length. */
static struct bytes entry_at(const unsigned char *at, const unsigned char *end)
{
	struct bytes all = { at, end };

	return take_part(&all, take(&all, 4));
}

static bool read_common(struct bytes entry, struct common *common)
{
	const char *letters;
	unsigned int version;
	struct bytes data;

	take(&entry, 4);
	version = (unsigned int)take(&entry, 1);
	letters = (const char *)entry.at;
	while (take(&entry, 1))
		;
	take_leb(&entry);		/* alignments, and where the return */
	take_leb(&entry);		/* address is */
	if (version == 1)
		take(&entry, 1);
	else
		take_leb(&entry);
	*common = (struct common){ .pointer = pointer_size(PE_ABSOLUTE) };
	if (*letters == 'z') {
		common->has_augmentation = true;
		data = take_part(&entry, take_leb(&entry));
		for (letters++; entry.at < entry.end && *letters; letters++) {
			if (*letters == 'R')
				common->pointer = pointer_size(
					(unsigned int)take(&data, 1));
			else if (*letters == 'P')
				take(&data, pointer_size((unsigned int)take(
						    &data, 1)));
			else if (*letters == 'L')
				take(&data, 1);
			else if (*letters == 'S')
				common->is_signal = true;
		}
	}
	common->instructions = entry;
	return common->pointer != 0;
}

/* Does a function's entry, for code from start on, have memory read at pc? */
static bool function_reads(const unsigned char *at, const unsigned char *first,
			   const unsigned char *end, uintptr_t distance)
{
	struct bytes entry = entry_at(at, end);
	const unsigned char *id = entry.at;
	struct common common;
	uint64_t back = take(&entry, 4);

	if (!back || back > (uint64_t)(id - first) ||
	    !read_common(entry_at(id - back, end), &common))
		return false;
	take(&entry, common.pointer);
	if (distance >= take(&entry, common.pointer) || common.is_signal)
		return false;
	if (common.has_augmentation)
		take_part(&entry, take_leb(&entry));
	return instructions_read(common.instructions, common.pointer) ||
	       instructions_read(entry, common.pointer);
}

/* The index: a head, and then pairs of addresses, as distances from its start:
 * a function's, and its entry's. */
struct index_head {
	unsigned char version, frame_encoding, count_encoding, table_encoding;
	int32_t frame;
	uint32_t count;
};

struct index_entry {
	int32_t function, entry;
};

/* The last function that does not begin behind pc. */
static const struct index_entry *find_function(const struct index_head *head,
					       intptr_t pc)
{
	const struct index_entry *entries = (const void *)(head + 1);
	uint32_t low = 0, high = head->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (entries[middle].function <= pc)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &entries[low - 1] : NULL;
}

/* The part of the object with this address in it. */
static struct bytes part_of(const struct dl_phdr_info *object, uintptr_t address)
{
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &object->dlpi_phdr[i];
		uintptr_t start = object->dlpi_addr + part->p_vaddr;

		if (part->p_type == PT_LOAD && address - start < part->p_memsz)
			return (struct bytes){
				(const void *)start,
				(const void *)(start + part->p_memsz)
			};
	}
	return (struct bytes){ NULL, NULL };
}

/* NULL: it has none, or one that is written otherwise. */
static const struct index_head *index_of(const struct dl_phdr_info *object)
{
	const struct index_head *head = NULL;
	struct bytes room;

	for (int i = 0; i < object->dlpi_phnum; i++)
		if (object->dlpi_phdr[i].p_type == PT_GNU_EH_FRAME)
			head = (const void *)(object->dlpi_addr +
					      object->dlpi_phdr[i].p_vaddr);
	if (!head)
		return NULL;
	room = part_of(object, (uintptr_t)head);
	if (!room.at ||
	    room.end - (const unsigned char *)head < (ptrdiff_t)sizeof(*head) ||
	    head->version != 1 || head->count_encoding != PE_UDATA4 ||
	    head->table_encoding != PE_TABLE ||
	    pointer_size(head->frame_encoding) != sizeof(head->frame) ||
	    head->count > (size_t)(room.end -
				   (const unsigned char *)(head + 1)) /
				  sizeof(struct index_entry))
		return NULL;
	return head;
}

bool ul_unwind_table_reads(const struct dl_phdr_info *object, uintptr_t pc)
{
	const struct index_head *head;
	const struct index_entry *found;
	const unsigned char *entry;
	struct bytes frames;
	intptr_t distance;

	if (!part_of(object, pc).at)
		return false;
	head = index_of(object);
	if (!head)
		return false;
	distance = (intptr_t)(pc - (uintptr_t)head);
	found = find_function(head, distance);
	if (!found)
		return false;
	entry = (const unsigned char *)head + found->entry;
	frames = part_of(object, (uintptr_t)entry);
	return frames.at && function_reads(entry, frames.at, frames.end,
					   (uintptr_t)(distance -
						       found->function));
}
