/* SPDX-License-Identifier: MIT */
/*
 * next.c - see next.h
 *
 * The table is that of DT_GNU_HASH: a filter of two bits for each symbol, and
 * behind it chains of hashes, the last of each marked by its lowest bit.
 */
#include "config.h"

#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>

#include "preload/next.h"

#define WORD (8 * sizeof(ElfW(Addr)))	/* bits in one of the filter's */
#define NOT_DEFAULT 0x8000		/* in DT_VERSYM: an older version */

struct object {
	ElfW(Addr) base;
	const ElfW(Sym) *symbols;
	const char *strings;
	const ElfW(Half) *versions;	/* or NULL */
	const ElfW(Addr) *filter;
	uint32_t filter_words, filter_shift;
	const uint32_t *buckets, *chains;
	uint32_t n_buckets;
	uint32_t first;			/* symbol that is in a chain */
};

/* The loader has made addresses of most, in place, but not of all. */
static const void *pointer(const struct link_map *map, const ElfW(Dyn) *entry)
{
	ElfW(Addr) at = entry->d_un.d_ptr;

	return (const void *)(at < map->l_addr ? at + map->l_addr : at);
}

static bool read_object(const struct link_map *map, struct object *object)
{
	const uint32_t *table = NULL;

	memset(object, 0, sizeof(*object));
	object->base = map->l_addr;
	for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL;
	     entry++) {
		switch (entry->d_tag) {
		case DT_GNU_HASH:
			table = pointer(map, entry);
			break;
		case DT_SYMTAB:
			object->symbols = pointer(map, entry);
			break;
		case DT_STRTAB:
			object->strings = pointer(map, entry);
			break;
		case DT_VERSYM:
			object->versions = pointer(map, entry);
			break;
		}
	}
	if (!table || !object->symbols || !object->strings)
		return false;
	object->n_buckets = table[0];
	object->first = table[1];
	object->filter_words = table[2];
	object->filter_shift = table[3];
	object->filter = (const ElfW(Addr) *)(table + 4);
	object->buckets =
		(const uint32_t *)(object->filter + object->filter_words);
	object->chains = object->buckets + object->n_buckets;
	return object->n_buckets && object->filter_words;
}

struct name {
	const char *text;
	size_t size;			/* with the zero byte */
	uint32_t hash;
};

static void read_name(const char *text, struct name *name)
{
	const char *at = text;

	name->text = text;
	name->hash = 5381;
	while (*at)
		name->hash = name->hash * 33 + (unsigned char)*at++;
	name->size = (size_t)(at - text) + 1;
}

/* What a symbol without a version means. */
static bool is_meant(const struct object *object, uint32_t number,
		     const struct name *name)
{
	const ElfW(Sym) *symbol = &object->symbols[number];
	unsigned int hidden = ELF64_ST_VISIBILITY(symbol->st_other);

	return symbol->st_shndx != SHN_UNDEF && symbol->st_value &&
	       hidden != STV_HIDDEN && hidden != STV_INTERNAL &&
	       (!object->versions ||
		!(object->versions[number] & NOT_DEFAULT)) &&
	       !strncmp(object->strings + symbol->st_name, name->text,
			name->size);
}

static const ElfW(Sym) *look_up(const struct object *object,
				const struct name *name)
{
	uint32_t hash = name->hash;
	ElfW(Addr) word = object->filter[hash / WORD % object->filter_words];
	uint32_t number, other;

	if (!(word >> hash % WORD & word >> (hash >> object->filter_shift) % WORD &
	      1))
		return NULL;
	number = object->buckets[hash % object->n_buckets];
	if (!number)
		return NULL;
	do {
		other = object->chains[number - object->first];
		if ((other | 1) == (hash | 1) && is_meant(object, number, name))
			return &object->symbols[number];
		number++;
	} while (!(other & 1));
	return NULL;
}

/* What the loader would have to run, to know where it is. */
static char to_be_asked;

static void *address_of(const struct object *object, const ElfW(Sym) *symbol)
{
	unsigned int type = ELF64_ST_TYPE(symbol->st_info);

	return type == STT_FUNC || type == STT_NOTYPE ?
		       (void *)(object->base + symbol->st_value) :
		       &to_be_asked;
}

/* The kernel's own object is in the list, and in nobody's scope. */
static bool is_kernels(const struct link_map *map)
{
	return map->l_addr && map->l_addr == getauxval(AT_SYSINFO_EHDR);
}

/* Those of the start stay, in this order, for as long as the process lives:
 * nobody changes what is read here. */
static const struct link_map *our_map(void)
{
	const struct link_map *map = _r_debug.r_map;
	struct link_map *found;
	Dl_info info;

	while (map && map->l_ld != _DYNAMIC)
		map = map->l_next;
	if (map)
		return map;
	return dladdr1((void *)ul_next_find, &info, (void **)&found,
		       RTLD_DL_LINKMAP) ?
		       found :
		       NULL;
}

/* What is loaded later is in nobody's scope, and may be unloaded meanwhile. */
static const struct link_map *last_of(const struct link_map *map)
{
	static const struct link_map *last;

	if (!last && map) {
		while (map->l_next)
			map = map->l_next;
		last = map;
	}
	return last;
}

/* What is not there is not for the program's dlerror(3) to tell. */
static void *ask(const char *text)
{
	void *found = dlsym(RTLD_NEXT, text);

	if (!found)
		dlerror();
	return found;
}

void ul_next_find(const char *texts, size_t count, void **found)
{
	const struct link_map *map = our_map();
	const struct link_map *last = last_of(map);
	struct name names[count];
	struct object object;
	size_t left = count;
	bool all_read = map;

	for (size_t i = 0; i < count; i++) {
		read_name(texts, &names[i]);
		texts += names[i].size;
		found[i] = NULL;
	}
	while (left && map && map != last && (map = map->l_next)) {
		if (is_kernels(map))
			continue;
		all_read = read_object(map, &object);
		if (!all_read)
			break;
		for (size_t i = 0; i < count; i++) {
			const ElfW(Sym) *symbol =
				found[i] ? NULL : look_up(&object, &names[i]);

			if (symbol) {
				found[i] = address_of(&object, symbol);
				left--;
			}
		}
	}
	for (size_t i = 0; i < count; i++)
		if (found[i] == &to_be_asked || (!found[i] && !all_read))
			found[i] = ask(names[i].text);
}

void *ul_next_find_one(const char *text)
{
	void *found;

	ul_next_find(text, 1, &found);
	return found;
}
