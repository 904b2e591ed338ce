/* SPDX-License-Identifier: ISC */
#include "auth/policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "auth/auth.h"

enum {
	POLICY_NAME_MIN = 3, /* a shorter name may be in it */
	POLICY_GENERATED_LEAST = 12,
	POLICY_GENERATED_TRIES = 1000,
};

const struct auth_policy auth_policy_default = {
	.min_length = 8,
	.forbid_name = true,
};

/* Those that every list of stolen passwords begins with; without their digits,
 * where these stand at an end. */
static const char *const worst[] = {
	"abc",	    "abcd",	"abcdef",   "abcdefgh", "access",
	"admin",    "apple",	"baseball", "batman",	"changeme",
	"charlie",  "computer", "default",  "dragon",	"football",
	"freedom",  "guest",	"hallo",    "hello",	"hunter",
	"iloveyou", "internet", "killer",   "letmein",	"login",
	"mail",	    "master",	"michael",  "monkey",	"mustang",
	"p@ssw0rd", "pa$$w0rd", "pa$$word", "passw0rd", "password",
	"passwort", "pokemon",	"princess", "q1w2e3r4", "qazwsx",
	"qwe",	    "qwert",	"qwerty",   "qwertyui", "qwertyuiop",
	"qwertz",   "root",	"secret",   "shadow",	"starwars",
	"sunshine", "superman", "test",	    "trustno",	"user",
	"welcome",  "whatever", "zaq1xsw2", "zxcvbn",	"zxcvbnm",
};

static char policy_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool policy_is_letter(char c)
{
	c = policy_lower(c);
	return (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

static uint32_t policy_length(struct span password)
{
	uint32_t n = 0;

	for (size_t i = 0; i < password.n; i++)
		n += ((unsigned char)password.p[i] & 0xc0) != 0x80;
	return n;
}

static uint32_t policy_classes(struct span password)
{
	unsigned classes = 0;

	for (size_t i = 0; i < password.n; i++) {
		char c = password.p[i];

		if (c >= 'a' && c <= 'z')
			classes |= 1;
		else if (c >= 'A' && c <= 'Z')
			classes |= 2;
		else if (c >= '0' && c <= '9')
			classes |= 4;
		else
			classes |= 8;
	}
	return (uint32_t)__builtin_popcount(classes);
}

/* --- reasons --- */

struct reasons {
	struct buf *out;
	int n;
};

static struct buf *policy_reason(struct reasons *r)
{
	if (r->n++)
		buf_add_str(r->out, "; ");
	return r->out;
}

static void policy_reason_number(struct reasons *r, const char *before,
				 uint32_t number, const char *after)
{
	struct buf *out = policy_reason(r);

	buf_add_str(out, before);
	buf_add_u64(out, number);
	buf_add_str(out, after);
}

static void policy_check_length(const struct auth_policy *policy,
				struct span password, struct reasons *r)
{
	uint32_t n = policy_length(password);

	if (!password.n)
		buf_add_str(policy_reason(r), "empty");
	else if (n < policy->min_length)
		policy_reason_number(r, "shorter than ", policy->min_length,
				     " characters");
	if (policy->max_length && n > policy->max_length)
		policy_reason_number(r, "longer than ", policy->max_length,
				     " characters");
	else if (password.n > AUTH_PASSWORD_MAX)
		policy_reason_number(r, "longer than ", AUTH_PASSWORD_MAX,
				     " octets");
	if (password.n && memchr(password.p, '\0', password.n))
		buf_add_str(policy_reason(r), "has a NUL in it");
}

static void policy_check_classes(const struct auth_policy *policy,
				 struct span password, struct reasons *r)
{
	if (password.n && policy_classes(password) < policy->classes)
		policy_reason_number(r, "has fewer than ", policy->classes,
				     " of: lower case, upper case, digits, "
				     "other characters");
}

/* --- the name --- */

static bool policy_is_at(struct span password, size_t at, struct span name,
			 bool backwards)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[backwards ? name.n - 1 - i : i];

		if (policy_lower(password.p[at + i]) != policy_lower(c))
			return false;
	}
	return true;
}

static bool policy_has(struct span password, struct span name)
{
	for (size_t at = 0; at + name.n <= password.n; at++) {
		if (policy_is_at(password, at, name, false) ||
		    policy_is_at(password, at, name, true))
			return true;
	}
	return false;
}

static void policy_check_name(const struct auth_policy *policy,
			      struct span name, struct span password,
			      struct reasons *r)
{
	/* The whole name contains it. */
	struct span local = span_take(name, span_find(name, '@'));

	if (policy->forbid_name && local.n >= POLICY_NAME_MIN &&
	    policy_has(password, local))
		buf_add_str(policy_reason(r), "contains the user's name");
}

/* --- words that are denied --- */

/* The password in lower case, and that without what is around the letters. */
struct denied {
	char octets[AUTH_PASSWORD_MAX];
	struct span whole, core;
};

static void policy_prepare(struct span password, struct denied *d)
{
	size_t n =
		password.n < sizeof(d->octets) ? password.n : sizeof(d->octets);

	for (size_t i = 0; i < n; i++)
		d->octets[i] = policy_lower(password.p[i]);
	d->whole = d->core = span_make(d->octets, n);
	while (d->core.n && !policy_is_letter(d->core.p[0]))
		d->core = span_drop(d->core, 1);
	while (d->core.n && !policy_is_letter(d->core.p[d->core.n - 1]))
		d->core.n--;
}

static bool policy_is_word(const struct denied *d, struct span word)
{
	return word.n && (span_equal_nocase(d->whole, word) ||
			  span_equal_nocase(d->core, word));
}

/* "aaaaaaaa", "12345678", "87654321" */
static bool policy_is_run(struct span password)
{
	bool same = password.n > 1, up = same, down = same;

	for (size_t i = 1; i < password.n; i++) {
		int step = password.p[i] - password.p[i - 1];

		same &= step == 0;
		up &= step == 1;
		down &= step == -1;
	}
	return same || up || down;
}

static bool policy_is_worst(const struct denied *d)
{
	for (size_t i = 0; i < sizeof(worst) / sizeof(worst[0]); i++) {
		if (policy_is_word(d, span_str(worst[i])))
			return true;
	}
	return policy_is_run(d->whole);
}

/* 1: it is on the list, 0: it is not, or a negative errno. */
static int policy_is_listed(const char *path, const struct denied *d)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	int found = 0;

	if (!file)
		return -errno;
	while (!found && (n = getline(&line, &room, file)) >= 0) {
		struct span word = span_make(line, (size_t)n);

		while (word.n && (word.p[word.n - 1] == '\n' ||
				  word.p[word.n - 1] == '\r'))
			word.n--;
		found = word.n && word.p[0] != '#' && policy_is_word(d, word);
	}
	if (!found && !feof(file))
		found = errno ? -errno : -EIO;
	free(line);
	fclose(file);
	return found;
}

static int policy_check_words(const struct auth_policy *policy,
			      struct span password, struct reasons *r)
{
	int listed = 0;
	struct denied d;

	policy_prepare(password, &d);
	if (policy_is_worst(&d))
		buf_add_str(policy_reason(r),
			    "one of the most used passwords, or close to one");
	else if (policy->deny_list && policy->deny_list[0])
		listed = policy_is_listed(policy->deny_list, &d);
	explicit_bzero(&d, sizeof(d));
	if (listed > 0)
		buf_add_str(policy_reason(r), "on the list of denied words, or "
					      "close to a word there");
	if (listed >= 0)
		return 0;
	buf_add_str(policy_reason(r), "the list of denied words ");
	buf_add_escaped(r->out, span_str(policy->deny_list));
	buf_add_str(r->out, " cannot be read: ");
	buf_add_str(r->out, strerrordesc_np(-listed));
	return listed;
}

int auth_policy_check(const struct auth_policy *policy, struct span name,
		      struct span password, struct buf *reasons)
{
	struct reasons r = {.out = reasons};
	int failed;

	policy_check_length(policy, password, &r);
	policy_check_classes(policy, password, &r);
	policy_check_name(policy, name, password, &r);
	failed = policy_check_words(policy, password, &r);
	return failed ? failed : r.n;
}

/* --- passwords made by chance --- */

static int policy_random(char *text, size_t n)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789-_";
	size_t done = 0;

	while (done < n) {
		ssize_t got = getrandom(text + done, n - done, 0);

		if (got < 0 && errno != EINTR)
			return -errno;
		if (got > 0)
			done += (size_t)got;
	}
	for (size_t i = 0; i < n; i++)
		text[i] = letters[(unsigned char)text[i] & 63];
	return 0;
}

int auth_policy_generate(const struct auth_policy *policy, struct buf *out)
{
	size_t n = AUTH_GENERATED_MIN, start = out->n;
	char text[AUTH_PASSWORD_MAX];
	int failed = 0, tries = 0;

	if (n < policy->min_length)
		n = policy->min_length;
	if (policy->max_length && n > policy->max_length)
		n = policy->max_length;
	if (n < POLICY_GENERATED_LEAST || n < policy->min_length ||
	    n > sizeof(text))
		return -ERANGE;
	do
		failed = policy_random(text, n);
	while (!failed && policy_classes(span_make(text, n)) < AUTH_CLASSES &&
	       tries++ < POLICY_GENERATED_TRIES);
	if (!failed)
		buf_add(out, text, n);
	explicit_bzero(text, sizeof(text));
	if (!failed && out->n != start + n)
		failed = -ENOBUFS;
	return failed;
}
