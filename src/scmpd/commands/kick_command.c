/* SPDX-License-Identifier: ISC */
/* KICK: asking sessions to end, as far as the caller may. */
#include "base/num.h"
#include "scmpd/handlers.h"
#include "scmpd/server.h"
#include "scmpd/sessions.h"
#include "scmpd/sparing.h"
#include "scmpd/watch.h"

#include <string.h>

/* False: answered. */
static bool begin(struct sparing *s, struct call *call, struct account *a)
{
	memset(a, 0, sizeof(*a));
	sparing_begin(s, call, a);
	if (call->is_own || caller_may_act_on(call->caller, SCMP_RIGHTS_ALL) ||
	    !call->scmpd->database[0])
		return true;
	return account_open_database(call, a, DATABASE_READ);
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

static void kick(struct sparing *sparing, struct kick_match *match)
{
	struct call *call = sparing->call;
	bool now = scmp_command_word(call->command, 0).n != 0;
	uint32_t n;

	sparing_add(sparing, match);
	n = kick_sessions(call->scmpd, match,
			  now ? CONTROL_NOW : CONTROL_GRACEFULLY);
	if (n)
		tell(call, n);
	if (sparing->failed < 0)
		account_fail(call, sparing->account, sparing->failed);
	else
		answer(call, n, sparing->n);
}

/* Without a name nobody's are meant, if only one's own may be. */
static bool can_fit(const struct call *call, const struct kick_match *match)
{
	if (scmp_command_field(call->command, "id").p && !match->which.number)
		return false;
	return !call->is_own || match->which.user.n;
}

void kick_command(struct call *call)
{
	struct span id = scmp_command_field(call->command, "id");
	struct span user = scmp_command_field(call->command, "user");
	struct span ip = scmp_command_field(call->command, "ip");
	struct kick_match match = {
		.which.mask = user.p,
		.which.is_own = call->is_own,
		.which.user = span_str(call->caller->name),
	};
	struct sparing sparing;
	struct account account;
	struct network network;

	if (!sessions_may_name(call, user))
		return;
	if (id.p && !num_parse_u64_capped(id, &match.which.number)) {
		call_answer(call, SCMP_CODE_SYNTAX, "the id is a number");
		return;
	}
	if (ip.p && network_parse(ip, &network))
		match.which.network = &network;
	if (!begin(&sparing, call, &account))
		return;
	/* Also where he has no sessions. */
	if (is_exact(user) && sparing_is_of(&sparing, user) && !sparing.failed)
		answer(call, 0, 1);
	else if (!can_fit(call, &match))
		answer(call, 0, 0); /* nobody's */
	else if (server_can_ask(call))
		kick(&sparing, &match);
	account_close(&account);
}
