/* SPDX-License-Identifier: ISC */
/* Which store knows the user, and what the row says. */
#include "pop3-session/explain.h"

#include "auth/auth.h"
#include "sys/io.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define AT(member) offsetof(struct settings, member)

/* --- stores --- */

/* "sqlite:/path, id 7" */
static void note_store(struct explain *x, size_t store)
{
	const char *word = users_number_word(&x->service->users, store);
	struct buf text;

	buf_init(&text, x->store, sizeof(x->store));
	buf_add_str(&text, x->c->settings.users.items[store]);
	if (word) {
		buf_add_str(&text, ", ");
		buf_add_str(&text, word);
		buf_add_char(&text, ' ');
		buf_add_u64(&text, (uint64_t)x->row.number);
	}
	(void)buf_str(&text);
}

/* Is it our rights that are missing, and not those of who serves? */
static bool is_ours_to_lack(const struct explain *x, size_t store)
{
	return !x->service->privileged &&
	       access(x->service->users.stores[store].path, R_OK) < 0 &&
	       errno == EACCES;
}

static void explain_fault(struct explain *x, size_t store, bool is_lasting,
			  const char *error)
{
	const char *name = x->c->settings.users.items[store];

	if (is_ours_to_lack(x, store)) {
		explain_unseen(x, "store", name, EACCES);
		x->is_lost = true;
	} else if (users_is_left(&x->service->users, store)) {
		explain_say(x, "store", EXPLAIN_NOTE,
			    "%s: a writer died in mid-commit; the next login "
			    "undoes what it left, and then this can be told",
			    name);
		x->is_lost = true;
	} else {
		explain_say_key(x, "store", EXPLAIN_REFUSED, AT(users), "%s",
				error);
		explain_refuse_as(x, is_lasting ? CHANNEL_PERMANENT
						: CHANNEL_TEMPORARY);
	}
}

/* Is this the last one to be asked? */
static bool ask_store(struct explain *x, size_t store, bool *found)
{
	const char *name = x->c->settings.users.items[store];
	char memory[USERS_ERROR_SIZE];
	enum users_verdict verdict;
	struct buf error;

	buf_init(&error, memory, sizeof(memory));
	verdict = users_look(&x->service->users, store, span_str(x->m.user),
			     &x->row, &error);
	if (!buf_str(&error))
		memory[0] = '\0';
	switch (verdict) {
	case USERS_FOUND:
		note_store(x, store);
		explain_say_key(x, "store", EXPLAIN_OK, AT(users),
				"%s knows the user", x->store);
		*found = true;
		return true;
	case USERS_UNKNOWN:
		explain_say_key(x, "store", EXPLAIN_NOTE, AT(users),
				"%s does not know the user%s%s", name,
				memory[0] ? "; " : "", memory);
		return false;
	default:
		explain_fault(x, store, verdict == USERS_PERMFAIL, memory);
		return true;
	}
}

static bool find_row(struct explain *x)
{
	const struct conf_list *users = &x->c->settings.users;
	bool found = false;
	size_t i;

	if (!x->service->has_users) {
		explain_say_key(x, "store", EXPLAIN_REFUSED, AT(users),
				"no user store is configured");
		explain_refuse_as(x, CHANNEL_PERMANENT);
		return false;
	}
	for (i = 0; i < users->n; i++) {
		if (ask_store(x, i, &found))
			break;
	}
	if (found && i + 1 < users->n)
		explain_say(x, "store", EXPLAIN_NOTE,
			    "those behind it are not asked: %s%s",
			    users->items[i + 1], i + 2 < users->n ? " …" : "");
	if (i < users->n)
		return found;
	explain_say(x, "user", EXPLAIN_REFUSED,
		    "no store knows the user; the client is not told so, and "
		    "gets the answer to a wrong password");
	explain_refuse_as(x, CHANNEL_BAD_CREDENTIALS);
	return false;
}

/* --- the row --- */

static void explain_account(struct explain *x)
{
	const char *password = x->row.password;

	if (x->row.enabled) {
		explain_say(x, "account", EXPLAIN_OK, "enabled (%s)", x->store);
		return;
	}
	explain_say(x, "account", EXPLAIN_REFUSED, "%s (%s)",
		    !password[0] || strchr("!*", password[0])
			    ? "locked: the stored password is empty or begins "
			      "with ! or *"
			    : "disabled",
		    x->store);
	explain_refuse_as(x, CHANNEL_BAD_CREDENTIALS);
}

static void explain_networks(struct explain *x)
{
	switch (monitor_keeps_out(&x->m, &x->row)) {
	case KEEPING_BANNED:
		explain_user_ban(x);
		return;
	case KEEPING_ELSEWHERE:
		explain_say(x, "networks", EXPLAIN_REFUSED,
			    "the row allows %s, and not this address (%s)",
			    x->row.networks, x->store);
		explain_refuse_as(x, CHANNEL_BAD_CREDENTIALS);
		return;
	case KEEPING_NOBODY:
		explain_say(x, "networks", EXPLAIN_OK, "the row allows %s",
			    x->row.networks[0] ? x->row.networks
					       : "all networks");
	}
}

static void explain_role(struct explain *x)
{
	char memory[4 * USERS_ROLE_SIZE];

	explain_say(x, "role", EXPLAIN_OK, "%s%s",
		    x->row.role[0] ? explain_escape(x->row.role, memory,
						    sizeof(memory))
				   : "user",
		    x->row.must_change
			    ? "; the password should be changed: somebody "
			      "else has set it"
			    : "");
}

/* --- the password --- */

/* What of the methods that are offered this user can use. */
static void explain_methods_left(struct explain *x, bool can_pass,
				 bool can_apop)
{
	bool pass = can_pass && x->offers_pass;
	bool apop = can_apop && x->offers_apop;

	if (pass || apop) {
		explain_say(x, "methods", EXPLAIN_OK,
			    "this user can use %s%s%s", pass ? "USER/PASS" : "",
			    pass && apop ? ", " : "", apop ? "APOP" : "");
		return;
	}
	explain_say(x, "methods", EXPLAIN_REFUSED,
		    "this user can use none of those that are offered");
	if (x->offers_pass)
		explain_refuse_as(x, CHANNEL_BAD_CREDENTIALS);
	else
		explain_refuse_as(x, x->service->method_user
					     ? CHANNEL_CLEARTEXT
					     : CHANNEL_NO_METHOD);
}

static void explain_scheme(struct explain *x)
{
	const char *stored = x->row.password;
	char memory[256];
	struct buf words;
	bool can_pass, can_apop;

	if (!stored[0] || strchr("!*", stored[0]))
		return; /* locked, which has been said */
	buf_init(&words, memory, sizeof(memory));
	can_pass = auth_describe(stored, &words);
	can_apop = x->row.secret[0] || auth_keeps_secret(stored);
	explain_say(x, "password", can_pass ? EXPLAIN_OK : EXPLAIN_NOTE,
		    "stored as %s%s%s",
		    buf_str(&words) ? memory : "an unknown form",
		    can_pass ? "" : ": it cannot be used",
		    x->row.secret[0] ? "; a secret is kept beside it" : "");
	explain_methods_left(x, can_pass, can_apop);
}

/* One line without its end, as somebody or a program writes it. */
static ssize_t read_password(int fd, char *password, size_t size)
{
	size_t n = 0;
	ssize_t got;

	while (n < size && (got = read(fd, password + n, size - n)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		n += (size_t)got;
	}
	if (n > 0 && password[n - 1] == '\n')
		n--;
	if (n > 0 && password[n - 1] == '\r')
		n--;
	return (ssize_t)n;
}

static void say_verdict(struct explain *x, enum auth_verdict verdict)
{
	switch (verdict) {
	case AUTH_GOOD:
		explain_say(x, "password", EXPLAIN_OK,
			    "the given one is right");
		return;
	case AUTH_TEMPFAIL:
		explain_say(x, "password", EXPLAIN_REFUSED,
			    "no memory to check it");
		explain_refuse_as(x, CHANNEL_TEMPORARY);
		return;
	case AUTH_BAD:
	case AUTH_UNSUPPORTED:
		explain_say(x, "password", EXPLAIN_REFUSED, "%s",
			    verdict == AUTH_BAD
				    ? "the given one is wrong"
				    : "none can be checked against that");
		explain_refuse_as(x, CHANNEL_BAD_CREDENTIALS);
	}
}

static void check_password(struct explain *x, struct span password)
{
	int dirfd = x->service->admission.run_dirfd;

	/* To take a turn would make a file. */
	x->service->admission.run_dirfd = -1;
	say_verdict(x, monitor_check(&x->m, &x->row, &x->example,
				     CHANNEL_USER_PASS, password));
	x->service->admission.run_dirfd = dirfd;
}

static void explain_password(struct explain *x)
{
	char password[AUTH_PASSWORD_MAX + 3];
	int fd = x->options->password_fd;
	ssize_t n;

	if (fd < 0) {
		explain_say(x, "password", EXPLAIN_NOTE,
			    "none was given to be checked (--password-fd)");
		return;
	}
	n = read_password(fd, password, sizeof(password));
	if (n < 0) {
		explain_say(x, "password", EXPLAIN_NOTE,
			    "descriptor %d cannot be read: %s", fd,
			    strerror((int)-n));
		x->is_lost = true;
	} else {
		check_password(x, span_make(password, (size_t)n));
	}
	explicit_bzero(password, sizeof(password));
}

bool explain_user(struct explain *x)
{
	if (!find_row(x))
		return false;
	explain_account(x);
	explain_networks(x);
	explain_role(x);
	explain_scheme(x);
	explain_password(x);
	explain_user_sessions(x);
	return true;
}
