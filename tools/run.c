/* SPDX-License-Identifier: MIT */
/*
 * run.c - uffdlazy-run: start a program with lazy memory
 *
 * Checks the policy, says so where the preload cannot work, sets the
 * environment and becomes the program. Nothing of this process is left then:
 * signals, exit status and process id are the program's own.
 */
#include "config.h"

#include "policy/policy.h"
#include "tools/run.h"
#include "tools/standard.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIBRARY "libuffdlazy.so"
#define ENGINE "uffdlazy-engine.so"

/* Set or die: a program without the variable would run unlike what was asked. */
static void set_variable(const char *name, const char *value)
{
	if (setenv(name, value, 1) != 0) {
		ul_run_complain("cannot set %s: %s", name, strerror(errno));
		exit(UL_RUN_FAILED);
	}
}

/* The program, or a child of it, may be in another folder when it reads the
 * path. Symbolic links stay: a policy's paths start at the link's folder. */
static void set_path_variable(const char *name, const char *path)
{
	char absolute[2 * PATH_MAX];
	char folder[PATH_MAX];

	if (path[0] == '/') {
		set_variable(name, path);
		return;
	}
	if (!getcwd(folder, sizeof(folder)) || strlen(path) >= PATH_MAX) {
		ul_run_complain("cannot make '%s' an absolute path", path);
		exit(UL_RUN_FAILED);
	}
	snprintf(absolute, sizeof(absolute), "%s/%s", folder, path);
	set_variable(name, absolute);
}

static void set_policy(const struct ul_run_request *request)
{
	char message[1024];
	char inline_policy[256];
	struct ul_policy *policy;
	const char *spec = request->policy;

	if (request->zero || request->has_min_size) {
		snprintf(inline_policy, sizeof(inline_policy),
			 "{\"version\": 1, \"min_size\": %" PRIu64 ", \"rules\":"
			 " [{\"name\": \"zero\", \"match\": {\"call\":"
			 " [\"malloc\", \"mmap-anon\"]}, \"store\": \"zero\"}]}",
			 request->has_min_size ? request->min_size :
						 UINT64_C(1) << 20);
		spec = inline_policy;
	}
	if (!spec)
		spec = getenv("UFFDLAZY_POLICY");
	if (ul_policy_load(spec, &policy, message, sizeof(message)) != 0) {
		ul_run_complain("%s", message);
		exit(UL_RUN_FAILED);
	}
	ul_policy_free(policy);
	if (!spec || (spec != request->policy && spec != inline_policy))
		return;
	if (ul_policy_is_inline(spec))
		set_variable("UFFDLAZY_POLICY", spec);
	else
		set_path_variable("UFFDLAZY_POLICY", spec);
}

/* Is there a library in folder/under? Then its path is in path. */
static bool library_in(const char *folder, const char *under, char *path,
		       size_t path_size)
{
	int length = snprintf(path, path_size, "%s%s/" LIBRARY, folder, under);

	return length >= 0 && (size_t)length < path_size &&
	       access(path, R_OK) == 0;
}

/* Without its engine the library would leave all memory plain. It looks for it
 * in these places, too. */
static void need_engine(const char *library)
{
	int folder = (int)(strrchr(library, '/') - library);
	char path[2 * PATH_MAX];

	snprintf(path, sizeof(path), "%.*s/uffdlazy/" ENGINE, folder, library);
	if (access(path, R_OK) == 0)
		return;
	snprintf(path, sizeof(path), "%.*s/" ENGINE, folder, library);
	if (access(path, R_OK) == 0)
		return;
	ul_run_complain("cannot find " ENGINE " beside %s", library);
	exit(UL_RUN_FAILED);
}

/* In a build tree the library lies in .libs beside this program; installed, it
 * is where configure said, or, if all was moved together, in ../lib. */
static void find_library(char *path, size_t path_size)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	self[length > 0 ? length : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	if (slash && (library_in(self, "/.libs", path, path_size) ||
		      library_in(self, "", path, path_size)))
		return;
	if (library_in(UL_LIBDIR, "", path, path_size))
		return;
	if (slash && library_in(self, "/../lib", path, path_size))
		return;
	ul_run_complain("cannot find " LIBRARY " in " UL_LIBDIR);
	exit(UL_RUN_FAILED);
}

static void set_preload(void)
{
	const char *old = getenv("LD_PRELOAD");
	char library[PATH_MAX];
	char *value;

	find_library(library, sizeof(library));
	need_engine(library);
	if (strpbrk(library, ": ")) {
		ul_run_complain("cannot preload '%s': LD_PRELOAD cannot hold a path "
			 "with a blank or a colon", library);
		exit(UL_RUN_FAILED);
	}
	if (!old || !*old) {
		set_variable("LD_PRELOAD", library);
		return;
	}
	if (asprintf(&value, "%s:%s", library, old) < 0) {
		ul_run_complain("out of memory");
		exit(UL_RUN_FAILED);
	}
	set_variable("LD_PRELOAD", value);
	free(value);
}

/* Returns whether the program must be left without the preload. */
static bool warn_obstacle(const char *program)
{
	char path[PATH_MAX];
	char interpreter[PATH_MAX];
	const char *obstacle;

	if (!ul_run_find(program, path, sizeof(path)))
		return false;
	obstacle = ul_run_obstacle(path, interpreter, sizeof(interpreter));
	if (!obstacle)
		return false;
	if (interpreter[0])
		ul_run_complain("warning: '%s', the interpreter of '%s', %s: it runs "
			 "on plain memory", interpreter, program, obstacle);
	else
		ul_run_complain("warning: '%s' %s: it runs on plain memory", program,
			 obstacle);
	return obstacle == ul_run_musl;
}

static void say_why_not(const char *program, int error)
{
	bool is_path = strchr(program, '/') != NULL;
	bool is_there = access(program, F_OK) == 0;
	struct stat st;

	if (error == ENOENT && !is_path && is_there && *program)
		ul_run_complain("%s: not found in PATH; to run the one in this "
			 "folder: ./%s", program, program);
	else if (error == ENOENT && !is_path)
		ul_run_complain("'%s': not found in PATH", program);
	else if (error == ENOENT && is_there)
		ul_run_complain("%s: the interpreter that its first line names is "
			 "not there", program);
	else if (error == ENOEXEC)
		ul_run_complain("%s: cannot execute binary file", program);
	else if (error == EACCES && stat(program, &st) == 0 &&
		 S_ISDIR(st.st_mode))
		ul_run_complain("%s: is a folder, not a program", program);
	else if (error == EACCES && is_there && access(program, X_OK) != 0)
		ul_run_complain("%s: is not executable; if it is a program: "
			 "chmod +x %s", program, program);
	else
		ul_run_complain("%s: %s", program, strerror(error));
}

/* execvp(3) gives what the kernel does not know to a shell: also a program that
 * was cut short, or another machine's. Returns errno. */
static int become(char **program)
{
	char path[PATH_MAX];

	if (ul_run_find(program[0], path, sizeof(path)) && ul_run_is_elf(path))
		execv(path, program);
	else
		execvp(program[0], program);
	return errno;
}

int main(int argc, char **argv)
{
	struct ul_run_request request = { 0 };
	char number[16];
	int error;

	ul_standard_occupy();
	if (argc > 0)
		argv[0] = UL_RUN_NAME;	/* getopt's messages begin with it */
	ul_run_parse(argc, argv, &request);
	set_policy(&request);
	if (request.summary)
		set_variable("UFFDLAZY_SUMMARY", "1");
	snprintf(number, sizeof(number), "%d", (int)getpid());
	set_variable("UFFDLAZY_RUN", number);
	if (request.stats)
		set_path_variable("UFFDLAZY_STATS", request.stats);
	if (request.record)
		set_path_variable("UFFDLAZY_RECORD", request.record);
	if (request.replay)
		set_path_variable("UFFDLAZY_REPLAY", request.replay);
	if (!warn_obstacle(request.program[0]))
		set_preload();

	error = become(request.program);
	say_why_not(request.program[0], error);
	return error == ENOENT ? UL_RUN_NOT_FOUND : UL_RUN_NOT_EXECUTABLE;
}
