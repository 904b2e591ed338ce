/* SPDX-License-Identifier: ISC */
/*
 * load MODE --port PORT [options]
 *   logins --at-once N --total N     sessions per second
 *   idle   --total N                 hold sessions until stdin ends
 *   learn  --sizes FILE              retrieve and check all, note the sizes
 *   retr   --sizes FILE --at-once N --total N [--dele]
 *   open   --total N [--number N] [--pause MS]
 * Users: --user TEMPLATE (u%05u) --first N (1) --users N --password P (secret)
 */
#include "load.h"

#include "bench.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct mode {
	const char *name;
	int (*run)(const struct load *);
};

static const struct mode modes[] = {{"logins", load_logins},
				    {"idle", load_idle},
				    {"learn", load_learn},
				    {"retr", load_retr},
				    {"open", load_open}};

static const struct option options[] = {
	{"port", required_argument, NULL, 'p'},
	{"user", required_argument, NULL, 'u'},
	{"password", required_argument, NULL, 'w'},
	{"first", required_argument, NULL, 'f'},
	{"users", required_argument, NULL, 'm'},
	{"at-once", required_argument, NULL, 'c'},
	{"total", required_argument, NULL, 't'},
	{"number", required_argument, NULL, 'n'},
	{"pause", required_argument, NULL, 'z'},
	{"sizes", required_argument, NULL, 's'},
	{"dele", no_argument, NULL, 'd'},
	{NULL, 0, NULL, 0}};

void load_user(const struct load *load, unsigned i, char *out, size_t cap)
{
	const char *mark = strstr(load->user, "%u");
	int head = mark ? (int)(mark - load->user) : -1;

	if (!mark)
		snprintf(out, cap, "%s", load->user);
	else
		snprintf(out, cap, "%.*s%05u%s", head, load->user,
			 load->first + i, mark + 2);
}

static unsigned *number_option(struct load *load, int c)
{
	switch (c) {
	case 'f':
		return &load->first;
	case 'm':
		return &load->users;
	case 'c':
		return &load->at_once;
	case 't':
		return &load->total;
	case 'n':
		return &load->number;
	case 'z':
		return &load->pause_ms;
	default:
		exit(2);
	}
}

static void set_option(struct load *load, int c, const char *text)
{
	switch (c) {
	case 'p':
		load->port = (uint16_t)bench_number(text);
		break;
	case 'u':
		load->user = text;
		break;
	case 'w':
		load->password = text;
		break;
	case 's':
		load->sizes = text;
		break;
	case 'd':
		load->dele = true;
		break;
	default:
		*number_option(load, c) = (unsigned)bench_number(text);
	}
}

int main(int argc, char **argv)
{
	struct load load = {.user = "u%u",
			    .password = "secret",
			    .first = 1,
			    .at_once = 1,
			    .total = 1};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		set_option(&load, c, optarg);
	if (optind + 1 != argc || load.port == 0)
		die("which mode and --port?");
	if (load.users == 0)
		load.users = load.at_once;
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		if (strcmp(modes[i].name, argv[optind]) == 0)
			return modes[i].run(&load);
	die("%s: no such mode", argv[optind]);
}
