/* SPDX-License-Identifier: ISC */
#include "pop3-session/options.h"

#include "base/num.h"

#include <limits.h>
#include <string.h>

static const char help[] =
	"Usage: pop3-session [OPTION]...\n"
	"Serve POP3 from Maildirs. What descriptor 0 is decides how: a "
	"connected socket\n"
	"(systemd Accept=yes, xinetd) or a terminal or pipe is served as one "
	"session;\n"
	"a listening socket (systemd, inetd wait) or --listen makes a "
	"server.\n"
	"\n"
	"  -c, --config FILE   read FILE instead of /etc/pop3-session.conf\n"
	"  -o KEY=VALUE        override a key of the configuration\n"
	"  --listen ADDR:PORT  serve there in the foreground, e.g. "
	"127.0.0.1:1110,\n"
	"                      [::1]:1110 or *:110; may be repeated\n"
	"  --check             check configuration, users and sandbox, and "
	"exit\n"
	"  --explain USER      tell what would become of a login of USER, step "
	"by step,\n"
	"                      and why; behind it the client's IP address, if "
	"not here\n"
	"  --password-fd N     with --explain: check the password, a line read "
	"from\n"
	"                      descriptor N\n"
	"  --print-config      print every key with its value and its origin\n"
	"  --user NAME         on a terminal or pipe: begin logged in as "
	"NAME\n"
	"  --transcript        on a terminal or pipe: show both directions on "
	"stderr,\n"
	"                      secrets masked\n"
	"  -h, --help          print this\n"
	"  --version           print the version\n"
	"\n"
	"Read a Maildir in a terminal:  pop3-session -o "
	"maildir=$HOME/Maildir\n"
	"Manuals: pop3-session(8), pop3-session.conf(5)\n";

const char *options_help(void)
{
	return help;
}

static int add_listen(void *context, const char *address, const char *more,
		      struct buf *error)
{
	struct options *o = context;

	(void)more;
	o->listens = true;
	if (!address)
		return 0;
	if (o->listen_n == OPTIONS_LISTEN)
		return command_line_refuse(error, address,
					   "too many --listen, at most 16");
	o->listen[o->listen_n++] = address;
	return 0;
}

static int set_explained(void *context, const char *user, const char *address,
			 struct buf *error)
{
	struct options *o = context;

	(void)error;
	o->explained = user;
	o->address = address;
	return 0;
}

static int set_password_fd(void *context, const char *value, const char *more,
			   struct buf *error)
{
	struct options *o = context;
	uint64_t fd;

	(void)more;
	if (!num_parse_u64(span_str(value), INT_MAX, &fd))
		return command_line_refuse(error, "--password-fd",
					   "wants the number of a descriptor");
	o->password_fd = (int)fd;
	return 0;
}

static int set_user(void *context, const char *name, const char *more,
		    struct buf *error)
{
	struct options *o = context;

	(void)more;
	(void)error;
	o->user = name;
	return 0;
}

static int set_transcript(void *context, const char *value, const char *more,
			  struct buf *error)
{
	struct options *o = context;

	(void)value;
	(void)more;
	(void)error;
	o->transcript = true;
	return 0;
}

/* "FD:COUNT": how a master starts a generation of itself. */
static int set_generation(void *context, const char *value, const char *more,
			  struct buf *error)
{
	struct options *o = context;
	struct span text = span_str(value);
	size_t colon = span_find(text, ':');
	uint64_t fd, count;

	(void)more;
	if (!num_parse_u64(span_take(text, colon), 1024, &fd) ||
	    !num_parse_u64(span_drop(text, colon + 1), 1024, &count))
		return command_line_refuse(error, "--generation",
					   "is for internal use");
	o->generation = (int)fd;
	o->sockets = (int)count;
	return 0;
}

static const struct command_line_row rows[] = {
	{"listen", 0, VALUE_POSSIBLE, 0, add_listen},
	{"explain", 0, VALUE_AND_MORE, ACTION_EXPLAIN, set_explained},
	{"password-fd", 0, VALUE_WANTED, 0, set_password_fd},
	{"print-config", 0, VALUE_NONE, ACTION_PRINT_CONFIG, NULL},
	{"user", 0, VALUE_WANTED, 0, set_user},
	{"transcript", 0, VALUE_NONE, 0, set_transcript},
	{"popser-reset", 0, VALUE_NONE, ACTION_RESET, NULL},
	{"generation", 0, VALUE_WANTED, 0, set_generation},
};

int options_read(struct options *o, int argc, char **argv, struct buf *error)
{
	int r;

	memset(o, 0, sizeof(*o));
	o->generation = -1;
	o->password_fd = -1;
	r = command_line_read(&o->line, o, rows, sizeof(rows) / sizeof(rows[0]),
			      argc, argv, error);
	if (r == 0 && o->password_fd >= 0 && !o->explained)
		r = command_line_refuse(error, "--password-fd",
					"is for --explain");
	return r;
}
