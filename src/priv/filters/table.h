/* SPDX-License-Identifier: ISC
 *
 * Every system call that a sandboxed process may make. This is the list to
 * review: what is not here raises SIGSYS.
 *
 * It is read when the programs are built, by gen.c, which makes the filters
 * of priv/sandbox.c from it. A call that this machine's kernel does not have
 * under that name (arm64 has no poll) is left out there.
 *
 * Conditions are about one argument each, up to two a row, all of which must
 * hold; several rows for one call are alternatives.
 */
#ifndef PRIV_FILTERS_TABLE_H
#define PRIV_FILTERS_TABLE_H

#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

/* The filters. */
enum {
	FRONT = 1,   /* serves one connection, untrusted */
	PARENT = 2,  /* clones fronts; a front wears it, too */
	ROOT = 4,    /* the same where that is uid 0 */
	MONITOR = 8, /* acceptor and monitors */
	DAEMON = 16, /* scmpd */
	ALL = FRONT | PARENT | ROOT | MONITOR | DAEMON,
	TRUSTED = MONITOR | DAEMON,
	FRONTS = FRONT | PARENT | ROOT,
	PARENTS = PARENT | ROOT
};

/* What is asked of an argument; the values compared are 64 bits wide. */
enum filter_test {
	ANY,	  /* nothing */
	IS,	  /* argument == value */
	NOT_LESS, /* argument >= value */
	WITHOUT,  /* argument & mask == 0 */
	MASKED	  /* argument & mask == value */
};

struct filter_condition {
	enum filter_test test;
	unsigned argument; /* from 0 */
	uint64_t value, mask;
};

struct filter_row {
	const char *call;
	unsigned filters;
	struct filter_condition conditions[2];
};

/* clang-format off */
#define ARG(n, v)	{.test = IS, .argument = (n), .value = (uint64_t)(v)}
#define LEAST(n, v)	{.test = NOT_LESS, .argument = (n), .value = (uint64_t)(v)}
#define NOT(n, m)	{.test = WITHOUT, .argument = (n), .mask = (m)}
#define BITS(n, m, v)	{.test = MASKED, .argument = (n), .mask = (m), .value = (v)}

/* Private memory that no file is behind, at a place of the kernel's choice. */
#define ANONYMOUS BITS(3, MAP_SHARED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, \
		       MAP_PRIVATE | MAP_ANONYMOUS)

static const struct filter_row filter_rows[] = {
	/* On descriptors that the process has been given. */
	{"read",	ALL, {{0}}},
	{"write",	ALL, {{0}}},
	{"pread64",	ALL, {{0}}},
	{"recvmsg",	ALL, {{0}}},	/* may bring more of them */
	{"sendmsg",	ALL, {NOT(2, MSG_FASTOPEN)}},	/* connects by sending */
	{"ppoll",	ALL, {{0}}},
	{"close",	ALL, {{0}}},
	{"shutdown",	ALL, {{0}}},	/* a lingering end after QUIT */

	/* Memory: never executable. */
	{"mmap",	FRONTS, {NOT(2, PROT_EXEC), ANONYMOUS}},
	{"mmap",	TRUSTED, {NOT(2, PROT_EXEC)}},
	{"munmap",	ALL, {{0}}},
	{"brk",		ALL, {{0}}},
	{"madvise",	ALL, {ARG(2, MADV_DONTNEED)}},

	/* Time, chance, and being one process among others. */
	{"clock_gettime", ALL, {{0}}},	/* where the vDSO has no clock */
	{"getrandom",	ALL, {{0}}},
	{"getpid",	ALL, {{0}}},	/* OpenSSL, after a fork */
	{"sysinfo",	ALL, {{0}}},	/* qsort(3) */
	{"futex",	ALL, {ARG(1, FUTEX_WAIT_PRIVATE)}},
	{"futex",	ALL, {ARG(1, FUTEX_WAKE_PRIVATE)}}, /* pthread_once(3) */
	{"restart_syscall", ALL, {{0}}}, /* ppoll, after SIGCONT */
	{"rt_sigreturn", ALL, {{0}}},
	{"exit_group",	ALL, {{0}}},

	/* The front parent: fronts that are its siblings, nothing else; each
	 * then closes that way. */
	{"clone",	PARENTS, {ARG(0, CLONE_PARENT | SIGCHLD), ARG(1, 0)}},
	{"setrlimit",	PARENTS, {ARG(0, RLIMIT_NPROC)}},
	/* What a clone has of its memory. */
	{"madvise",	PARENTS, {ARG(2, MADV_DOFORK)}},
	{"madvise",	PARENTS, {ARG(2, MADV_DONTFORK)}},
	/* uid 0, whom that limit does not bind, adds a filter. */
	{"seccomp",	ROOT, {ARG(0, SECCOMP_SET_MODE_FILTER), ARG(1, 0)}},

	/* Acceptor and monitors. Connections: what comes in, and the channel
	 * between monitor and front; no call makes another socket. */
	{"accept4",	TRUSTED, {{0}}},
	{"socketpair",	MONITOR, {ARG(0, AF_UNIX), BITS(1, 0xf, SOCK_SEQPACKET)}},
	{"sendto",	TRUSTED, {NOT(3, MSG_FASTOPEN)}},
	{"recvfrom",	TRUSTED, {{0}}},
	{"getsockopt",	TRUSTED, {{0}}},
	{"setsockopt",	TRUSTED, {{0}}},
	{"getpeername",	TRUSTED, {{0}}},
	{"getsockname",	TRUSTED, {{0}}},
	{"poll",	MONITOR, {{0}}},
	{"epoll_create1", TRUSTED, {{0}}},
	{"epoll_ctl",	TRUSTED, {{0}}},
	{"epoll_wait",	TRUSTED, {{0}}},
	{"epoll_pwait",	TRUSTED, {{0}}},
	{"signalfd4",	MONITOR, {{0}}},
	{"timerfd_create", MONITOR, {{0}}},
	{"timerfd_settime", MONITOR, {{0}}},
	{"eventfd2",	TRUSTED, {{0}}},

	/* Files, by folders that are open; Landlock says which, after login. */
	{"openat",	TRUSTED, {{0}}},
	{"openat2",	MONITOR, {{0}}},
	{"newfstatat",	TRUSTED, {{0}}},
	{"fstat",	TRUSTED, {{0}}},
	{"statx",	TRUSTED, {{0}}},
	{"fstatfs",	TRUSTED, {{0}}},
	{"faccessat",	TRUSTED, {{0}}},
	{"faccessat2",	TRUSTED, {{0}}},
	{"readlinkat",	TRUSTED, {{0}}},
	{"getdents64",	TRUSTED, {{0}}},
	{"lseek",	TRUSTED, {{0}}},
	{"readv",	TRUSTED, {{0}}},
	{"writev",	TRUSTED, {{0}}},
	{"pwrite64",	TRUSTED, {{0}}},
	{"preadv",	TRUSTED, {{0}}},
	{"pwritev",	TRUSTED, {{0}}},
	{"copy_file_range", MONITOR, {{0}}},
	{"fadvise64",	MONITOR, {{0}}},
	{"fallocate",	TRUSTED, {{0}}},
	{"ftruncate",	TRUSTED, {{0}}},
	{"fsync",	TRUSTED, {{0}}},
	{"fdatasync",	TRUSTED, {{0}}},
	{"flock",	MONITOR, {{0}}},
	{"fcntl",	TRUSTED, {{0}}},
	{"mkdirat",	MONITOR, {{0}}},
	{"linkat",	TRUSTED, {{0}}},
	{"renameat",	MONITOR, {{0}}},
	{"renameat2",	MONITOR, {{0}}},
	{"unlinkat",	TRUSTED, {{0}}},
	{"utimensat",	MONITOR, {{0}}},
	{"fchmod",	TRUSTED, {{0}}},
	{"umask",	TRUSTED, {{0}}},
	{"memfd_create", MONITOR, {{0}}},	/* copies of tables */
	{"inotify_init1", MONITOR, {{0}}},
	{"inotify_add_watch", MONITOR, {{0}}},
	{"inotify_rm_watch", MONITOR, {{0}}},
	{"dup",		MONITOR, {{0}}},
	{"dup2",	MONITOR, {{0}}},
	{"dup3",	MONITOR, {{0}}},
	{"pipe2",	MONITOR, {{0}}},
	{"close_range",	TRUSTED, {{0}}},

	/* Memory of malloc(3) and of crypt(3), which wants much. */
	/* More than a page: a session's own page of the statistics must not
	 * grow into those of others. */
	{"mremap",	TRUSTED, {LEAST(1, 2 * 4096)}},
	{"mprotect",	TRUSTED, {NOT(2, PROT_EXEC)}},
	{"madvise",	TRUSTED, {ARG(2, MADV_HUGEPAGE)}},
	{"madvise",	TRUSTED, {ARG(2, MADV_FREE)}},

	/* fork(2) as the C library does it, and looking after children. */
	{"clone",	MONITOR, {ARG(0, CLONE_CHILD_SETTID |
					 CLONE_CHILD_CLEARTID | SIGCHLD), ARG(1, 0)}},
	{"set_robust_list", MONITOR, {{0}}},
	{"wait4",	MONITOR, {{0}}},
	{"waitid",	MONITOR, {{0}}},
	{"kill",	MONITOR, {{0}}},
	{"tgkill",	MONITOR, {{0}}},	/* abort(3) */
	{"pidfd_open",	MONITOR, {{0}}},
	{"pidfd_send_signal", MONITOR, {{0}}},
	{"rt_sigaction", TRUSTED, {{0}}},
	{"rt_sigprocmask", TRUSTED, {{0}}},
	{"rt_sigtimedwait", MONITOR, {{0}}},
	{"clock_nanosleep", TRUSTED, {{0}}},
	{"sched_yield",	TRUSTED, {{0}}},
	{"exit",	TRUSTED, {{0}}},

	/* Becoming the mail owner, and giving up more. */
	{"getuid",	TRUSTED, {{0}}},
	{"geteuid",	TRUSTED, {{0}}},
	{"getgid",	TRUSTED, {{0}}},
	{"getegid",	TRUSTED, {{0}}},
	{"getresuid",	MONITOR, {{0}}},
	{"getresgid",	MONITOR, {{0}}},
	{"getgroups",	MONITOR, {{0}}},
	{"getppid",	MONITOR, {{0}}},
	{"gettid",	TRUSTED, {{0}}},
	{"uname",	TRUSTED, {{0}}},
	{"setgroups",	MONITOR, {{0}}},
	{"setresgid",	MONITOR, {{0}}},
	{"setresuid",	MONITOR, {{0}}},
	{"setfsgid",	MONITOR, {{0}}},
	{"setfsuid",	MONITOR, {{0}}},
	{"capget",	MONITOR, {{0}}},
	{"capset",	MONITOR, {{0}}},
	{"prctl",	MONITOR, {ARG(0, PR_SET_DUMPABLE)}},
	{"prctl",	MONITOR, {ARG(0, PR_SET_NO_NEW_PRIVS)}},
	{"prctl",	MONITOR, {ARG(0, PR_SET_NAME)}},
	{"prctl",	MONITOR, {ARG(0, PR_SET_PDEATHSIG)}},
	{"prlimit64",	MONITOR, {ARG(0, 0)}},	/* itself only */
	{"seccomp",	MONITOR, {ARG(0, SECCOMP_SET_MODE_FILTER), ARG(1, 0)}},
	{"landlock_create_ruleset", MONITOR, {{0}}},
	{"landlock_add_rule", MONITOR, {{0}}},
	{"landlock_restrict_self", MONITOR, {{0}}},

	/* The daemon of administration: an event loop, and files by their
	 * paths, of which Landlock leaves it those of the database, of run_dir
	 * and of the configuration. */
	{"ioctl",	DAEMON, {ARG(1, FIONREAD)}},	/* how much came */
	{"ioctl",	DAEMON, {ARG(1, TCGETS)}}, /* libconfuse: a terminal? */
	{"fchown",	DAEMON, {{0}}},	/* SQLite, if it has to stay uid 0 */
	{"open",	DAEMON, {{0}}},
	{"stat",	DAEMON, {{0}}},
	{"lstat",	DAEMON, {{0}}},
	{"access",	DAEMON, {{0}}},
	{"readlink",	DAEMON, {{0}}},
	{"unlink",	DAEMON, {{0}}},
	{"rename",	DAEMON, {{0}}},	/* what was written anew, into place */
	{"getcwd",	DAEMON, {{0}}},
	{"sched_getaffinity", DAEMON, {{0}}},
};
/* clang-format on */

/* Calls that fail with ENOSYS instead, since the C library then takes the one
 * that is allowed: clone3 hides its flags from a filter. */
static const struct filter_row filter_absent[] = {
	{"clone3", TRUSTED, {{0}}},
};

/* What a front as uid 0 gives up on top of what it wears. */
static const char *const filter_denied_to_child[] = {"clone", "setrlimit",
						     "seccomp"};

#endif
