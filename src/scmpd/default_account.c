/* SPDX-License-Identifier: ISC */
#include "scmpd/default_account.h"

#include "auth/auth.h"
#include "scmpd/scmpd.h"

#include <errno.h>

const struct span default_account = SPAN_LITERAL("default");

/* Nothing of a stored form is kept but this. */
static uint64_t fingerprint(const char *text)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return h | 1;
}

/* A check takes its time, so it is made once for each stored form. */
static int is_default_password(const char *stored)
{
	static uint64_t checked;
	static bool was_good;

	if (checked != fingerprint(stored)) {
		enum auth_verdict verdict =
			auth_check_password(stored, default_account);

		if (verdict == AUTH_TEMPFAIL)
			return -EAGAIN;
		checked = fingerprint(stored);
		was_good = verdict == AUTH_GOOD;
	}
	return was_good;
}

int default_account_is_open(struct scmpd *s)
{
	char memory[USERS_ERROR_SIZE];
	struct user_row row;
	struct buf error;
	int yes = 0;

	buf_init(&error, memory, sizeof(memory));
	switch (users_find(&s->users, default_account, &row, &error)) {
	case USERS_UNKNOWN:
		return 0;
	case USERS_FOUND:
		if (row.enabled)
			yes = is_default_password(row.password);
		user_row_clear(&row);
		return yes;
	default:
		return -EIO;
	}
}
