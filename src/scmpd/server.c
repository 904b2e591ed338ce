/* SPDX-License-Identifier: ISC */
#include "scmpd/server.h"

#include "config/live.h"
#include "scmpd/accounts.h"
#include "scmpd/handlers.h"
#include "scmpd/kick.h"
#include "scmpd/options.h"
#include "store/database_settings.h"
#include "sys/log.h"
#include "sys/notify.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

enum {
	LOOK_WAIT_MS = 500,
	/* Sessions that have said nothing for so long are idle to DRAIN. */
	DRAIN_IDLE_MS = 10 * 1000,
};

static const struct span level_key = SPAN_LITERAL("log_level");

struct control_state server_asked(const struct scmpd *s)
{
	struct control_state state = {0};
	struct control_look look;

	if (control_look_open(&look, s->run_dirfd) == 0)
		(void)control_look(&look, &state);
	control_look_close(&look);
	return state;
}

bool server_look(struct scmpd *s)
{
	char memory[USERS_ERROR_SIZE];
	struct database db;
	struct buf error;
	int failed;

	buf_init(&error, memory, sizeof(memory));
	if (!s->database[0] || database_open(&db, s->database, DATABASE_READ,
					     LOOK_WAIT_MS, &error) < 0)
		return false;
	failed = live_read(&s->configuration, &db, &error);
	database_close(&db);
	return failed == 0;
}

static bool can_ask(struct call *call)
{
	if (call->scmpd->control.file)
		return true;
	call_answer(call, SCMP_CODE_SYS_TEMP,
		    "nothing can be asked of the server: there is no file for "
		    "it in run_dir");
	return false;
}

/* --- DRAIN --- */

void server_show_drain(struct call *call)
{
	call_answer(call, SCMP_CODE_OK, "%s",
		    server_asked(call->scmpd).drain ? "on" : "off");
}

/* Who has marked messages is about to have them removed, and is let be. */
static uint32_t end_idle(struct scmpd *s)
{
	const struct kick_match idle = {
		.idle_ms = DRAIN_IDLE_MS,
		.without_marks = true,
	};

	return kick_sessions(s, &idle, CONTROL_GRACEFULLY);
}

void server_set_drain(struct call *call)
{
	struct scmpd *s = call->scmpd;
	bool on = span_equal_nocase(scmp_command_word(call->command, 0),
				    span_str("on"));
	bool was = server_asked(s).drain;
	uint32_t n = 0;

	if (!can_ask(call))
		return;
	control_set_drain(&s->control, on);
	control_publish(&s->control);
	if (on)
		n = end_idle(s);
	call_answer(call, on == was ? SCMP_CODE_NOCHANGE : SCMP_CODE_OK,
		    on ? "nobody is let in; %u idle sessions told to close"
		       : "sessions are let in",
		    n);
}

/* --- LOGLEVEL --- */

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

void server_show_level(struct call *call)
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

void server_set_level(struct call *call)
{
	struct span word = scmp_command_word(call->command, 0);
	struct scmpd *s = call->scmpd;
	struct control_state was = server_asked(s);
	unsigned level = 0;

	/* The grammar takes just these words. */
	while (!span_equal_nocase(word, span_str(log_level_words[level])))
		level++;
	if (!can_ask(call) || !store_level(call, (enum log_level)level))
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

/* What was set before the machine was started again holds for sessions, too. */
static void take_level(struct scmpd *s)
{
	struct control_state asked = server_asked(s);

	if (server_look(s) && is_set_here(s))
		ask_level(s, (enum log_level)s->settings->log_level);
	else
		log_set_level(asked.has_log_level
				      ? asked.log_level
				      : (enum log_level)s->settings->log_level);
}

/* --- RELOAD --- */

static int reload(struct scmpd *s, struct buf *error)
{
	struct configuration fresh;
	struct users users;
	int failed = settings_read(&fresh, s->options->config,
				   s->options->assignments,
				   s->options->assignments_n, error);

	if (failed < 0)
		return failed;
	failed = users_open(&users, fresh.settings.users.items,
			    fresh.settings.users.n, error);
	if (failed < 0) {
		conf_free(&fresh.conf);
		return failed;
	}
	conf_free(&s->configuration.conf);
	s->configuration = fresh;
	s->configuration.conf.settings = &s->configuration.settings;
	failed = scmpd_take_settings(s, error);
	take_level(s);
	return failed;
}

void server_reload(struct call *call)
{
	char memory[USERS_ERROR_SIZE];
	struct buf error;

	buf_init(&error, memory, sizeof(memory));
	if (reload(call->scmpd, &error) < 0)
		call_answer(call, SCMP_CODE_REFUSED, "%s",
			    buf_str(&error) ? memory : "not understood");
	else
		call_answer(call, SCMP_CODE_OK,
			    "scmpd has read its configuration again; where it "
			    "listens, and who it is, stays");
}

/* systemd.service(5), Type=notify-reload */
static void notify_reloading(void)
{
	struct timespec now;
	char text[64];

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
		 (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	(void)notify_send(text);
}

static void on_reload(evutil_socket_t signal, short what, void *context)
{
	char memory[USERS_ERROR_SIZE];
	struct scmpd *s = context;
	struct buf error;

	(void)signal;
	(void)what;
	buf_init(&error, memory, sizeof(memory));
	notify_reloading();
	if (reload(s, &error) == 0)
		log_info("the configuration was read again");
	else
		log_error("the configuration is as it was: %s",
			  buf_str(&error) ? memory : "not understood");
	(void)notify_send("READY=1");
}

int server_start(struct scmpd *s)
{
	struct event *e = evsignal_new(s->base, SIGHUP, on_reload, s);

	if (!e || event_add(e, NULL) < 0)
		return -ENOMEM;
	take_level(s);
	return 0;
}
