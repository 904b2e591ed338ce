/* SPDX-License-Identifier: ISC */
#include "pop3-session/check.h"

#include "net/listen.h"
#include "priv/sandbox.h"

#include <string.h>
#include <unistd.h>

static int faults;

static void say(FILE *to, const char *what, int r, const struct buf *text)
{
	fprintf(to, "%-13s %s%s%.*s\n", what, r < 0 ? "WRONG" : "ok",
		text->n > 0 ? ": " : "", (int)text->n, text->p);
	if (r < 0)
		faults++;
}

static void check_users(struct service *service, FILE *to)
{
	char memory[USERS_ERROR_SIZE];
	struct buf text;
	int r = -1;

	buf_init(&text, memory, sizeof(memory));
	if (service->has_users)
		r = users_check(&service->users, &text);
	else
		buf_add_str(&text, "no store is configured; set users");
	say(to, "users", r, &text);
}

static void check_listen(const struct settings *s, FILE *to)
{
	char memory[LISTEN_ERROR_SIZE];
	struct listen_address address;
	struct buf text;
	size_t i;

	for (i = 0; i < s->listen.n; i++) {
		int r;

		buf_init(&text, memory, sizeof(memory));
		r = listen_parse(span_str(s->listen.items[i]), &address, &text);
		if (r == 0)
			buf_add_str(&text, s->listen.items[i]);
		say(to, "listen", r, &text);
	}
}

static void check_run_dir(const struct service *service, FILE *to)
{
	char memory[4096];
	struct buf text;
	int r;

	buf_init(&text, memory, sizeof(memory));
	service_run_dir(service, &text);
	r = buf_str(&text) ? access(memory, W_OK | X_OK) : -1;
	if (r < 0)
		buf_add_str(&text, ": not there yet or not writable (it is "
				   "made at the first start if its parent "
				   "allows)");
	say(to, "run_dir", 0, &text);
}

static void check_sandbox(const struct settings *s, FILE *to)
{
	bool wanted = s->sandbox == SANDBOX_REQUIRED;
	bool complete;
	char memory[4096];
	struct buf text;

	buf_init(&text, memory, sizeof(memory));
	complete = sandbox_describe(&text);
	fprintf(to, "%-13s %s\n%.*s", "sandbox",
		complete ? "ok"
		: wanted ? "WRONG: not all of it can be had here; "
			   "sandbox = best-effort serves without"
			 : "in part",
		(int)text.n, text.p);
	if (!complete && wanted)
		faults++;
}

int check_all(struct service *service, const struct configuration *c, FILE *to)
{
	char memory[1024];
	struct buf text;
	int r;

	buf_init(&text, memory, sizeof(memory));
	r = service_prepare(service, c, &text);
	say(to, "configuration", r, &text);
	if (r == 0)
		check_users(service, to);
	check_listen(&c->settings, to);
	check_run_dir(service, to);
	check_sandbox(&c->settings, to);
	return faults > 0 ? 1 : 0;
}
