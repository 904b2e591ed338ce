/* SPDX-License-Identifier: ISC */
#include "scmp/client.h"

#include "proto/scmp_text.h"
#include "scmp/prompt.h"
#include "scmp/scmp.h"
#include "sys/clock.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- octets --- */

static int broken(struct scmp *s, const char *why)
{
	s->client.is_broken = true;
	return scmp_fail(s, STATUS_UNAVAILABLE, "%s: %s", s->client.place.text,
			 why);
}

static int late(struct scmp *s)
{
	s->client.is_broken = true;
	return scmp_fail(s, STATUS_UNAVAILABLE,
			 "%s: no answer within %d seconds (--timeout gives it "
			 "more)",
			 s->client.place.text, s->client.timeout_ms / 1000);
}

/* More input, waiting as long as a reply may take. */
static int fill(struct scmp *s)
{
	struct client *c = &s->client;
	uint64_t until = clock_ms() + (uint64_t)c->timeout_ms;
	struct pollfd p = {.fd = c->fd, .events = POLLIN};
	ssize_t n;

	for (;;) {
		uint64_t now = clock_ms();
		int left = now < until ? (int)(until - now) : 0;
		int ready = poll(&p, 1, left);

		if (ready == 0)
			return late(s);
		if (ready < 0 && errno != EINTR)
			return broken(s, strerror(errno));
		if (ready < 0)
			continue;
		n = recv(c->fd, c->input, sizeof(c->input), MSG_DONTWAIT);
		if (n > 0)
			break;
		if (n == 0)
			return broken(s, "scmpd has closed the connection");
		if (errno != EAGAIN && errno != EINTR)
			return broken(s, strerror(errno));
	}
	c->rest = span_make(c->input, (size_t)n);
	return STATUS_OK;
}

/* One line out of what has come; false: it takes more. */
static bool take_line(struct client *c, struct span *line,
		      enum line_verdict *verdict)
{
	*verdict = line_feed(&c->reader, &c->rest, line);
	return *verdict != LINE_MORE;
}

int client_line(struct scmp *s, struct span *line)
{
	struct client *c = &s->client;
	enum line_verdict verdict;

	while (!take_line(c, line, &verdict)) {
		int r = fill(s);

		if (r != STATUS_OK)
			return r;
	}
	if (verdict == LINE_READY && scmp_text_is_printable(*line))
		return STATUS_OK;
	return broken(s, "what answers there is not scmpd");
}

bool client_has_line(struct scmp *s)
{
	return span_find(s->client.rest, '\n') < s->client.rest.n;
}

static int send_all(struct scmp *s, const char *p, size_t n)
{
	while (n) {
		ssize_t sent = send(s->client.fd, p, n, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			return late(s);
		if (sent < 0)
			return broken(s, strerror(errno));
		p += sent;
		n -= (size_t)sent;
	}
	return STATUS_OK;
}

/* --- commands and replies --- */

int client_send(struct scmp *s, struct request *q)
{
	int r;

	if (q->is_unfit) {
		request_forget(q);
		return scmp_fail(s, STATUS_REFUSED,
				 "a control character, or something that is "
				 "not UTF-8, cannot be sent to scmpd");
	}
	if (q->line.overflow) {
		request_forget(q);
		return scmp_fail(s, STATUS_REFUSED,
				 "that is more than the %d octets of a command",
				 SCMP_LINE_LIMIT);
	}
	q->line.cap = sizeof(q->memory);
	scmp_write_end(&q->line);
	r = send_all(s, q->line.p, q->line.n);
	request_forget(q);
	return r;
}

int client_reply(struct scmp *s, struct scmp_reply *reply)
{
	struct span line;
	int r = client_line(s, &line);

	if (r != STATUS_OK)
		return r;
	if (!scmp_reply_parse(line, reply))
		return broken(s, "what answers there does not speak SCMP");
	return STATUS_OK;
}

enum client_more client_next(struct scmp *s, struct span *line)
{
	if (client_line(s, line) != STATUS_OK)
		return CLIENT_FAILED;
	return scmp_reply_is_body(line) ? CLIENT_LINE : CLIENT_END;
}

int client_exchange(struct scmp *s, struct request *q, struct scmp_reply *reply)
{
	int r = client_send(s, q);

	return r == STATUS_OK ? client_reply(s, reply) : r;
}

/* What each code becomes; the manual is made from it, too. */
static const enum status statuses[SCMP_CODES + 1] = {
	[SCMP_CODE_AUTH] = STATUS_DENIED,
	[SCMP_CODE_PERM] = STATUS_DENIED,
	[SCMP_CODE_PERM_LOCAL] = STATUS_DENIED,
	[SCMP_CODE_NOTFOUND] = STATUS_NOT_FOUND,
	[SCMP_CODE_EXISTS] = STATUS_EXISTS,
	[SCMP_CODE_CONFLICT] = STATUS_REFUSED,
	[SCMP_CODE_LIMIT] = STATUS_REFUSED,
	[SCMP_CODE_RANGE] = STATUS_REFUSED,
	[SCMP_CODE_POLICY] = STATUS_REFUSED,
	[SCMP_CODE_BANNED] = STATUS_DENIED,
	[SCMP_CODE_TLS] = STATUS_DENIED,
	[SCMP_CODE_UNKNOWN] = STATUS_FAILED,
	[SCMP_CODE_SYNTAX] = STATUS_REFUSED,
	[SCMP_CODE_STATE] = STATUS_DENIED,
	[SCMP_CODE_TOOLONG] = STATUS_REFUSED,
	[SCMP_CODE_TIMEOUT] = STATUS_UNAVAILABLE,
	[SCMP_CODE_BUSY] = STATUS_UNAVAILABLE,
	[SCMP_CODE_REFUSED] = STATUS_REFUSED,
	[SCMP_CODE_SYS_TEMP] = STATUS_UNAVAILABLE,
	[SCMP_CODE_SYS_PERM] = STATUS_FAILED,
	[SCMP_CODES] = STATUS_FAILED,
};

int client_status_of(enum scmp_code code)
{
	return (int)statuses[code];
}

int client_refused(const struct scmp *s, const struct scmp_reply *reply)
{
	int status = client_status_of(reply->code);

	return scmp_fail(s, (enum status)status, SPAN_FMT "%s" SPAN_FMT "%s",
			 SPAN_ARG(reply->text), reply->text.n ? " (" : "(",
			 SPAN_ARG(reply->code_name), ")");
}

int client_ask(struct scmp *s, struct request *q, struct scmp_reply *reply)
{
	int r = client_exchange(s, q, reply);

	if (r == STATUS_OK && !reply->is_ok)
		return client_refused(s, reply);
	return r;
}

/* --- beginning and end --- */

/* Asked for before the connection is made: a login must not take long. */
static int take_password(struct scmp *s)
{
	const char *name = scmp_value(s, OPTION_LOGIN);
	char prompt[128];
	struct secret secret = {""};
	struct buf text;
	int r;

	if (!name) {
		if (!scmp_given(s, OPTION_LOGIN_FD))
			return STATUS_OK;
		return scmp_fail(s, STATUS_USAGE,
				 "--login-fd wants --login NAME, too");
	}
	if (!scmp_text_is_user_name(span_str(name)))
		return scmp_fail(s, STATUS_USAGE,
				 "--login: not a name that SCMP knows");
	buf_init(&text, prompt, sizeof(prompt));
	buf_add_str(&text, "Password of ");
	buf_add_str(&text, name);
	buf_add_str(&text, ": ");
	if (scmp_given(s, OPTION_LOGIN_FD))
		r = secret_read(s, OPTION_LOGIN_FD, &secret);
	else
		r = secret_ask(s, buf_str(&text) ? prompt : "Password: ", NULL,
			       "--login-fd 0 reads it from standard input",
			       &secret);
	memcpy(s->client.password, secret.text, sizeof(secret.text));
	secret_clear(&secret);
	return r;
}

static int take_timeout(struct scmp *s)
{
	uint64_t seconds = CLIENT_TIMEOUT_S;
	char memory[256];
	struct buf error;

	buf_init(&error, memory, sizeof(memory));
	if (scmp_given(s, OPTION_TIMEOUT) &&
	    option_number(&s->options, OPTION_TIMEOUT, 86400, &seconds,
			  &error) < 0)
		return scmp_fail_text(s, STATUS_USAGE, &error);
	s->client.timeout_ms = (int)(seconds ? seconds : 1) * 1000;
	return STATUS_OK;
}

static int log_in(struct scmp *s)
{
	struct scmp_reply reply;
	struct request q;
	int r;

	request_begin(&q, "USER");
	request_add(&q, scmp_value(s, OPTION_LOGIN));
	r = client_ask(s, &q, &reply);
	if (r != STATUS_OK)
		return r;
	request_begin(&q, "PASS");
	request_add_rest(&q, s->client.password);
	r = client_ask(s, &q, &reply);
	if (r == STATUS_OK)
		s->client.must_change = reply.code == SCMP_CODE_CHANGEPW;
	return r;
}

static int introduce(struct scmp *s, unsigned leave)
{
	bool logs_in = scmp_given(s, OPTION_LOGIN);
	struct scmp_reply greeting;
	int r = client_reply(s, &greeting);

	if (r != STATUS_OK)
		return r;
	if (!greeting.is_ok)
		return client_refused(s, &greeting);
	if (greeting.code == SCMP_CODE_PREAUTH) {
		if (!logs_in)
			return STATUS_OK;
		return scmp_fail(s, STATUS_USAGE,
				 "%s: scmpd knows here who you are, without "
				 "--login; with --server 127.0.0.1 you can log "
				 "in as somebody else",
				 s->client.place.text);
	}
	if (logs_in)
		r = log_in(s);
	else if (!(leave & CLIENT_WITHOUT_LOGIN))
		return scmp_fail(s, STATUS_DENIED,
				 "%s: scmpd wants a login%s: --login NAME",
				 s->client.place.text,
				 s->client.place.is_local
					 ? " of whom is neither root nor in "
					   "the group of scmp_group"
					 : "");
	if (r == STATUS_OK && s->client.must_change &&
	    !(leave & CLIENT_MUST_CHANGE))
		return scmp_fail(s, STATUS_DENIED,
				 "the password of %s must be changed first: "
				 "scmp --login %s passwd",
				 scmp_value(s, OPTION_LOGIN),
				 scmp_value(s, OPTION_LOGIN));
	return r;
}

int client_open(struct scmp *s, unsigned leave)
{
	struct client *c = &s->client;
	int r = client_find_place(s, &c->place);

	if (r == STATUS_OK)
		r = take_timeout(s);
	if (r == STATUS_OK)
		r = take_password(s);
	if (r == STATUS_OK) {
		c->fd = client_connect(s, &c->place, c->timeout_ms, &r);
		c->is_open = c->fd >= 0;
	}
	if (r != STATUS_OK)
		return r;
	line_reset(&c->reader, c->line, sizeof(c->line));
	r = introduce(s, leave);
	if (!(leave & CLIENT_KEEP_PASSWORD))
		explicit_bzero(c->password, sizeof(c->password));
	return r;
}

void client_close(struct scmp *s)
{
	static const char quit[] = "QUIT\r\n";
	struct client *c = &s->client;

	if (c->is_open) {
		/* Politeness: nobody waits for the answer. */
		if (!c->is_broken)
			(void)!send(c->fd, quit, sizeof(quit) - 1,
				    MSG_NOSIGNAL | MSG_DONTWAIT);
		close(c->fd);
	}
	explicit_bzero(c, sizeof(*c));
}
