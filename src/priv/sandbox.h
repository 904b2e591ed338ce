/* SPDX-License-Identifier: ISC
 *
 * What each process gives up for good: system calls (seccomp), paths, ports
 * and other processes (Landlock), resources (rlimits) and being looked into
 * (PR_SET_DUMPABLE).
 *
 * The seccomp programs are made when pop3-session is built, from the table in
 * priv/filters/table.h; installing one is a single system call. A call that a
 * filter forbids raises SIGSYS: the handler of sandbox_trap_report() tells
 * its number, then the process dies by SIGSYS.
 *
 * Who wears what:
 *   sandbox_front         a front that serves one connection by itself
 *   sandbox_front_parent  the process that clones fronts, and so each front
 *   sandbox_front_child   each of those, first thing: it can no longer clone
 *   sandbox_monitor       the acceptor from its start, and so each monitor;
 *                         a monitor in the one-connection shapes
 *   sandbox_maildrop      a monitor after login, as the mail owner
 *   sandbox_daemon        scmpd
 */
#ifndef PRIV_SANDBOX_H
#define PRIV_SANDBOX_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum sandbox_mode {
	SANDBOX_REQUIRED,    /* a step that fails is an error */
	SANDBOX_BEST_EFFORT, /* it is reported, the others are taken */
	SANDBOX_OFF	     /* nothing is done */
};

/* The words of the setting `sandbox` in that order, ended by NULL. */
extern const char *const sandbox_mode_words[];

/* What came of the steps. */
struct sandbox_report {
	bool complete;	/* every step is in force */
	char text[512]; /* else which are not, why, and the remedy; no dot */
};

/* Each of these returns 0 (SANDBOX_REQUIRED: all is in force;
 * SANDBOX_BEST_EFFORT: look at the report) or the -errno of the first step
 * that failed. They cannot be undone. Nothing blocks; nothing is allocated. */

/* The front of a one-connection shape: may read, write, close and wait on the
 * descriptors it has, receive more by message, and manage private memory.
 * mmap wants MAP_PRIVATE|MAP_ANONYMOUS without PROT_EXEC; there is no mremap,
 * so call mallopt(M_MMAP_MAX, 0) before. writev, recv, send, poll and stdio
 * are not among its calls: read, write, recvmsg, sendmsg, ppoll are. */
int sandbox_front(enum sandbox_mode, struct sandbox_report *)
	__attribute__((warn_unused_result));

/* The same for the parent of fronts, plus sandbox_clone_front() and
 * sandbox_front_child(). Must run as the fronts' user already. */
int sandbox_front_parent(enum sandbox_mode, struct sandbox_report *)
	__attribute__((warn_unused_result));

/* In the front parent: a new front, which is a child of the front parent's
 * own parent. The child's pid, 0 in the child, or -errno. No fork handlers
 * run; the process has one thread. */
pid_t sandbox_clone_front(void) __attribute__((warn_unused_result));

/* In a front, before it reads an octet: closes the way to clone, by a limit,
 * or, as uid 0 (whom the limit does not bind), by one more small filter. */
int sandbox_front_child(enum sandbox_mode, struct sandbox_report *)
	__attribute__((warn_unused_result));

/* Acceptor and monitors: no execve, no socket, no connect, no ptrace, no new
 * namespaces or mounts, no executable memory; files, locks, fork, signals
 * and changing to the mail owner are left. Paths only through the calls that
 * end in `at`. max_files > 0 sets RLIMIT_NOFILE. */
int sandbox_monitor(enum sandbox_mode, unsigned max_files,
		    struct sandbox_report *)
	__attribute__((warn_unused_result));

/* A monitor after login: of all files only what is beneath the n directories
 * (also O_PATH descriptors) may still be opened, made, renamed or removed;
 * ports cannot be bound or connected, processes outside cannot be signalled,
 * as far as this kernel's Landlock knows. A Landlock that refuses every
 * rename between folders (ABI 1, before Linux 5.19) is not used: -ENOTSUP. */
int sandbox_maildrop(enum sandbox_mode, const int *dirfds, size_t n,
		     struct sandbox_report *)
	__attribute__((warn_unused_result));

/* Folders (also O_PATH descriptors) whose files are left to a process: of its
 * own it may open, make, rename and remove everything beneath; of the others it
 * may read. */
struct sandbox_folders {
	const int *own;
	size_t own_n;
	const int *read;
	size_t read_n;
};

/* The daemon of administration, before it serves anybody: an event loop over
 * the sockets that it has, and files of these folders. No execve, no fork, no
 * socket, no signals to others. */
int sandbox_daemon(enum sandbox_mode, const struct sandbox_folders *,
		   struct sandbox_report *) __attribute__((warn_unused_result));

/* Before the sandbox: `report` is called in a signal handler with the number
 * of a forbidden system call; it may only make allowed calls (sendmsg on the
 * channel). Then the process dies by SIGSYS. report may be NULL. 0, -errno. */
int sandbox_trap_report(void (*report)(int nr))
	__attribute__((warn_unused_result));

/* The name of a system call of this machine; NULL for an unknown number. */
const char *sandbox_call_name(int nr);

/* Lines for --check: what this kernel offers, and what each kind of process
 * gets, tried in a child process each, as the present user. Forks; writes
 * nothing but to `out`, about 800 octets.
 * False: some step of some process cannot be taken here. */
bool sandbox_describe(struct buf *out);

#endif
