/* SPDX-License-Identifier: ISC */
/* From the command line to the event loop. */
#include "scmpd/scmpd.h"

#include "config/command_line.h"
#include "config/run_dir.h"
#include "priv/identity.h"
#include "scmpd/accept.h"
#include "scmpd/connection.h"
#include "scmpd/http.h"
#include "scmpd/manual.h"
#include "scmpd/memory.h"
#include "scmpd/rights.h"
#include "scmpd/server.h"
#include "scmpd/watchdog.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/notify.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	EXIT_USAGE = 2,
	EXIT_CONFIG = 78, /* sysexits.h: EX_CONFIG */
};

static const char help[] =
	"Usage: scmpd [OPTION]...\n"
	"Let administrators watch and steer pop3-session over SCMP: on a Unix "
	"socket in\n"
	"run_dir and on port 9109 of loopback, unless scmp_listen says else. "
	"It runs in\n"
	"the foreground; no POP3 session depends on it.\n"
	"\n"
	"  -c, --config FILE   read FILE instead of /etc/pop3-session.conf\n"
	"  -o KEY=VALUE        override a key of the configuration\n"
	"  --check             check the configuration, open what a start "
	"would open,\n"
	"                      and exit\n"
	"  -h, --help          print this\n"
	"  --version           print the version\n"
	"\n"
	"Manuals: scmpd(8), scmp(1), scmp(7), pop3-session.conf(5)\n";

static struct scmpd scmpd;

static int complain(const char *text, int status)
{
	fprintf(stderr, "scmpd: %s\n", text);
	return status;
}

/* --- what it works with --- */

static int open_log(const struct settings *settings)
{
	const struct log_options options = {
		.sink = settings->log[0] ? settings->log : "stderr",
		.ident = "scmpd",
		.format = (enum log_format)settings->log_format,
		.level = (enum log_level)settings->log_level,
	};

	return log_open(&options);
}

static void find_host(struct scmpd *s)
{
	if (s->settings->hostname[0])
		snprintf(s->host, sizeof(s->host), "%s", s->settings->hostname);
	else if (gethostname(s->host, sizeof(s->host)) < 0)
		snprintf(s->host, sizeof(s->host), "localhost");
	s->host[sizeof(s->host) - 1] = '\0';
}

struct penalty_rules scmpd_penalty_rules(const struct scmpd *s)
{
	const struct settings *settings = s->settings;

	return (struct penalty_rules){
		.free = (uint32_t)settings->penalty_free,
		.most_ms = (uint32_t)settings->penalty_delay * 1000,
		.refuse = (uint32_t)settings->penalty_refuse,
	};
}

bool scmpd_has_other_users(const struct scmpd *s)
{
	return s->users.n > 1;
}

/* Bans that were known of the same database hold until it was read again, so
 * that nobody slips in while a writer is at work. */
static void take_rules(struct scmpd *s)
{
	struct rulebook next = {.live = &s->configuration};

	rulebook_find(&next, s->settings);
	if (next.path && strcmp(next.path, s->database) == 0) {
		s->rulebook.path = next.path;
		s->rulebook.seen = next.seen;
		return;
	}
	rules_clear(&s->rulebook.rules);
	s->rulebook = next;
	snprintf(s->database, sizeof(s->database), "%s",
		 next.path ? next.path : "");
}

int scmpd_configure(struct scmpd *s, struct buf *error)
{
	const struct command_line *o = s->line;
	struct configuration fresh;
	struct users users;
	int failed = settings_read(&fresh, o->config, o->assignments,
				   o->assignments_n, error);

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
	s->settings = &s->configuration.settings;
	s->users = users;
	/* Who meets a writer is asked about again (scmpd/call.h). */
	s->users.wait_ms = 0;
	take_rules(s);
	find_host(s);
	return 0;
}

static int open_run_dir(struct scmpd *s, struct buf *error)
{
	struct buf path;

	buf_init(&path, s->run_dir, sizeof(s->run_dir));
	run_dir_add_path(&path, s->settings, s->privileged);
	s->run_dirfd = buf_str(&path) ? run_dir_make(s->run_dir, s->settings)
				      : -ENAMETOOLONG;
	if (s->run_dirfd >= 0)
		return 0;
	buf_add_str(error, "run_dir ");
	buf_add_str(error, s->run_dir);
	buf_add_str(error, ": ");
	buf_add_str(error, strerrordesc_np(-s->run_dirfd));
	buf_add_str(error, "; make the folder, or set run_dir");
	return s->run_dirfd;
}

static void open_statistics(struct scmpd *s)
{
	int failed = control_open(&s->control, s->run_dirfd);

	statistics_look_init(&s->statistics, s->run_dirfd);
	if (failed < 0)
		log_warning("run_dir %s: %s; no session can be ended from here",
			    s->run_dir, strerror(-failed));
}

/* Failed logins count here and for POP3 alike. */
static void open_penalty(struct scmpd *s)
{
	int failed = penalty_open(&s->penalty, s->run_dirfd);

	if (failed < 0)
		log_warning("run_dir %s: %s; failed logins are not slowed down",
			    s->run_dir, strerror(-failed));
}

static void find_operators(struct scmpd *s)
{
	const char *group = s->settings->scmp_group;
	struct identity own;
	int failed = identity_find_group(group, &s->operators);

	if (failed < 0)
		s->operators = (gid_t)-1;
	if (!s->privileged)
		return;
	if (failed < 0)
		log_warning("scmp_group %s: there is no such group; the Unix "
			    "socket is for root alone",
			    group);
	else if (identity_find(s->settings->scmp_user, &own) == 0 &&
		 own.gid == s->operators)
		log_warning("scmp_group %s is the group of scmp_user, too: "
			    "operators could write the database themselves, "
			    "and so do all that an administrator can; give the "
			    "socket a group of its own",
			    group);
}

static int open_listeners(struct scmpd *s, struct buf *error)
{
	int failed;

	find_operators(s);
	failed =
		listeners_open(&s->listeners, s->settings, s->run_dir,
			       s->privileged ? s->operators : (gid_t)-1, error);
	for (size_t i = 0; failed == 0 && i < s->listeners.n; i++)
		log_info("listening on %s", s->listeners.items[i].text);
	return failed;
}

/* Passwords go through this process: none of it is to reach a disk. */
static void keep_secrets(void)
{
	const struct rlimit none = {0, 0};

	(void)setrlimit(RLIMIT_CORE, &none);
	memory_clear_of_events();
	umask(027);
}

/* --- the loop --- */

static void on_end(evutil_socket_t signal, short what, void *context)
{
	struct scmpd *s = context;

	(void)signal;
	(void)what;
	(void)event_base_loopbreak(s->base);
}

static int watch_signals(struct scmpd *s)
{
	static const int ends[] = {SIGTERM, SIGINT};

	(void)signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct event *e = evsignal_new(s->base, ends[i], on_end, s);

		if (!e || event_add(e, NULL) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int start(struct scmpd *s, struct buf *error)
{
	int failed = open_run_dir(s, error);

	if (failed == 0)
		failed = open_listeners(s, error);
	if (failed < 0)
		return failed;
	open_penalty(s);
	open_statistics(s);
	s->base = event_base_new();
	failed = s->base ? watch_signals(s) : -ENOMEM;
	if (failed == 0)
		failed = watchdog_answer(s);
	for (size_t i = 0; failed == 0 && i < s->listeners.n; i++)
		failed = accept_start(s, &s->listeners.items[i]);
	if (failed == 0)
		failed = server_start(s);
	if (failed == 0)
		failed = http_start(s, error);
	if (notify_keep() < 0)
		log_warning("the service manager cannot be told anything");
	if (failed == 0)
		failed = rights_give_up(s, error);
	return failed < 0 ? failed : lastlog_feed_start(s);
}

static int serve(struct scmpd *s)
{
	s->started = clock_now_s();
	(void)notify_send("READY=1");
	(void)event_base_dispatch(s->base);
	(void)notify_send("STOPPING=1");
	while (!LIST_EMPTY(&s->connections))
		connection_free(LIST_FIRST(&s->connections));
	http_stop(s);
	lastlog_feed_stop(s);
	listeners_close(&s->listeners);
	return 0;
}

int scmpd_main(int argc, char **argv)
{
	char memory[USERS_ERROR_SIZE];
	struct command_line line;
	struct buf error;

	buf_init(&error, memory, sizeof(memory));
	if (command_line_read(&line, NULL, NULL, 0, argc, argv, &error) < 0)
		return complain(buf_str(&error) ? memory : "?", EXIT_USAGE);
	switch (line.action) {
	case ACTION_HELP:
		return fputs(help, stdout) < 0;
	case ACTION_VERSION:
		return puts("scmpd " POP3_SESSION_VERSION) < 0;
	case ACTION_PRINT_MANUAL:
		return manual_print(stdout);
	default:
		break;
	}
	keep_secrets();
	scmpd.run_dirfd = -1;
	scmpd.privileged = identity_can_change();
	LIST_INIT(&scmpd.connections);
	scmpd.line = &line;
	if (scmpd_configure(&scmpd, &error) < 0)
		return complain(buf_str(&error) ? memory : "?", EXIT_CONFIG);
	if (open_log(scmpd.settings) < 0)
		return complain("the log cannot be opened", EXIT_CONFIG);
	if (start(&scmpd, &error) < 0) {
		listeners_close(&scmpd.listeners);
		return complain(buf_str(&error) ? memory : "cannot start", 1);
	}
	if (line.action == ACTION_CHECK) {
		listeners_close(&scmpd.listeners);
		return 0;
	}
	return serve(&scmpd);
}
