/* SPDX-License-Identifier: ISC */
#include "pop3-session/check.h"

#include "net/listen.h"
#include "priv/sandbox.h"
#include "store/place.h"

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

enum { TEXT = 4096 };

static const char *const words[] = {
	[CHECK_OK] = "ok",
	[CHECK_WARNING] = "warning",
	[CHECK_WRONG] = "WRONG",
};

static void begin_line(struct check *k, const char *what,
		       enum check_verdict verdict)
{
	fprintf(k->to, "%-13s %s", what, words[verdict]);
	if (verdict == CHECK_WRONG)
		k->faults++;
}

void check_say(struct check *k, const char *what, enum check_verdict verdict,
	       const char *fmt, ...)
{
	va_list list;

	begin_line(k, what, verdict);
	fputs(": ", k->to);
	va_start(list, fmt);
	(void)vfprintf(k->to, fmt, list);
	va_end(list);
	fputc('\n', k->to);
}

void check_say_key(struct check *k, const char *what,
		   enum check_verdict verdict, size_t offset, const char *fmt,
		   ...)
{
	char memory[TEXT];
	struct buf where;
	va_list list;

	buf_init(&where, memory, sizeof(memory));
	conf_where(&k->c->conf, offset, &where);
	begin_line(k, what, verdict);
	fprintf(k->to, ": " SPAN_FMT ": %s: ", SPAN_ARG(buf_span(&where)),
		conf_name(&k->c->conf, offset));
	va_start(list, fmt);
	(void)vfprintf(k->to, fmt, list);
	va_end(list);
	fputc('\n', k->to);
}

/* A text that begins with the name of the key that it is about. */
static void say_wrong_key(struct check *k, const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";
	char memory[TEXT];
	struct buf where;

	buf_init(&where, memory, sizeof(memory));
	conf_where_named(&k->c->conf, span_make(text, strspn(text, letters)),
			 &where);
	check_say(k, "configuration", CHECK_WRONG, SPAN_FMT "%s%s",
		  SPAN_ARG(buf_span(&where)), where.n > 0 ? ": " : "", text);
}

static void check_listen(struct check *k)
{
	const struct settings *s = &k->c->settings;
	char memory[LISTEN_ERROR_SIZE];
	struct listen_address address;
	struct buf text;
	size_t i;

	for (i = 0; i < s->listen.n; i++) {
		const char *item = s->listen.items[i];

		buf_init(&text, memory, sizeof(memory));
		if (listen_parse(span_str(item), &address, &text) == 0)
			check_say(k, "listen", CHECK_OK, "%s", item);
		else
			check_say_key(k, "listen", CHECK_WRONG,
				      offsetof(struct settings, listen), "%s",
				      buf_str(&text) ? memory : item);
	}
}

static void check_names(struct check *k)
{
	const struct settings *s = &k->c->settings;
	char memory[TEXT];
	struct buf name;

	buf_init(&name, memory, sizeof(memory));
	if (place_normalise_user(span_str("x"), false,
				 span_str(s->default_domain), &name) < 0)
		check_say_key(k, "configuration", CHECK_WRONG,
			      offsetof(struct settings, default_domain),
			      "%s: not a domain that can be behind an @; users "
			      "who leave it out could not log in",
			      s->default_domain);
	if (strpbrk(s->greeting, "<>"))
		check_say_key(k, "configuration", CHECK_WRONG,
			      offsetof(struct settings, greeting),
			      "clients take what is in < > for the APOP "
			      "timestamp; leave these two out");
	if (s->idle_timeout < 600)
		check_say_key(k, "configuration", CHECK_WARNING,
			      offsetof(struct settings, idle_timeout),
			      "RFC 1939 wants 600 seconds at least");
}

static struct check *later_check;

static void say_later(const char *name, const char *where)
{
	check_say(later_check, "configuration", CHECK_WARNING,
		  "%s: %s: accepted, but nothing uses it yet", where, name);
}

static void check_sandbox(struct check *k)
{
	bool wanted = k->c->settings.sandbox == SANDBOX_REQUIRED;
	bool complete;
	char memory[4096];
	struct buf text;

	buf_init(&text, memory, sizeof(memory));
	complete = sandbox_describe(&text);
	if (complete)
		check_say(k, "sandbox", CHECK_OK, "all of it can be had");
	else if (wanted)
		check_say_key(k, "sandbox", CHECK_WRONG,
			      offsetof(struct settings, sandbox),
			      "not all of it can be had here; sandbox = "
			      "best-effort serves without");
	else
		check_say(k, "sandbox", CHECK_WARNING, "in part");
	fprintf(k->to, SPAN_FMT, SPAN_ARG(buf_span(&text)));
}

int check_all(struct service *service, const struct configuration *c, FILE *to)
{
	struct check k = {.to = to, .service = service, .c = c};
	char memory[TEXT];
	struct buf text;

	buf_init(&text, memory, sizeof(memory));
	if (service_prepare(service, c, &text) < 0)
		say_wrong_key(&k, buf_str(&text) ? memory : "");
	check_names(&k);
	later_check = &k;
	conf_each_later(&c->conf, say_later);
	if (k.faults == 0)
		check_say(&k, "configuration", CHECK_OK, "no errors");
	check_places(&k);
	check_users(&k);
	check_listen(&k);
	check_sandbox(&k);
	return k.faults > 0 ? 1 : 0;
}
