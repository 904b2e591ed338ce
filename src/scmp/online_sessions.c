/* SPDX-License-Identifier: ISC */
/* The sessions that are open now, and their end. */
#include "scmp/online_sessions.h"

#include "scmp/commands.h"
#include "scmp/sort.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct record_member members[] = {
	{"id", NULL, RECORD_NUMBER},   {"pid", NULL, RECORD_NUMBER},
	{"state", NULL, RECORD_TEXT},  {"user", NULL, RECORD_TEXT},
	{"ip", NULL, RECORD_TEXT},     {"port", NULL, RECORD_NUMBER},
	{"tls", NULL, RECORD_YES},     {"age", NULL, RECORD_NUMBER},
	{"idle", NULL, RECORD_NUMBER}, {"in", NULL, RECORD_NUMBER},
	{"out", NULL, RECORD_NUMBER},  {"msgs", NULL, RECORD_NUMBER},
	{"retr", NULL, RECORD_NUMBER}, {"dele", NULL, RECORD_NUMBER},
	{"cmd", NULL, RECORD_TEXT},
};

const char *online_sessions_key(size_t i)
{
	return i < COUNT(members) ? members[i].key : NULL;
}

static const struct output_column columns[] = {
	{.key = "id", .title = "ID", .is_number = true},
	{.key = "user", .title = "USER", .can_be_cut = true},
	{.key = "ip", .title = "IP", .can_be_cut = true},
	{.key = "state", .title = "STATE"},
	{.key = "age", .title = "AGE", .is_number = true},
	{.key = "idle", .title = "IDLE", .is_number = true},
	{.key = "in", .title = "IN", .is_number = true},
	{.key = "out", .title = "OUT", .is_number = true},
	{.key = "retr", .title = "RETR", .is_number = true},
	{.key = "dele", .title = "DELE", .is_number = true},
	{.key = "cmd", .title = "CMD"},
};

const struct online_list sessions_list = {members, COUNT(members), columns,
					  COUNT(columns)};

void sessions_request(const struct scmp *s, struct request *q, uint64_t limit)
{
	request_begin(q, "SESSIONS");
	request_add_key(q, "user", scmp_value(s, OPTION_USER));
	request_add_key(q, "ip", scmp_value(s, OPTION_IP));
	request_add_key(q, "state", scmp_value(s, OPTION_STATE));
	request_add_key(q, "sort", scmp_value(s, OPTION_SORT));
	if (limit)
		request_add_number(q, "limit", limit);
}

int online_sessions(struct scmp *s)
{
	uint64_t offset, limit;
	struct request q;
	int r = sort_take_part(s, &offset, &limit);

	if (r != STATUS_OK)
		return r;
	sessions_request(s, &q, limit);
	return online_list(s, &q, &sessions_list, false);
}

static int kick(struct scmp *s, const char *key)
{
	struct request q;

	request_begin(&q, "KICK");
	request_add_key(&q, key, s->words[0]);
	if (scmp_given(s, OPTION_NOW))
		request_add(&q, "now");
	return online_do(s, &q, NULL);
}

int online_kick_user(struct scmp *s)
{
	return kick(s, "user");
}

int online_kick_ip(struct scmp *s)
{
	return kick(s, "ip");
}

int online_kick_id(struct scmp *s)
{
	return kick(s, "id");
}
