/* SPDX-License-Identifier: ISC */
#include "scmpd/options.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

enum { OPTION_CHECK = 256, OPTION_PRINT_MANUAL, OPTION_VERSION };

static const struct option long_options[] = {
	{"config", required_argument, NULL, 'c'},
	{"check", no_argument, NULL, OPTION_CHECK},
	{"print-manual", no_argument, NULL, OPTION_PRINT_MANUAL},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, OPTION_VERSION},
	{NULL, 0, NULL, 0},
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

const char *scmpd_options_help(void)
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
	case OPTION_CHECK:
		o->action = ACTION_CHECK;
		return 0;
	case OPTION_PRINT_MANUAL:
		o->action = ACTION_PRINT_MANUAL;
		return 0;
	case OPTION_VERSION:
		o->action = ACTION_VERSION;
		return 0;
	default:
		return bad(error, argv[optind - 1],
			   option == ':' ? "wants a value (see --help)"
					 : "unknown option (see --help)");
	}
}

int scmpd_options_read(struct options *o, int argc, char **argv,
		       struct buf *error)
{
	int option, r = 0;

	memset(o, 0, sizeof(*o));
	opterr = 0;
	while (r == 0 && (option = getopt_long(argc, argv, ":c:o:h",
					       long_options, NULL)) != -1)
		r = take(o, option, argv, error);
	if (r == 0 && optind < argc)
		r = bad(error, argv[optind], "unexpected word (see --help)");
	return r;
}
