/* SPDX-License-Identifier: ISC */
/* The user stores, row by row: who could not log in, and why. */
#include "pop3-session/check.h"

#include "auth/auth.h"
#include "store/place.h"
#include "store/users_each.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AT(member) offsetof(struct settings, member)

enum { SAID = 100 /* findings about rows that are said one by one */ };

struct census {
	struct check *k;
	uint64_t rows;	    /* that are not locked */
	uint64_t secrets;   /* of these, with a plain secret: APOP works */
	uint64_t ownerless; /* of these, whose mail would be nobody's */
	uint64_t findings;
};

static void wrong(struct census *c, const char *user, const char *why,
		  const char *more)
{
	if (c->findings++ < SAID)
		check_say(c->k, "user", CHECK_WRONG, "%s: %s%s", user, why,
			  more);
	else
		c->k->faults++;
}

static void check_owner(struct census *c, const struct user_row *row,
			const char *user)
{
	const struct service *s = c->k->service;

	if (!s->privileged) {
		if (row->has_uid && row->uid != geteuid())
			wrong(c, user,
			      "its uid is not the server's, which cannot "
			      "change it; start it as root or empty the field",
			      "");
		return;
	}
	if (!row->has_uid)
		c->ownerless += !s->has_mail_user;
	else if (row->uid < (uint64_t)s->settings->min_uid)
		wrong(c, user, "its uid is below min_uid; give another", "");
}

static void check_place(struct census *c, const struct user_row *row,
			struct span name, const char *user)
{
	const struct settings *s = &c->k->c->settings;
	const char *template = row->maildir[0] ? row->maildir : s->maildir;
	char path[PLACE_PATH_SIZE];
	struct buf out;
	int r;

	buf_init(&out, path, sizeof(path));
	r = place_expand(span_str(template), name, span_str(row->home), &out);
	if (r == -EDOM)
		wrong(c, user,
		      "it has no domain, which %d in maildir wants; see "
		      "default_domain",
		      "");
	else if (r == -ENOENT)
		wrong(c, user,
		      "it has no home, which %h in maildir wants; give one",
		      "");
	else if (r < 0 || !buf_str(&out))
		wrong(c, user, "no Maildir can be made of ", template);
	else if (!check_is_in_roots(c->k->service, path))
		wrong(c, user, "its Maildir is outside mail_roots: ", path);
}

/* The name that a client has to send, if there is one. */
static void check_row(struct census *c, const struct user_row *row)
{
	const struct settings *s = &c->k->c->settings;
	char user[4 * USERS_NAME_SIZE], name[2 * USERS_NAME_SIZE];
	struct buf shown, known;

	buf_init(&shown, user, sizeof(user));
	buf_add_escaped(&shown, span_str(row->name));
	if (!row->enabled || !buf_str(&shown))
		return;
	c->rows++;
	c->secrets += auth_keeps_secret(row->password);
	buf_init(&known, name, sizeof(name));
	if (!place_name_is_safe(span_str(row->name)))
		wrong(c, user, "no name that can be part of a path", "");
	else if (place_normalise_user(span_str(row->name),
				      s->username_case == CASE_LOWER,
				      span_str(s->default_domain), &known) < 0)
		return; /* default_domain was said to be wrong */
	else if (!span_equal(buf_span(&known), span_str(row->name)))
		wrong(c, user,
		      "is never looked up so, since username_case and "
		      "default_domain make it ",
		      buf_str(&known) ? name : "longer");
	else
		check_place(c, row, buf_span(&known), user);
	check_owner(c, row, user);
}

static void visit(void *context, const struct user_row *row, const char *fault)
{
	struct census *c = context;

	if (row)
		check_row(c, row);
	else if (c->findings++ < SAID)
		check_say(c->k, "users", CHECK_WRONG, "%s", fault);
	else
		c->k->faults++;
}

/* Passwords that anybody on the machine can read or change. */
static void check_modes(struct check *k)
{
	const struct conf_list *users = &k->c->settings.users;
	size_t i;

	for (i = 0; i < users->n; i++) {
		const char *path = strchr(users->items[i], '/');
		struct stat st;

		if (path && stat(path, &st) == 0 && (st.st_mode & 07))
			check_say_key(k, "users", CHECK_WARNING, AT(users),
				      "%s: everybody may %s it (mode %04o); "
				      "chmod o= %s",
				      path, st.st_mode & 02 ? "change" : "read",
				      (unsigned)st.st_mode & 07777, path);
	}
}

/* Clients that see the stamp may try APOP for everybody, and nothing else. */
static void check_apop(const struct census *c)
{
	const struct service *s = c->k->service;
	uint64_t hashed = c->rows - c->secrets;

	if (c->rows == 0)
		return;
	if (s->method_apop && c->secrets > 0 && hashed > 0)
		check_say_key(
			c->k, "login", CHECK_WARNING, AT(auth_methods),
			"APOP is offered to all, since %llu of %llu users "
			"have a plain secret ({PLAIN}); clients that "
			"prefer it, such as curl, fail for the other "
			"%llu: set auth_methods = user, or give all of "
			"them one",
			(unsigned long long)c->secrets,
			(unsigned long long)c->rows,
			(unsigned long long)hashed);
	if (!s->method_user && c->secrets < c->rows)
		check_say_key(c->k, "login", CHECK_WRONG, AT(auth_methods),
			      "only APOP is allowed, and %llu of %llu users "
			      "have no plain secret ({PLAIN}) for it; add user",
			      (unsigned long long)hashed,
			      (unsigned long long)c->rows);
	if (s->settings->plaintext_login == PLAINTEXT_NO &&
	    !(s->method_apop && c->secrets == c->rows))
		check_say_key(
			c->k, "login", CHECK_WRONG, AT(plaintext_login),
			"USER and PASS are refused everywhere, and %llu "
			"of %llu users cannot use APOP; set it to "
			"loopback or yes",
			(unsigned long long)(s->method_apop ? hashed : c->rows),
			(unsigned long long)c->rows);
}

/* They are, unless another setting was wrong before it was their turn. */
static bool open_stores(struct check *k)
{
	const struct conf_list *users = &k->c->settings.users;
	struct service *s = k->service;
	char memory[USERS_ERROR_SIZE];
	struct buf text;

	if (s->has_users)
		return s->users.n == users->n;
	buf_init(&text, memory, sizeof(memory));
	if (users_open(&s->users, users->items, users->n, &text) == 0)
		return true;
	check_say_key(k, "users", CHECK_WRONG, AT(users), "%s",
		      buf_str(&text) ? memory : "");
	return false;
}

static void say_remark(void *context, const char *text)
{
	check_say(context, "users", CHECK_WARNING, "%s", text);
}

void check_users(struct check *k)
{
	unsigned before = k->faults;
	struct census c = {.k = k};

	if (k->c->settings.users.n == 0) {
		check_say_key(k, "users", CHECK_WRONG, AT(users),
			      "no store is configured; set it, for example to "
			      "passwd-file:/etc/pop3-session.users");
		return;
	}
	if (!open_stores(k))
		return;
	(void)users_each(&k->service->users, visit, &c);
	users_remarks(&k->service->users, say_remark, k);
	if (c.findings > SAID)
		check_say(k, "users", CHECK_WRONG, "%llu more findings",
			  (unsigned long long)(c.findings - SAID));
	check_modes(k);
	check_apop(&c);
	if (k->faults == before)
		check_say(k, "users", CHECK_OK, "%llu can log in",
			  (unsigned long long)(c.rows - c.ownerless));
	if (c.ownerless > 0)
		check_say_key(k, "accounts", CHECK_WRONG, AT(mail_user),
			      "%llu users have no uid, and there is no account "
			      "%s; give them one, or make the account",
			      (unsigned long long)c.ownerless,
			      k->c->settings.mail_user);
}
