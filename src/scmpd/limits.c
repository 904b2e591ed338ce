/* SPDX-License-Identifier: ISC */
/*
 * Settings that are changed while the server runs: limits, the place of mail,
 * how much is logged. They stand in the database and win over files.
 */
#include "base/num.h"
#include "config/live.h"
#include "scmpd/accounts.h"
#include "scmpd/handlers.h"
#include "store/database_settings.h"
#include "store/place.h"

#include <errno.h>
#include <string.h>

enum { LEAST_IDLE_S = 600, VALUE_TEXT = USERS_PATH_SIZE };

static const char maildir_key[] = "maildir", level_key[] = "log_level";

/* Keys that have commands of their own. */
static bool is_limit(struct span name)
{
	return !span_equal(name, span_str(maildir_key)) &&
	       !span_equal(name, span_str(level_key));
}

/* What the database says now, for this process. */
static bool look(struct call *call, struct account *a)
{
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int failed;

	buf_init(&error, memory, sizeof(memory));
	failed = live_read(&call->scmpd->configuration, &a->db, &error);
	if (failed == 0)
		return true;
	call_database_failed(call, failed, &error);
	return false;
}

static bool open_and_look(struct call *call, struct account *a,
			  enum database_mode mode)
{
	if (!account_open_database(call, a, mode))
		return false;
	if (look(call, a))
		return true;
	account_close(a);
	return false;
}

static void add_value(struct call *call, struct span name, struct buf *out)
{
	(void)conf_add_value(&call->scmpd->configuration.conf, name, out);
}

static const char *source_of(struct call *call, struct span name)
{
	return conf_source(&call->scmpd->configuration.conf, name);
}

/* --- showing --- */

static void show(struct call *call, struct span name)
{
	char memory[VALUE_TEXT];
	struct buf value;

	buf_init(&value, memory, sizeof(memory));
	add_value(call, name, &value);
	call_answer(call, SCMP_CODE_OK, "%s source=%s",
		    buf_str(&value) ? memory : "-", source_of(call, name));
}

void limits_list(struct call *call)
{
	const struct conf *conf = &call->scmpd->configuration.conf;
	struct account a;
	const char *name;

	if (!open_and_look(call, &a, DATABASE_READ))
		return;
	account_close(&a);
	call_begin(call, "limits");
	for (size_t i = 0; (name = conf_live_name(conf, i)); i++) {
		char memory[VALUE_TEXT];
		struct buf value, *record;

		if (!is_limit(span_str(name)))
			continue;
		buf_init(&value, memory, sizeof(memory));
		add_value(call, span_str(name), &value);
		record = call_record(call);
		scmp_write_field(record, name, buf_span(&value));
		scmp_write_field_str(record, "source",
				     source_of(call, span_str(name)));
		call_send(call);
	}
	call_end(call);
}

/* The name as it is in the table, or an empty span after an answer. */
static struct span find(struct call *call)
{
	struct span word = scmp_command_word(call->command, 0);
	const struct conf *conf = &call->scmpd->configuration.conf;
	const char *name;

	for (size_t i = 0; (name = conf_live_name(conf, i)); i++) {
		if (is_limit(span_str(name)) &&
		    span_equal_nocase(word, span_str(name)))
			return span_str(name);
	}
	call_answer(call, SCMP_CODE_NOTFOUND,
		    "there is no such limit; LIMITS lists them");
	return span_str("");
}

static void show_key(struct call *call, struct span name)
{
	struct account a;

	if (!name.n || !open_and_look(call, &a, DATABASE_READ))
		return;
	account_close(&a);
	show(call, name);
}

void limits_show(struct call *call)
{
	show_key(call, find(call));
}

/* --- changing --- */

/* "default": what files and options say holds again. */
static bool is_default(const char *value)
{
	return strcmp(value, "default") == 0;
}

static bool try_value(struct call *call, struct span name, const char *value)
{
	char memory[256];
	struct buf expected;

	if (is_default(value))
		return true;
	buf_init(&expected, memory, sizeof(memory));
	if (conf_override(&call->scmpd->configuration.conf, name, value,
			  &expected) == 0)
		return true;
	call_answer(call, SCMP_CODE_RANGE, "it is " SPAN_FMT ", or default",
		    SPAN_ARG(buf_span(&expected)));
	return false;
}

static int put(struct account *a, const char *name, const char *value,
	       struct buf *error)
{
	int failed;

	if (!is_default(value))
		return database_text_set(&a->db, DATABASE_SETTINGS, name, value,
					 error);
	failed = database_text_delete(&a->db, DATABASE_SETTINGS, name, error);
	return failed == -ENOENT ? 0 : failed;
}

/* Stores it, and has it in force in this process. False: answered. */
static bool change(struct call *call, struct account *a, struct span name,
		   const char *value)
{
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int failed;

	if (!try_value(call, name, value))
		return false;
	buf_init(&error, memory, sizeof(memory));
	failed = put(a, name.p, value, &error);
	if (failed < 0) {
		call_database_failed(call, failed, &error);
		return false;
	}
	return account_commit(call, a) && look(call, a);
}

/* RFC 1939, section 3: an autologout timer of 10 minutes at least. */
static bool is_forced(struct call *call, struct span name, const char *value)
{
	const struct settings *settings = call->scmpd->settings;

	if (!span_equal(name, span_str("idle_timeout")) || is_default(value) ||
	    scmp_command_word(call->command, 2).p ||
	    !try_value(call, name, value) ||
	    settings->idle_timeout >= LEAST_IDLE_S)
		return !call->is_answered;
	call_answer(call, SCMP_CODE_RANGE,
		    "RFC 1939 wants at least 600 seconds; with `force` behind "
		    "it, it is set all the same");
	return false;
}

static void set(struct call *call, struct span name, const char *value)
{
	char before[VALUE_TEXT], after[VALUE_TEXT];
	struct buf old, new;
	struct account a;
	bool same;

	if (!open_and_look(call, &a, DATABASE_WRITE))
		return;
	buf_init(&old, before, sizeof(before));
	add_value(call, name, &old);
	buf_add_str(&old, source_of(call, name));
	if (is_forced(call, name, value) && change(call, &a, name, value)) {
		buf_init(&new, after, sizeof(after));
		add_value(call, name, &new);
		buf_add_str(&new, source_of(call, name));
		same = span_equal(buf_span(&old), buf_span(&new));
		call_answer(call, same ? SCMP_CODE_NOCHANGE : SCMP_CODE_OK,
			    "%s", name.p);
	} else {
		(void)look(call, &a); /* what was tried is not in force */
	}
	account_close(&a);
}

void limits_set(struct call *call)
{
	struct span name = find(call);

	if (name.n)
		set(call, name, scmp_command_word(call->command, 1).p);
}

/* --- MAILDIR --- */

void limits_show_maildir(struct call *call)
{
	show_key(call, span_str(maildir_key));
}

/* A folder stands for one in it for each user. */
static bool make_template(struct call *call, char template[VALUE_TEXT])
{
	struct span word = scmp_command_word(call->command, 0);
	char memory[512];
	struct buf out, error;

	buf_init(&out, template, VALUE_TEXT);
	buf_init(&error, memory, sizeof(memory));
	while (word.n > 1 && word.p[word.n - 1] == '/')
		word.n--;
	buf_add_span(&out, word);
	if (span_find(word, '%') == word.n && !is_default(word.p))
		buf_add_str(&out, "/%u");
	if (!buf_str(&out))
		buf_add_str(&error, "the path is too long");
	else if (is_default(template) ||
		 place_check_template(span_str(template), &error) == 0)
		return true;
	call_answer(call, SCMP_CODE_RANGE, SPAN_FMT,
		    SPAN_ARG(buf_span(&error)));
	return false;
}

void limits_set_maildir(struct call *call)
{
	char template[VALUE_TEXT];
	struct account a;

	if (!make_template(call, template) ||
	    !open_and_look(call, &a, DATABASE_WRITE))
		return;
	if (change(call, &a, span_str(maildir_key), template))
		call_answer(call, SCMP_CODE_NEXT_LOGIN, "%s",
			    call->scmpd->settings->maildir);
	else
		(void)look(call, &a);
	account_close(&a);
}
