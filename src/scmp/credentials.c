/* SPDX-License-Identifier: ISC */
#include "scmp/credentials.h"

#include "auth/auth.h"
#include "auth/policy.h"
#include "config/policy.h"
#include "scmp/account.h"
#include "scmp/output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Who could change the rows with any other program, too. */
static bool may_pass_over_policy(const struct scmp *s)
{
	struct stat st;

	if (geteuid() == 0 || !s->is_open)
		return true;
	return stat(s->path, &st) == 0 && st.st_uid == geteuid();
}

static int read_policy(struct scmp *s, struct policy *policy)
{
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int r;

	policy_init(policy);
	if (!s->is_open)
		return STATUS_OK;
	buf_init(&error, memory, sizeof(memory));
	r = policy_read(policy, &s->db, &error);
	return r < 0 ? scmp_fail_database(s, r, &error) : STATUS_OK;
}

static int check_policy(const struct scmp *s, const struct policy *policy,
			const char *name, const struct secret *password)
{
	char memory[AUTH_REASONS_SIZE];
	struct buf reasons;
	int r;

	if (scmp_given(s, OPTION_NO_POLICY)) {
		if (may_pass_over_policy(s))
			return STATUS_OK;
		return scmp_fail(s, STATUS_REFUSED,
				 "--no-policy is for root and the owner of the "
				 "database");
	}
	buf_init(&reasons, memory, sizeof(memory));
	r = auth_policy_check(&policy->auth, span_str(name),
			      span_str(password->text), &reasons);
	if (r == 0)
		return STATUS_OK;
	if (r < 0)
		return scmp_fail_text(s, STATUS_FAILED, &reasons);
	return scmp_fail(s, STATUS_REFUSED,
			 "the password is refused: " SPAN_FMT,
			 SPAN_ARG(buf_span(&reasons)));
}

static int generate(const struct scmp *s, const struct policy *policy,
		    struct secret *password)
{
	struct buf out;
	int r;

	buf_init(&out, password->text, sizeof(password->text));
	r = auth_policy_generate(&policy->auth, &out);
	if (r == 0 && buf_str(&out))
		return STATUS_OK;
	if (r == -ERANGE)
		return scmp_fail(s, STATUS_REFUSED,
				 "--generate: the policy's max_length allows "
				 "no password that is made by chance");
	return scmp_fail(s, STATUS_FAILED, "--generate: %s", strerror(-r));
}

int credentials_password(struct scmp *s, const char *name,
			 struct secret *password, bool *made)
{
	struct policy policy;
	int r = read_policy(s, &policy);

	*made = scmp_given(s, OPTION_GENERATE);
	if (r != STATUS_OK)
		return r;
	if (*made)
		return generate(s, &policy, password);
	r = secret_take_new(s, password);
	if (r != STATUS_OK)
		return r;
	r = check_policy(s, &policy, name, password);
	if (r != STATUS_OK)
		secret_clear(password);
	return r;
}

int credentials_store(const struct scmp *s, const struct secret *password,
		      struct secret *stored)
{
	const char *scheme = scmp_value(s, OPTION_SCHEME);
	struct auth_cost cost = {0};
	char memory[512];
	struct buf error, out;
	uint64_t v = 0;
	int r = 0;

	buf_init(&error, memory, sizeof(memory));
	if (scmp_given(s, OPTION_COST))
		r = option_number(&s->options, OPTION_COST, UINT32_MAX, &v,
				  &error);
	cost.rounds = (uint32_t)v;
	v = 0;
	if (r == 0 && scmp_given(s, OPTION_MEMORY))
		r = option_number(&s->options, OPTION_MEMORY, UINT32_MAX, &v,
				  &error);
	cost.memory_kib = (uint32_t)v;
	if (r < 0)
		return scmp_fail_text(s, STATUS_USAGE, &error);
	buf_init(&out, stored->text, sizeof(stored->text));
	r = auth_make_password(span_str(scheme), &cost,
			       span_str(password->text), &out, &error);
	if (r == 0 && buf_str(&out))
		return STATUS_OK;
	return scmp_fail_text(s, r == -EINVAL ? STATUS_REFUSED : STATUS_FAILED,
			      &error);
}

/* --- into a row --- */

/* A stored form that somebody else made. */
static int take_hash(const struct scmp *s, struct secret *stored)
{
	char memory[256];
	struct buf what;
	int r = secret_read(s, OPTION_HASH_FD, stored);

	if (r != STATUS_OK)
		return r;
	buf_init(&what, memory, sizeof(memory));
	if (auth_describe(stored->text, &what))
		return STATUS_OK;
	secret_clear(stored);
	return scmp_fail(s, STATUS_REFUSED,
			 "--hash-fd: no stored form that can be used: " SPAN_FMT
			 " (see scmp pw schemes)",
			 SPAN_ARG(buf_span(&what)));
}

static int take_password(struct scmp *s, struct database_user *user,
			 struct secret *password)
{
	struct secret stored = {""};
	bool made = false;
	int r = STATUS_OK;

	if (scmp_given(s, OPTION_HASH_FD)) {
		r = take_hash(s, &stored);
	} else if (!scmp_given(s, OPTION_NO_PASSWORD)) {
		r = credentials_password(s, user->row.name, password, &made);
		if (r == STATUS_OK)
			r = credentials_store(s, password, &stored);
	}
	if (r == STATUS_OK &&
	    !account_copy(user->row.password, sizeof(user->row.password),
			  stored.text))
		r = scmp_fail(s, STATUS_REFUSED, "the stored form is too long");
	secret_clear(&stored);
	if (!made || r != STATUS_OK)
		secret_clear(password);
	return r;
}

static int take_secret(const struct scmp *s, struct database_user *user)
{
	struct secret secret = {""};
	int r = STATUS_OK;

	if (scmp_given(s, OPTION_SECRET_FD))
		r = secret_read(s, OPTION_SECRET_FD, &secret);
	if (r == STATUS_OK &&
	    !account_copy(user->row.secret, sizeof(user->row.secret),
			  secret.text))
		r = scmp_fail(s, STATUS_REFUSED,
			      "--secret-fd: the secret is over %zu octets",
			      sizeof(user->row.secret) - 1);
	secret_clear(&secret);
	return r;
}

/* The ways to give a password of which one can be taken. */
static int check_ways(const struct scmp *s)
{
	int ways = scmp_given(s, OPTION_PASSWORD_FD) +
		   scmp_given(s, OPTION_GENERATE) +
		   scmp_given(s, OPTION_HASH_FD) +
		   scmp_given(s, OPTION_NO_PASSWORD);

	if (ways > 1)
		return scmp_fail(s, STATUS_USAGE,
				 "only one of --password-fd, --generate, "
				 "--hash-fd and --no-password can be given");
	if (scmp_given(s, OPTION_SECRET_FD) && scmp_given(s, OPTION_NO_SECRET))
		return scmp_fail(s, STATUS_USAGE,
				 "--secret-fd and --no-secret contradict each "
				 "other");
	return STATUS_OK;
}

int credentials_take(struct scmp *s, bool optional, struct database_user *user,
		     unsigned *fields, struct secret *password)
{
	uint64_t ways =
		OPTION_BIT(OPTION_PASSWORD_FD) | OPTION_BIT(OPTION_GENERATE) |
		OPTION_BIT(OPTION_HASH_FD) | OPTION_BIT(OPTION_NO_PASSWORD);
	bool secret = scmp_given(s, OPTION_SECRET_FD) ||
		      scmp_given(s, OPTION_NO_SECRET);
	int r = check_ways(s);

	password->text[0] = '\0';
	if (r != STATUS_OK)
		return r;
	if (!optional || !secret || (s->options.given & ways)) {
		r = take_password(s, user, password);
		*fields |= DATABASE_PASSWORD;
	}
	if (r != STATUS_OK || !secret)
		return r;
	*fields |= DATABASE_SECRET;
	r = take_secret(s, user);
	if (r != STATUS_OK)
		secret_clear(password);
	return r;
}

void credentials_show(const struct scmp *s, const char *name,
		      struct secret *password)
{
	if (!password->text[0])
		return;
	if (scmp_given(s, OPTION_JSON)) {
		json_t *shown = json_pack("{so so}", "name",
					  output_text(name, false), "password",
					  output_text(password->text, false));

		json_dumpf(shown, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(shown);
	} else if (scmp_given(s, OPTION_QUIET)) {
		puts(password->text);
	} else {
		printf("password: %s\n", password->text);
	}
	secret_clear(password);
}
