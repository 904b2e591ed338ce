/* SPDX-License-Identifier: ISC */
#include "scmp/options.h"

#include "base/num.h"
#include "scmp/suggest.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

const struct option_row option_rows[OPTIONS] = {
	[OPTION_OFFLINE] = {"offline", 0, NULL,
			    "work on the database itself, without a daemon"},
	[OPTION_SOCKET] = {"socket", 0, "FILE",
			   "the Unix socket of scmpd; otherwise that of the "
			   "configuration"},
	[OPTION_SERVER] = {"server", 0, "HOST",
			   "speak with scmpd over TCP: HOST, HOST:PORT or "
			   "[ADDRESS]:PORT, on this machine"},
	[OPTION_LOGIN] = {"login", 0, "NAME",
			  "log in there by this name; the password is asked "
			  "for"},
	[OPTION_LOGIN_FD] = {"login-fd", 0, "N",
			     "read the password for --login, a line, from "
			     "descriptor N"},
	[OPTION_TIMEOUT] = {"timeout", 0, "SECONDS",
			    "wait so long for scmpd; 30 otherwise"},
	[OPTION_DATABASE] = {"database", 0, "FILE",
			     "the database; otherwise the first sqlite: store "
			     "of the configuration"},
	[OPTION_CONFIG] = {"config", 'c', "FILE",
			   "read FILE instead of /etc/pop3-session.conf"},
	[OPTION_SET] = {"set", 'o', "KEY=VALUE",
			"override a key of the configuration"},
	[OPTION_JSON] = {"json", 0, NULL, "answer in JSON, for programs"},
	[OPTION_NO_HEADER] = {"no-header", 0, NULL,
			      "tables without their first line"},
	[OPTION_QUIET] = {"quiet", 'q', NULL, "say nothing of what went well"},
	[OPTION_HELP] = {"help", 'h', NULL, "print help and exit"},
	[OPTION_VERSION] = {"version", 0, NULL, "print the version and exit"},

	[OPTION_MAILDIR] = {"maildir", 0, "TEMPLATE",
			    "where the mail is, as maildir in the "
			    "configuration; '' for what is configured"},
	[OPTION_HOME] = {"home", 0, "FOLDER", "the home folder, for %h"},
	[OPTION_UID] = {"uid", 0, "UID", "who owns the mail; '' for mail_user"},
	[OPTION_GID] = {"gid", 0, "GID", "the group of the mail"},
	[OPTION_ROLE] = {"role", 0, "ROLE", "what the user may manage"},
	[OPTION_NETWORKS] = {"networks", 0, "LIST",
			     "addresses and networks, with commas between "
			     "them, from which alone a login is possible; "
			     "local is one without a network"},
	[OPTION_MAX_SESSIONS] = {"max-sessions", 0, "N",
				 "sessions at once; '' for what is configured"},
	[OPTION_DISPLAY_NAME] = {"display-name", 0, "TEXT",
				 "the name for people"},
	[OPTION_COMMENT] = {"comment", 0, "TEXT", "a remark"},
	[OPTION_MUST_CHANGE] = {"must-change", 0, NULL,
				"the password is to be changed"},
	[OPTION_NO_MUST_CHANGE] = {"no-must-change", 0, NULL,
				   "the password need not be changed"},
	[OPTION_DISABLED] = {"disabled", 0, NULL, "who cannot log in"},
	[OPTION_ENABLED] = {"enabled", 0, NULL, "who can log in"},
	[OPTION_RENAME] = {"rename", 0, "NAME",
			   "a new name; the mail stays where it is"},

	[OPTION_PASSWORD_FD] = {"password-fd", 0, "N",
				"read the password, a line, from descriptor N "
				"(0 is standard input)"},
	[OPTION_GENERATE] = {"generate", 0, NULL,
			     "make a password, and print it once"},
	[OPTION_HASH_FD] = {"hash-fd", 0, "N",
			    "read a stored form, such as {CRYPT}$y$..., from "
			    "descriptor N"},
	[OPTION_NO_PASSWORD] = {"no-password", 0, NULL,
				"without a password: nobody can log in"},
	[OPTION_SECRET_FD] = {"secret-fd", 0, "N",
			      "read the secret for APOP from descriptor N"},
	[OPTION_NO_SECRET] = {"no-secret", 0, NULL,
			      "without a secret for APOP"},
	[OPTION_SCHEME] = {"scheme", 0, "SCHEME",
			   "how the password is stored; yescrypt otherwise"},
	[OPTION_COST] = {"cost", 0, "N",
			 "how much work a check is to be, in the unit of the "
			 "scheme"},
	[OPTION_MEMORY] = {"memory", 0, "KIB",
			   "how much memory a check is to take (ARGON2)"},
	[OPTION_NO_POLICY] = {"no-policy", 0, NULL,
			      "take a password that the policy refuses "
			      "(root and the owner of the database)"},

	[OPTION_OFFSET] = {"offset", 0, "N", "leave out the first N"},
	[OPTION_LIMIT] = {"limit", 0, "N", "show N at most"},
	[OPTION_SORT] = {"sort", 0, "KEY",
			 "in the order of this key; with - before it the other "
			 "way round"},
	[OPTION_ALL] = {"all", 0, NULL,
			"also those that ran out in the last week"},

	[OPTION_FORMAT] = {"format", 0, "auto|passwd|shadow|authfile|json",
			   "what the lines are; found out otherwise (export: "
			   "json)"},
	[OPTION_DRY_RUN] = {"dry-run", 0, NULL, "try it all, change nothing"},
	[OPTION_UPDATE] = {"update", 0, NULL,
			   "change users that are there already"},
	[OPTION_SKIP] = {"skip", 0, NULL,
			 "pass over users that are there already"},
	[OPTION_STRICT] = {"strict", 0, NULL,
			   "import nothing if a line is refused"},
	[OPTION_PROGRESS] = {"progress", 0, NULL,
			     "tell how far it is, on standard error, also "
			     "where that is no terminal"},

	[OPTION_PURGE] = {"purge", 0, NULL, "remove the mail, too"},
	[OPTION_YES] = {"yes", 'y', NULL, "do not ask"},
	[OPTION_FOR] = {"for", 0, "TIME",
			"how long: a number and s, m, h, d or w; otherwise for "
			"ever"},
	[OPTION_REASON] = {"reason", 0, "TEXT", "why, for people"},

	[OPTION_USER] = {"user", 0, "MASK", "those of users whose names fit"},
	[OPTION_IP] = {"ip", 0, "NETWORK",
		       "those from this address or network"},
	[OPTION_STATE] = {"state", 0, "authorization|transaction|update",
			  "those in this state"},
	[OPTION_NOW] = {"now", 0, NULL,
			"at once, and not behind the next reply"},
	[OPTION_FORCE] = {"force", 0, NULL,
			  "also where it is against the standard"},
	[OPTION_INTERVAL] = {"interval", 0, "SECONDS",
			     "look anew so often; every 2 seconds otherwise"},
};

void option_add_name(struct buf *out, enum option_id id)
{
	buf_add_str(out, "--");
	buf_add_str(out, option_rows[id].name);
}

static int options_refuse(struct buf *error, const char *what, const char *why)
{
	buf_add_escaped(error, span_str(what));
	buf_add_str(error, ": ");
	buf_add_str(error, why);
	return -EINVAL;
}

/* What getopt_long wants, from the table. */
static void options_prepare(struct option longs[OPTIONS + 1],
			    char letters[2 * OPTIONS + 2])
{
	size_t n = 0;

	letters[n++] = ':';
	for (int i = 0; i < OPTIONS; i++) {
		const struct option_row *row = &option_rows[i];
		int takes = row->value ? required_argument : no_argument;

		longs[i] = (struct option){row->name, takes, NULL, 256 + i};
		if (!row->letter)
			continue;
		letters[n++] = row->letter;
		if (row->value)
			letters[n++] = ':';
	}
	letters[n] = '\0';
	longs[OPTIONS] = (struct option){0};
}

static int options_find(int found)
{
	if (found >= 256)
		return found - 256;
	for (int i = 0; i < OPTIONS; i++) {
		if (option_rows[i].letter == found)
			return i;
	}
	return -1;
}

static int options_take(struct options *o, enum option_id id, struct buf *error)
{
	o->given |= OPTION_BIT(id);
	o->values[id] = optarg;
	if (id != OPTION_SET)
		return 0;
	if (o->assignments_n == OPTIONS_ASSIGNMENTS)
		return options_refuse(error, "-o", "at most 64 can be given");
	o->assignments[o->assignments_n++] = optarg;
	return 0;
}

/* How the option is written that getopt(3) stumbled over. */
static struct span options_name(const char *word, char letter[3])
{
	if (!optopt || optopt >= 256)
		return span_take(span_str(word), strcspn(word, "="));
	/* of several in one word */
	letter[0] = '-';
	letter[1] = (char)optopt;
	return span_make(letter, 2);
}

/* Adds a remark about those that it could be; false: there are none. */
static bool options_name_similar(struct span name, struct buf *error)
{
	struct span word = span_drop(name, 2);
	struct suggestion best = {0};
	const char *between = " ";
	size_t n = 0;

	for (int i = 0; i < OPTIONS; i++)
		n += span_starts(span_str(option_rows[i].name), word);
	for (int i = 0; n < 2 && i < OPTIONS; i++)
		suggest_try(&best, word, option_rows[i].name);
	if (!word.n || (n < 2 && !best.word))
		return false;
	buf_add_str(error, n < 2 ? ": there is no such option; did you mean"
				 : ": could be");
	for (int i = 0; i < OPTIONS; i++) {
		const char *one = option_rows[i].name;

		if (n < 2 ? one != best.word
			  : !span_starts(span_str(one), word))
			continue;
		buf_add_str(error, between);
		between = ", ";
		option_add_name(error, (enum option_id)i);
	}
	buf_add_str(error, n < 2 ? "?" : " (see --help)");
	return true;
}

/* What is typed for --password never is repeated, whatever it is. */
static int options_unknown(const char *word, int found, struct buf *error)
{
	char letter[3];
	struct span name = options_name(word, letter);

	if (span_starts(name, span_str("--pass")) ||
	    span_starts(name, span_str("--secret")))
		return options_refuse(
			error, "--password",
			"a password on the command line can be seen by every "
			"user of the machine; it is asked for, or read with "
			"--password-fd N");
	buf_add_escaped(error, name);
	if (found == ':')
		buf_add_str(error, ": wants a value (see --help)");
	else if (optopt >= 256)
		buf_add_str(error, ": takes no value (see --help)");
	else if (!options_name_similar(name, error))
		buf_add_str(error, ": there is no such option (see --help)");
	return -EINVAL;
}

int option_read_line(struct options *o, int argc, char **argv,
		     struct buf *error)
{
	struct option longs[OPTIONS + 1];
	char letters[2 * OPTIONS + 2];
	int found, r = 0;

	memset(o, 0, sizeof(*o));
	options_prepare(longs, letters);
	opterr = 0;
	optind = 0;
	/* Options may stand behind words, whatever other programs are told. */
	(void)unsetenv("POSIXLY_CORRECT");
	while (r == 0 &&
	       (found = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		int id =
			found == '?' || found == ':' ? -1 : options_find(found);

		r = id < 0 ? options_unknown(argv[optind - 1], found, error)
			   : options_take(o, (enum option_id)id, error);
	}
	o->words = argv + optind;
	o->words_n = (size_t)(argc - optind);
	return r;
}

int option_number(const struct options *o, enum option_id id, uint64_t max,
		  uint64_t *out, struct buf *error)
{
	if (num_parse_u64(span_str(o->values[id]), max, out))
		return 0;
	option_add_name(error, id);
	buf_add_str(error, " wants a number up to ");
	buf_add_u64(error, max);
	if (id == OPTION_PASSWORD_FD || id == OPTION_HASH_FD ||
	    id == OPTION_SECRET_FD || id == OPTION_LOGIN_FD)
		buf_add_str(error,
			    ", that of a descriptor to read from (a password "
			    "itself is never taken from the command line)");
	return -EINVAL;
}

bool option_value_has(const char *value, const char *word)
{
	struct span rest = span_str(value);

	while (rest.n) {
		size_t n = span_find(rest, '|');

		if (span_equal(span_take(rest, n), span_str(word)))
			return true;
		rest = span_drop(rest, n + 1);
	}
	return false;
}
