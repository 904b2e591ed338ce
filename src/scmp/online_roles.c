/* SPDX-License-Identifier: ISC */
/* Roles, through scmpd. */
#include "proto/scmp_code.h"
#include "scmp/commands.h"
#include "scmp/online.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct record_member members[] = {
	{"role", "name", RECORD_TEXT},
	{"fixed", NULL, RECORD_YES},
	{"rights", NULL, RECORD_WORDS},
};

static const struct output_column columns[] = {
	{.key = "name", .title = "ROLE"},
	{.key = "fixed", .title = "FIXED"},
	{.key = "rights", .title = "RIGHTS", .can_be_cut = true},
};

static const struct online_list roles = {members, COUNT(members), columns,
					 COUNT(columns)};

int online_role_list(struct scmp *s)
{
	struct request q;

	request_begin(&q, "ROLES");
	return online_list(s, &q, &roles, false);
}

/* --- setting --- */

/* The rights that the role has now, as bits. */
static void take_rights(struct span record, void *context)
{
	json_t *rights = record_value(record, "rights");
	unsigned *bits = context;

	if (json_is_string(rights))
		*bits = scmp_rights_parse(span_str(json_string_value(rights)));
	json_decref(rights);
}

/* Is there such a role, and what may it do? Another reply than that or
 * [NOTFOUND] is said. */
static int look(struct scmp *s, const char *role, bool *is_there,
		unsigned *rights)
{
	struct scmp_reply reply;
	enum client_more more;
	struct request q;
	struct span line;
	int r;

	*rights = 0;
	request_begin(&q, "ROLES");
	request_add_quoted(&q, role);
	r = client_exchange(s, &q, &reply);
	if (r != STATUS_OK)
		return r;
	*is_there = reply.is_ok;
	if (!reply.is_ok)
		return reply.code == SCMP_CODE_NOTFOUND
			       ? STATUS_OK
			       : client_refused(s, &reply);
	while ((more = client_next(s, &line)) == CLIENT_LINE)
		take_rights(line, rights);
	return more == CLIENT_END ? STATUS_OK : STATUS_UNAVAILABLE;
}

static int take_wanted(struct scmp *s, unsigned *wanted)
{
	*wanted = 0;
	for (size_t i = 1; i < s->words_n; i++) {
		unsigned right = scmp_right_find(span_str(s->words[i]));

		if (!right)
			return scmp_fail(s, STATUS_REFUSED,
					 "there is no right %s (role list "
					 "tells those of admin, who has all)",
					 s->words[i]);
		*wanted |= right;
	}
	return STATUS_OK;
}

/* SET adds and takes away; here all that is not named goes. */
static void add_changes(struct request *q, unsigned rights, unsigned wanted)
{
	char word[64];
	struct buf out;

	for (int i = 0; i < SCMP_RIGHTS; i++) {
		unsigned bit = 1U << i;

		if (!((rights ^ wanted) & bit))
			continue;
		buf_init(&out, word, sizeof(word));
		buf_add_char(&out, wanted & bit ? '+' : '-');
		buf_add_str(&out, scmp_right_names[i]);
		request_add(q, buf_str(&out) ? word : "");
	}
}

int online_role_set(struct scmp *s)
{
	unsigned rights, wanted;
	bool is_there = false;
	struct request q;
	int r = take_wanted(s, &wanted);

	if (r == STATUS_OK)
		r = look(s, s->words[0], &is_there, &rights);
	if (r != STATUS_OK)
		return r;
	if (is_there && rights == wanted) {
		scmp_say(s, "The role %s has just these rights.", s->words[0]);
		return STATUS_OK;
	}
	request_begin(&q, is_there ? "ROLES SET" : "ROLES ADD");
	request_add(&q, s->words[0]);
	add_changes(&q, rights, wanted);
	return online_do(s, &q, NULL);
}

int online_role_del(struct scmp *s)
{
	struct request q;

	request_begin(&q, "ROLES DEL");
	request_add(&q, s->words[0]);
	return online_do(s, &q, NULL);
}
