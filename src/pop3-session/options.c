/* SPDX-License-Identifier: ISC */
#include "pop3-session/options.h"

#include "base/num.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <string.h>

enum {
	OPTION_LISTEN = 256,
	OPTION_CHECK,
	OPTION_PRINT_CONFIG,
	OPTION_PRINT_MANUAL,
	OPTION_USER,
	OPTION_TRANSCRIPT,
	OPTION_VERSION,
	OPTION_GENERATION,
	OPTION_RESET,
	OPTION_EXPLAIN,
	OPTION_PASSWORD_FD,
};

static const struct option long_options[] = {
	{"config", required_argument, NULL, 'c'},
	{"listen", optional_argument, NULL, OPTION_LISTEN},
	{"check", no_argument, NULL, OPTION_CHECK},
	{"explain", required_argument, NULL, OPTION_EXPLAIN},
	{"password-fd", required_argument, NULL, OPTION_PASSWORD_FD},
	{"print-config", no_argument, NULL, OPTION_PRINT_CONFIG},
	{"print-manual", no_argument, NULL, OPTION_PRINT_MANUAL},
	{"user", required_argument, NULL, OPTION_USER},
	{"transcript", no_argument, NULL, OPTION_TRANSCRIPT},
	{"popser-reset", no_argument, NULL, OPTION_RESET},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"generation", required_argument, NULL, OPTION_GENERATION},
	{NULL, 0, NULL, 0},
};

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

static int bad(struct buf *error, const char *what, const char *why)
{
	buf_add_str(error, what);
	buf_add_str(error, ": ");
	buf_add_str(error, why);
	return -EINVAL;
}

static int add_listen(struct options *o, const char *address, struct buf *error)
{
	o->listens = true;
	if (!address)
		return 0;
	if (o->listen_n == OPTIONS_LISTEN)
		return bad(error, address, "too many --listen, at most 16");
	o->listen[o->listen_n++] = address;
	return 0;
}

/* getopt takes an optional value only behind a "=". */
static const char *optional_value(char **argv)
{
	if (!optarg && argv[optind] && argv[optind][0] != '-')
		return argv[optind++];
	return optarg;
}

static int set_explained(struct options *o, char **argv)
{
	o->action = ACTION_EXPLAIN;
	o->explained = optarg;
	optarg = NULL;
	o->address = optional_value(argv);
	return 0;
}

static int set_password_fd(struct options *o, struct buf *error)
{
	uint64_t fd;

	if (!num_parse_u64(span_str(optarg), INT_MAX, &fd))
		return bad(error, "--password-fd",
			   "wants the number of a descriptor");
	o->password_fd = (int)fd;
	return 0;
}

/* "FD:COUNT": how a master starts a generation of itself. */
static int set_generation(struct options *o, const char *value,
			  struct buf *error)
{
	struct span text = span_str(value);
	size_t colon = span_find(text, ':');
	uint64_t fd, count;

	if (!num_parse_u64(span_take(text, colon), 1024, &fd) ||
	    !num_parse_u64(span_drop(text, colon + 1), 1024, &count))
		return bad(error, "--generation", "is for internal use");
	o->generation = (int)fd;
	o->sockets = (int)count;
	return 0;
}

static int take(struct options *o, int option, char **argv, struct buf *error)
{
	switch (option) {
	case 'c':
		o->config = optarg;
		return 0;
	case 'o':
		if (o->assignments_n == OPTIONS_ASSIGNMENTS)
			return bad(error, optarg, "too many -o, at most 64");
		o->assignments[o->assignments_n++] = optarg;
		return 0;
	case 'h':
		o->action = ACTION_HELP;
		return 0;
	case OPTION_LISTEN:
		return add_listen(o, optional_value(argv), error);
	case OPTION_EXPLAIN:
		return set_explained(o, argv);
	case OPTION_PASSWORD_FD:
		return set_password_fd(o, error);
	case OPTION_CHECK:
		o->action = ACTION_CHECK;
		return 0;
	case OPTION_PRINT_CONFIG:
		o->action = ACTION_PRINT_CONFIG;
		return 0;
	case OPTION_PRINT_MANUAL:
		o->action = ACTION_PRINT_MANUAL;
		return 0;
	case OPTION_USER:
		o->user = optarg;
		return 0;
	case OPTION_TRANSCRIPT:
		o->transcript = true;
		return 0;
	case OPTION_RESET:
		o->action = ACTION_RESET;
		return 0;
	case OPTION_VERSION:
		o->action = ACTION_VERSION;
		return 0;
	case OPTION_GENERATION:
		return set_generation(o, optarg, error);
	default:
		return bad(error, argv[optind - 1],
			   option == ':' ? "wants a value (see --help)"
					 : "unknown option (see --help)");
	}
}

int options_read(struct options *o, int argc, char **argv, struct buf *error)
{
	int option, r = 0;

	memset(o, 0, sizeof(*o));
	o->generation = -1;
	o->password_fd = -1;
	opterr = 0;
	while (r == 0 && (option = getopt_long(argc, argv, ":c:o:h",
					       long_options, NULL)) != -1)
		r = take(o, option, argv, error);
	if (r == 0 && optind < argc)
		r = bad(error, argv[optind], "unexpected word (see --help)");
	if (r == 0 && o->password_fd >= 0 && !o->explained)
		r = bad(error, "--password-fd", "is for --explain");
	return r;
}
