/* SPDX-License-Identifier: ISC */
/* What the commands mean: RFC 1939 sections 4 to 7, RFC 2449, RFC 3206. */
#include "pop3-session/front.h"

#include "proto/wire.h"

#include <errno.h>
#include <string.h>

static const struct span nothing = {NULL, 0};

typedef enum front_reply handler(struct front *, const struct pop3_command *);

/* --- TRANSACTION --- */

static bool is_message(const struct front *front, uint64_t number)
{
	return number >= 1 && number <= front->count;
}

/* REPLY_NONE if the number names a message that can be worked on. */
static enum front_reply check_number(const struct front *front, uint64_t number)
{
	if (!is_message(front, number))
		return REPLY_NO_SUCH;
	if (front_is_marked(front, CHANNEL_DELETED, (uint32_t)number))
		return REPLY_DELETED;
	return REPLY_NONE;
}

static void add_totals(struct front *front, const char *between)
{
	output_add_u64(&front->out, front->count - front->deleted_count);
	output_add_str(&front->out, between);
	output_add_u64(&front->out,
		       table_octets(&front->table) - front->deleted_octets);
}

static enum front_reply do_stat(struct front *front,
				const struct pop3_command *command)
{
	(void)command;
	output_add_str(&front->out, "+OK ");
	add_totals(front, " ");
	output_add_str(&front->out, "\r\n");
	return REPLY_NONE;
}

/* The line of LIST or UIDL about one message, without its line end. */
static void add_row(struct front *front, enum pop3_verb verb, uint32_t number,
		    const struct table_row *row)
{
	output_add_u64(&front->out, number);
	output_add_str(&front->out, " ");
	if (verb == POP3_LIST)
		output_add_u64(&front->out, row->size);
	else
		output_add(&front->out, row->uid);
	output_add_str(&front->out, "\r\n");
}

static enum front_reply list_one(struct front *front, enum pop3_verb verb,
				 uint64_t number)
{
	enum front_reply reply = check_number(front, number);
	struct table_row row;

	if (reply != REPLY_NONE)
		return reply;
	if (front_row(front, (uint32_t)number, &row) < 0) {
		front->ended = true;
		return REPLY_DAMAGED;
	}
	output_add_str(&front->out, "+OK ");
	add_row(front, verb, (uint32_t)number, &row);
	return REPLY_NONE;
}

static enum front_reply list_all(struct front *front, enum pop3_verb verb)
{
	struct table_row row;
	uint32_t number;

	output_add_str(&front->out, "+OK ");
	add_totals(front, " messages, ");
	output_add_str(&front->out, " octets\r\n");
	for (number = 1; number <= front->count; number++) {
		if (front_is_marked(front, CHANNEL_DELETED, number))
			continue;
		if (front_row(front, number, &row) < 0) {
			/* The list was begun: only a cut can say so. */
			front->ended = true;
			front->is_error = true;
			front->reason = CHANNEL_STORAGE;
			return REPLY_NONE;
		}
		add_row(front, verb, number, &row);
		if (front->out.failed)
			return REPLY_NONE;
	}
	output_add_str(&front->out, ".\r\n");
	return REPLY_NONE;
}

static enum front_reply do_list(struct front *front,
				const struct pop3_command *command)
{
	if (command->has_number)
		return list_one(front, command->verb, command->number);
	return list_all(front, command->verb);
}

static enum front_reply do_retr(struct front *front,
				const struct pop3_command *command)
{
	enum front_reply reply = check_number(front, command->number);

	if (reply != REPLY_NONE)
		return reply;
	return front_retrieve(front, (uint32_t)command->number, WIRE_WHOLE);
}

/* However large the count, it is TOP and not RETR. */
static enum front_reply do_top(struct front *front,
			       const struct pop3_command *command)
{
	enum front_reply reply = check_number(front, command->number);
	uint64_t lines = command->lines;

	if (reply != REPLY_NONE)
		return reply;
	if (lines == WIRE_WHOLE)
		lines--;
	return front_retrieve(front, (uint32_t)command->number, lines);
}

static enum front_reply do_dele(struct front *front,
				const struct pop3_command *command)
{
	enum front_reply reply = check_number(front, command->number);
	uint32_t number = (uint32_t)command->number;
	struct table_row row;

	if (reply != REPLY_NONE)
		return reply;
	if (front_row(front, number, &row) < 0) {
		front->ended = true;
		return REPLY_DAMAGED;
	}
	if (!front_mark(front, CHANNEL_DELETED, number))
		return REPLY_NO_MEMORY;
	front->deleted_count++;
	front->deleted_octets += row.size;
	return REPLY_MARKED;
}

static enum front_reply do_noop(struct front *front,
				const struct pop3_command *command)
{
	(void)front;
	(void)command;
	return REPLY_OK;
}

static enum front_reply do_rset(struct front *front,
				const struct pop3_command *command)
{
	(void)command;
	front_unmark_all(front, CHANNEL_DELETED);
	front->deleted_count = 0;
	front->deleted_octets = 0;
	return REPLY_OK;
}

/* --- both states --- */

/*
 * A session that sent so little that the connection takes the last reply at
 * once needs no monitor to watch over that: it says all with COMMIT, as it will
 * be if all goes well, and the monitor need not be woken again.  Is it one?
 * If so, what is said is put there.
 */
static bool has_last_words(struct front *front, struct channel_summary *words)
{
	enum { SHORT = 4096 };

	*words = front_summary(front, front->out.sent + front->out.n +
					      front_reply_octets(REPLY_BYE));
	return front->setup->is_socket && words->sent <= SHORT;
}

/*
 * RFC 1939 section 6: an answer other than success names what was not
 * removed.  The monitor has freed the lock before it answered.
 */
static enum front_reply update(struct front *front)
{
	struct channel_message message;
	struct channel_done done;
	struct channel_summary words;
	bool has_words = has_last_words(front, &words);

	front_drop_batch(front);
	if (!front_send_marks(front) ||
	    !front_send(front, CHANNEL_COMMIT,
			has_words ? span_make(&words, sizeof(words)) : nothing,
			nothing, nothing) ||
	    !front_await(front, CHANNEL_DONE, &message))
		return REPLY_NONE;
	memcpy(&done, message.body.p, sizeof(done));
	if (done.error == ECANCELED) {
		front->reason = CHANNEL_TOLD;
		front->is_error = true;
		return REPLY_NONE;
	}
	front->is_summed = has_words && done.failed == 0 && done.error == 0;
	if (done.failed == 0 && done.error == 0)
		return REPLY_BYE;
	if (done.failed == 0)
		return REPLY_UNCONFIRMED;
	front->is_error = true;
	output_add_str(&front->out, "-ERR [SYS/TEMP] ");
	output_add_u64(&front->out, done.failed);
	output_add_str(&front->out,
		       done.failed == 1 ? " message" : " messages");
	output_add_str(&front->out, " could not be removed and will be "
				    "back\r\n");
	return REPLY_NONE;
}

static enum front_reply do_quit(struct front *front,
				const struct pop3_command *command)
{
	(void)command;
	front->ended = true;
	front->reason = CHANNEL_LOGGED_OUT;
	return front->state == POP3_TRANSACTION ? update(front) : REPLY_BYE;
}

/* A capability is offered when all the conditions hold. */
static bool offers_user(const struct front *front)
{
	return front->setup->offer_user && front->plaintext;
}

static const struct capability {
	const char *line;
	bool (*is_offered)(const struct front *);
} capabilities[] = {
	{"TOP", NULL},
	{"UIDL", NULL},
	{"USER", offers_user},
	{"RESP-CODES", NULL},
	{"AUTH-RESP-CODE", NULL},
	{"PIPELINING", NULL},
	{"EXPIRE NEVER", NULL},
	{"IMPLEMENTATION pop3-session", NULL},
};

static enum front_reply do_capa(struct front *front,
				const struct pop3_command *command)
{
	size_t i;

	(void)command;
	output_add_str(&front->out, "+OK capabilities follow\r\n");
	for (i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++) {
		const struct capability *c = &capabilities[i];

		if (c->is_offered && !c->is_offered(front))
			continue;
		output_add_str(&front->out, c->line);
		output_add_str(&front->out, "\r\n");
	}
	output_add_str(&front->out, ".\r\n");
	return REPLY_NONE;
}

static handler *const handlers[POP3_VERBS] = {
	[POP3_USER] = front_user, [POP3_PASS] = front_pass,
	[POP3_APOP] = front_apop, [POP3_QUIT] = do_quit,
	[POP3_STAT] = do_stat,	  [POP3_LIST] = do_list,
	[POP3_RETR] = do_retr,	  [POP3_DELE] = do_dele,
	[POP3_NOOP] = do_noop,	  [POP3_RSET] = do_rset,
	[POP3_TOP] = do_top,	  [POP3_UIDL] = do_list,
	[POP3_CAPA] = do_capa,
};

void front_command(struct front *front, const struct pop3_command *command)
{
	front_reply(front, handlers[command->verb](front, command));
}
