/* SPDX-License-Identifier: ISC */
#include "scmp/online.h"

#include "scmp/sort.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* --- changes --- */

int online_do(struct scmp *s, struct request *q, const char *about)
{
	struct scmp_reply reply;
	int r = client_ask(s, q, &reply);
	struct span text = reply.text;

	if (r != STATUS_OK)
		return r;
	if (!text.n)
		text = span_str("done");
	if (about)
		scmp_say(s, "%s: " SPAN_FMT ".", about, SPAN_ARG(text));
	else
		scmp_say(s, "%c" SPAN_FMT ".", toupper((unsigned char)*text.p),
			 SPAN_ARG(span_drop(text, 1)));
	return STATUS_OK;
}

int online_each(struct scmp *s, int (*one)(struct scmp *s, const char *word))
{
	int status = STATUS_OK;

	for (size_t i = 0; i < s->words_n && !s->client.is_broken; i++) {
		int r = one(s, s->words[i]);

		if (status == STATUS_OK)
			status = r;
	}
	return status;
}

/* --- lists --- */

int online_read(struct scmp *s, struct request *q,
		void (*take)(struct span record, void *context), void *context)
{
	struct scmp_reply reply;
	enum client_more more;
	struct span line;
	int r = client_ask(s, q, &reply);

	if (r != STATUS_OK)
		return r;
	while ((more = client_next(s, &line)) == CLIENT_LINE)
		take(line, context);
	return more == CLIENT_END ? STATUS_OK : STATUS_UNAVAILABLE;
}

struct listing {
	const struct online_list *list;
	struct output output;
	uint64_t offset, limit, at;
};

static void list_one(struct span record, void *context)
{
	struct listing *l = context;

	if (l->at++ < l->offset || (l->limit && l->at > l->offset + l->limit))
		return;
	output_add(&l->output,
		   record_make(record, l->list->members, l->list->members_n));
}

static int list(struct scmp *s, struct request *q, struct listing *l,
		const struct output_column *columns, size_t n,
		void (*take)(struct span record, void *context))
{
	int r, end;

	output_begin(&l->output, s, columns, n);
	r = online_read(s, q, take, l);
	end = output_end(&l->output);
	return r == STATUS_OK ? end : r;
}

int online_list(struct scmp *s, struct request *q,
		const struct online_list *what, bool cuts)
{
	struct listing l = {.list = what};
	int r = STATUS_OK;

	if (cuts)
		r = sort_take_part(s, &l.offset, &l.limit);
	return r == STATUS_OK ? list(s, q, &l, what->columns, what->columns_n,
				     list_one)
			      : r;
}

/* --- settings --- */

const struct output_column setting_columns[SETTING_COLUMNS] = {
	{.key = "name", .title = "LIMIT"},
	{.key = "value", .title = "VALUE", .can_be_cut = true},
	{.key = "source", .title = "FROM"},
};

void setting_tell(const struct scmp *s, const char *name, const char *value,
		  bool is_same)
{
	if (is_same)
		scmp_say(s, "%s is as it was.", name);
	else if (strcmp(value, "default") == 0)
		scmp_say(s, "%s is by default again.", name);
	else
		scmp_say(s, "%s is %s now.", name, value);
}

static void list_setting(struct span record, void *context)
{
	struct listing *l = context;

	output_add(&l->output, record_setting(record));
}

int online_settings(struct scmp *s, struct request *q, const char *title)
{
	struct output_column columns[SETTING_COLUMNS];
	struct listing l = {0};

	memcpy(columns, setting_columns, sizeof(columns));
	columns[0].title = title;
	return list(s, q, &l, columns, SETTING_COLUMNS, list_setting);
}

int online_setting(struct scmp *s, struct request *q, const char *name)
{
	struct scmp_reply reply;
	int r = client_ask(s, q, &reply);

	return r == STATUS_OK ? setting_show(s, record_answer(name, reply.text))
			      : r;
}

int setting_show(struct scmp *s, json_t *setting)
{
	const char *value =
		json_string_value(json_object_get(setting, "value"));

	if (scmp_given(s, OPTION_JSON)) {
		json_dumpf(setting, stdout, JSON_COMPACT);
		putchar('\n');
	} else {
		puts(value ? value : "-");
	}
	json_decref(setting);
	return STATUS_OK;
}
