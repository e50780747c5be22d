/* SPDX-License-Identifier: MIT */
/*
 * policy.h - what a policy says, and which rule a call meets
 *
 * A policy is read once, checked whole, and never changes afterwards: any
 * thread may read a struct ul_policy without a lock. Nothing in here has
 * state, starts a thread, or does I/O beyond reading the policy file itself.
 * Paths in the model are absolute, with ${VAR} expanded. The format is
 * described in uffdlazy-policy(5).
 */
#ifndef UL_POLICY_H
#define UL_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How memory was asked for; a rule matches a set of these. */
enum ul_call {
	UL_CALL_MALLOC = 1 << 0,	/* malloc and its whole family */
	UL_CALL_MMAP_ANON = 1 << 1,	/* mmap(MAP_ANONYMOUS) */
	UL_CALL_MMAP_FILE = 1 << 2,	/* mmap of a file */
};
#define UL_CALL_ALL (UL_CALL_MALLOC | UL_CALL_MMAP_ANON | UL_CALL_MMAP_FILE)

enum ul_store_type {
	UL_STORE_ZERO,			/* zeros */
	UL_STORE_SELF,			/* the mapped file itself */
	UL_STORE_FILE,			/* a part of a plain file */
	UL_STORE_BLOB,			/* seekable zstd or lz4 */
};

#define UL_LENGTH_TO_END UINT64_MAX	/* length: up to the end of the file */

struct ul_policy_store {
	char *name;
	enum ul_store_type type;
	char *path;			/* absolute; NULL for zero and self */
	uint64_t offset;		/* bytes into the (unpacked) file */
	uint64_t length;		/* bytes, or UL_LENGTH_TO_END */
	uint32_t timeout_ms;		/* 0: wait without end */
};

enum ul_readahead {
	UL_READAHEAD_ADAPTIVE,
	UL_READAHEAD_OFF,
	UL_READAHEAD_FIXED,		/* readahead_size bytes */
};

struct ul_policy_rule {
	char *name;			/* never NULL: "rule N" if unnamed */
	unsigned int index;		/* place in rules[] */
	unsigned int calls;		/* a set of enum ul_call */
	uint64_t size_min;		/* bytes, inclusive */
	uint64_t size_max;		/* bytes, inclusive */
	bool has_prot;			/* "prot" was given */
	int prot;			/* PROT_* bits that must all be asked */
	char *path;			/* glob, or NULL */
	char *caller;			/* glob on function names, or NULL */
	char *object;			/* glob on shared objects, or NULL */
	uint64_t nth;			/* 1-based; 0: every one */
	bool lazy;
	const struct ul_policy_store *store;	/* never NULL */
	uint64_t offset;		/* bytes into the store */
	uint64_t granule;		/* bytes filled for a fault; 0: default */
	enum ul_readahead readahead;
	uint64_t readahead_size;	/* bytes, for UL_READAHEAD_FIXED */
	bool direct;			/* the kernel maps the store's file */
	/* What ul_policy_match answers with for a mapped file, where that has
	 * another store ("self") than memory without a file; the same rule in
	 * all else, index too. NULL: this rule itself. */
	const struct ul_policy_rule *for_file;
};

enum ul_fault_mode { UL_FAULT_THREAD, UL_FAULT_INLINE };

struct ul_policy {
	char *source;			/* file's path, "built-in", "inline" */
	char **programs;		/* globs */
	size_t n_programs;		/* 0: every program */
	uint64_t min_size;		/* bytes; smaller calls stay plain */
	bool stubs;			/* serve stubs without a rule */
	char **stub_folders;		/* where else a stub's blob may lie */
	size_t n_stub_folders;
	struct ul_policy_store *stores;	/* [0] "zero", [1] "self", then named */
	size_t n_stores;
	struct ul_policy_rule *rules;
	size_t n_rules;
	struct ul_policy_rule *twins;	/* where for_file points; or NULL */
	unsigned int workers;		/* 0: as many as there are CPUs */
	char *record;			/* absolute path or NULL */
	char *replay;			/* absolute path or NULL */
	enum ul_fault_mode fault;
};

/*
 * Find and read the policy: spec (the value of UFFDLAZY_POLICY; a path, or
 * JSON when it begins with '{'; NULL: look in the usual places), else the
 * user's file, else the system's, else the built-in one. Context: start of a
 * process or a tool. Allocates: yes (malloc). May block: reads one file.
 * Returns 0, or -errno with a message of one line (no newline) in message:
 * "file:line:column: key: what is wrong and what was expected".
 */
int ul_policy_load(const char *spec, struct ul_policy **policy,
		   char *message, size_t message_size);

/* Is this JSON itself, not a file's name? White space may come first. */
bool ul_policy_is_inline(const char *spec);

/* Parse JSON text. source names it in messages; folder is where relative
 * paths start. Otherwise as ul_policy_load. */
int ul_policy_parse(const char *text, size_t length, const char *source,
		    const char *folder, struct ul_policy **policy,
		    char *message, size_t message_size);

/* The policy in force where there is none. Returns NULL without memory. */
struct ul_policy *ul_policy_builtin(void);

void ul_policy_free(struct ul_policy *policy);

/* Is a program of this name (a basename) meant? Allocates: no. */
bool ul_policy_selects(const struct ul_policy *policy, const char *program);

/* One frame of the call stack, innermost first. Both may be NULL. */
struct ul_policy_frame {
	const char *function;
	const char *object;		/* path of the shared object */
};

struct ul_policy_call {
	enum ul_call call;
	uint64_t size;			/* bytes asked for */
	int prot;			/* PROT_* */
	const char *path;		/* the mapped file, or NULL */
	/*
	 * The call stack. Asked for at most once, and only when a rule that
	 * matches in all else needs it, for unwinding is not cheap. May be
	 * NULL: no frames.
	 */
	size_t (*frames)(void *context, const struct ul_policy_frame **frames);
	void *frames_context;
};

/*
 * The first rule that matches, or NULL: plain memory. A call smaller than
 * min_size matches nothing. counters, one for each rule and zero at first,
 * belong to the caller; they are advanced atomically, once for each call that
 * meets all the rest of a rule with "nth". NULL: nth is taken as met.
 * Context: any hook. Allocates: no. Locks: none.
 */
const struct ul_policy_rule *ul_policy_match(const struct ul_policy *policy,
					     const struct ul_policy_call *call,
					     uint64_t *counters);

/* Cheap question first: could any call of this kind and size match? */
bool ul_policy_may_match(const struct ul_policy *policy, enum ul_call call,
			 uint64_t size);

/* The smallest size of a call of this kind for which ul_policy_may_match could
 * say yes, or UINT64_MAX: none. Smaller calls need not even ask. */
uint64_t ul_policy_threshold(const struct ul_policy *policy,
			     enum ul_call call);

/* "64KiB", "2GiB", "4096", "1.5MiB" -> bytes. Returns 0, -EINVAL, or
 * -ERANGE for a size of 2^64 bytes or more. Also used by the tools for their
 * options. */
int ul_size_parse(const char *text, uint64_t *bytes);

#endif
