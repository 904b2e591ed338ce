/* SPDX-License-Identifier: ISC */
/*
 * Who is at the other end of a connection, and what he may do. Worked out anew
 * before each command, so a role that was changed takes effect at the next one.
 */
#ifndef SCMPD_CALLER_H
#define SCMPD_CALLER_H

#include "base/buf.h"
#include "base/span.h"
#include "proto/network.h"
#include "store/database.h"
#include "store/users.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct scmpd;
struct listener;

enum caller_trust {
	CALLER_NOBODY,	 /* not logged in */
	CALLER_ROOT,	 /* [PREAUTH] as admin, over the Unix socket */
	CALLER_OPERATOR, /* [PREAUTH] as operator: in the socket's group */
	CALLER_ACCOUNT,	 /* logged in by name and password */
};

struct caller {
	enum caller_trust trust;
	const struct listener *listener;
	bool is_local; /* over the Unix socket */
	uid_t uid;     /* of who is there, over the Unix socket */
	bool has_address;
	struct network_address address;
	uint16_t port;
	char name[USERS_NAME_SIZE]; /* empty but for CALLER_ACCOUNT */
	char role[USERS_ROLE_SIZE];
	unsigned rights; /* enum scmp_right: the role's, within the listener's
			  */
};

/* A connection that was just accepted: trust, address and first rights. */
void caller_begin(struct caller *c, const struct scmpd *scmpd,
		  const struct listener *listener, int fd);

/*
 * Role and rights as they are now; as they were where that cannot be read at
 * once. False: caller_may_be() that account no more, and the connection is to
 * end.
 */
bool caller_refresh(struct caller *c, struct scmpd *scmpd);

/* Is there a ban of his address, or an allow list without it? */
bool caller_is_kept_out(const struct caller *c, struct scmpd *scmpd);

/* Is the account of that row enabled, not banned, and may its user come from
 * where this caller is? */
bool caller_may_be(const struct caller *c, struct scmpd *scmpd,
		   const struct user_row *row);

/*
 * The rights of a role of that name (empty: user), fixed or from the database
 * (NULL: there is none); an unknown role has none. 0, or a negative errno of
 * the database with *error: they are not known, which is not none.
 */
__attribute__((warn_unused_result)) int caller_role_rights(struct database *db,
							   const char *role,
							   unsigned *rights,
							   struct buf *error);

/* No one acts on an account that may do more than himself. */
bool caller_may_act_on(const struct caller *c, unsigned rights);

/* "name", "root" or "operator" for the log, and where from. */
void caller_add_name(struct buf *out, const struct caller *c);
void caller_add_origin(struct buf *out, const struct caller *c);

#endif
