/* SPDX-License-Identifier: ISC */
/* Users through scmpd: adding, deleting, changing, passwords. */
#include "scmp/commands.h"
#include "scmp/credentials.h"
#include "scmp/online.h"

#include "base/num.h"

#include <stdio.h>
#include <string.h>

/* --- passwords --- */

static const char asks_for_one[] = "*";

/* A new password as the options say; "*" where scmpd is to make one. */
static int take_password(struct scmp *s, struct secret *password)
{
	int r;

	if (scmp_given(s, OPTION_GENERATE) && scmp_given(s, OPTION_PASSWORD_FD))
		return scmp_fail(s, STATUS_USAGE,
				 "only one of --password-fd and --generate can "
				 "be given");
	if (scmp_given(s, OPTION_GENERATE)) {
		memcpy(password->text, asks_for_one, sizeof(asks_for_one));
		return STATUS_OK;
	}
	r = secret_take_new(s, password);
	if (r == STATUS_OK && strcmp(password->text, asks_for_one) == 0) {
		secret_clear(password);
		return scmp_fail(s, STATUS_REFUSED,
				 "the password is refused: too short");
	}
	return r;
}

/* Sends what has a password in it, and shows one that was made. */
static int ask_with_password(struct scmp *s, struct request *q,
			     const char *name)
{
	struct secret made = {""};
	struct scmp_reply reply;
	struct buf out;
	int r = client_ask(s, q, &reply);

	if (r != STATUS_OK)
		return r;
	if (reply.code == SCMP_CODE_GENERATED) {
		buf_init(&out, made.text, sizeof(made.text));
		buf_add_span(&out, reply.detail);
		if (!buf_str(&out))
			made.text[0] = '\0';
		explicit_bzero((void *)reply.detail.p, reply.detail.n);
	}
	scmp_say(s, "%s: " SPAN_FMT ".", name, SPAN_ARG(reply.text));
	credentials_show(s, name, &made);
	return STATUS_OK;
}

/* --- the commands --- */

/* That there is no such user is found out before a password is asked for. */
static int check_free(struct scmp *s, const char *name)
{
	struct scmp_reply reply;
	struct request q;
	int r;

	request_begin(&q, "ROLE");
	request_add(&q, name);
	r = client_exchange(s, &q, &reply);
	if (r == STATUS_OK && reply.is_ok)
		return scmp_fail(s, STATUS_EXISTS,
				 "there is a user %s already (user change and "
				 "user passwd change it)",
				 name);
	return r;
}

int online_user_add(struct scmp *s)
{
	const char *name = s->words[0];
	struct secret password = {""};
	struct request q;
	int r = check_free(s, name);

	if (r == STATUS_OK)
		r = take_password(s, &password);
	if (r != STATUS_OK)
		return r;
	request_begin(&q, "ADD_USER");
	request_add(&q, name);
	request_add(&q, password.text);
	secret_clear(&password);
	request_add_key(&q, "role", scmp_value(s, OPTION_ROLE));
	request_add_key(&q, "maildir", scmp_value(s, OPTION_MAILDIR));
	return ask_with_password(s, &q, name);
}

int online_user_passwd(struct scmp *s)
{
	const char *name = s->words[0];
	struct secret password = {""};
	struct request q;
	int r = take_password(s, &password);

	if (r != STATUS_OK)
		return r;
	request_begin(&q, "RESET_USER_PASSWORD");
	request_add(&q, name);
	if (!scmp_given(s, OPTION_GENERATE))
		request_add(&q, password.text);
	secret_clear(&password);
	return ask_with_password(s, &q, name);
}

int online_passwd(struct scmp *s)
{
	const char *name = scmp_value(s, OPTION_LOGIN);
	struct secret password = {""};
	struct request q;
	int r;

	if (!name)
		return scmp_fail(s, STATUS_USAGE,
				 "wants --login NAME: whose password it is");
	r = client_open(s, CLIENT_MUST_CHANGE | CLIENT_KEEP_PASSWORD);
	if (r == STATUS_OK)
		r = take_password(s, &password);
	if (r != STATUS_OK)
		return r;
	request_begin(&q, "CHANGE_PASSWORD");
	request_add(&q, s->client.password);
	request_add(&q, password.text);
	secret_clear(&password);
	return ask_with_password(s, &q, name);
}

static int name_one(struct scmp *s, const char *verb, const char *name)
{
	struct request q;

	request_begin(&q, verb);
	request_add(&q, name);
	return online_do(s, &q, name);
}

static int delete_one(struct scmp *s, const char *name)
{
	return name_one(s, "DELETE_USER", name);
}

static int enable_one(struct scmp *s, const char *name)
{
	return name_one(s, "ENABLE_USER", name);
}

static int disable_one(struct scmp *s, const char *name)
{
	return name_one(s, "DISABLE_USER", name);
}

int online_user_del(struct scmp *s)
{
	return online_each(s, delete_one);
}

int online_user_enable(struct scmp *s)
{
	return online_each(s, enable_one);
}

int online_user_disable(struct scmp *s)
{
	return online_each(s, disable_one);
}

static int change_one(struct scmp *s, const char *name)
{
	const char *role = scmp_value(s, OPTION_ROLE);
	int r = STATUS_OK;
	struct request q;

	if (role) {
		request_begin(&q, "ROLE");
		request_add(&q, name);
		request_add(&q, role);
		r = online_do(s, &q, name);
	}
	if (r == STATUS_OK && scmp_given(s, OPTION_ENABLED))
		r = enable_one(s, name);
	if (r == STATUS_OK && scmp_given(s, OPTION_DISABLED))
		r = disable_one(s, name);
	return r;
}

int online_user_change(struct scmp *s)
{
	bool enables = scmp_given(s, OPTION_ENABLED);
	bool disables = scmp_given(s, OPTION_DISABLED);

	if (enables && disables)
		return scmp_fail(s, STATUS_USAGE,
				 "--enabled and --disabled contradict each "
				 "other");
	if (!enables && !disables && !scmp_given(s, OPTION_ROLE))
		return scmp_fail(s, STATUS_USAGE,
				 "name with options what is to change (see "
				 "scmp user change --help)");
	return online_each(s, change_one);
}

int online_user_max(struct scmp *s)
{
	struct scmp_reply reply;
	struct request q;
	uint64_t most;
	int r;

	request_begin(&q, "MAX_USERS");
	if (s->words_n) {
		request_add(&q, s->words[0]);
		return online_do(s, &q, NULL);
	}
	r = client_ask(s, &q, &reply);
	if (r != STATUS_OK)
		return r;
	if (!scmp_given(s, OPTION_JSON))
		printf(SPAN_FMT "\n", SPAN_ARG(reply.text));
	else if (num_parse_u64(
			 span_take(reply.text, span_find(reply.text, ' ')),
			 INT64_MAX, &most))
		printf("{\"max_users\":%llu}\n", (unsigned long long)most);
	return STATUS_OK;
}
