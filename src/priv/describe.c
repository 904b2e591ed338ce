/* SPDX-License-Identifier: ISC */
#include "priv/sandbox.h"
#include "priv/steps.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A way into the sandbox, to be tried in a process of its own. */
struct role {
	const char *name, *what;
	enum filter_name filter;
	int (*enter)(struct sandbox_report *);
};

static int enter_front(struct sandbox_report *report)
{
	return sandbox_front(SANDBOX_BEST_EFFORT, report);
}

static int enter_front_parent(struct sandbox_report *report)
{
	struct sandbox_report before;
	int r = sandbox_front_parent(SANDBOX_BEST_EFFORT, &before);

	if (r == 0)
		r = sandbox_front_child(SANDBOX_BEST_EFFORT, report);
	if (!before.complete)
		*report = before;
	return r;
}

static int enter_monitor(struct sandbox_report *report)
{
	return sandbox_monitor(SANDBOX_BEST_EFFORT, 0, report);
}

static int enter_maildrop(struct sandbox_report *report)
{
	struct sandbox_report before;
	int dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = sandbox_monitor(SANDBOX_BEST_EFFORT, 0, &before);

	if (r == 0)
		r = sandbox_maildrop(SANDBOX_BEST_EFFORT, &dir, 1, report);
	return r;
}

static int enter_daemon(struct sandbox_report *report)
{
	int dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct sandbox_folders folders = {.read = &dir, .read_n = 1};

	return sandbox_daemon(SANDBOX_BEST_EFFORT, &folders, report);
}

static const struct role roles[] = {
	{"front", "no files, no ports, no other processes, 64 descriptors",
	 FILTER_FRONT, enter_front},
	{"front and its parent", "the same; a front cannot clone",
	 FILTER_FRONT_PARENT, enter_front_parent},
	{"monitor", "no new sockets, executes nothing", FILTER_MONITOR,
	 enter_monitor},
	{"monitor after login", "of all files only the Maildir", FILTER_MONITOR,
	 enter_maildrop},
	{"scmpd", "of all files only its own, and the configuration to read",
	 FILTER_DAEMON, enter_daemon},
};

static const char in_force[] = "in force";

__attribute__((noreturn)) static void try_in_child(const struct role *role,
						   int out)
{
	static const char failed[] = "cannot be entered";
	struct sandbox_report report;
	const char *text = failed;

	if (role->enter(&report) == 0)
		text = report.complete ? in_force : report.text;
	/* The parent sees what is missing. */
	(void)!write(out, text, strlen(text));
	_exit(0);
}

/* Reads to the end; what does not fit is left out. */
static size_t read_all(int fd, char *p, size_t cap)
{
	size_t n = 0;

	while (n < cap) {
		ssize_t got = read(fd, p + n, cap - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	return n;
}

/* True: all of it is in force. */
static bool try_role(const struct role *role, struct buf *out)
{
	struct sandbox_report report;
	size_t n;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		goto failed;
	pid = fork();
	if (pid == 0)
		try_in_child(role, ends[1]);
	(void)close(ends[1]);
	n = read_all(ends[0], report.text, sizeof(report.text));
	(void)close(ends[0]);
	if (pid < 0)
		goto failed;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (n == 0)
		goto failed;
	buf_add(out, report.text, n);
	return span_equal(span_make(report.text, n), span_str(in_force));
failed:
	buf_add_str(out, "could not be tried");
	return false;
}

static void describe_kernel(struct buf *out)
{
	int seccomp = seccomp_available(), abi = landlock_abi();

	buf_add_str(out, "kernel: seccomp ");
	buf_add_str(out, seccomp == 0 ? "yes" : strerror(-seccomp));
	buf_add_str(out, ", Landlock ");
	if (abi < 0) {
		buf_add_str(out, strerror(-abi));
	} else {
		buf_add_str(out, "ABI ");
		buf_add_u64(out, (uint64_t)abi);
	}
	if (abi > 0 && abi < 4)
		buf_add_str(out, " (knows no ports, nor other processes)");
	else if (abi > 0 && abi < 6)
		buf_add_str(out, " (knows no other processes)");
	buf_add_char(out, '\n');
}

bool sandbox_describe(struct buf *out)
{
	bool complete = true;

	describe_kernel(out);
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		const struct role *role = &roles[i];

		buf_add_str(out, role->name);
		buf_add_str(out, ": ");
		buf_add_u64(out, seccomp_count(role->filter));
		buf_add_str(out, " system calls, ");
		buf_add_str(out, role->what);
		buf_add_str(out, ": ");
		complete = try_role(role, out) && complete;
		buf_add_char(out, '\n');
	}
	return complete;
}
