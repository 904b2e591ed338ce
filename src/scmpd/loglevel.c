/* SPDX-License-Identifier: ISC */
/* LOGLEVEL: how much is logged. */
#include "config/live.h"
#include "scmpd/accounts.h"
#include "scmpd/handlers.h"
#include "scmpd/server.h"
#include "store/database_settings.h"
#include "sys/log.h"

#include <errno.h>

static const struct span level_key = SPAN_LITERAL("log_level");

static void ask_level(struct scmpd *s, enum log_level level)
{
	log_set_level(level);
	control_set_log_level(&s->control, &level);
	control_publish(&s->control);
}

static bool is_set_here(const struct scmpd *s)
{
	return span_equal(
		span_str(conf_source(&s->configuration.conf, level_key)),
		span_str("scmp"));
}

void loglevel_show(struct call *call)
{
	struct scmpd *s = call->scmpd;
	struct control_state asked = server_asked(s);
	enum log_level level;
	const char *source;

	(void)server_look(s);
	level = (enum log_level)s->settings->log_level;
	source = conf_source(&s->configuration.conf, level_key);
	/* Without a database it is kept there only. */
	if (asked.has_log_level) {
		level = asked.log_level;
		source = "scmp";
	}
	call_answer(call, SCMP_CODE_OK, "%s source=%s", log_level_words[level],
		    source);
}

/* False: answered. */
static bool store_level(struct call *call, enum log_level level)
{
	char memory[USERS_ERROR_SIZE];
	struct account a;
	struct buf error;
	int failed;

	if (!call->scmpd->database[0])
		return true;
	if (!account_open_database(call, &a, DATABASE_WRITE))
		return false;
	buf_init(&error, memory, sizeof(memory));
	failed = database_text_set(&a.db, DATABASE_SETTINGS, level_key.p,
				   log_level_words[level], &error);
	if (failed < 0)
		call_database_failed(call, failed, &error);
	else if (!account_commit(call, &a))
		failed = -EIO;
	account_close(&a);
	return failed == 0;
}

void loglevel_set(struct call *call)
{
	struct span word = scmp_command_word(call->command, 0);
	struct scmpd *s = call->scmpd;
	struct control_state was = server_asked(s);
	unsigned level = 0;

	/* The grammar takes just these words. */
	while (!span_equal_nocase(word, span_str(log_level_words[level])))
		level++;
	if (!server_can_ask(call) || !store_level(call, (enum log_level)level))
		return;
	ask_level(s, (enum log_level)level);
	call_answer(call,
		    was.has_log_level && was.log_level == level
			    ? SCMP_CODE_NOCHANGE
			    : SCMP_CODE_OK,
		    "%s%s", log_level_words[level],
		    s->database[0] ? ""
				   : ", until this machine starts again (there "
				     "is no database to keep it in)");
}

void loglevel_take(struct scmpd *s)
{
	struct control_state asked = server_asked(s);

	if (server_look(s) && is_set_here(s))
		ask_level(s, (enum log_level)s->settings->log_level);
	else
		log_set_level(asked.has_log_level
				      ? asked.log_level
				      : (enum log_level)s->settings->log_level);
}
