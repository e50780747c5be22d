/* SPDX-License-Identifier: MIT */
/*
 * glob.h - patterns for names and paths
 *
 *	*	any characters (in a path: other than '/')
 *	**	any characters, '/' too; as a whole folder, also no folder:
 *		"x/", "**", "/y" together match x/y
 *	?	one character (in a path: other than '/')
 *	[a-z]	one of these; [!a-z] one of no others
 *	\x	x itself
 *
 * Not fnmatch(3): that depends on the locale and may allocate, and these run
 * inside malloc. No backtracking beyond the last * and the last **, so that
 * no pattern takes more than length squared.
 */
#ifndef UL_GLOB_H
#define UL_GLOB_H

#include <stdbool.h>

/* Context: any, also a hook. Allocates: no. */
bool ul_glob_name(const char *pattern, const char *name);
bool ul_glob_path(const char *pattern, const char *path);

/* A pattern with '/' is matched against the whole path, one without against
 * what follows the last '/'. */
bool ul_glob_file(const char *pattern, const char *path);

/* What is wrong with a pattern, in words; NULL: nothing. */
const char *ul_glob_mistake(const char *pattern);

#endif
