/* SPDX-License-Identifier: MIT */
/* object.c - see object.h */
#include "config.h"

#include <sys/auxv.h>

#include "preload/object.h"

ul_object_walk_fn *ul_object_walk = dl_iterate_phdr;

struct search {
	uintptr_t address;
	struct ul_object *found;
};

static int look_at(struct dl_phdr_info *info, size_t size, void *context)
{
	const struct search *search = context;
	uintptr_t start = UINTPTR_MAX, end = 0;
	bool found = false;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];
		uintptr_t at = info->dlpi_addr + part->p_vaddr;

		if (part->p_type != PT_LOAD)
			continue;
		start = at < start ? at : start;
		end = at + part->p_memsz > end ? at + part->p_memsz : end;
		found = found || search->address - at < part->p_memsz;
	}
	if (!found)
		return 0;
	search->found->start = start & ~(getauxval(AT_PAGESZ) - 1);
	search->found->end = end;
	search->found->path = info->dlpi_name;
	return 1;
}

bool ul_object_find(const void *address, struct ul_object *object)
{
	struct search search = { (uintptr_t)address, object };

	return ul_object_walk(look_at, &search) == 1;
}
