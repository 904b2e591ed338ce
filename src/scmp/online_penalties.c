/* SPDX-License-Identifier: ISC */
/* Failed logins that are remembered, through scmpd. */
#include "scmp/commands.h"
#include "scmp/online.h"
#include "scmp/sort.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct record_member members[] = {
	{"network", NULL, RECORD_TEXT}, {"failures", NULL, RECORD_NUMBER},
	{"delay", NULL, RECORD_NUMBER}, {"refused", NULL, RECORD_YES},
	{"known", NULL, RECORD_YES},	{"left", NULL, RECORD_NUMBER},
};

static const struct output_column columns[] = {
	{.key = "network", .title = "NETWORK"},
	{.key = "failures", .title = "FAILURES", .is_number = true},
	{.key = "delay", .title = "DELAY", .is_number = true},
	{.key = "refused", .title = "REFUSED"},
	{.key = "known", .title = "KNOWN"},
	{.key = "left", .title = "LEFT", .is_number = true},
};

static const struct sort_order most_first = {"-failures", "network"};

const char *online_penalties_key(size_t i)
{
	return i < COUNT(members) ? members[i].key : NULL;
}

static void keep(struct span record, void *context)
{
	json_array_append_new(context,
			      record_make(record, members, COUNT(members)));
}

static int show(struct scmp *s, json_t *found, uint64_t offset, uint64_t limit)
{
	struct output output;
	int r, end;

	output_begin(&output, s, columns, COUNT(columns));
	r = sort_add(s, found, &most_first, offset, limit, &output);
	end = output_end(&output);
	return r == STATUS_OK ? end : r;
}

int online_penalties(struct scmp *s)
{
	json_t *found = json_array();
	uint64_t offset, limit;
	struct request q;
	int r = sort_take_part(s, &offset, &limit);

	request_begin(&q, "PENALTIES");
	if (s->words_n)
		request_add_key(&q, "ip", s->words[0]);
	if (r == STATUS_OK)
		r = online_read(s, &q, keep, found);
	if (r == STATUS_OK)
		r = show(s, found, offset, limit);
	json_decref(found);
	return r;
}

int online_forgive(struct scmp *s)
{
	struct request q;

	request_begin(&q, "FORGIVE");
	request_add(&q, s->words[0]);
	return online_do(s, &q, s->words[0]);
}
