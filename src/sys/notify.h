/* SPDX-License-Identifier: ISC */
/*
 * The two small protocols of systemd for services: sockets handed over at the
 * start (sd_listen_fds(3)) and notices of the service's state (sd_notify(3)).
 *
 * Both are documented as stable for programs without libsystemd, which would
 * cost each fresh process of the one-connection shapes a millisecond to link.
 */
#ifndef SYS_NOTIFY_H
#define SYS_NOTIFY_H

#include <stddef.h>
#include <stdint.h>

enum { NOTIFY_FIRST_FD = 3 };

/*
 * How many sockets were handed over to this process, from NOTIFY_FIRST_FD on,
 * by LISTEN_FDS and LISTEN_PID; 0: none.  The variables are removed, so that
 * no child takes them for its own.
 */
size_t notify_take_sockets(void);

/* Are sockets announced in the environment for this process? */
int notify_has_sockets(void);

/*
 * Tell the service manager, e.g. "READY=1".  Does nothing without
 * NOTIFY_SOCKET.  Never blocks; 0 or a negative errno.
 */
int notify_send(const char *state);

/*
 * Opens what notify_send() needs and keeps it, for a process that soon may make
 * no socket any more. 0, also without NOTIFY_SOCKET, or a negative errno.
 */
int notify_keep(void);

/*
 * Microseconds within which "WATCHDOG=1" is expected of this process again and
 * again (sd_watchdog_enabled(3)); 0: it is not.
 */
uint64_t notify_watchdog_us(void);

#endif
