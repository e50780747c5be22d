/* SPDX-License-Identifier: MIT */
/* object.c - see object.h */
#include "config.h"

#include <link.h>

#include "preload/engine/engine.h"
#include "preload/engine/object.h"
#include "preload/engine/region.h"

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
	search->found->start = start & ~(uintptr_t)(ul_page_size - 1);
	search->found->end = end;
	/* The program's own is empty there. */
	search->found->path = *info->dlpi_name ? info->dlpi_name :
						 ul_shim->program_path;
	return 1;
}

bool ul_object_find(uintptr_t address, struct ul_object *object)
{
	struct search search = { address, object };

	return dl_iterate_phdr(look_at, &search) == 1;
}
