/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "priv/identity.h"
#include "priv/sandbox.h"
#include "priv/steps.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What a sanitizer's runtime calls is not in the filters. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum { NOBODY = 65534 };

/* How a child ended. */
enum ending {
	FINE,	 /* the attempt returned 0 */
	FAILED,	 /* it returned something else */
	TRAPPED, /* killed by SIGSYS, after a report of the call's number */
	KILLED,	 /* killed by SIGSYS without one */
	OTHER
};

struct outcome {
	enum ending ending;
	int nr; /* the reported call, or -1 */
};

static int report_fd;
static void send_report(int nr)
{
	struct iovec part = {.iov_base = &nr, .iov_len = sizeof(nr)};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};

	(void)!sendmsg(report_fd, &m, MSG_NOSIGNAL);
}

/* Descriptors that were open before: for what is allowed. */
static int pair[2], folder, file, other_folder;
static char folder_path[64], other_path[64];

/* Runs enter and then attempt in a child of its own, as `uid`. */
static struct outcome run(uid_t uid, int (*enter)(void), int (*attempt)(void))
{
	struct outcome o = {.ending = OTHER, .nr = -1};
	int reports[2], status;
	pid_t pid;

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, reports),
		0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		report_fd = reports[1];
		if (uid != getuid() && (setresgid(uid, uid, uid) < 0 ||
					setresuid(uid, uid, uid) < 0))
			_exit(99);
		if (sandbox_trap_report(send_report) < 0 || enter() != 0)
			_exit(99);
		_exit(attempt() == 0 ? 0 : 1);
	}
	close(reports[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (recv(reports[0], &o.nr, sizeof(o.nr), MSG_DONTWAIT) != sizeof(o.nr))
		o.nr = -1;
	close(reports[0]);
	if (WIFEXITED(status) && WEXITSTATUS(status) < 2)
		o.ending = WEXITSTATUS(status) == 0 ? FINE : FAILED;
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		o.ending = o.nr >= 0 ? TRAPPED : KILLED;
	return o;
}

/* --- ways in -------------------------------------------------------------- */

static struct sandbox_report report;

static int front(void)
{
	return sandbox_front(SANDBOX_REQUIRED, &report);
}

static int front_parent(void)
{
	return sandbox_front_parent(SANDBOX_REQUIRED, &report);
}

static int front_child(void)
{
	int r = sandbox_front_parent(SANDBOX_REQUIRED, &report);

	return r < 0 ? r : sandbox_front_child(SANDBOX_REQUIRED, &report);
}

static int monitor(void)
{
	return sandbox_monitor(SANDBOX_REQUIRED, 256, &report);
}

static int maildrop(void)
{
	int r = monitor();

	return r < 0 ? r
		     : sandbox_maildrop(SANDBOX_REQUIRED, &folder, 1, &report);
}

/* --- attempts ------------------------------------------------------------- */

#define CALL(name, ...)                                                        \
	static int name(void)                                                  \
	{                                                                      \
		return syscall(__VA_ARGS__) < 0 ? -1 : 0;                      \
	}

CALL(do_openat, SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY, 0)
CALL(do_stat, SYS_newfstatat, AT_FDCWD, "/", NULL, 0)
CALL(do_socket, SYS_socket, AF_INET, SOCK_STREAM, 0)
CALL(do_connect, SYS_connect, pair[0], NULL, 0)
CALL(do_fastopen, SYS_sendmsg, pair[0], NULL, MSG_FASTOPEN)
CALL(do_fastopen_to, SYS_sendto, pair[0], "x", 1, MSG_FASTOPEN, NULL, 0)
CALL(do_bind, SYS_bind, pair[0], NULL, 0)
CALL(do_execve, SYS_execve, "/bin/true", NULL, NULL)
CALL(do_execveat, SYS_execveat, folder, "x", NULL, NULL, 0)
CALL(do_kill, SYS_kill, getpid(), 0)
CALL(do_ptrace, SYS_ptrace, PTRACE_TRACEME, 0, 0, 0)
CALL(do_vm_readv, SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0)
CALL(do_prlimit, SYS_prlimit64, getpid(), RLIMIT_CORE, NULL, NULL)
CALL(do_prlimit_other, SYS_prlimit64, 1, RLIMIT_CORE, NULL, NULL)
CALL(do_mprotect, SYS_mprotect, NULL, 4096, PROT_READ)
CALL(do_mprotect_exec, SYS_mprotect, NULL, 4096, PROT_READ | PROT_EXEC)
CALL(do_remap, SYS_remap_file_pages, NULL, 4096, 0, 0, 0)
CALL(do_unshare, SYS_unshare, CLONE_NEWUSER)
CALL(do_mount, SYS_mount, "x", "/", "x", 0, NULL)
CALL(do_bpf, SYS_bpf, 0, NULL, 0)
CALL(do_perf, SYS_perf_event_open, NULL, 0, -1, -1, 0)
CALL(do_uring, SYS_io_uring_setup, 1, NULL)
CALL(do_keyctl, SYS_keyctl, 0, 0, 0, 0, 0)
CALL(do_handle, SYS_open_by_handle_at, AT_FDCWD, NULL, O_RDONLY)
CALL(do_userfault, SYS_userfaultfd, 0)
CALL(do_personality, SYS_personality, 0x0400000)
CALL(do_memfd, SYS_memfd_create, "x", 0)
CALL(do_sigaction, SYS_rt_sigaction, SIGSYS, NULL, NULL, 8)
CALL(do_setuid, SYS_setresuid, 0, 0, 0)
CALL(do_seccomp, SYS_seccomp, 1, 0, NULL)
CALL(do_ioctl, SYS_ioctl, 0, 0x5412 /* TIOCSTI */, "x")
CALL(do_futex_requeue, SYS_futex, &report, FUTEX_CMP_REQUEUE_PI, 1, 1, NULL, 0)
CALL(do_thread, SYS_clone, CLONE_VM | CLONE_THREAD | CLONE_SIGHAND, 0, 0, 0, 0)
CALL(do_clone_ns, SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0)
CALL(do_setrlimit_core, SYS_setrlimit, RLIMIT_CORE, NULL)
CALL(do_socketpair, SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, pair)
CALL(do_prctl, SYS_prctl, PR_SET_SECUREBITS, 0, 0, 0, 0)

/* The end of the child that a fork makes, where one is made. */
static int forked(long pid)
{
	if (pid == 0)
		_exit(0);
	return pid < 0 ? -1 : 0;
}

static int do_fork(void)
{
	return forked(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}

static int do_clone_front(void)
{
	pid_t pid = sandbox_clone_front();

	if (pid == 0)
		_exit(0);
	if (pid < 0 && pid != -EAGAIN)
		raise(SIGKILL); /* only a limit may be the reason */
	return pid < 0 ? -1 : 0;
}

static int do_mmap_exec(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -1 : 0;
}

static int do_mmap_file(void)
{
	void *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 0);

	return p == MAP_FAILED ? -1 : 0;
}

static int do_mmap_shared(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -1 : 0;
}

static int do_mremap(void)
{
	return syscall(SYS_mremap, NULL, 4096, 8192, MREMAP_MAYMOVE) < 0 ? -1
									 : 0;
}

static int do_many_files(void)
{
	return dup2(pair[0], 300) < 0 ? -1 : 0;
}

/* All that a front may do, and that does what it should. */
static int do_front_work(void)
{
	char octets[16] = "x";
	struct iovec part = {.iov_base = octets, .iov_len = 1};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
	struct pollfd p = {.fd = pair[1], .events = POLLIN};
	struct timespec t = {0};
	struct sysinfo info;
	void *memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *more;

	if (memory == MAP_FAILED || madvise(memory, 8192, MADV_DONTNEED) < 0 ||
	    munmap(memory, 8192) < 0)
		return 1;
	more = malloc(100000);
	if (!more)
		return 2;
	memset(more, 1, 100000);
	free(more);
	if (write(pair[0], octets, 1) != 1 || ppoll(&p, 1, &t, NULL) != 1 ||
	    read(pair[1], octets, 1) != 1 || sendmsg(pair[0], &m, 0) != 1 ||
	    recvmsg(pair[1], &m, 0) != 1)
		return 3;
	if (pread(file, octets, 4, 0) != 4 || memcmp(octets, "text", 4) != 0)
		return 4;
	if (syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t) < 0 ||
	    getrandom(octets, sizeof(octets), 0) != sizeof(octets) ||
	    syscall(SYS_getpid) <= 0 || sysinfo(&info) < 0)
		return 5;
	if (syscall(SYS_futex, &report, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0) <
	    0)
		return 6;
	return shutdown(pair[0], SHUT_WR) < 0 || close(pair[0]) < 0 ? 7 : 0;
}

/* What a monitor does after login, within its folder. */
static int do_maildrop_work(void)
{
	char entries[1024];
	struct stat st;
	int fd = openat(folder, "new/m", O_RDONLY | O_NOFOLLOW);
	int made, watch;

	if (fd < 0 || fstat(fd, &st) < 0 || pread(fd, entries, 4, 0) != 4)
		return 1;
	if (renameat(folder, "new/m", folder, "cur/m:2,S") < 0 ||
	    renameat(folder, "cur/m:2,S", folder, "new/m") < 0)
		return 2;
	made = openat(folder, "new/index", O_RDWR | O_CREAT, 0600);
	if (made < 0 || pwrite(made, "x", 1, 0) != 1 || fsync(made) < 0 ||
	    ftruncate(made, 0) < 0 || unlinkat(folder, "new/index", 0) < 0)
		return 3;
	if (mkdirat(folder, "made", 0700) < 0 ||
	    linkat(folder, "new/m", folder, "made/m", 0) < 0 ||
	    unlinkat(folder, "made/m", 0) < 0)
		return 4;
	fd = openat(folder, "new", O_RDONLY | O_DIRECTORY);
	if (fd < 0 || syscall(SYS_getdents64, fd, entries, sizeof(entries)) < 0)
		return 5;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 || fsync(fd) < 0 ||
	    futimens(fd, NULL) < 0)
		return 6;
	watch = inotify_init1(IN_CLOEXEC);
	if (watch < 0 || inotify_add_watch(watch, folder_path, IN_CREATE) < 0)
		return 7;
	return syscall(SYS_memfd_create, "x", 0) < 0 ? 8 : 0;
}

static int do_open_other(void)
{
	return openat(other_folder, "secret", O_RDONLY) < 0 ? -1 : 0;
}

static int do_open_etc(void)
{
	return open("/etc/passwd", O_RDONLY) < 0 ? -1 : 0;
}

static int do_list_root(void)
{
	return open("/", O_RDONLY | O_DIRECTORY) < 0 ? -1 : 0;
}

static int do_move_out(void)
{
	return renameat(folder, "new/m", other_folder, "m") < 0 ? -1 : 0;
}

static int do_make_fifo_by_link(void)
{
	return symlinkat("/etc/passwd", folder, "new/link") < 0 ? -1 : 0;
}

static int do_signal_parent(void)
{
	return kill(getppid(), 0) < 0 ? -1 : 0;
}

/* fork and reap by the C library, as the acceptor does. */
static int do_fork_and_wait(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(7);
	return pid > 0 && waitpid(pid, &status, 0) == pid &&
			       WEXITSTATUS(status) == 7
		       ? 0
		       : 1;
}

static int do_channel(void)
{
	int ends[2];

	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
}

static int do_change_user(void)
{
	const struct identity nobody = {NOBODY, NOBODY};

	return identity_become(&nobody);
}

/* --- tables --------------------------------------------------------------- */

struct attempt {
	const char *name;
	int (*attempt)(void);
	enum ending ending;
	int nr; /* of the call that is to be reported */
};

#define TRAP(name, call)                                                       \
	{                                                                      \
#name, do_##name, TRAPPED, call                                \
	}
#define ENDS(name, how)                                                        \
	{                                                                      \
#name, do_##name, how, -1                                      \
	}

#define FRONT_CANNOT                                                           \
	TRAP(fastopen, SYS_sendmsg), TRAP(openat, SYS_openat),                 \
		TRAP(stat, SYS_newfstatat), TRAP(socket, SYS_socket),          \
		TRAP(connect, SYS_connect), TRAP(bind, SYS_bind),              \
		TRAP(execve, SYS_execve), TRAP(execveat, SYS_execveat),        \
		TRAP(kill, SYS_kill), TRAP(ptrace, SYS_ptrace),                \
		TRAP(vm_readv, SYS_process_vm_readv),                          \
		TRAP(prlimit, SYS_prlimit64), TRAP(mprotect, SYS_mprotect),    \
		TRAP(remap, SYS_remap_file_pages), TRAP(unshare, SYS_unshare), \
		TRAP(mount, SYS_mount), TRAP(bpf, SYS_bpf),                    \
		TRAP(uring, SYS_io_uring_setup),                               \
		TRAP(memfd, SYS_memfd_create),                                 \
		TRAP(sigaction, SYS_rt_sigaction),                             \
		TRAP(setuid, SYS_setresuid), TRAP(seccomp, SYS_seccomp),       \
		TRAP(ioctl, SYS_ioctl), TRAP(futex_requeue, SYS_futex),        \
		TRAP(thread, SYS_clone), TRAP(fork, SYS_clone),                \
		TRAP(setrlimit_core, SYS_setrlimit),                           \
		TRAP(mmap_exec, SYS_mmap), TRAP(mmap_file, SYS_mmap),          \
		TRAP(mmap_shared, SYS_mmap), TRAP(mremap, SYS_mremap),         \
		ENDS(front_work, FINE)

static const struct attempt of_front[] = {
	FRONT_CANNOT,
	TRAP(clone_front, SYS_clone),
};

static const struct attempt of_front_child[] = {
	FRONT_CANNOT,
	ENDS(clone_front, FAILED),
};

static const struct attempt of_front_parent[] = {
	TRAP(openat, SYS_openat), TRAP(socket, SYS_socket),
	TRAP(execve, SYS_execve), TRAP(fork, SYS_clone),
	TRAP(thread, SYS_clone),  TRAP(setrlimit_core, SYS_setrlimit),
	ENDS(front_work, FINE),
};

/* As uid 0, a filter takes the limit's place. */
static const struct attempt of_root_child[] = {
	TRAP(openat, SYS_openat),   TRAP(clone_front, SYS_clone),
	TRAP(seccomp, SYS_seccomp), TRAP(fork, SYS_clone),
	ENDS(front_work, FINE),
};

static const struct attempt of_monitor[] = {
	TRAP(fastopen, SYS_sendmsg),
	TRAP(fastopen_to, SYS_sendto),
	TRAP(socket, SYS_socket),
	TRAP(connect, SYS_connect),
	TRAP(bind, SYS_bind),
	TRAP(execve, SYS_execve),
	TRAP(execveat, SYS_execveat),
	TRAP(ptrace, SYS_ptrace),
	TRAP(vm_readv, SYS_process_vm_readv),
	TRAP(prlimit_other, SYS_prlimit64),
	TRAP(mprotect_exec, SYS_mprotect),
	TRAP(mmap_exec, SYS_mmap),
	TRAP(mremap, SYS_mremap),
	TRAP(remap, SYS_remap_file_pages),
	TRAP(unshare, SYS_unshare),
	TRAP(mount, SYS_mount),
	TRAP(bpf, SYS_bpf),
	TRAP(perf, SYS_perf_event_open),
	TRAP(uring, SYS_io_uring_setup),
	TRAP(keyctl, SYS_keyctl),
	TRAP(handle, SYS_open_by_handle_at),
	TRAP(userfault, SYS_userfaultfd),
	TRAP(personality, SYS_personality),
	TRAP(ioctl, SYS_ioctl),
	TRAP(thread, SYS_clone),
	TRAP(clone_ns, SYS_clone),
	TRAP(socketpair, SYS_socketpair),
	TRAP(prctl, SYS_prctl),
	ENDS(fork_and_wait, FINE),
	ENDS(channel, FINE),
	ENDS(maildrop_work, FINE),
	ENDS(open_other, FINE),
	ENDS(open_etc, FINE),
	ENDS(front_work, FINE),
	ENDS(many_files, FAILED),
};

static const struct attempt of_maildrop[] = {
	TRAP(socket, SYS_socket),
	TRAP(execve, SYS_execve),
	TRAP(make_fifo_by_link, SYS_symlinkat),
	ENDS(maildrop_work, FINE),
	ENDS(open_other, FAILED),
	ENDS(open_etc, FAILED),
	ENDS(list_root, FAILED),
	ENDS(move_out, FAILED),
};

static void make_folder(char *path)
{
	char sub[96];

	assert_non_null(mkdtemp(path));
	assert_int_equal(chmod(path, 0777), 0);
	for (int i = 0; i < 2; i++) {
		snprintf(sub, sizeof(sub), "%s/%s", path, i ? "cur" : "new");
		assert_int_equal(mkdir(sub, 0), 0);
		assert_int_equal(chmod(sub, 0777), 0);
	}
}

static void make_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "text", 4), 4);
	close(fd);
}

static void clear_folder(const char *path)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf %s", path);
	assert_int_equal(system(command), 0);
}

static void setup_files(void)
{
	strcpy(folder_path, "/tmp/test-sandbox-XXXXXX");
	strcpy(other_path, "/tmp/test-sandbox-XXXXXX");
	make_folder(folder_path);
	make_folder(other_path);
	folder = open(folder_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	other_folder = open(other_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	make_file(folder, "new/m");
	make_file(other_folder, "secret");
	file = openat(folder, "new/m", O_RDONLY | O_CLOEXEC);
	assert_true(file >= 0);
	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
}

static void remove_files(void)
{
	close(folder);
	close(other_folder);
	close(file);
	close(pair[0]);
	close(pair[1]);
	clear_folder(folder_path);
	clear_folder(other_path);
}

static void try_all(uid_t uid, int (*enter)(void), const struct attempt *a,
		    size_t n)
{
	if (SANITIZED)
		skip();
	for (size_t i = 0; i < n; i++) {
		struct outcome o;

		setup_files();
		if (uid != getuid()) {
			char command[128];

			snprintf(command, sizeof(command), "chown -R %u %s",
				 (unsigned)uid, folder_path);
			assert_int_equal(system(command), 0);
		}
		o = run(uid, enter, a[i].attempt);
		remove_files();
		if (o.ending != a[i].ending ||
		    (a[i].nr >= 0 && o.nr != a[i].nr))
			fail_msg("%s: ending %d (expected %d), call %s",
				 a[i].name, o.ending, a[i].ending,
				 o.nr < 0 ? "-" : sandbox_call_name(o.nr));
	}
}

#define TRY(uid, enter, table)                                                 \
	try_all(uid, enter, table, sizeof(table) / sizeof((table)[0]))

/* As root, fronts are of another uid; started by a user, of the same. */
static uid_t ordinary(void)
{
	return getuid() == 0 ? NOBODY : getuid();
}

static void a_front_can_do_its_work_only(void **state)
{
	(void)state;
	TRY(ordinary(), front, of_front);
}

static void a_cloned_front_can_do_its_work_only(void **state)
{
	(void)state;
	TRY(ordinary(), front_child, of_front_child);
}

static void a_front_parent_can_clone_fronts_only(void **state)
{
	(void)state;
	TRY(ordinary(), front_parent, of_front_parent);
}

static void a_front_of_root_is_held_by_a_filter(void **state)
{
	(void)state;
	if (getuid() != 0)
		skip();
	TRY(0, front_child, of_root_child);
	TRY(0, front, of_front);
}

static void a_monitor_gains_nothing(void **state)
{
	(void)state;
	TRY(ordinary(), monitor, of_monitor);
	if (getuid() == 0)
		TRY(0, monitor, of_monitor);
}

static void after_login_only_the_maildir_is_left(void **state)
{
	(void)state;
	TRY(ordinary(), maildrop, of_maildrop);
	if (getuid() == 0)
		TRY(0, maildrop, of_maildrop);
}

static void a_monitor_can_become_the_mail_owner(void **state)
{
	static const struct attempt table[] = {ENDS(change_user, FINE)};

	(void)state;
	if (getuid() != 0)
		skip();
	TRY(0, monitor, table);
}

/* The attempt of a process whose parent is outside its domain. */
static void after_login_others_cannot_be_signalled(void **state)
{
	static const struct attempt table[] = {ENDS(signal_parent, FAILED)};
	char mem[2048];
	struct buf text;

	(void)state;
	buf_init(&text, mem, sizeof(mem));
	sandbox_describe(&text);
	assert_non_null(buf_str(&text));
	/* Landlock knows of signals from ABI 6 on. */
	if (strstr(mem, "knows no") || !strstr(mem, "ABI "))
		skip();
	TRY(getuid(), maildrop, table);
}

/* The clone is the child of this process, and is reaped here. */
static void a_clone_is_the_acceptors_child(void **state)
{
	int ends[2], status;
	pid_t parent, clone = 0;

	(void)state;
	if (SANITIZED)
		skip();
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	parent = fork();
	assert_true(parent >= 0);
	if (parent == 0) {
		if (front_parent() != 0)
			_exit(99);
		clone = sandbox_clone_front();
		if (clone == 0) {
			if (sandbox_front_child(SANDBOX_REQUIRED, &report) != 0)
				_exit(98);
			_exit(42);
		}
		(void)!write(ends[1], &clone, sizeof(clone));
		_exit(0);
	}
	assert_int_equal(read(ends[0], &clone, sizeof(clone)), sizeof(clone));
	assert_true(clone > 0);
	assert_int_equal(waitpid(parent, &status, 0), parent);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(waitpid(clone, &status, 0), clone);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 42);
	close(ends[0]);
	close(ends[1]);
}

static int enter_off(void)
{
	int r = sandbox_front(SANDBOX_OFF, &report);

	return r == 0 && !report.complete && strcmp(report.text, "off") == 0
		       ? 0
		       : -1;
}

static void off_means_off(void **state)
{
	static const struct attempt table[] = {ENDS(open_etc, FINE),
					       ENDS(channel, FINE)};

	(void)state;
	TRY(getuid(), enter_off, table);
}

static int nothing(void)
{
	return 0;
}

static int enter_twice(void)
{
	int r = front();

	if (r != 0)
		return 99;
	/* The second prctl is a forbidden call: never returns. */
	return sandbox_front(SANDBOX_REQUIRED, &report);
}

static void nothing_in_the_sandbox_can_be_set_anew(void **state)
{
	struct outcome o;

	(void)state;
	if (SANITIZED)
		skip();
	o = run(getuid(), enter_twice, nothing);
	assert_int_equal(o.ending, TRAPPED);
	assert_int_equal(o.nr, SYS_prctl);
}

/* A maildrop whose directory is none: the step fails. */
static int fail_required(void)
{
	const int none = -1;
	int r = sandbox_maildrop(SANDBOX_REQUIRED, &none, 1, &report);

	return r == -EBADF && !report.complete &&
			       strstr(report.text, "Landlock") &&
			       strstr(report.text, "best-effort")
		       ? 0
		       : -1;
}

static int fail_best_effort(void)
{
	const int none = -1;
	int r = sandbox_maildrop(SANDBOX_BEST_EFFORT, &none, 1, &report);

	return r == 0 && !report.complete && strstr(report.text, "Landlock")
		       ? 0
		       : -1;
}

static void a_step_that_fails_is_told(void **state)
{
	(void)state;
	assert_int_equal(run(getuid(), nothing, fail_required).ending, FINE);
	assert_int_equal(run(getuid(), nothing, fail_best_effort).ending, FINE);
}

static int do_raise_sigsys(void)
{
	return raise(SIGSYS);
}

static void a_signal_from_elsewhere_is_no_report(void **state)
{
	struct outcome o = run(getuid(), nothing, do_raise_sigsys);

	(void)state;
	assert_int_equal(o.ending, OTHER);
	assert_int_equal(o.nr, -1);
}

/* Landlock by itself, where no filter hides it. */
static int landlock_alone(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -1
							  : landlock_nothing();
}

static void landlock_alone_leaves_nothing(void **state)
{
	static const struct attempt table[] = {
		ENDS(open_etc, FAILED), ENDS(open_other, FAILED),
		ENDS(list_root, FAILED), ENDS(channel, FINE)};

	(void)state;
	if (landlock_abi() < 0)
		skip();
	TRY(getuid(), landlock_alone, table);
}

/* Whether /proc/PID/NAME has the line; blanks count as one. */
static bool proc_has(pid_t pid, const char *name, const char *wanted)
{
	char path[64], line[256];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	f = fopen(path, "r");
	assert_non_null(f);
	while (!found && fgets(line, sizeof(line), f)) {
		char words[256] = "";

		for (char *w = strtok(line, " \t\n"); w;
		     w = strtok(NULL, " \t\n")) {
			strcat(words, w);
			strcat(words, " ");
		}
		found = strncmp(words, wanted, strlen(wanted)) == 0;
	}
	fclose(f);
	return found;
}

/* Seen from outside, while it waits for its next octet. */
static void a_front_is_limited(void **state)
{
	static const char *const limits[] = {
		"Max open files 64 64 ",   "Max core file size 0 0 ",
		"Max processes 0 0 ",	   "Max file size 0 0 ",
		"Max cpu time 3600 3600 ", "Max address space 268435456 ",
	};
	char octet;
	pid_t pid;

	(void)state;
	if (SANITIZED)
		skip();
	setup_files();
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (dup2(pair[0], STDOUT_FILENO) < 0 ||
		    dup2(pair[0], STDERR_FILENO) < 0 || front() != 0)
			_exit(99);
		(void)!write(pair[0], "x", 1);
		(void)!read(pair[0], &octet, 1);
		_exit(0);
	}
	assert_int_equal(read(pair[1], &octet, 1), 1);
	assert_true(proc_has(pid, "status", "NoNewPrivs: 1 "));
	assert_true(proc_has(pid, "status", "Seccomp: 2 "));
	assert_true(proc_has(pid, "status", "Seccomp_filters: 1 "));
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (!proc_has(pid, "limits", limits[i]))
			fail_msg("not set: %s", limits[i]);
	assert_int_equal(write(pair[1], "x", 1), 1);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	remove_files();
}

/* Of a process that is not dumpable, /proc belongs to root. */
static void a_front_cannot_be_looked_into(void **state)
{
	char path[64], octet;
	struct stat st;
	pid_t pid;

	(void)state;
	if (SANITIZED || getuid() != 0)
		skip();
	setup_files();
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
		    setresuid(NOBODY, NOBODY, NOBODY) < 0 ||
		    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0 || front() != 0)
			_exit(99);
		(void)!write(pair[0], "x", 1);
		(void)!read(pair[0], &octet, 1);
		_exit(0);
	}
	assert_int_equal(read(pair[1], &octet, 1), 1);
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_uid, 0);
	assert_int_equal(write(pair[1], "x", 1), 1);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	remove_files();
}

static void numbers_have_names(void **state)
{
	(void)state;
	assert_string_equal(sandbox_call_name(SYS_openat), "openat");
	assert_string_equal(sandbox_call_name(SYS_execve), "execve");
	assert_string_equal(sandbox_call_name(SYS_read), "read");
	assert_null(sandbox_call_name(-1));
	assert_null(sandbox_call_name(100000));
}

static void the_description_tells_what_is_in_force(void **state)
{
	char mem[2048];
	struct buf text;

	(void)state;
	if (SANITIZED)
		skip();
	buf_init(&text, mem, sizeof(mem));
	sandbox_describe(&text);
	assert_non_null(buf_str(&text));
	assert_non_null(strstr(mem, "kernel: seccomp yes"));
	assert_non_null(strstr(mem, "front: 20 system calls"));
	assert_non_null(strstr(mem, "scmpd: "));
	assert_null(strstr(mem, "could not be tried"));
	assert_null(strstr(mem, "cannot be entered"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_front_can_do_its_work_only),
		cmocka_unit_test(a_cloned_front_can_do_its_work_only),
		cmocka_unit_test(a_front_parent_can_clone_fronts_only),
		cmocka_unit_test(a_front_of_root_is_held_by_a_filter),
		cmocka_unit_test(a_monitor_gains_nothing),
		cmocka_unit_test(after_login_only_the_maildir_is_left),
		cmocka_unit_test(a_monitor_can_become_the_mail_owner),
		cmocka_unit_test(after_login_others_cannot_be_signalled),
		cmocka_unit_test(a_clone_is_the_acceptors_child),
		cmocka_unit_test(off_means_off),
		cmocka_unit_test(nothing_in_the_sandbox_can_be_set_anew),
		cmocka_unit_test(a_step_that_fails_is_told),
		cmocka_unit_test(a_signal_from_elsewhere_is_no_report),
		cmocka_unit_test(landlock_alone_leaves_nothing),
		cmocka_unit_test(a_front_is_limited),
		cmocka_unit_test(a_front_cannot_be_looked_into),
		cmocka_unit_test(numbers_have_names),
		cmocka_unit_test(the_description_tells_what_is_in_force),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
