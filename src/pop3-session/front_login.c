/* SPDX-License-Identifier: ISC */
/* AUTHORIZATION: RFC 1939 sections 4 and 7, RFC 3206. */
#include "pop3-session/front.h"

#include <string.h>

/* Why USER and PASS are not taken here; REPLY_NONE: they are. */
static enum front_reply no_password(struct front *front)
{
	if (!front->setup->offer_user)
		return REPLY_NO_METHOD;
	if (front->plaintext)
		return REPLY_NONE;
	counters_add(&front->own->counts.cleartext, 1);
	return REPLY_CLEARTEXT;
}

enum front_reply front_user(struct front *front,
			    const struct pop3_command *command)
{
	enum front_reply no = no_password(front);

	if (no != REPLY_NONE)
		return no;
	front->name_n = command->text.n;
	memcpy(front->name, command->text.p, command->text.n);
	return REPLY_SEND_PASS;
}

static void held_reply(struct front *front, int64_t seconds)
{
	char memory[128];
	struct buf text;

	front->is_error = true;
	buf_init(&text, memory, sizeof(memory));
	front_add_in_use(&text, seconds);
	output_add(&front->out, buf_span(&text));
}

static enum front_reply welcome(struct front *front,
				const struct channel_message *message)
{
	if (!front_open_tables(front, message)) {
		front->ended = true;
		return REPLY_SYS_TEMP;
	}
	front->count = table_count(&front->table);
	front->state = POP3_TRANSACTION;
	return REPLY_LOGGED_IN;
}

static enum front_reply refusal(struct front *front,
				const struct channel_verdict *verdict)
{
	if (verdict->closing) {
		front->ended = true;
		front->reason = CHANNEL_AUTH_LIMIT;
	}
	if (verdict->answer == CHANNEL_IN_USE) {
		held_reply(front, verdict->held_for);
		return REPLY_NONE;
	}
	return front_reply_of(verdict->answer);
}

void front_take_verdict(struct front *front)
{
	struct channel_message message;
	struct channel_verdict verdict;

	if (!front_await(front, CHANNEL_VERDICT, &message))
		return;
	memcpy(&verdict, message.body.p, sizeof(verdict));
	front_reply(front, verdict.answer == CHANNEL_WELCOME
				   ? welcome(front, &message)
				   : refusal(front, &verdict));
}

static enum front_reply log_in(struct front *front, enum channel_method method,
			       struct span name, struct span proof)
{
	struct channel_login login = {method, (uint32_t)name.n,
				      (uint32_t)proof.n};

	/* What was answered so far must not wait for a slow login. */
	output_flush(&front->out);
	if (front_send(front, CHANNEL_LOGIN, span_make(&login, sizeof(login)),
		       name, proof))
		front_take_verdict(front);
	front->name_n = 0;
	return REPLY_NONE;
}

enum front_reply front_pass(struct front *front,
			    const struct pop3_command *command)
{
	enum front_reply no = no_password(front);

	if (no != REPLY_NONE)
		return no;
	if (front->name_n == 0)
		return REPLY_USER_FIRST;
	return log_in(front, CHANNEL_USER_PASS,
		      span_make(front->name, front->name_n), command->text);
}

enum front_reply front_apop(struct front *front,
			    const struct pop3_command *command)
{
	if (!front->apop)
		return REPLY_NO_METHOD;
	return log_in(front, CHANNEL_APOP, command->text, command->digest);
}
