/* SPDX-License-Identifier: ISC */
/* KICK: asking sessions to end, as far as the caller may. */
#include "base/num.h"
#include "scmpd/handlers.h"
#include "scmpd/kick.h"
#include "scmpd/sessions.h"
#include "scmpd/watch.h"

#include <string.h>

enum { DATABASE_WAIT_MS = 500 };

/* Nobody ends the sessions of accounts that may do more than himself. */
struct sparing {
	struct call *call;
	uint32_t n;
	char last[USERS_NAME_SIZE]; /* who was asked about, */
	bool was_spared;	    /* and what came of it */
};

static unsigned rights_of(struct scmpd *s, const char *role)
{
	char memory[USERS_ERROR_SIZE];
	struct database db;
	struct buf error;
	unsigned rights;

	buf_init(&error, memory, sizeof(memory));
	if (!s->database[0] || database_open(&db, s->database, DATABASE_READ,
					     DATABASE_WAIT_MS, &error) < 0)
		return caller_role_rights(NULL, role);
	rights = caller_role_rights(&db, role);
	database_close(&db);
	return rights;
}

/* Of somebody who is in no store, or in one that cannot be read now, nothing
 * is known that would speak against it. */
static bool may_do_more(struct call *call, struct span user)
{
	char memory[USERS_ERROR_SIZE], role[USERS_ROLE_SIZE] = "";
	struct user_row row;
	struct buf error;

	if (caller_may_act_on(call->caller, SCMP_RIGHTS_ALL))
		return false;
	buf_init(&error, memory, sizeof(memory));
	if (users_find(&call->scmpd->users, user, &row, &error) == USERS_FOUND)
		memcpy(role, row.role, sizeof(role));
	user_row_clear(&row);
	return role[0] &&
	       !caller_may_act_on(call->caller, rights_of(call->scmpd, role));
}

static bool is_spared(void *context, struct span user)
{
	struct sparing *s = context;
	struct buf last;

	if (!s->last[0] || !span_equal(user, span_str(s->last))) {
		s->was_spared = may_do_more(s->call, user);
		buf_init(&last, s->last, sizeof(s->last));
		buf_add_span(&last, user);
		(void)buf_str(&last);
	}
	s->n += s->was_spared;
	return s->was_spared;
}

/* A name, not a mask. */
static bool is_exact(struct span mask)
{
	return mask.n && span_find(mask, '*') == mask.n &&
	       span_find(mask, '?') == mask.n;
}

static void answer(struct call *call, uint32_t n, uint32_t spared)
{
	if (n == 0 && spared)
		call_answer(call, SCMP_CODE_PERM,
			    "accounts whose role may do more than yours");
	else if (spared)
		call_answer(call, SCMP_CODE_OK,
			    "%u session%s told to close; %u of accounts that "
			    "may do more than you stay",
			    n, n == 1 ? "" : "s", spared);
	else
		call_answer(call, SCMP_CODE_OK, "%u session%s told to close", n,
			    n == 1 ? "" : "s");
}

/* To those who watch. */
static void tell(struct call *call, uint32_t n)
{
	char names[4 * USERS_NAME_SIZE], origins[NETWORK_TEXT_MAX + 8];
	char all[SCMP_LINE_LIMIT], line[2 * SCMP_LINE_LIMIT + sizeof(names)];
	struct buf name, origin, args, fields;

	buf_init(&name, names, sizeof(names));
	buf_init(&origin, origins, sizeof(origins));
	buf_init(&args, all, sizeof(all));
	buf_init(&fields, line, sizeof(line));
	caller_add_name(&name, call->caller);
	caller_add_origin(&origin, call->caller);
	scmp_command_add_redacted(&args, call->command);
	scmp_write_field(&fields, "user", buf_span(&name));
	scmp_write_field(&fields, "from", buf_span(&origin));
	scmp_write_field(&fields, "args", buf_span(&args));
	scmp_write_field_u64(&fields, "n", n);
	watch_tell(call->scmpd, EVENTS_KICK, buf_span(&fields));
}

static void kick(struct call *call, const struct kick_match *wanted)
{
	struct sparing sparing = {.call = call};
	struct kick_match match = *wanted;
	bool now = scmp_command_word(call->command, 0).n != 0;
	uint32_t n;

	/* What is one's own is not spared. */
	if (!call->is_own) {
		match.is_spared = is_spared;
		match.context = &sparing;
	}
	n = kick_sessions(call->scmpd, &match,
			  now ? CONTROL_NOW : CONTROL_GRACEFULLY);
	if (n)
		tell(call, n);
	answer(call, n, sparing.n);
}

void kick_command(struct call *call)
{
	struct span id = scmp_command_field(call->command, "id");
	struct span user = scmp_command_field(call->command, "user");
	struct span ip = scmp_command_field(call->command, "ip");
	struct kick_match match = {.mask = user.p};
	struct network network;

	if (!sessions_may_name(call, user))
		return;
	if (id.p && !num_parse_u64_capped(id, &match.number)) {
		call_answer(call, SCMP_CODE_SYNTAX, "the id is a number");
		return;
	}
	if (!call->is_own && is_exact(user) && may_do_more(call, user)) {
		answer(call, 0, 1);
		return;
	}
	if (ip.p && network_parse(ip, &network))
		match.network = &network;
	if (call->is_own)
		match.user = span_str(call->caller->name);
	if (!call->scmpd->control.file)
		call_answer(call, SCMP_CODE_SYS_TEMP,
			    "nothing can be asked of sessions: there is no "
			    "file for it in run_dir");
	else if ((id.p && !match.number) || (call->is_own && !match.user.n))
		answer(call, 0, 0); /* nobody's */
	else
		kick(call, &match);
}
