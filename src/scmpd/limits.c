/* SPDX-License-Identifier: ISC */
/* LIMITS, and MAILDIR: the place of mail. */
#include "scmpd/handlers.h"
#include "scmpd/setting.h"
#include "store/place.h"

#include <string.h>

enum { LEAST_IDLE_S = 600, VALUE_TEXT = USERS_PATH_SIZE };

static const char maildir_key[] = "maildir", idle_key[] = "idle_timeout";

/* Keys that have commands of their own. */
static bool is_limit(const char *name)
{
	static const char *const others[] = {maildir_key, "log_level",
					     "max_users"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strcmp(name, others[i]) == 0)
			return false;
	}
	return true;
}

/* --- showing --- */

void limits_list(struct call *call)
{
	const struct conf *conf = &call->scmpd->configuration.conf;
	struct account a;
	const char *name;

	if (!setting_open(call, &a, DATABASE_READ))
		return;
	account_close(&a);
	call_begin(call, "limits");
	for (size_t i = 0; (name = conf_live_name(conf, i)); i++) {
		if (is_limit(name))
			setting_send(call, name);
	}
	call_end(call);
}

/* The name as it is in the table, or NULL after an answer. */
static const char *find(struct call *call)
{
	struct span word = scmp_command_word(call->command, 0);
	const struct conf *conf = &call->scmpd->configuration.conf;
	const char *name;

	for (size_t i = 0; (name = conf_live_name(conf, i)); i++) {
		if (is_limit(name) && span_equal_nocase(word, span_str(name)))
			return name;
	}
	call_answer(call, SCMP_CODE_NOTFOUND,
		    "there is no such limit; LIMITS lists them");
	return NULL;
}

static void show(struct call *call, const char *name)
{
	char memory[VALUE_TEXT];
	struct account a;
	struct buf value;

	if (!setting_open(call, &a, DATABASE_READ))
		return;
	account_close(&a);
	buf_init(&value, memory, sizeof(memory));
	setting_add(&value, call->scmpd, name);
	call_answer(call, SCMP_CODE_OK, SPAN_FMT, SPAN_ARG(buf_span(&value)));
}

void limits_show(struct call *call)
{
	const char *name = find(call);

	if (name)
		show(call, name);
}

/* --- changing --- */

/* RFC 1939, section 3: an autologout timer of 10 minutes at least. */
static bool is_long_enough(struct call *call, struct account *a)
{
	(void)a;
	if (call->scmpd->settings->idle_timeout >= LEAST_IDLE_S)
		return true;
	call_answer(call, SCMP_CODE_RANGE,
		    "RFC 1939 wants at least 600 seconds; with `force` behind "
		    "it, it is set all the same");
	return false;
}

/* What was configured is nobody's matter here, and neither is what is forced.
 */
static setting_check *check_of(const struct call *call, const char *name)
{
	bool is_default =
		strcmp(scmp_command_word(call->command, 1).p, "default") == 0;
	bool is_forced = scmp_command_word(call->command, 2).p != NULL;

	return strcmp(name, idle_key) == 0 && !is_default && !is_forced
		       ? is_long_enough
		       : NULL;
}

void limits_set(struct call *call)
{
	const char *name = find(call);
	bool same;

	if (name &&
	    setting_change(call, name, scmp_command_word(call->command, 1).p,
			   check_of(call, name), &same))
		call_answer(call, same ? SCMP_CODE_NOCHANGE : SCMP_CODE_OK,
			    "%s", name);
}

/* --- MAILDIR --- */

void limits_show_maildir(struct call *call)
{
	show(call, maildir_key);
}

/* A folder stands for one in it for each user. */
static bool make_template(struct call *call, char template[VALUE_TEXT])
{
	struct span word = scmp_command_word(call->command, 0);
	bool is_default = span_equal(word, span_str("default"));
	char memory[512];
	struct buf out, error;

	buf_init(&out, template, VALUE_TEXT);
	buf_init(&error, memory, sizeof(memory));
	while (word.n > 1 && word.p[word.n - 1] == '/')
		word.n--;
	buf_add_span(&out, word);
	if (span_find(word, '%') == word.n && !is_default)
		buf_add_str(&out, "/%u");
	if (!buf_str(&out))
		buf_add_str(&error, "the path is too long");
	else if (is_default ||
		 place_check_template(span_str(template), &error) == 0)
		return true;
	call_answer(call, SCMP_CODE_RANGE, SPAN_FMT,
		    SPAN_ARG(buf_span(&error)));
	return false;
}

void limits_set_maildir(struct call *call)
{
	char template[VALUE_TEXT];
	bool same;

	if (make_template(call, template) &&
	    setting_change(call, maildir_key, template, NULL, &same))
		call_answer(call, SCMP_CODE_NEXT_LOGIN, "%s",
			    call->scmpd->settings->maildir);
}
