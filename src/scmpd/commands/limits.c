/* SPDX-License-Identifier: ISC */
/* LIMITS, and MAILDIR: the place of mail. */
#include "config/live.h"
#include "scmpd/handlers.h"
#include "scmpd/setting.h"

static const char maildir_key[] = "maildir";

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
		if (live_is_limit(name))
			setting_send(call, name);
	}
	call_end(call);
}

/* The name as it is in the table, or NULL after an answer. */
static const char *find(struct call *call)
{
	const char *name = live_find_limit(&call->scmpd->configuration,
					   scmp_command_word(call->command, 0));

	if (name)
		return name;
	call_answer(call, SCMP_CODE_NOTFOUND,
		    "there is no such limit; LIMITS lists them");
	return NULL;
}

static void show(struct call *call, const char *name)
{
	char memory[LIVE_TEXT];
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

static bool is_long_enough(struct call *call, struct account *a)
{
	(void)a;
	if (!live_wants_force(&call->scmpd->configuration, find(call)))
		return true;
	call_answer(call, SCMP_CODE_RANGE,
		    "RFC 1939 wants at least %d seconds; with `force` behind "
		    "it, it is set all the same",
		    LIVE_LEAST_IDLE_S);
	return false;
}

/* What was configured is nobody's matter here, and neither is what is forced.
 */
static setting_check *check_of(const struct call *call)
{
	const char *value = scmp_command_word(call->command, 1).p;
	bool is_forced = scmp_command_word(call->command, 2).p != NULL;

	return live_is_default(value) || is_forced ? NULL : is_long_enough;
}

void limits_set(struct call *call)
{
	const char *name = find(call);
	bool same;

	if (name &&
	    setting_change(call, name, scmp_command_word(call->command, 1).p,
			   check_of(call), &same))
		call_answer(call, same ? SCMP_CODE_NOCHANGE : SCMP_CODE_OK,
			    "%s", name);
}

/* --- MAILDIR --- */

void limits_show_maildir(struct call *call)
{
	show(call, maildir_key);
}

static bool make_template(struct call *call, char template[LIVE_TEXT])
{
	char memory[512];
	struct buf error;

	buf_init(&error, memory, sizeof(memory));
	if (live_make_maildir(scmp_command_word(call->command, 0), template,
			      &error) == 0)
		return true;
	call_answer(call, SCMP_CODE_RANGE, SPAN_FMT,
		    SPAN_ARG(buf_span(&error)));
	return false;
}

void limits_set_maildir(struct call *call)
{
	char template[LIVE_TEXT];
	bool same;

	if (make_template(call, template) &&
	    setting_change(call, maildir_key, template, NULL, &same))
		call_answer(call, SCMP_CODE_NEXT_LOGIN, "%s",
			    call->scmpd->settings->maildir);
}
