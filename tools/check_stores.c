/* SPDX-License-Identifier: MIT */
/*
 * check_stores.c - do the stores open
 *
 * They are opened by the very code the engine uses, so that what passes here
 * is not refused there.
 */
#include "preload/store/store.h"
#include "tools/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int open_store(const struct ul_policy_store *store,
		      struct ul_store **opened, struct ul_store_error *error)
{
	if (store->type == UL_STORE_BLOB)
		return ul_store_open_blob(store->name, store->path,
					  store->offset, store->length,
					  opened, error);
	return ul_store_open_file(store->name, store->path, store->offset,
				  store->length, opened, error);
}

/* What brings the store's file, as far as it can be known. */
static void find_remedy(const struct ul_policy_store *store,
			const char *wrong, char *remedy, size_t size)
{
	struct stat status;

	remedy[0] = '\0';
	if (stat(store->path, &status) == 0) {
		if (strstr(wrong, "not a blob: no frame"))
			snprintf(remedy, size, "uffdlazy-pack %s, and name "
				 "the .zst that this makes", store->path);
	} else if (store->type == UL_STORE_BLOB) {
		snprintf(remedy, size, "uffdlazy-pack INPUT -o %s",
			 store->path);
	} else {
		snprintf(remedy, size,
			 "make %s, or correct \"path\" in the policy",
			 store->path);
	}
}

static void check_offsets(struct check_report *report,
			  const struct ul_policy *policy,
			  const struct ul_policy_store *store, uint64_t length)
{
	char found[256];
	size_t i;

	for (i = 0; i < policy->n_rules; i++) {
		const struct ul_policy_rule *rule = &policy->rules[i];

		if (rule->store != store || rule->offset < length)
			continue;
		snprintf(found, sizeof(found),
			 "rules[%zu].offset: lies behind the end of \"%s\", "
			 "which has %llu bytes", i, store->name,
			 (unsigned long long)length);
		check_report_add(report, CHECK_PROBLEM, "rule", found,
				 "the memory would hold nothing but zeros",
				 "");
	}
}

static void check_folders(struct check_report *report,
			  const struct ul_policy *policy)
{
	struct stat status;
	char found[512];
	size_t i;

	for (i = 0; i < policy->n_stub_folders; i++) {
		const char *folder = policy->stub_folders[i];
		int error = stat(folder, &status) ? errno : 0;

		if (!error && S_ISDIR(status.st_mode))
			continue;
		snprintf(found, sizeof(found), "%s: %s", folder,
			 error ? strerror(error) : "is not a folder");
		check_report_add(report, CHECK_PROBLEM, "stubs", found,
				 "no blob can be found there", "");
	}
}

/* Of blobs by others, which have no seal. */
static void check_seal(struct check_report *report,
		       const struct ul_policy_store *store,
		       const struct ul_store *opened)
{
	char found[512], remedy[1024];

	if (ul_store_is_sealed(opened))
		return;
	snprintf(found, sizeof(found), "stores.%.255s: its seek table is not "
		 "sealed", store->name);
	snprintf(remedy, sizeof(remedy), "uffdlazy-pack --unpack %.255s -o "
		 "FILE, then uffdlazy-pack FILE", store->path);
	check_report_add(report, CHECK_NOTE, "store", found,
		"if the table is damaged, so that sizes in it are others, the "
		"memory has wrong bytes; a seal would tell", remedy);
}

void check_stores(struct check_report *report, const struct ul_policy *policy,
		  json_t *stores)
{
	struct ul_store_error error;
	struct ul_store *opened;
	char found[1024], remedy[512];
	uint64_t length;
	json_t *entry;
	size_t i;

	for (i = 0; i < policy->n_stores; i++) {
		if (!policy->stores[i].path)
			continue;
		if (open_store(&policy->stores[i], &opened, &error)) {
			snprintf(found, sizeof(found), "stores.%.255s: %s",
				 policy->stores[i].name, error.text);
			find_remedy(&policy->stores[i], error.text, remedy,
				    sizeof(remedy));
			check_report_add(report, CHECK_PROBLEM, "store", found,
				"what should be filled from it fails: "
				"ENOMEM for malloc, EIO for mmap", remedy);
			continue;
		}
		length = ul_store_length(opened);
		check_seal(report, &policy->stores[i], opened);
		ul_store_put(opened);
		entry = json_array_get(stores, i);
		if (json_object_set_new(entry, "bytes", json_integer(length)))
			check_no_memory();
		check_offsets(report, policy, &policy->stores[i], length);
	}
	check_folders(report, policy);
}
