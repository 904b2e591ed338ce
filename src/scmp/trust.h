/* SPDX-License-Identifier: ISC */
/*
 * Whose is what answers? A socket in a folder that everybody may write, or a
 * port of loopback that nobody listens on, can be taken by any user of the
 * machine, who then would be told passwords and commands. So nothing is read
 * from a connection or sent over it before it is known that a user who is
 * trusted listens there: root (also for systemd), one's own, or scmp_user.
 *
 * Nothing here waits for anybody.
 */
#ifndef SCMP_TRUST_H
#define SCMP_TRUST_H

struct scmp;
struct client_place;

/*
 * Is the server at the other end of the connected socket trusted? Of a Unix
 * socket the kernel knows who listens (unix(7): SO_PEERCRED), of loopback its
 * tables do (proc_net(5): tcp, tcp6). STATUS_OK, or STATUS_DENIED after a
 * message that names the place, the user and the remedy.
 */
__attribute__((warn_unused_result)) int
trust_server(const struct scmp *s, const struct client_place *place, int fd);

#endif
