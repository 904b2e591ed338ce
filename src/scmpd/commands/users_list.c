/* SPDX-License-Identifier: ISC */
/* USERS, of which there may be a million. */
#include "base/num.h"
#include "scmpd/handlers.h"
#include "scmpd/listing.h"
#include "stats/statistics_look.h"
#include "store/database_users.h"

#include <stdlib.h>
#include <string.h>

enum { PIECE = 200 };

struct piece_row {
	char name[USERS_NAME_SIZE], role[USERS_ROLE_SIZE];
	bool enabled;
	unsigned connected;
};

struct listing {
	char mask[USERS_NAME_SIZE];
	char after[USERS_NAME_SIZE]; /* the last name that was sent */
	uint64_t offset;	     /* rows behind it that were passed over */
	uint64_t left;		     /* users that are still to be sent */
	unsigned told;		     /* damaged rows, of all pieces */
	/* the piece under way */
	struct piece_row rows[PIECE];
	size_t n;
	uint64_t damaged_since; /* the last of them */
};

static int take_row(const struct database_user *user, void *context)
{
	struct listing *l = context;
	struct piece_row *row = &l->rows[l->n++];

	*row = (struct piece_row){.enabled = user->row.enabled};
	memcpy(row->name, user->row.name, sizeof(row->name));
	memcpy(row->role, user->row.role, sizeof(row->role));
	l->damaged_since = 0;
	return 0;
}

/* One row does not hide the others. */
static void pass_over(const char *fault, void *context)
{
	struct listing *l = context;

	l->damaged_since++;
	listing_pass_over("USERS", &l->told, fault);
}

/* Names come in the order of their octets. */
static int compare(const void *key, const void *row)
{
	return strcmp(key, ((const struct piece_row *)row)->name);
}

static bool count_session(void *context, const struct statistics_row *session)
{
	struct listing *l = context;
	struct piece_row *row;

	if (!session->user_n)
		return true;
	row = bsearch(session->user, l->rows, l->n, sizeof(l->rows[0]),
		      compare);
	if (row)
		row->connected++;
	return true;
}

/* False: there are no more, or what there is cannot be read. */
static bool read_piece(struct call *call, struct listing *l)
{
	const struct database_search search = {
		.mask = l->mask,
		.after = l->after,
		.offset = l->offset,
		.limit = l->left < PIECE ? l->left : PIECE,
		.damaged = pass_over,
	};
	char memory[USERS_ERROR_SIZE];
	struct database db;
	struct buf error;
	int failed;

	l->n = 0;
	l->damaged_since = 0;
	if (!call_database(call, &db, DATABASE_READ)) {
		call_break(call);
		return false;
	}
	buf_init(&error, memory, sizeof(memory));
	failed = database_users_list(&db, &search, take_row, l, &error);
	database_close(&db);
	if (failed < 0) {
		listing_break(call, "USERS", failed, &error);
		return false;
	}
	/* Where all were damaged, it goes on behind them. */
	l->offset = l->damaged_since + (l->n ? 0 : l->offset);
	return l->n || l->damaged_since;
}

static void add_last(struct buf *record, const struct lastlog_entry *last)
{
	char memory[NETWORK_TEXT_MAX + 1];
	struct buf where;

	if (last)
		scmp_write_field_u64(record, "last_login",
				     (uint64_t)last->time);
	else
		scmp_write_field_unknown(record, "last_login");
	if (!last || !last->has_address) {
		scmp_write_field_unknown(record, "last_ip");
		return;
	}
	buf_init(&where, memory, sizeof(memory));
	network_address_format(&last->address, &where);
	scmp_write_field(record, "last_ip", buf_span(&where));
}

static void send_row(struct call *call, const struct piece_row *row)
{
	struct buf *record = call_record(call);
	bool banned =
		rulebook_bans_user(&call->scmpd->rulebook, span_str(row->name));

	scmp_write_field_str(record, "user", row->name);
	scmp_write_field_str(record, "role", row->role[0] ? row->role : "user");
	scmp_write_field_str(record, "enabled", row->enabled ? "yes" : "no");
	scmp_write_field_str(record, "banned", banned ? "yes" : "no");
	scmp_write_field_u64(record, "connected", row->connected);
	add_last(record, lastlog_find(&call->scmpd->logins.log, row->name));
	call_send(call);
}

static bool more(struct call *call, void *state)
{
	struct listing *l = state;

	if (!l->left || !read_piece(call, l))
		return false;
	(void)!statistics_look_all(&call->scmpd->statistics, count_session, l,
				   NULL);
	for (size_t i = 0; i < l->n; i++)
		send_row(call, &l->rows[i]);
	if (l->n)
		memcpy(l->after, l->rows[l->n - 1].name, sizeof(l->after));
	l->left -= l->n;
	return true;
}

static const struct call_source source = {more, free};

/* 0, and no number, is no limit. */
static uint64_t number(const struct call *call, const char *key)
{
	struct span value = scmp_command_field(call->command, key);
	uint64_t n = 0;

	if (value.p && !num_parse_u64(value, INT64_MAX, &n))
		return INT64_MAX;
	return n;
}

void users_list(struct call *call)
{
	struct span mask = scmp_command_word(call->command, 0);
	struct listing *l = listing_begin(call, sizeof(*l));

	if (!l)
		return;
	memcpy(l->mask, mask.p ? mask.p : "*", mask.p ? mask.n : 1);
	l->offset = number(call, "offset");
	l->left = number(call, "limit");
	if (!l->left)
		l->left = INT64_MAX;
	rulebook_look(&call->scmpd->rulebook, 0);
	lastlog_feed_look(call->scmpd);
	call_begin(call, "%s",
		   scmpd_has_other_users(call->scmpd)
			   ? "users of the database; those of other stores are "
			     "not listed"
			   : "users");
	call_continue(call, &source, l);
}
