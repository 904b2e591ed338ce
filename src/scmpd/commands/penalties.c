/* SPDX-License-Identifier: ISC */
/* Who is under a penalty for failed logins, and an end to that. */
#include "proto/network.h"
#include "scmpd/handlers.h"
#include "stats/penalty_list.h"

#include <errno.h>
#include <stdlib.h>

enum { PIECE = 200 };

struct listing {
	struct network which;
	bool has_which;
	size_t at;
};

/* False: answered. What cannot be shared is no answer to who is punished. */
static bool is_usable(struct call *call)
{
	int failed = penalty_is_shared(&call->scmpd->penalty);

	if (failed == -ESTALE)
		call_answer(call, SCMP_CODE_SYS_TEMP,
			    "the file of penalties was removed or replaced; "
			    "restart scmpd");
	else if (failed < 0)
		call_answer(call, SCMP_CODE_SYS_TEMP,
			    "there is no file of penalties in %s, or it is "
			    "damaged",
			    call->scmpd->run_dir);
	return failed == 0;
}

static void send_row(struct call *call, const struct penalty_row *row)
{
	struct buf *record = call_record(call);
	char memory[NETWORK_TEXT_MAX + 1];
	struct buf network;

	buf_init(&network, memory, sizeof(memory));
	network_format(&row->network, &network);
	scmp_write_field(record, "network", buf_span(&network));
	scmp_write_field_u64(record, "failures", row->failures);
	scmp_write_field_u64(record, "delay", (row->delay_ms + 999) / 1000);
	scmp_write_field_str(record, "refused", row->refused ? "yes" : "no");
	scmp_write_field_str(record, "known", row->is_known ? "yes" : "no");
	scmp_write_field_u64(record, "left", row->left_s);
	call_send(call);
}

static bool more(struct call *call, void *state)
{
	const struct penalty_rules rules = scmpd_penalty_rules(call->scmpd);
	struct listing *l = state;

	for (unsigned n = 0; n < PIECE; n++) {
		struct penalty_row row;

		if (!penalty_next(&call->scmpd->penalty, &rules,
				  l->has_which ? &l->which : NULL, &l->at,
				  &row))
			return false;
		send_row(call, &row);
	}
	return true;
}

static const struct call_source source = {more, free};

void penalties_list(struct call *call)
{
	struct span ip = scmp_command_field(call->command, "ip");
	struct listing *l;

	if (!is_usable(call))
		return;
	l = calloc(1, sizeof(*l));
	if (!l) {
		call_answer(call, SCMP_CODE_SYS_TEMP, "out of memory");
		return;
	}
	l->has_which = ip.p && network_parse(ip, &l->which);
	call_begin(call, "failed logins that are remembered");
	call_continue(call, &source, l);
}

void penalties_forgive(struct call *call)
{
	struct span word = scmp_command_word(call->command, 0);
	struct penalty_forgiven n = {0};
	struct network which;

	if (!network_parse(word, &which)) {
		call_answer(call, SCMP_CODE_SYNTAX,
			    "not an address or a network such as 192.0.2.0/24");
		return;
	}
	if (!is_usable(call))
		return;
	if (penalty_forgive(&call->scmpd->penalty, &which, &n) < 0)
		call_answer(call, SCMP_CODE_SYS_TEMP,
			    "the file of penalties cannot be written");
	else if (!n.networks && !n.users)
		call_answer(call, SCMP_CODE_NOTFOUND,
			    "no failed login from there is remembered");
	else
		call_answer(call, SCMP_CODE_OK, "%u network%s forgiven",
			    n.networks, n.networks == 1 ? "" : "s");
}
