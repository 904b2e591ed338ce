/* SPDX-License-Identifier: ISC */
/* What can be set while the server runs: limits, policy, profile and others. */
#include "config/policy.h"
#include "scmp/commands.h"
#include "scmp/online.h"
#include "scmp/texts.h"

#include <string.h>

static const char by_default[] = "default";

/* Asks, and says the same as without scmpd. */
static int tell(struct scmp *s, struct request *q, const char *name,
		const char *value)
{
	struct scmp_reply reply;
	int r = client_ask(s, q, &reply);

	if (r != STATUS_OK)
		return r;
	setting_tell(s, name, value, reply.code == SCMP_CODE_NOCHANGE);
	return STATUS_OK;
}

static int set(struct scmp *s, const char *verb, const char *name,
	       const char *value, const char *more)
{
	struct request q;

	request_begin(&q, verb);
	request_add(&q, name);
	request_add(&q, value);
	if (more)
		request_add(&q, more);
	return tell(s, &q, name, value);
}

/* All, one, or one that is set: as many words as there are. */
static int show_or_set(struct scmp *s, const char *verb, const char *title)
{
	const char *force = scmp_given(s, OPTION_FORCE) ? "force" : NULL;
	struct request q;

	if (force && s->words_n < 2)
		return scmp_fail(s, STATUS_USAGE,
				 "--force is for setting a value");
	if (s->words_n == 2)
		return set(s, verb, s->words[0], s->words[1], force);
	request_begin(&q, verb);
	if (!s->words_n)
		return online_settings(s, &q, title);
	request_add(&q, s->words[0]);
	return online_setting(s, &q, s->words[0]);
}

int online_limits(struct scmp *s)
{
	return show_or_set(s, "LIMITS", "LIMIT");
}

int online_profile(struct scmp *s)
{
	return show_or_set(s, "PROFILE", "FIELD");
}

/* With the meaning of each, and told as without scmpd. */
static void list_rule(struct span record, void *context)
{
	json_t *setting = record_setting(record);
	const char *name = json_string_value(json_object_get(setting, "name"));
	const char *source =
		json_string_value(json_object_get(setting, "source"));
	const char *value =
		json_string_value(json_object_get(setting, "value"));
	const struct policy_rule *rule = name ? policy_rule_find(name) : NULL;

	if (source && strcmp(source, "scmp") == 0)
		json_object_set_new(setting, "source", json_string("database"));
	if (value && !value[0])
		json_object_set_new(setting, "value", json_null());
	json_object_set_new(setting, "help",
			    rule ? json_string(rule->help) : json_null());
	output_add(context, setting);
}

int online_policy_list(struct scmp *s)
{
	struct output output;
	struct request q;
	int r, end;

	request_begin(&q, "POLICY");
	output_begin(&output, s, policy_columns, POLICY_COLUMNS);
	r = online_read(s, &q, list_rule, &output);
	end = output_end(&output);
	return r == STATUS_OK ? end : r;
}

int online_policy_set(struct scmp *s)
{
	return show_or_set(s, "POLICY", "RULE");
}

int online_policy_unset(struct scmp *s)
{
	return set(s, "POLICY", s->words[0], by_default, NULL);
}

int online_maildir(struct scmp *s)
{
	struct request q;

	if (!s->words_n) {
		request_begin(&q, "MAILDIR");
		return online_setting(s, &q, "maildir");
	}
	request_begin(&q, "MAILDIR SET");
	request_add_rest(&q, s->words[0]);
	return tell(s, &q, "maildir", s->words[0]);
}

int online_loglevel(struct scmp *s)
{
	struct request q;

	request_begin(&q, "LOGLEVEL");
	if (!s->words_n)
		return online_setting(s, &q, "log_level");
	request_add(&q, s->words[0]);
	return tell(s, &q, "log_level", s->words[0]);
}
