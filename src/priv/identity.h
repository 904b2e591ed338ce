/* SPDX-License-Identifier: ISC
 *
 * Who a process is. Names are looked up in /etc/passwd and /etc/group only,
 * without NSS, so that nothing is loaded or asked at run time; numbers are
 * taken as they are. Rights are given up for good and the loss is checked.
 * Nothing here blocks. Failures are a negative errno.
 */
#ifndef PRIV_IDENTITY_H
#define PRIV_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct identity {
	uid_t uid;
	gid_t gid;
};

/* Finds `user`, `user:group`, `1000` or `1000:100`. Without a group it is the
 * account's; for a number without an account, the same number. -ENOENT: no
 * such name; -EINVAL: neither a name nor a number in range; else why the file
 * could not be read. */
int identity_find(const char *spec, struct identity *)
	__attribute__((warn_unused_result));

/* The group of a name or number; failures as above. */
int identity_find_group(const char *spec, gid_t *)
	__attribute__((warn_unused_result));

/* The name that /etc/passwd has for the real uid, with its NUL. -ENOENT: none;
 * -ENAMETOOLONG; or why the file could not be read. */
int identity_own_name(char *name, size_t size)
	__attribute__((warn_unused_result));

/* As root: keeps of the capabilities only CAP_SETUID, CAP_SETGID, CAP_KILL and
 * CAP_DAC_READ_SEARCH (of these, those it has) and clears the inheritable and
 * ambient sets; with drop_bounding also the bounding set, which costs some 40
 * system calls and can be left out where no_new_privs follows. Not as root:
 * clears all. */
int identity_keep_capabilities(bool drop_bounding)
	__attribute__((warn_unused_result));

/* Whether this process can become another user. */
bool identity_can_change(void);

/* Becomes somebody else for good: no supplementary groups, real, effective and
 * saved ids all of the identity, no capability, not dumpable; then tries to go
 * back, and it is -EPERM if that succeeds. uid 0 is -EINVAL. Without the right
 * to change: 0 if the process has these ids throughout already, with its
 * capabilities (of which there are none) cleared, else -EPERM. After any
 * failure the process must end. */
int identity_become(const struct identity *)
	__attribute__((warn_unused_result));

#endif
