/* SPDX-License-Identifier: ISC
 *
 * Whole writes, messages that carry descriptors, and random octets.
 * Every function returns a negative errno for a failure and repeats a call
 * that a signal interrupted. Only calls that the front's sandbox allows are
 * made here: write, sendmsg, recvmsg, ppoll, close, getrandom.
 */
#ifndef SYS_IO_H
#define SYS_IO_H

#include <stddef.h>
#include <sys/types.h>

/* Descriptors that one message may carry at most. */
enum { IO_MAX_FDS = 16 };

/* Writes all n octets of p to fd, waiting as long as that takes, also where
 * fd is non-blocking. 0, or -errno with an unknown part written. */
int io_write_all(int fd, const void *p, size_t n)
	__attribute__((warn_unused_result));

/* Sends one message of n octets (n > 0) with nfds <= IO_MAX_FDS descriptors
 * over a SOCK_SEQPACKET socket; the caller keeps its own copies. `flags` are
 * those of sendmsg(2), MSG_NOSIGNAL is added. Returns n. -EINVAL: too many
 * descriptors, or no octet to carry them; -EAGAIN: would block;
 * -ETOOMANYREFS: too many descriptors of this uid are under way, try later;
 * -EPIPE: the other end is gone. */
ssize_t io_send_fds(int sock, const void *p, size_t n, const int *fds,
		    size_t nfds, int flags) __attribute__((warn_unused_result));

/* Receives one message into p (cap octets) and its descriptors into fds (max
 * <= IO_MAX_FDS entries), close-on-exec and owned by the caller from then on.
 * Returns the number of octets; 0 when the other end is closed. *nfds is set
 * in every case, to 0 on failure. -EMSGSIZE: the message or its descriptors
 * did not fit; what had arrived of them is closed and the message is lost.
 * `flags` as for recvmsg(2); MSG_CMSG_CLOEXEC is added. */
ssize_t io_recv_fds(int sock, void *p, size_t cap, int *fds, size_t max,
		    size_t *nfds, int flags)
	__attribute__((warn_unused_result));

/* Fills p with n octets from the kernel's generator. 0 or -errno. Blocks only
 * in the first seconds of a machine's start. */
int io_random(void *p, size_t n) __attribute__((warn_unused_result));

#endif
