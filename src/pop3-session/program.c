/* SPDX-License-Identifier: ISC */
#include "pop3-session/program.h"

#include "pop3-session/check.h"
#include "pop3-session/explain.h"
#include "pop3-session/listening.h"
#include "pop3-session/options.h"
#include "pop3-session/popser_reset.h"
#include "pop3-session/session.h"
#include "priv/sandbox.h"
#include "sys/log.h"
#include "sys/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, EXIT_CONFIG = 78 /* sysexits.h: EX_CONFIG */ };

enum shape { SHAPE_TERMINAL, SHAPE_CONNECTION, SHAPE_LISTENING };

static struct configuration configuration;
static struct service service;

/* What descriptor 0 is decides; no option does but --listen. */
static enum shape find_shape(const struct options *o)
{
	int accepts = 0;
	socklen_t n = sizeof(accepts);

	if (o->listens || o->generation >= 0 || notify_has_sockets())
		return SHAPE_LISTENING;
	if (getsockopt(STDIN_FILENO, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &n) <
	    0)
		return SHAPE_TERMINAL;
	return accepts ? SHAPE_LISTENING : SHAPE_CONNECTION;
}

/* Descriptors 0 to 2 are there, so that no file opened later becomes one. */
static void have_standard_fds(void)
{
	while (true) {
		int fd = open("/dev/null", O_RDWR);

		if (fd < 0 || fd > STDERR_FILENO) {
			if (fd >= 0)
				close(fd);
			return;
		}
	}
}

/*
 * A connection on descriptor 0 is answered there, also where descriptor 1 is
 * something else (systemd with StandardOutput=journal).
 */
static void have_output(void)
{
	int accepts;
	socklen_t n = sizeof(accepts);

	if (getsockopt(STDIN_FILENO, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &n) ==
		    0 &&
	    !accepts &&
	    getsockopt(STDOUT_FILENO, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &n) <
		    0)
		(void)dup2(STDIN_FILENO, STDOUT_FILENO);
}

static void open_log(enum shape shape)
{
	const struct settings *s = &configuration.settings;
	struct log_options options = {
		.sink = s->log,
		.ident = s->log_ident,
		.format = (enum log_format)s->log_format,
		.level = (enum log_level)s->log_level,
	};
	int r;

	/* fd 2 of an inetd session may be the client's socket. */
	if (!options.sink[0])
		options.sink = shape == SHAPE_CONNECTION ? "syslog" : "stderr";
	/* A person's screen shows what is wrong, not every session. */
	if (!s->log[0] && shape == SHAPE_TERMINAL &&
	    options.level == LOG_AT_INFO)
		options.level = LOG_AT_WARNING;
	r = log_open(&options);
	if (r == -ENOTUNIQ && !s->log[0]) { /* inetd's, that waits */
		options.sink = "syslog";
		r = log_open(&options);
	}
	if (r < 0 && r != -ENOTUNIQ && shape != SHAPE_CONNECTION)
		fprintf(stderr, "pop3-session: log %s: %s\n", options.sink,
			strerror(-r));
}

static void warn_later(const char *name, const char *origin)
{
	log_warning("%s: %s is accepted, but nothing uses it yet", origin,
		    name);
}

/* A peer must not read our errors: only a terminal or a service log may. */
static int complain(enum shape shape, const char *text, int status)
{
	struct log_options quiet = {.sink = "stderr",
				    .ident = "pop3-session",
				    .level = LOG_AT_INFO};

	if (shape != SHAPE_CONNECTION && log_open(&quiet) != -ENOTUNIQ) {
		fprintf(stderr, "pop3-session: %s\n", text);
		return status;
	}
	quiet.sink = "syslog";
	if (log_open(&quiet) == 0)
		log_error("%s", text);
	return shape == SHAPE_CONNECTION ? 0 : status;
}

static int refuse_broken(enum shape shape, const char *text, int failure)
{
	static const char reply[] = "-ERR [SYS/PERM] the server is not set up "
				    "right; tell the administrator\r\n";
	int status = complain(shape, text, failure);

	if (shape == SHAPE_CONNECTION)
		(void)send(STDOUT_FILENO, reply, sizeof(reply) - 1,
			   MSG_DONTWAIT | MSG_NOSIGNAL);
	return status;
}

/*
 * On a terminal or pipe without a user store there is nobody to log in as but
 * whoever runs this.
 */
static const char *own_user(void)
{
	static char name[USERS_NAME_SIZE];
	const char *logname = getenv("LOGNAME");

	if (identity_own_name(name, sizeof(name)) == 0)
		return name;
	return logname && logname[0] ? logname : NULL;
}

static int serve_terminal(const struct options *o)
{
	struct session_options options = {
		.transcript = o->transcript,
		.user = o->user,
	};

	if (service.users_missing)
		service.has_users = false;
	if (!options.user && !service.has_users)
		options.user = own_user();
	return session_serve(&service, &options);
}

/* The first user may come later: nothing has to be started anew for that. */
static void warn_of_missing_users(void)
{
	if (service.users_missing)
		log_warning("users: %s: %s; logins fail until it can be read: "
			    "scmp --offline db init makes it, scmp --offline "
			    "user add NAME adds users (or set users)",
			    service.settings->users.items[0],
			    strerror(service.users_missing));
}

static const char *misplaced(const struct options *o, enum shape shape)
{
	if (shape == SHAPE_TERMINAL)
		return NULL;
	if (o->user)
		return "--user: only on a terminal or pipe";
	if (o->transcript)
		return "--transcript: only on a terminal or pipe";
	if (configuration.settings.sandbox == SANDBOX_OFF)
		return "sandbox = off: only on a terminal or pipe; where "
		       "steps fail, set sandbox = best-effort";
	return NULL;
}

static int serve(const struct options *o, enum shape shape, int argc,
		 char **argv)
{
	char memory[1024];
	struct buf error;
	const char *wrong = misplaced(o, shape);

	if (wrong)
		return refuse_broken(shape, wrong, EXIT_CONFIG);
	open_log(shape);
	conf_each_later(&configuration.conf, warn_later);
	buf_init(&error, memory, sizeof(memory));
	if (service_prepare(&service, &configuration, &error) < 0)
		return refuse_broken(shape, buf_str(&error) ? memory : "",
				     EXIT_CONFIG);
	service_take_live(&service, &configuration);
	if (o->generation >= 0)
		return acceptor_serve(&service, o->generation, o->sockets);
	if (shape == SHAPE_LISTENING) {
		warn_of_missing_users();
		return master_serve(o, service.settings, argc, argv);
	}
	if (shape == SHAPE_TERMINAL)
		return serve_terminal(o);
	return session_serve(&service, &(struct session_options){0});
}

static int explain_login(const struct options *o)
{
	const struct explain_options options = {
		.user = o->explained,
		.address = o->address,
		.password_fd = o->password_fd,
	};

	return explain_all(&service, &configuration, &options, stdout);
}

/* As sessions have them now, if there is a database that can be read. */
static void read_live(void)
{
	static struct rulebook book;

	rulebook_find(&book, &configuration.settings);
	if (!book.path)
		return;
	if (access(book.path, R_OK) == 0) {
		book.live = &configuration;
		rulebook_look(&book, RULES_WAIT_MS);
	} else if (errno != ENOENT) {
		fprintf(stderr,
			"pop3-session: %s: %s; what is set there is not "
			"shown\n",
			book.path, strerror(errno));
	}
}

static int act(const struct options *o, int argc, char **argv)
{
	enum shape shape = find_shape(o);
	char memory[1024];
	struct buf error;

	buf_init(&error, memory, sizeof(memory));
	if (settings_read(&configuration, o->line.config, o->line.assignments,
			  o->line.assignments_n, &error) < 0)
		return refuse_broken(shape, buf_str(&error) ? memory : "",
				     o->line.action == ACTION_EXPLAIN
					     ? EXIT_USAGE
					     : EXIT_CONFIG);
	switch (o->line.action) {
	case ACTION_PRINT_CONFIG:
		read_live();
		settings_print(&configuration, stdout);
		return 0;
	case ACTION_CHECK:
		return check_all(&service, &configuration, stdout);
	case ACTION_EXPLAIN:
		return explain_login(o);
	case ACTION_RESET:
		return popser_reset(&configuration.settings);
	default:
		return serve(o, shape, argc, argv);
	}
}

int program_main(int argc, char **argv)
{
	struct options options;
	char memory[256];
	struct buf error;

	have_standard_fds();
	have_output();
	buf_init(&error, memory, sizeof(memory));
	if (options_read(&options, argc, argv, &error) < 0)
		return refuse_broken(find_shape(&options),
				     buf_str(&error) ? memory : "", EXIT_USAGE);
	switch (options.line.action) {
	case ACTION_HELP:
		fputs(options_help(), stdout);
		return 0;
	case ACTION_VERSION:
		puts("pop3-session " POP3_SESSION_VERSION);
		return 0;
	case ACTION_PRINT_MANUAL:
		settings_print_manual(stdout);
		return 0;
	default:
		return act(&options, argc, argv);
	}
}
