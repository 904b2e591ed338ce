/* SPDX-License-Identifier: ISC */
#include "priv/sandbox.h"
#include "priv/steps.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A sanitizer reserves terabytes of addresses. */
#if defined(__SANITIZE_ADDRESS__)
#define ADDRESSES RLIM_INFINITY
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define ADDRESSES RLIM_INFINITY
#endif
#endif
#ifndef ADDRESSES
#define ADDRESSES ((rlim_t)256 << 20)
#endif

const char *const sandbox_mode_words[] = {"required", "best-effort", "off",
					  NULL};

/* The front parent is uid 0, and so will be its fronts. */
static bool fronts_are_root;

/* --- steps and their report ----------------------------------------------- */

struct entry {
	enum sandbox_mode mode;
	struct sandbox_report *report;
};

static void add_text(struct sandbox_report *report, const char *text)
{
	size_t used = strlen(report->text);
	size_t n = strlen(text), room = sizeof(report->text) - 1 - used;

	if (n > room)
		n = room;
	memcpy(report->text + used, text, n);
	report->text[used + n] = '\0';
}

static const char *reason(int error)
{
	switch (error) {
	case ENOSYS:
		return "this kernel does not have it";
	case EOPNOTSUPP: /* = ENOTSUP */
		return "it is switched off in this kernel, or too old";
	default:
		return strerror(error);
	}
}

/* Notes what came of a step. Returns 0 where the next may be taken. */
static int take(const struct entry *e, const char *what, int result)
{
	struct sandbox_report *report = e->report;

	if (result == 0)
		return 0;
	if (!report->complete)
		add_text(report, "; ");
	report->complete = false;
	add_text(report, what);
	add_text(report, ": ");
	add_text(report, reason(-result));
	if (e->mode == SANDBOX_BEST_EFFORT)
		return 0;
	add_text(report, "; `sandbox = best-effort` serves without");
	return result;
}

static void begin(struct entry *e, enum sandbox_mode mode,
		  struct sandbox_report *report)
{
	*report = (struct sandbox_report){.complete = true};
	*e = (struct entry){.mode = mode, .report = report};
	if (mode == SANDBOX_OFF) {
		report->complete = false;
		add_text(report, "off");
	}
}

static int set_prctl(int option, unsigned long value)
{
	return prctl(option, value, 0, 0, 0) < 0 ? -errno : 0;
}

static int limit(int resource, rlim_t value)
{
	struct rlimit now, to = {.rlim_cur = value, .rlim_max = value};

	if (setrlimit(resource, &to) == 0)
		return 0;
	/* Somebody has set it lower already: that is as good. */
	if (errno == EPERM && getrlimit(resource, &now) == 0 &&
	    now.rlim_max <= value)
		return 0;
	return -errno;
}

static bool is_regular(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

static int limit_front(void)
{
	static const struct {
		int resource;
		rlim_t value;
	} limits[] = {
		{RLIMIT_NOFILE, 64},
		{RLIMIT_CORE, 0},
		{RLIMIT_CPU, 3600}, /* seconds: an endless loop ends */
		{RLIMIT_AS, ADDRESSES},
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		int r = limit(limits[i].resource, limits[i].value);

		if (r < 0)
			return r;
	}
	/* `pop3-session <script >file`, or --transcript 2>file, writes one;
	 * nothing else does. */
	if (is_regular(STDOUT_FILENO) || is_regular(STDERR_FILENO))
		return 0;
	return limit(RLIMIT_FSIZE, 0);
}

/* What all have in common before the filter. */
static int enter_common(const struct entry *e)
{
	int r = take(e, "no_new_privs", set_prctl(PR_SET_NO_NEW_PRIVS, 1));

	if (r == 0)
		r = take(e, "PR_SET_DUMPABLE", set_prctl(PR_SET_DUMPABLE, 0));
	return r;
}

/* --- fronts --------------------------------------------------------------- */

static int enter_front(const struct entry *e, enum filter_name filter,
		       bool may_clone)
{
	int r = enter_common(e);

	if (r == 0)
		r = take(e, "resource limits", limit_front());
	if (r == 0 && !may_clone)
		r = take(e, "process limit", limit(RLIMIT_NPROC, 0));
	if (r == 0)
		r = take(e, "Landlock", landlock_nothing());
	if (r == 0)
		r = take(e, "seccomp", seccomp_install(filter));
	return r;
}

int sandbox_front(enum sandbox_mode mode, struct sandbox_report *report)
{
	struct entry e;

	begin(&e, mode, report);
	return mode == SANDBOX_OFF ? 0 : enter_front(&e, FILTER_FRONT, false);
}

int sandbox_front_parent(enum sandbox_mode mode, struct sandbox_report *report)
{
	struct entry e;

	begin(&e, mode, report);
	fronts_are_root = getuid() == 0;
	if (mode == SANDBOX_OFF)
		return 0;
	return enter_front(&e,
			   fronts_are_root ? FILTER_FRONT_PARENT_ROOT
					   : FILTER_FRONT_PARENT,
			   true);
}

pid_t sandbox_clone_front(void)
{
	long pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);

	return pid < 0 ? -errno : (pid_t)pid;
}

/* The C library's setrlimit() makes the call prlimit64, which can reach other
 * processes and so is not allowed. */
static int limit_processes(void)
{
	/* The kernel's struct: two words, on both machines. */
	const unsigned long none[2] = {0, 0};

	return syscall(SYS_setrlimit, RLIMIT_NPROC, none) < 0 ? -errno : 0;
}

int sandbox_front_child(enum sandbox_mode mode, struct sandbox_report *report)
{
	struct entry e;
	int r;

	begin(&e, mode, report);
	if (mode == SANDBOX_OFF)
		return 0;
	r = take(&e, "process limit", limit_processes());
	if (r == 0 && fronts_are_root)
		r = take(&e, "seccomp", seccomp_install(FILTER_CHILD));
	return r;
}

/* --- who is trusted with files -------------------------------------------- */

/* The acceptor and each monitor forked from it, and the daemon. max_files 0: as
 * many as there were. folders NULL: they are left for later. */
static int enter_trusted(const struct entry *e, enum filter_name filter,
			 unsigned max_files,
			 const struct sandbox_folders *folders)
{
	int r = enter_common(e);

	if (r == 0)
		r = take(e, "core limit", limit(RLIMIT_CORE, 0));
	if (r == 0 && max_files > 0)
		r = take(e, "descriptor limit",
			 limit(RLIMIT_NOFILE, max_files));
	/* Asked once here for all monitors that are forked from this. */
	(void)!landlock_abi();
	if (r == 0 && folders)
		r = take(e, "Landlock", landlock_beneath(folders));
	if (r == 0)
		r = take(e, "seccomp", seccomp_install(filter));
	return r;
}

int sandbox_monitor(enum sandbox_mode mode, unsigned max_files,
		    struct sandbox_report *report)
{
	struct entry e;

	begin(&e, mode, report);
	return mode == SANDBOX_OFF
		       ? 0
		       : enter_trusted(&e, FILTER_MONITOR, max_files, NULL);
}

int sandbox_daemon(enum sandbox_mode mode,
		   const struct sandbox_folders *folders,
		   struct sandbox_report *report)
{
	struct entry e;

	begin(&e, mode, report);
	return mode == SANDBOX_OFF
		       ? 0
		       : enter_trusted(&e, FILTER_DAEMON, 0, folders);
}

int sandbox_maildrop(enum sandbox_mode mode, const int *dirfds, size_t n,
		     struct sandbox_report *report)
{
	const struct sandbox_folders folders = {.own = dirfds, .own_n = n};
	struct entry e;
	int r;

	begin(&e, mode, report);
	if (mode == SANDBOX_OFF)
		return 0;
	r = take(&e, "no_new_privs", set_prctl(PR_SET_NO_NEW_PRIVS, 1));
	if (r < 0)
		return r;
	r = landlock_beneath(&folders);
	if (r == -ENOTSUP && landlock_abi() == 1)
		return take(&e,
			    "Landlock ABI 1 (Linux before 5.19) refuses every "
			    "rename between folders and is not used",
			    r);
	return take(&e, "Landlock", r);
}
