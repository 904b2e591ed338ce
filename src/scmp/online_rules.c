/* SPDX-License-Identifier: ISC */
/* Bans and allows, through scmpd. */
#include "scmp/commands.h"
#include "scmp/online.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct record_member members[] = {
	{"kind", NULL, RECORD_TEXT},   {"what", NULL, RECORD_TEXT},
	{"until", NULL, RECORD_UNTIL}, {"by", NULL, RECORD_TEXT},
	{"reason", NULL, RECORD_TEXT},
};

static const struct output_column columns[] = {
	{.key = "kind", .title = "KIND"},
	{.key = "what", .title = "WHAT", .can_be_cut = true},
	{.key = "until", .title = "UNTIL", .is_time = true},
	{.key = "by", .title = "BY"},
	{.key = "reason", .title = "REASON", .can_be_cut = true},
};

static const struct online_list rules = {members, COUNT(members), columns,
					 COUNT(columns)};

static int change(struct scmp *s, const char *verb)
{
	struct request q;

	request_begin(&q, verb);
	request_add(&q, s->words[0]);
	request_add_key(&q, "for", scmp_value(s, OPTION_FOR));
	request_add_key(&q, "reason", scmp_value(s, OPTION_REASON));
	return online_do(s, &q, s->words[0]);
}

int online_ban_user(struct scmp *s)
{
	return change(s, "BAN USER");
}

int online_ban_ip(struct scmp *s)
{
	return change(s, "BAN IP");
}

int online_unban_user(struct scmp *s)
{
	return change(s, "UNBAN USER");
}

int online_unban_ip(struct scmp *s)
{
	return change(s, "UNBAN IP");
}

int online_allow_ip(struct scmp *s)
{
	return change(s, "ALLOW IP");
}

int online_unallow_ip(struct scmp *s)
{
	return change(s, "UNALLOW IP");
}

static int list(struct scmp *s, const char *verb)
{
	struct request q;

	request_begin(&q, verb);
	return online_list(s, &q, &rules, true);
}

int online_bans(struct scmp *s)
{
	return list(s, "BANS");
}

int online_allows(struct scmp *s)
{
	return list(s, "ALLOWS");
}
