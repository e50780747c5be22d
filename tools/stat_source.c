/* SPDX-License-Identifier: MIT */
/*
 * stat_source.c - from a place in an object to a file and a line
 *
 * Optional: with elfutils' libdw, and where there is debug information, in the
 * object itself or where the system keeps it apart. The object is named by the
 * process that is looked at, so it is read only when that process is this
 * user's: root does not parse what another user has prepared. Nothing is
 * fetched from a network.
 */
#include "config.h"

#include "tools/stat.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef HAVE_LIBDW
#include <elfutils/libdwfl.h>

/* Objects that were asked for, and what is open of them. */
struct object {
	struct object *next;
	char *path;
	Dwfl *dwfl;
	Dwfl_Module *module;		/* NULL: nothing can be known */
	GElf_Addr start;
};

static struct object *objects;
static char *debug_path;		/* NULL: as libdw has it */
static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
	.section_address = dwfl_offline_section_address,
	.debuginfo_path = &debug_path,
};

static void open_object(struct object *object)
{
	int fd = open(object->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return;
	}
	/* libdw would ask servers that this variable names. */
	unsetenv("DEBUGINFOD_URLS");
	object->dwfl = dwfl_begin(&callbacks);
	if (object->dwfl) {
		dwfl_report_begin(object->dwfl);
		object->module = dwfl_report_offline(object->dwfl, object->path,
						     object->path, fd);
		dwfl_report_end(object->dwfl, NULL, NULL);
	}
	if (!object->module)
		close(fd);
	else
		dwfl_module_info(object->module, NULL, &object->start, NULL,
				 NULL, NULL, NULL, NULL);
}

static struct object *find_object(const char *path)
{
	struct object *object;

	for (object = objects; object; object = object->next)
		if (strcmp(object->path, path) == 0)
			return object;
	object = calloc(1, sizeof(*object));
	if (object)
		object->path = strdup(path);
	if (!object || !object->path) {
		free(object);
		return NULL;
	}
	open_object(object);
	object->next = objects;
	objects = object;
	return object;
}

static void look_up(const char *path, uint64_t offset,
		    struct ul_stat_text *text)
{
	struct object *object = find_object(path);
	const char *file, *slash;
	Dwfl_Line *line;
	int number;

	if (!object || !object->module || offset == 0)
		return;
	/* A return address: the call is before it. */
	line = dwfl_module_getsrc(object->module, object->start + offset - 1);
	file = line ? dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL) :
		      NULL;
	if (!file)
		return;
	slash = strrchr(file, '/');
	snprintf(text->text, sizeof(text->text), " %.100s:%d",
		 slash ? slash + 1 : file, number);
	ul_stat_tame(text->text, sizeof(text->text));
}

void ul_stat_source_end(void)
{
	while (objects) {
		struct object *next = objects->next;

		if (objects->dwfl)
			dwfl_end(objects->dwfl);
		free(objects->path);
		free(objects);
		objects = next;
	}
}

#else

static void look_up(const char *path, uint64_t offset,
		    struct ul_stat_text *text)
{
	(void)path;
	(void)offset;
	(void)text;
}

void ul_stat_source_end(void)
{
}

#endif

const char *ul_stat_source(const struct ul_stat_snapshot *snapshot,
			   const struct ul_stat_frame *frame,
			   struct ul_stat_text *text)
{
	const char *path = frame->object;

	text->text[0] = '\0';
	/* The loader knows the program itself by its argv[0]. */
	if (*path && *path != '/')
		path = snapshot->header.program;
	if (*path == '/' && snapshot->owner == geteuid())
		look_up(path, frame->object_offset, text);
	return text->text;
}
