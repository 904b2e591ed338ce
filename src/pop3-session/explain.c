/* SPDX-License-Identifier: ISC */
#include "pop3-session/explain.h"

#include "pop3-session/front.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

enum { STATUS_WRONG = 2 };

#define AT(member) offsetof(struct settings, member)

/* --- lines --- */

static const char *const marks[] = {
	[EXPLAIN_OK] = "ok",
	[EXPLAIN_NOTE] = "note",
	[EXPLAIN_REFUSED] = "REFUSED",
};

__attribute__((format(printf, 4, 0))) static void
say(struct explain *x, const char *what, enum explain_mark mark,
    const char *fmt, va_list list)
{
	fprintf(x->to, "%-13s %s: ", what, marks[mark]);
	(void)vfprintf(x->to, fmt, list);
}

void explain_say(struct explain *x, const char *what, enum explain_mark mark,
		 const char *fmt, ...)
{
	va_list list;

	va_start(list, fmt);
	say(x, what, mark, fmt, list);
	va_end(list);
	fputc('\n', x->to);
}

void explain_say_key(struct explain *x, const char *what,
		     enum explain_mark mark, size_t offset, const char *fmt,
		     ...)
{
	char memory[EXPLAIN_TEXT];
	struct buf where;
	va_list list;

	buf_init(&where, memory, sizeof(memory));
	conf_where(&x->c->conf, offset, &where);
	va_start(list, fmt);
	say(x, what, mark, fmt, list);
	va_end(list);
	fprintf(x->to, " [%s: " SPAN_FMT "]\n", conf_name(&x->c->conf, offset),
		SPAN_ARG(buf_span(&where)));
}

void explain_refuse(struct explain *x, const char *reply)
{
	struct buf text;

	if (x->is_refused)
		return;
	x->is_refused = true;
	buf_init(&text, x->reply, sizeof(x->reply));
	buf_add(&text, reply, strcspn(reply, "\r\n"));
	(void)buf_str(&text);
}

void explain_refuse_as(struct explain *x, enum channel_answer answer)
{
	explain_refuse(x, front_reply_text(front_reply_of(answer)));
}

void explain_unseen(struct explain *x, const char *what, const char *thing,
		    int error)
{
	x->unseen++;
	explain_say(x, what, EXPLAIN_NOTE,
		    "%s: %s; it could not be looked at by uid %u", thing,
		    strerror(error), (unsigned)geteuid());
}

const char *explain_escape(const char *text, char *memory, size_t size)
{
	struct buf out;

	buf_init(&out, memory, size);
	buf_add_escaped(&out, span_str(text));
	return buf_str(&out) ? memory : "(a long text)";
}

/* --- the beginning and the end --- */

/* As its sessions would see it: the server that this user would start. */
static void explain_rights(struct explain *x)
{
	if (x->service->privileged)
		explain_say(x, "rights", EXPLAIN_OK, "as a server of root's");
	else
		explain_say(x, "rights", EXPLAIN_NOTE,
			    "as a server that uid %u has started; for "
			    "another's, run this as who starts it",
			    (unsigned)geteuid());
}

static void explain_client(struct explain *x)
{
	char memory[NETWORK_TEXT_MAX];
	struct buf text;

	buf_init(&text, memory, sizeof(memory));
	network_address_format(&x->setup.peer.address, &text);
	if (x->options->address)
		explain_say(x, "client", EXPLAIN_OK, SPAN_FMT,
			    SPAN_ARG(buf_span(&text)));
	else
		explain_say(x, "client", EXPLAIN_NOTE,
			    SPAN_FMT ", this machine; for another give its "
				     "address behind the name",
			    SPAN_ARG(buf_span(&text)));
}

static void explain_name(struct explain *x)
{
	const struct settings *s = &x->c->settings;
	char memory[4 * USERS_NAME_SIZE], other[4 * USERS_NAME_SIZE];
	const char *given =
		explain_escape(x->options->user, memory, sizeof(memory));
	bool is_name = monitor_take_name(&x->m, span_str(x->options->user));
	bool is_same = strcmp(x->m.user, x->options->user) == 0;
	size_t key = s->default_domain[0] && !strchr(x->options->user, '@')
			     ? AT(default_domain)
			     : AT(username_case);

	if (!is_name) {
		x->m.user[0] = '\0';
		explain_say(x, "name", EXPLAIN_REFUSED,
			    "%s: nobody can have that name: it would be no "
			    "safe part of a path",
			    given);
		explain_refuse_as(x, CHANNEL_BAD_CREDENTIALS);
	} else if (is_same) {
		explain_say_key(x, "name", EXPLAIN_OK, key, "%s, as sent",
				given);
	} else {
		explain_say_key(
			x, "name", EXPLAIN_OK, key, "%s becomes %s", given,
			explain_escape(x->m.user, other, sizeof(other)));
	}
}

static int explain_result(struct explain *x)
{
	const char *how =
		x->unseen ? ", as far as could be seen from here" : "";

	if (x->is_refused) {
		explain_say(x, "result", EXPLAIN_REFUSED,
			    "the client would get \"%s\"%s", x->reply, how);
		return 1;
	}
	if (x->is_lost) {
		explain_say(x, "result", EXPLAIN_NOTE,
			    "what would happen cannot be told from here");
		return 1;
	}
	explain_say(x, "result", EXPLAIN_OK,
		    "with the right %s the client would get \"%.*s\"%s%s",
		    x->offers_pass ? "password" : "secret",
		    (int)strcspn(front_reply_text(REPLY_LOGGED_IN), "\r\n"),
		    front_reply_text(REPLY_LOGGED_IN),
		    x->delay_ms > 0 ? ", after the wait" : "", how);
	return 0;
}

/* The address that it is about; without one, this machine's own. */
static bool take_client(struct explain *x)
{
	const char *address = x->options->address;

	x->setup.peer.known = true;
	if (network_address_parse(span_str(address ? address : "127.0.0.1"),
				  &x->setup.peer.address))
		return true;
	fprintf(stderr,
		"pop3-session: --explain: %s: not an IP address such as "
		"192.0.2.7 or 2001:db8::7\n",
		address);
	return false;
}

/* With the settings that stand in the database, as sessions have them. */
static bool take_service(struct explain *x, struct configuration *c)
{
	char memory[EXPLAIN_TEXT];
	struct buf error;

	buf_init(&error, memory, sizeof(memory));
	if (service_prepare(x->service, x->c, &error) < 0) {
		fprintf(stderr, "pop3-session: %s\n",
			buf_str(&error) ? memory : "");
		return false;
	}
	service_take_live(x->service, c);
	service_read_rules(x->service, RULES_WAIT_MS);
	service_look(x->service);
	x->setup.service = x->service;
	x->setup.is_network = true;
	x->m.setup = &x->setup;
	x->m.service = x->service;
	return true;
}

int explain_all(struct service *service, struct configuration *c,
		const struct explain_options *options, FILE *to)
{
	static struct explain x;
	int status;

	x = (struct explain){
		.to = to,
		.c = c,
		.service = service,
		.options = options,
		.run_dirfd = -1,
	};
	if (!take_client(&x) || !take_service(&x, c))
		return STATUS_WRONG;
	explain_rights(&x);
	explain_client(&x);
	explain_door(&x);
	explain_methods(&x);
	explain_name(&x);
	explain_penalty(&x);
	if (x.m.user[0] && explain_user(&x))
		explain_place(&x);
	status = explain_result(&x);
	user_row_clear(&x.row);
	admission_close(&service->admission);
	penalty_close(&service->penalty);
	if (x.run_dirfd >= 0)
		close(x.run_dirfd);
	return status;
}
