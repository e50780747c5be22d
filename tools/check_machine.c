/* SPDX-License-Identifier: MIT */
/*
 * check_machine.c - which rung of the privilege ladder, and why not a better
 *
 * userfaultfd(2) answers EPERM for three different reasons, and each has its
 * own remedy, so the reasons are told apart here: the sysctl, a seccomp
 * filter, a security module.
 */
#include "config.h"

#include "preload/engine/stat_abi.h"
#include "preload/engine/uffd.h"
#include "tools/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define CAP_SYS_PTRACE_BIT 19

/* A field of /proc/self/status, in the base given; 0 where there is none. */
static unsigned long long status_field(const char *name, int base)
{
	FILE *file = fopen("/proc/self/status", "re");
	size_t length = strlen(name);
	unsigned long long value = 0;
	char line[256];

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, name, length) && line[length] == ':')
			value = strtoull(line + length + 1, NULL, base);
	fclose(file);
	return value;
}

static void check_kernel(struct check_report *report)
{
	struct utsname name;
	char found[256];

	if (uname(&name))
		return;
	snprintf(found, sizeof(found), "%s %s, %s", name.sysname,
		 name.release, name.machine);
	check_report_add(report, CHECK_OK, "kernel", found,
		"the library was made for Linux 6.1 and later", "");
}

static void check_device(struct check_report *report, int error)
{
	static const char udev[] =
		"groupadd -f uffd; echo 'KERNEL==\"userfaultfd\", "
		"GROUP=\"uffd\", MODE=\"0660\"' > "
		"/etc/udev/rules.d/60-userfaultfd.rules; udevadm control "
		"--reload; udevadm trigger /dev/userfaultfd; then add "
		"yourself to that group";
	static const char topic[] = "/dev/userfaultfd";

	if (!error)
		check_report_add(report, CHECK_OK, topic, "can be opened",
			"page faults of system calls can be served, too", "");
	else if (error == ENOENT)
		check_report_add(report, CHECK_NOTE, topic, "is not there",
			"the kernel is older than 6.1, or this is a "
			"container that was not given it",
			"in a container: docker run --device "
			"/dev/userfaultfd");
	else if (error == EACCES)
		check_report_add(report, CHECK_NOTE, topic,
			"not for this user (its mode forbids it)",
			"the way to full service without any capability",
			udev);
	else if (error == EPERM)
		check_report_add(report, CHECK_NOTE, topic,
			"forbidden by a device filter",
			"the container's cgroup does not allow the device",
			"docker run --device /dev/userfaultfd");
	else
		check_report_add(report, CHECK_NOTE, topic, strerror(error),
				 "", "");
}

/* Why userfaultfd(2) said EPERM. UFFD_USER_MODE_ONLY is for everyone: where
 * that is forbidden too, it is not the sysctl that has to change. */
static void say_eperm(struct check_report *report, bool user_only_too)
{
	static const char topic[] = "userfaultfd(2)";
	static const char sysctl[] = "/proc/sys/vm/unprivileged_userfaultfd";
	bool allowed = check_proc_number(sysctl, 0) == 1;
	bool capable = status_field("CapEff", 16) >> CAP_SYS_PTRACE_BIT & 1;

	if (!allowed && !capable && !user_only_too)
		check_report_add(report, CHECK_NOTE, topic,
			"forbidden: vm.unprivileged_userfaultfd is 0, and "
			"there is no CAP_SYS_PTRACE",
			"without it only faults of the program's own code "
			"are served, not those inside system calls",
			"a group that may open /dev/userfaultfd; the sysctl "
			"would be for everybody, see uffdlazy(7)");
	else if (status_field("Seccomp", 10))
		check_report_add(report, CHECK_NOTE, topic,
			"forbidden by a seccomp filter",
			"containers forbid it by default; no sysctl and no "
			"capability helps",
			"docker run --security-opt seccomp=FILE, with "
			"\"userfaultfd\" allowed in FILE");
	else
		check_report_add(report, CHECK_NOTE, topic,
			"forbidden, though the sysctl or a capability allows "
			"it", "a security module (SELinux: anon_inode) says "
			"no", "see ausearch -m avc, or dmesg");
}

static void check_syscall(struct check_report *report,
			  const struct ul_uffd_probe *probe)
{
	static const char topic[] = "userfaultfd(2)";
	int error = probe->error_syscall;

	if (!error)
		check_report_add(report, CHECK_OK, topic, "is allowed",
			"what is used where the device cannot be opened", "");
	else if (error == EPERM)
		say_eperm(report, probe->error_user_only == EPERM);
	else if (error == ENOSYS)
		check_report_add(report, CHECK_NOTE, topic,
			"does not exist here",
			"a kernel without CONFIG_USERFAULTFD, or a sandbox "
			"(gVisor, valgrind)", "");
	else
		check_report_add(report, CHECK_NOTE, topic, strerror(error),
				 "", "");
}

static void check_rung(struct check_report *report,
		       const struct ul_uffd_probe *probe)
{
	static const char full[] = "a page is filled when it is first touched, "
		"by the program or by the kernel for it";
	static const char topic[] = "service";

	switch (probe->rung) {
	case UL_RUNG_FULL_DEV:
		check_report_add(report, CHECK_OK, topic,
			"full, through /dev/userfaultfd", full, "");
		break;
	case UL_RUNG_FULL_SYSCALL:
		check_report_add(report, CHECK_OK, topic,
			"full, through userfaultfd(2)", full, "");
		break;
	case UL_RUNG_USER_ONLY:
		check_report_add(report, CHECK_NOTE, topic,
			"the program's own faults only (UFFD_USER_MODE_ONLY)",
			"a system call that touches a missing page would "
			"fail with EFAULT; the library fills before the calls "
			"that it knows",
			"one of those above");
		break;
	default:
		check_report_add(report, CHECK_PROBLEM, topic,
			probe->error_user_only == EPERM ?
			"none: even UFFD_USER_MODE_ONLY is forbidden, which "
			"a seccomp filter does" :
			probe->error_user_only == EINVAL ?
			"none: this kernel is older than 5.11 and has no "
			"UFFD_USER_MODE_ONLY" : "none",
			"programs run as ever; what should be lazy is filled "
			"at once",
			"one of those above");
	}
}

static const struct {
	unsigned int bit;
	const char *since;
	bool needed;
	const char *without;
} wanted[] = {
	{ 2, "4.11", true, "mremap(2) of lazy memory would lose its contents" },
	{ 3, "4.11", true, "madvise(2) could not be followed" },
	{ 6, "4.11", true, "munmap(2) could not be followed" },
	{ 5, "4.11", false, "shared anonymous memory stays plain" },
	{ 8, "4.14", false, "the log cannot say which thread had the fault" },
	{ 11, "5.18", false, "faults are known by their page alone" },
	{ 14, "6.6", false, "a page that cannot be read raises SIGSEGV, not "
	  "SIGBUS" },
	{ 15, "6.7", false, "written pages cannot be told without a fault" },
	{ 16, "6.8", false, "pages cannot be moved, only copied" },
};

static void check_features(struct check_report *report,
			   const struct ul_uffd_probe *probe)
{
	char found[512] = "", meaning[256];
	const char *name;
	unsigned int bit;
	size_t i;

	for (bit = 0; bit < 64; bit++) {
		name = ul_uffd_feature_name(bit);
		if (!(probe->features >> bit & 1))
			continue;
		if (name)
			check_format(found, sizeof(found), "%s%s",
				     *found ? " " : "", name);
		else
			check_format(found, sizeof(found), "%sbit%u",
				     *found ? " " : "", bit);
	}
	check_report_add(report, CHECK_OK, "features", found,
		"what this kernel can tell about lazy memory; what is missed "
		"has a line of its own", "");
	for (i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		name = ul_uffd_feature_name(wanted[i].bit);
		if (probe->features >> wanted[i].bit & 1 || !name)
			continue;
		snprintf(found, sizeof(found), "no %s", name);
		snprintf(meaning, sizeof(meaning), "%s; Linux %s has it",
			 wanted[i].without, wanted[i].since);
		check_report_add(report, wanted[i].needed ? CHECK_PROBLEM :
							    CHECK_NOTE,
				 "features", found, meaning,
				 "a newer kernel");
	}
}

static void check_ioctls(struct check_report *report,
			 const struct ul_uffd_probe *probe)
{
	/* By their number in the kernel's header. */
	static const char *const names[] = {
		"REGISTER", "UNREGISTER", "WAKE", "COPY", "ZEROPAGE", "MOVE",
		"WRITEPROTECT", "CONTINUE", "POISON",
	};
	const uint64_t needed = 1 << 2 | 1 << 3;	/* WAKE, COPY */
	char found[256] = "";
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (probe->ioctls >> i & 1)
			check_format(found, sizeof(found), "%s%s",
				     *found ? " " : "", names[i]);
	if ((probe->ioctls & needed) == needed)
		check_report_add(report, CHECK_OK, "operations", found,
			"what can be done to a page that is missing", "");
	else
		check_report_add(report, CHECK_PROBLEM, "operations", found,
			"COPY and WAKE are what pages are filled with", "");
}

void check_machine(struct check_report *report)
{
	struct ul_uffd_probe probe;
	json_t *about;

	check_kernel(report);
	ul_uffd_probe(&probe);
	check_device(report, probe.error_dev);
	check_syscall(report, &probe);
	check_rung(report, &probe);
	if (probe.rung != UL_RUNG_NONE) {
		check_features(report, &probe);
		check_ioctls(report, &probe);
	}
	about = check_need(json_pack("{s:i, s:I, s:I, s:i, s:i, s:i}",
		"rung", probe.rung,
		"features", (json_int_t)probe.features,
		"ioctls", (json_int_t)probe.ioctls,
		"error_device", probe.error_dev,
		"error_syscall", probe.error_syscall,
		"error_user_only", probe.error_user_only));
	if (json_object_set_new(report->root, "userfaultfd", about))
		check_no_memory();
}
