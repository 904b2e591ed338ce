/* SPDX-License-Identifier: ISC */
#include "scmp/commands.h"

#include "scmp/options.h"

#include <string.h>

#define BIT(id) OPTION_BIT(OPTION_##id)

/* Sets of options that commands share. */
#define OF_A_USER                                                              \
	(BIT(MAILDIR) | BIT(HOME) | BIT(UID) | BIT(GID) | BIT(ROLE) |          \
	 BIT(NETWORKS) | BIT(MAX_SESSIONS) | BIT(DISPLAY_NAME) |               \
	 BIT(COMMENT) | BIT(MUST_CHANGE))
#define MAKING	   (BIT(SCHEME) | BIT(COST) | BIT(MEMORY))
#define A_PASSWORD (BIT(PASSWORD_FD) | BIT(GENERATE) | BIT(NO_POLICY) | MAKING)
#define CREDENTIALS                                                            \
	(A_PASSWORD | BIT(HASH_FD) | BIT(NO_PASSWORD) | BIT(SECRET_FD))
#define A_PART	(BIT(OFFSET) | BIT(LIMIT))
#define A_PLACE (BIT(MAILDIR) | BIT(HOME) | BIT(UID) | BIT(GID))
#define A_BAN	(BIT(FOR) | BIT(REASON))

/* What scmpd has no words for. */
#define OF_DATABASE                                                            \
	((OF_A_USER & ~(BIT(ROLE) | BIT(MAILDIR))) |                           \
	 (CREDENTIALS & ~(BIT(PASSWORD_FD) | BIT(GENERATE))) | BIT(DISABLED) | \
	 BIT(NO_SECRET) | BIT(NO_MUST_CHANGE) | BIT(RENAME))

#define NO_KEYS	     NULL, NULL
#define USER_KEYS    user_list_key, online_user_list_key
#define SESSION_KEYS NULL, online_sessions_key

const struct command commands[] = {
	{"status", NULL, "", 0, 0, 0, 0, COMMAND_READS, NULL, online_status,
	 NO_KEYS, "show how the server is"},
	{"sessions", NULL, "", 0, 0,
	 BIT(USER) | BIT(IP) | BIT(STATE) | BIT(SORT) | BIT(LIMIT), 0,
	 COMMAND_READS, NULL, online_sessions, SESSION_KEYS,
	 "list the sessions that are open now"},
	{"top", NULL, "", 0, 0,
	 BIT(USER) | BIT(IP) | BIT(STATE) | BIT(SORT) | BIT(INTERVAL), 0,
	 COMMAND_LIVE, NULL, online_top, SESSION_KEYS,
	 "show status and sessions again and again, until q is typed"},
	{"kick", "user", "MASK", 1, 1, BIT(NOW), 0, COMMAND_READS, NULL,
	 online_kick_user, NO_KEYS,
	 "end the sessions of users whose names fit; nothing that they marked "
	 "is removed"},
	{"kick", "ip", "NETWORK", 1, 1, BIT(NOW), 0, COMMAND_READS, NULL,
	 online_kick_ip, NO_KEYS,
	 "end the sessions from an address or a network"},
	{"kick", "id", "ID", 1, 1, BIT(NOW), 0, COMMAND_READS, NULL,
	 online_kick_id, NO_KEYS, "end the session of that id"},
	{"events", NULL, "[N] [TYPE...]", 0, 32, 0, 0, COMMAND_READS, NULL,
	 online_events, NO_KEYS,
	 "list the last N events, of all or some types"},
	{"watch", NULL, "[TYPE...]", 0, 31, 0, 0, COMMAND_LIVE, NULL,
	 online_watch, NO_KEYS,
	 "show events as they happen, until Ctrl-C is typed"},
	{"metrics", NULL, "[PREFIX]", 0, 1, 0, 0, COMMAND_READS, NULL,
	 online_metrics, NO_KEYS,
	 "print all counts for Prometheus, in the OpenMetrics format"},
	{"drain", NULL, "[on|off]", 0, 1, 0, 0, COMMAND_READS, NULL,
	 online_drain, NO_KEYS,
	 "keep new sessions out and end those that are or become idle, or "
	 "let them in again"},
	{"reload", NULL, "", 0, 0, 0, 0, COMMAND_READS, NULL, online_reload,
	 NO_KEYS,
	 "have scmpd read its configuration again; the server of POP3 has "
	 "a reload of its own"},
	{"whoami", NULL, "", 0, 0, 0, 0, COMMAND_READS, NULL, online_whoami,
	 NO_KEYS, "show whom scmpd takes you for"},
	{"raw", NULL, "", 0, 0, 0, 0, COMMAND_OPENS, NULL, online_raw, NO_KEYS,
	 "speak SCMP yourself: lines of standard input are commands"},

	{"user", "add", "NAME", 1, 1, OF_A_USER | CREDENTIALS | BIT(DISABLED),
	 OF_DATABASE, COMMAND_WRITES, user_add, online_user_add, NO_KEYS,
	 "add a user; the password is asked for, unless an option says where "
	 "it comes from"},
	{"user", "del", "NAME...", 1, COMMAND_ANY, BIT(PURGE) | BIT(YES),
	 BIT(PURGE), COMMAND_WRITES, user_del, online_user_del, NO_KEYS,
	 "remove users; their mail stays, unless --purge is given"},
	{"user", "list", "[MASK...]", 0, COMMAND_ANY,
	 A_PART | BIT(SORT) | BIT(ENABLED) | BIT(DISABLED) | BIT(ROLE), 0,
	 COMMAND_READS, user_list, online_user_list, USER_KEYS,
	 "list users whose names fit a mask, in which * is anything and ? one "
	 "character"},
	{"user", "show", "NAME...", 1, COMMAND_ANY, 0, 0, COMMAND_READS,
	 user_show, online_user_show, NO_KEYS,
	 "show all that is known of users, but no password"},
	{"user", "passwd", "NAME", 1, 1,
	 CREDENTIALS | BIT(NO_SECRET) | BIT(MUST_CHANGE) | BIT(NO_MUST_CHANGE),
	 OF_DATABASE, COMMAND_WRITES, user_passwd, online_user_passwd, NO_KEYS,
	 "set a user's password, or with --secret-fd or --no-secret alone the "
	 "secret"},
	{"user", "change", "NAME...", 1, COMMAND_ANY,
	 OF_A_USER | BIT(NO_MUST_CHANGE) | BIT(ENABLED) | BIT(DISABLED) |
		 BIT(RENAME),
	 (OF_DATABASE & ~BIT(DISABLED)) | BIT(MAILDIR), COMMAND_WRITES,
	 user_change, online_user_change, NO_KEYS,
	 "change what the options name"},
	{"user", "enable", "NAME...", 1, COMMAND_ANY, 0, 0, COMMAND_WRITES,
	 user_enable, online_user_enable, NO_KEYS, "let users log in again"},
	{"user", "disable", "NAME...", 1, COMMAND_ANY, 0, 0, COMMAND_WRITES,
	 user_disable, online_user_disable, NO_KEYS,
	 "let users log in no more; all else stays"},
	{"user", "purge", "NAME...", 1, COMMAND_ANY, A_PLACE | BIT(YES), 0,
	 COMMAND_OPENS, user_purge, NULL, NO_KEYS,
	 "remove the mail of users who have been deleted, after asking; user "
	 "del prints the options that this needs"},
	{"user", "import", "[FILE]", 0, 1,
	 BIT(FORMAT) | BIT(DRY_RUN) | BIT(UPDATE) | BIT(SKIP) | BIT(STRICT) |
		 BIT(PROGRESS),
	 0, COMMAND_WRITES, user_import, NULL, NO_KEYS,
	 "add the users of a file, or of standard input (-)"},
	{"user", "export", "[MASK...]", 0, COMMAND_ANY, BIT(FORMAT), 0,
	 COMMAND_READS, user_export, NULL, NO_KEYS,
	 "write users to standard output, with their stored passwords"},

	{"user", "max", "[N]", 0, 1, 0, 0, COMMAND_SETS, user_max,
	 online_user_max, NO_KEYS,
	 "show or set how many users there may be; 0 is no limit"},
	{"users", NULL, "[MASK...]", 0, COMMAND_ANY,
	 A_PART | BIT(SORT) | BIT(ENABLED) | BIT(DISABLED) | BIT(ROLE), 0,
	 COMMAND_READS, user_list, online_user_list, USER_KEYS,
	 "the same as user list"},
	{"passwd", NULL, "", 0, 0, BIT(PASSWORD_FD) | BIT(GENERATE), 0,
	 COMMAND_OPENS, NULL, online_passwd, NO_KEYS,
	 "change the password of --login"},
	{"profile", NULL, "[FIELD] [VALUE]", 0, 2, 0, 0, COMMAND_READS, NULL,
	 online_profile, NO_KEYS,
	 "show or set what the user of --login may set for itself"},
	{"init", NULL, "[NAME]", 0, 1, MAKING, 0, COMMAND_LOCAL, init, NULL,
	 NO_KEYS,
	 "make the first administrator, admin if there is no name, and the "
	 "database if there is none; the password is made and printed once"},

	{"ban", "user", "NAME", 1, 1, A_BAN, 0, COMMAND_WRITES, ban_user,
	 online_ban_user, NO_KEYS, "let a user log in from nowhere"},
	{"ban", "ip", "NETWORK", 1, 1, A_BAN, 0, COMMAND_WRITES, ban_ip,
	 online_ban_ip, NO_KEYS,
	 "let no connection in from an address or a network"},
	{"unban", "user", "NAME", 1, 1, 0, 0, COMMAND_WRITES, unban_user,
	 online_unban_user, NO_KEYS, "end the ban of a user"},
	{"unban", "ip", "NETWORK", 1, 1, 0, 0, COMMAND_WRITES, unban_ip,
	 online_unban_ip, NO_KEYS, "end the ban of an address or a network"},
	{"bans", NULL, "", 0, 0, A_PART | BIT(ALL), BIT(ALL), COMMAND_READS,
	 bans_list, online_bans, NO_KEYS, "list bans"},
	{"allow", "ip", "NETWORK", 1, 1, A_BAN, A_BAN, COMMAND_WRITES, allow_ip,
	 online_allow_ip, NO_KEYS,
	 "let in connections from an address or a network; while there is one "
	 "such row, none from elsewhere"},
	{"unallow", "ip", "NETWORK", 1, 1, 0, 0, COMMAND_WRITES, unallow_ip,
	 online_unallow_ip, NO_KEYS,
	 "take an address or a network off that list"},
	{"allows", NULL, "", 0, 0, A_PART | BIT(ALL), BIT(ALL), COMMAND_READS,
	 allows_list, online_allows, NO_KEYS,
	 "list what is allowed; if nothing is, all are"},

	{"penalties", NULL, "[NETWORK]", 0, 1, A_PART | BIT(SORT), 0,
	 COMMAND_READS, NULL, online_penalties, NULL, online_penalties_key,
	 "list networks from which logins have failed lately, those that have "
	 "failed most first, and what the next one from there meets"},
	{"forgive", NULL, "NETWORK", 1, 1, 0, 0, COMMAND_READS, NULL,
	 online_forgive, NO_KEYS,
	 "forget the logins that have failed from an address or a network"},

	{"limits", NULL, "[LIMIT] [VALUE]", 0, 2, BIT(FORCE), 0, COMMAND_SETS,
	 limits, online_limits, NO_KEYS,
	 "show the limits of sessions, or set one for the next connection; "
	 "default is what the configuration says"},
	{"maildir", NULL, "[TEMPLATE]", 0, 1, 0, 0, COMMAND_SETS, maildir,
	 online_maildir, NO_KEYS,
	 "show or set where mail is, for later logins; no mail is moved"},
	{"loglevel", NULL, "[error|warning|info|debug|default]", 0, 1, 0, 0,
	 COMMAND_SETS, loglevel, online_loglevel, NO_KEYS,
	 "show or set how much is logged"},
	{"policy", "list", "", 0, 0, 0, 0, COMMAND_READS, policy_list,
	 online_policy_list, NO_KEYS,
	 "show what passwords that are set here must be like"},
	{"policy", "set", "RULE VALUE", 2, 2, 0, 0, COMMAND_WRITES, policy_set,
	 online_policy_set, NO_KEYS, "change a rule of that"},
	{"policy", "unset", "RULE", 1, 1, 0, 0, COMMAND_WRITES, policy_unset,
	 online_policy_unset, NO_KEYS,
	 "let a rule be again as it is by default"},
	{"roles", NULL, "", 0, 0, 0, 0, COMMAND_READS, role_list,
	 online_role_list, NO_KEYS, "the same as role list"},
	{"role", "list", "", 0, 0, 0, 0, COMMAND_READS, role_list,
	 online_role_list, NO_KEYS, "list roles and their rights"},
	{"role", "set", "ROLE RIGHT...", 2, COMMAND_ANY, 0, 0, COMMAND_WRITES,
	 role_set, online_role_set, NO_KEYS,
	 "make a role of the rights, or give it others"},
	{"role", "del", "ROLE", 1, 1, 0, 0, COMMAND_WRITES, role_del,
	 online_role_del, NO_KEYS, "remove a role that nobody has"},

	{"pw", "make", "", 0, 0, A_PASSWORD, 0, COMMAND_ALONE, pw_make, NULL,
	 NO_KEYS,
	 "print the stored form of a password; with --offline the policy of "
	 "the database holds"},
	{"pw", "check", "[NAME]", 0, 1, BIT(PASSWORD_FD) | BIT(HASH_FD), 0,
	 COMMAND_ALONE, pw_check, NULL, NO_KEYS,
	 "see whether a password fits a stored form, which is asked for or "
	 "read from a descriptor, or with --offline that of a user"},
	{"pw", "schemes", "", 0, 0, 0, 0, COMMAND_ALONE, pw_schemes, NULL,
	 NO_KEYS, "list the schemes of stored forms"},

	{"db", "init", "", 0, 0, 0, 0, COMMAND_OPENS, db_init, NULL, NO_KEYS,
	 "make an empty database, and its folder"},
	{"db", "check", "", 0, 0, 0, 0, COMMAND_READS, db_check, NULL, NO_KEYS,
	 "read the whole database and see that it is sound"},
	{"db", "migrate", "", 0, 0, 0, 0, COMMAND_OPENS, db_migrate, NULL,
	 NO_KEYS,
	 "bring the tables of an older version up to date; every command that "
	 "changes something does it, too"},
	{"db", "backup", "FILE", 1, 1, 0, 0, COMMAND_READS, db_backup, NULL,
	 NO_KEYS, "write a copy to a new file, while others go on working"},
};

const size_t commands_n = sizeof(commands) / sizeof(commands[0]);

const struct command *command_find(char *const *words, size_t n, size_t *used)
{
	for (size_t i = 0; i < commands_n; i++) {
		const struct command *c = &commands[i];

		*used = c->verb ? 2 : 1;
		if (n >= *used && strcmp(words[0], c->noun) == 0 &&
		    (!c->verb || strcmp(words[1], c->verb) == 0))
			return c;
	}
	return NULL;
}

const struct command *command_alone(const char *noun)
{
	size_t used;

	return command_find((char *[]){(char *)noun, (char[]){"list"}}, 2,
			    &used);
}

bool command_is_noun(const char *word)
{
	for (size_t i = 0; i < commands_n; i++) {
		if (commands[i].verb && strcmp(word, commands[i].noun) == 0)
			return true;
	}
	return false;
}

bool command_add_keys(struct buf *out, const struct command *c, bool offline)
{
	command_key *key = offline ? c->key : c->online_key;

	for (size_t i = 0; key && key(i); i++) {
		if (i)
			buf_add_char(out, '|');
		buf_add_str(out, key(i));
	}
	return key;
}

const char *command_option_value(const struct command *c, int id, bool offline)
{
	static char memory[COMMAND_KEYS];
	struct buf keys;

	buf_init(&keys, memory, sizeof(memory));
	if (id == OPTION_SORT && c && command_add_keys(&keys, c, offline) &&
	    buf_str(&keys))
		return memory;
	return option_rows[id].value;
}

void command_add_name(struct buf *out, const struct command *c)
{
	buf_add_str(out, c->noun);
	if (!c->verb)
		return;
	buf_add_char(out, ' ');
	buf_add_str(out, c->verb);
}
