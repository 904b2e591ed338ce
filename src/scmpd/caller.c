/* SPDX-License-Identifier: ISC */
#include "scmpd/caller.h"

#include "config/roles.h"
#include "net/local.h"
#include "net/peer.h"
#include "priv/identity.h"
#include "proto/scmp_code.h"
#include "scmpd/scmpd.h"
#include "store/database_settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static unsigned fixed_rights(const char *role)
{
	for (int i = 0; i < ROLES_FIXED; i++) {
		if (strcmp(roles_fixed[i].name, role) == 0)
			return scmp_rights_parse(
				span_str(roles_fixed[i].rights));
	}
	return 0;
}

bool caller_is_kept_out(const struct caller *c, struct scmpd *scmpd)
{
	const struct peer peer = {
		.known = c->has_address,
		.address = c->address,
	};
	struct network by;

	/* For settings, too, such as those of penalties and turns. */
	rulebook_look(&scmpd->rulebook, 0);
	/* Bans are not for the Unix socket: somebody must be able to lift them.
	 */
	if (c->is_local)
		return false;
	return rulebook_ask(&scmpd->rulebook, &peer, &by) != RULES_LET_IN;
}

bool caller_may_be(const struct caller *c, struct scmpd *scmpd,
		   const struct user_row *row)
{
	if (!row->enabled || caller_is_kept_out(c, scmpd))
		return false;
	if (!c->is_local &&
	    rulebook_bans_user(&scmpd->rulebook, span_str(row->name)))
		return false;
	return !row->networks[0] ||
	       rules_list_has(span_str(row->networks),
			      c->has_address ? &c->address : NULL);
}

int caller_role_rights(struct database *db, const char *role, unsigned *rights,
		       struct buf *error)
{
	char memory[512];
	struct buf text;
	int failed;

	*rights = fixed_rights(role);
	if (!role[0] || role_is_fixed(role) || !db)
		return 0;
	buf_init(&text, memory, sizeof(memory));
	failed = database_text_get(db, DATABASE_ROLES, role, &text, error);
	if (failed < 0)
		return failed == -ENOENT ? 0 : failed;
	if (text.overflow) {
		buf_add_str(error, "the rights of role ");
		buf_add_escaped(error, span_str(role));
		buf_add_str(error, " are too long");
		return -EBADMSG;
	}
	*rights = scmp_rights_parse(buf_span(&text));
	return 0;
}

/* Nobody may do more than his listener lets him. */
static unsigned within(const struct caller *c, unsigned rights)
{
	if (!c->listener->role[0])
		return rights;
	return rights & fixed_rights(c->listener->role);
}

static void be(struct caller *c, enum caller_trust trust, const char *role)
{
	c->trust = trust;
	snprintf(c->role, sizeof(c->role), "%s", role);
	c->rights = within(c, fixed_rights(role));
}

void caller_begin(struct caller *c, const struct scmpd *scmpd,
		  const struct listener *listener, int fd)
{
	struct peer peer;
	gid_t gid;

	*c = (struct caller){.listener = listener,
			     .is_local = listener->is_local};
	if (!c->is_local) {
		if (peer_of(fd, &peer) == 0 && peer.known) {
			c->has_address = true;
			c->address = peer.address;
			c->port = peer.port;
		}
		return;
	}
	if (local_peer(fd, &c->uid, &gid) < 0)
		return;
	if (c->uid == 0 || c->uid == geteuid())
		be(c, CALLER_ROOT, "admin");
	else if (scmpd->operators != (gid_t)-1 &&
		 local_peer_is_in(fd, scmpd->operators))
		be(c, CALLER_OPERATOR, "operator");
}

/* A role that was made may have been changed. */
static void refresh_rights(struct caller *c, struct scmpd *scmpd,
			   struct buf *error)
{
	struct database db;
	unsigned rights;

	if (role_is_fixed(c->role)) {
		c->rights = within(c, fixed_rights(c->role));
	} else if (scmpd->database[0] &&
		   database_open(&db, scmpd->database, DATABASE_READ, 0,
				 error) == 0) {
		if (caller_role_rights(&db, c->role, &rights, error) == 0)
			c->rights = within(c, rights);
		database_close(&db);
	}
}

bool caller_refresh(struct caller *c, struct scmpd *scmpd)
{
	char memory[USERS_ERROR_SIZE];
	struct user_row row;
	struct buf error;
	bool may;

	if (c->trust != CALLER_ACCOUNT)
		return true;
	buf_init(&error, memory, sizeof(memory));
	switch (users_find(&scmpd->users, span_str(c->name), &row, &error)) {
	case USERS_FOUND:
		break;
	case USERS_UNKNOWN:
		return false;
	default:
		return true; /* nothing is known: as before */
	}
	may = caller_may_be(c, scmpd, &row);
	/* Of another role nothing is known yet, not even that it has no right.
	 */
	if (strcmp(c->role, row.role[0] ? row.role : "user") != 0)
		c->rights = 0;
	snprintf(c->role, sizeof(c->role), "%s",
		 row.role[0] ? row.role : "user");
	user_row_clear(&row);
	buf_reset(&error);
	if (may)
		refresh_rights(c, scmpd, &error);
	return may;
}

bool caller_may_act_on(const struct caller *c, unsigned rights)
{
	return (rights & ~c->rights) == 0;
}

void caller_add_name(struct buf *out, const struct caller *c)
{
	switch (c->trust) {
	case CALLER_ROOT:
		buf_add_str(out, "root");
		break;
	case CALLER_OPERATOR:
		buf_add_str(out, "uid:");
		buf_add_u64(out, c->uid);
		break;
	case CALLER_ACCOUNT:
		buf_add_escaped(out, span_str(c->name));
		break;
	case CALLER_NOBODY:
		buf_add_char(out, '-');
		break;
	}
}

void caller_add_origin(struct buf *out, const struct caller *c)
{
	if (c->is_local || !c->has_address)
		buf_add_str(out, "local");
	else
		network_address_format(&c->address, out);
}
