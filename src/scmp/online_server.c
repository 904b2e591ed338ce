/* SPDX-License-Identifier: ISC */
/* The server as a whole. */
#include "scmp/commands.h"
#include "scmp/online_sessions.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- status --- */

/* The values by their names, and under "sources" where some come from. */
static void take_value(struct span record, void *context)
{
	json_t *status = context, *setting = record_setting(record);
	const char *name = json_string_value(json_object_get(setting, "name"));
	json_t *source = json_object_get(setting, "source");
	json_t *sources = json_object_get(status, "sources");

	if (name && strcmp(name, "sources") != 0) {
		json_object_set_new(
			status, name,
			record_guess(json_object_get(setting, "value")));
		if (json_is_string(source))
			json_object_set(sources, name, source);
	}
	json_decref(setting);
}

int status_read(struct scmp *s, json_t **status)
{
	struct request q;
	int r;

	*status = json_pack("{s{}}", "sources");
	request_begin(&q, "STATUS");
	r = online_read(s, &q, take_value, *status);
	if (r == STATUS_OK)
		return r;
	json_decref(*status);
	*status = NULL;
	return r;
}

void status_format(const char *name, const json_t *value,
		   char text[STATUS_TEXT])
{
	time_t when = (time_t)json_integer_value(value);
	struct tm tm;

	if (strcmp(name, "started") == 0 && localtime_r(&when, &tm))
		(void)strftime(text, STATUS_TEXT, "%F %T", &tm);
	else if (json_is_integer(value))
		snprintf(text, STATUS_TEXT, "%" JSON_INTEGER_FORMAT,
			 json_integer_value(value));
	else if (json_is_boolean(value))
		snprintf(text, STATUS_TEXT, "%s",
			 json_is_true(value) ? "yes" : "no");
	else
		snprintf(text, STATUS_TEXT, "%s",
			 json_is_string(value) ? json_string_value(value)
					       : "-");
}

static void print_status(const json_t *status)
{
	json_t *sources = json_object_get(status, "sources"), *value;
	size_t widest = 0;
	const char *name;

	json_object_foreach((json_t *)status, name, value)
	{
		if (strlen(name) > widest)
			widest = strlen(name);
	}
	json_object_foreach((json_t *)status, name, value)
	{
		const char *source =
			json_string_value(json_object_get(sources, name));

		char text[STATUS_TEXT];

		if (value == sources)
			continue;
		status_format(name, value, text);
		printf("%s:%*s%s", name, (int)(widest - strlen(name)) + 1, "",
		       text);
		if (source)
			printf(" (%s)", source);
		putchar('\n');
	}
}

int online_status(struct scmp *s)
{
	json_t *status;
	int r = status_read(s, &status);

	if (r != STATUS_OK)
		return r;
	if (scmp_given(s, OPTION_JSON)) {
		json_dumpf(status, stdout, JSON_COMPACT);
		putchar('\n');
	} else {
		print_status(status);
	}
	json_decref(status);
	return STATUS_OK;
}

/* --- others --- */

int online_whoami(struct scmp *s)
{
	static const struct record_member members[] = {
		{"user", NULL, RECORD_TEXT},
		{"role", NULL, RECORD_TEXT},
		{"from", NULL, RECORD_TEXT},
	};
	static const struct output_column columns[] = {
		{.key = "user", .title = "user"},
		{.key = "role", .title = "role"},
		{.key = "from", .title = "from"},
	};
	struct scmp_reply reply;
	struct request q;
	int r;

	request_begin(&q, "WHOAMI");
	r = client_ask(s, &q, &reply);
	if (r != STATUS_OK)
		return r;
	return output_show(s, columns, COUNT(columns),
			   record_make(reply.text, members, COUNT(members)));
}

int online_drain(struct scmp *s)
{
	struct request q;

	request_begin(&q, "DRAIN");
	if (!s->words_n)
		return online_setting(s, &q, "draining");
	request_add(&q, s->words[0]);
	return online_do(s, &q, NULL);
}

int online_reload(struct scmp *s)
{
	struct request q;

	request_begin(&q, "RELOAD");
	return online_do(s, &q, NULL);
}

static void print_line(struct span line, void *context)
{
	(void)context;
	printf(SPAN_FMT "\n", SPAN_ARG(line));
}

int online_metrics(struct scmp *s)
{
	struct request q;

	if (scmp_given(s, OPTION_JSON))
		return scmp_fail(s, STATUS_USAGE,
				 "is a format of its own, and no JSON; status "
				 "has --json");
	request_begin(&q, "METRICS");
	if (s->words_n)
		request_add(&q, s->words[0]);
	return online_read(s, &q, print_line, NULL);
}
