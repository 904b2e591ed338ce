/* SPDX-License-Identifier: ISC */
/* LOGLEVEL: how much is logged. */
#include "scmpd/handlers.h"
#include "scmpd/server.h"
#include "scmpd/setting.h"
#include "sys/log.h"

static const char level_key[] = "log_level";

/* NULL: as configured. */
static void ask_level(struct scmpd *s, const enum log_level *level)
{
	log_set_level(level ? *level : (enum log_level)s->settings->log_level);
	control_set_log_level(&s->control, level);
	control_publish(&s->control);
}

static bool is_set_here(const struct scmpd *s)
{
	return span_equal(span_str(conf_source(&s->configuration.conf,
					       span_str(level_key))),
			  span_str("scmp"));
}

void loglevel_show(struct call *call)
{
	struct scmpd *s = call->scmpd;
	struct control_state asked = control_asked(&s->control);
	enum log_level level;
	const char *source;
	struct account a;

	if (s->database[0]) {
		if (!setting_open(call, &a, DATABASE_READ))
			return;
		account_close(&a);
	}
	level = (enum log_level)s->settings->log_level;
	source = conf_source(&s->configuration.conf, span_str(level_key));
	/* Without a database it is kept there only. */
	if (asked.has_log_level) {
		level = asked.log_level;
		source = "scmp";
	}
	call_answer(call, SCMP_CODE_OK, "%s source=%s", log_level_words[level],
		    source);
}

static bool is_same(const struct control_state *a,
		    const struct control_state *b)
{
	return a->has_log_level == b->has_log_level &&
	       (!a->has_log_level || a->log_level == b->log_level);
}

/* The grammar takes the words of levels, and "default". */
static unsigned find_level(struct span word)
{
	unsigned level = 0;

	while (log_level_words[level] &&
	       !span_equal_nocase(word, span_str(log_level_words[level])))
		level++;
	return level;
}

void loglevel_set(struct call *call)
{
	unsigned found = find_level(scmp_command_word(call->command, 0));
	enum log_level level = (enum log_level)found;
	const char *word = log_level_words[found];
	struct scmpd *s = call->scmpd;
	struct control_state before = control_asked(&s->control), now;
	bool same;

	if (!server_can_ask(call) ||
	    (s->database[0] &&
	     !setting_change(call, level_key, word ? word : "default", NULL,
			     &same)))
		return;
	ask_level(s, word ? &level : NULL);
	now = control_asked(&s->control);
	call_answer(
		call,
		is_same(&before, &now) ? SCMP_CODE_NOCHANGE : SCMP_CODE_OK,
		"%s%s", word ? word : log_level_words[s->settings->log_level],
		s->database[0] ? ""
			       : ", until this machine starts again (there is "
				 "no database to keep it in)");
}

void loglevel_take(struct scmpd *s)
{
	struct control_state asked = control_asked(&s->control);
	bool is_kept = setting_look(s) && is_set_here(s);
	enum log_level level = (enum log_level)s->settings->log_level;

	if (is_kept)
		ask_level(s, &level);
	else
		log_set_level(asked.has_log_level ? asked.log_level : level);
}
