/* SPDX-License-Identifier: ISC */
/*
 * What a client is to get for what it sent, and the monitor to hear of it:
 * RFC 1939 once more, over the output of a session that has ended. Of the
 * fixed replies only the first word counts.
 */
#ifndef FUZZ_FRONT_MODEL_H
#define FUZZ_FRONT_MODEL_H

#include "front_script.h"

enum { MODEL_ERRORS_MAX = 30 };

struct model {
	const struct script *script;
	struct span out; /* what has not been looked at */
	enum pop3_state state;
	enum channel_reason reason;
	bool is_over, is_told, is_named, is_fetching, is_relisted, is_committed;
	unsigned logins, row, errors, retr, top;
	bool deleted[MAILBOX + 1], retrieved[MAILBOX + 1];
};

/* One line of output, without its end; nothing of a message is in it. */
static struct span model_line(struct model *m)
{
	size_t n = span_find(m->out, '\n');
	struct span line;

	REQUIRE(n > 0 && n < m->out.n && m->out.p[n - 1] == '\r');
	line = span_take(m->out, n - 1);
	m->out = span_drop(m->out, n + 1);
	for (size_t i = 0; i < line.n; i++)
		REQUIRE(line.p[i] >= 0x20 && line.p[i] <= 0x7e);
	return line;
}

static struct span model_reply(struct model *m, bool is_ok)
{
	struct span line = model_line(m);
	const char *word = is_ok ? "+OK" : "-ERR";

	REQUIRE(span_starts(line, span_str(word)));
	REQUIRE(line.n == strlen(word) || line.p[strlen(word)] == ' ');
	return line;
}

static void model_end(struct model *m, enum channel_reason reason)
{
	m->is_over = true;
	m->reason = reason;
}

static void model_tell(struct model *m, enum script_close at)
{
	if (m->script->close == at)
		m->is_told = true;
}

static void model_refuse(struct model *m)
{
	model_reply(m, false);
	m->errors++;
	if (++m->row == MODEL_ERRORS_MAX)
		model_end(m, CHANNEL_ERRORS);
}

static void model_login(struct model *m)
{
	const struct script *s = m->script;

	m->is_named = false;
	if (m->logins == 0)
		model_tell(m, CLOSE_LOGIN);
	if (m->logins++ < s->refusals) {
		model_reply(m, false);
		if (s->is_closing)
			model_end(m, CHANNEL_AUTH_LIMIT);
	} else if (s->damage == DAMAGE_HEAD && !s->is_empty) {
		model_reply(m, false);
		model_end(m, CHANNEL_HUNG_UP);
	} else {
		model_reply(m, true);
		m->state = POP3_TRANSACTION;
	}
}

/* Looks the front at a row, it may find its list damaged; and gets another. */
static bool model_has_rows(struct model *m)
{
	enum script_damage damage = m->script->damage;

	if (damage == DAMAGE_NONE || m->is_relisted)
		return true;
	m->is_relisted = true;
	model_tell(m, CLOSE_RELIST);
	return damage == DAMAGE_ONCE;
}

/* True: the message is there; else the reply has been one that says no. */
static bool model_finds(struct model *m, uint64_t number)
{
	if (m->script->is_empty || number < 1 || number > MAILBOX ||
	    m->deleted[number]) {
		model_reply(m, false);
		return false;
	}
	if (model_has_rows(m))
		return true;
	model_reply(m, false);
	model_end(m, CHANNEL_HUNG_UP);
	return false;
}

static void model_totals(const struct model *m, struct buf *text,
			 const char *between, const char *behind)
{
	uint64_t count = 0, octets = 0;

	for (unsigned i = 1; i <= MAILBOX && !m->script->is_empty; i++) {
		if (m->deleted[i])
			continue;
		count++;
		octets += mailbox.letters[i].size;
	}
	buf_add_str(text, "+OK ");
	buf_add_u64(text, count);
	buf_add_str(text, between);
	buf_add_u64(text, octets);
	buf_add_str(text, behind);
}

static void model_row(enum pop3_verb verb, unsigned number, struct buf *text)
{
	buf_add_u64(text, number);
	buf_add_char(text, ' ');
	if (verb == POP3_LIST)
		buf_add_u64(text, mailbox.letters[number].size);
	else
		buf_add_char(text, (char)('a' + number));
}

static void model_expect(struct model *m, struct buf *text)
{
	REQUIRE(!text->overflow);
	REQUIRE(span_equal(model_line(m), buf_span(text)));
	buf_reset(text);
}

static void model_list(struct model *m, const struct pop3_command *c)
{
	char memory[100];
	struct buf text;

	buf_init(&text, memory, sizeof(memory));
	if (c->has_number) {
		if (!model_finds(m, c->number))
			return;
		buf_add_str(&text, "+OK ");
		model_row(c->verb, (unsigned)c->number, &text);
		model_expect(m, &text);
		return;
	}
	model_totals(m, &text, " messages, ", " octets");
	model_expect(m, &text);
	for (unsigned i = 1; i <= MAILBOX && !m->script->is_empty; i++) {
		if (m->deleted[i])
			continue;
		if (!model_has_rows(m)) {
			/* Cut off, without the dot. */
			model_end(m, CHANNEL_STORAGE);
			return;
		}
		model_row(c->verb, i, &text);
		model_expect(m, &text);
	}
	buf_add_char(&text, '.');
	model_expect(m, &text);
}

/* Of a message that is too short as much as there is, and then the end. */
static bool model_is_cut(struct model *m, const struct letter *letter,
			 uint64_t lines)
{
	struct span all = span_make(letter->text, letter->n);
	size_t n = letter_wire(all, lines, NULL).n;
	struct span wire = letter_wire(letter_half(letter), lines, NULL);

	/* TOP may want no more than what is there. */
	if (letter->n == 0 || (lines != UINT64_MAX && wire.n == n))
		return false;
	REQUIRE(m->out.n + 3 <= wire.n && span_starts(wire, m->out));
	m->out = span_drop(m->out, m->out.n);
	model_end(m, CHANNEL_STORAGE);
	return true;
}

static void model_retrieve(struct model *m, const struct pop3_command *c)
{
	const struct letter *letter;
	uint64_t lines = c->verb == POP3_TOP ? c->lines : UINT64_MAX;
	bool is_bad = c->number == m->script->bad_number;
	char memory[60];
	struct span wire;
	struct buf text;

	if (!model_finds(m, c->number))
		return;
	letter = &mailbox.letters[c->number];
	if (!m->is_fetching)
		model_tell(m, CLOSE_FETCH);
	m->is_fetching = true;
	if (is_bad && m->script->trouble != TROUBLE_SHORT) {
		model_reply(m, false);
		return;
	}
	buf_init(&text, memory, sizeof(memory));
	buf_add_str(&text, "+OK");
	if (c->verb == POP3_RETR) {
		buf_add_char(&text, ' ');
		buf_add_u64(&text, letter->size);
		buf_add_str(&text, " octets");
	}
	model_expect(m, &text);
	if (is_bad && model_is_cut(m, letter, lines))
		return;
	wire = letter_wire(span_make(letter->text, letter->n), lines, NULL);
	REQUIRE(span_starts(m->out, wire));
	m->out = span_drop(m->out, wire.n);
	m->retr += c->verb == POP3_RETR;
	m->top += c->verb == POP3_TOP;
	m->retrieved[c->number] |= c->verb == POP3_RETR;
}

static void model_quit(struct model *m)
{
	const struct script *s = m->script;

	model_end(m, CHANNEL_LOGGED_OUT);
	m->is_committed = m->state == POP3_TRANSACTION;
	model_reply(m,
		    !m->is_committed || !(s->is_unremoved || s->is_unsynced));
}

static void model_capa(struct model *m)
{
	bool has_user = false;
	struct span line;

	model_reply(m, true);
	for (;;) {
		line = model_line(m);
		if (span_equal(line, span_str(".")))
			break;
		has_user |= span_equal(line, span_str("USER"));
	}
	REQUIRE(has_user == (m->script->offer_user && m->script->plaintext));
}

static void model_obey(struct model *m, const struct pop3_command *c)
{
	bool can_pass = m->script->offer_user && m->script->plaintext;
	char memory[100];
	struct buf text;

	switch (c->verb) {
	case POP3_USER:
		model_reply(m, can_pass);
		m->is_named = can_pass;
		break;
	case POP3_PASS:
	case POP3_APOP:
		if (c->verb == POP3_APOP ? m->script->apop
					 : can_pass && m->is_named)
			model_login(m);
		else
			model_reply(m, false);
		break;
	case POP3_QUIT:
		model_quit(m);
		break;
	case POP3_STAT:
		buf_init(&text, memory, sizeof(memory));
		model_totals(m, &text, " ", "");
		model_expect(m, &text);
		break;
	case POP3_LIST:
	case POP3_UIDL:
		model_list(m, c);
		break;
	case POP3_RETR:
	case POP3_TOP:
		model_retrieve(m, c);
		break;
	case POP3_DELE:
		if (model_finds(m, c->number)) {
			model_reply(m, true);
			m->deleted[c->number] = true;
		}
		break;
	case POP3_RSET:
		memset(m->deleted, 0, sizeof(m->deleted));
		/* fall through */
	case POP3_NOOP:
		model_reply(m, true);
		break;
	case POP3_CAPA:
		model_capa(m);
		break;
	case POP3_VERBS:
		REQUIRE(!"a verb");
	}
}

/* A line as it was sent, with its LF. */
static void model_take(struct model *m, struct span line)
{
	struct pop3_command c;
	size_t n = line.n - 1;

	if (n > 0 && line.p[n - 1] == '\r')
		n--;
	if (line.n > LINE_LIMIT || memchr(line.p, '\r', n) ||
	    memchr(line.p, '\0', n) ||
	    pop3_parse(span_take(line, n), m->state, &c) != POP3_VALID) {
		model_refuse(m);
	} else {
		m->row = 0;
		model_obey(m, &c);
	}
	if (m->is_told && !m->is_over)
		model_end(m, CHANNEL_TOLD);
}

static void model_greeting(struct model *m)
{
	const struct script *s = m->script;

	if (s->unfit) {
		model_reply(m, false);
		m->is_over = true;
	} else if (s->preauth) {
		model_login(m);
	} else {
		struct span line = model_reply(m, true);

		REQUIRE((span_find(line, '@') < line.n) == s->apop);
	}
	if (m->is_told && !m->is_over)
		model_end(m, CHANNEL_TOLD);
}

/* All that the client sent, and all that it got. */
static void model_walk(struct model *m, struct span in)
{
	m->state = POP3_AUTHORIZATION;
	m->reason = CHANNEL_HUNG_UP;
	model_greeting(m);
	while (!m->is_over) {
		size_t n = span_find(in, '\n') + 1;

		if (n > in.n)
			break;
		model_take(m, span_take(in, n));
		in = span_drop(in, n);
	}
	REQUIRE(m->out.n == 0);
}

#endif
