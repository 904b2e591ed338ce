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

const struct command commands[] = {
	{"user", "add", "NAME", 1, 1, OF_A_USER | CREDENTIALS | BIT(DISABLED),
	 COMMAND_WRITES, user_add,
	 "add a user; the password is asked for, unless an option says where "
	 "it comes from"},
	{"user", "del", "NAME...", 1, COMMAND_ANY, BIT(PURGE) | BIT(YES),
	 COMMAND_WRITES, user_del,
	 "remove users; their mail stays, unless --purge is given"},
	{"user", "list", "[MASK...]", 0, COMMAND_ANY,
	 A_PART | BIT(SORT) | BIT(ENABLED) | BIT(DISABLED) | BIT(ROLE),
	 COMMAND_READS, user_list,
	 "list users whose names fit a mask, in which * is anything and ? one "
	 "character"},
	{"user", "show", "NAME...", 1, COMMAND_ANY, 0, COMMAND_READS, user_show,
	 "show all that is known of users, but no password"},
	{"user", "passwd", "NAME", 1, 1,
	 CREDENTIALS | BIT(NO_SECRET) | BIT(MUST_CHANGE) | BIT(NO_MUST_CHANGE),
	 COMMAND_WRITES, user_passwd,
	 "set a user's password, or with --secret-fd or --no-secret alone the "
	 "secret"},
	{"user", "change", "NAME...", 1, COMMAND_ANY,
	 OF_A_USER | BIT(NO_MUST_CHANGE) | BIT(ENABLED) | BIT(DISABLED) |
		 BIT(RENAME),
	 COMMAND_WRITES, user_change, "change what the options name"},
	{"user", "enable", "NAME...", 1, COMMAND_ANY, 0, COMMAND_WRITES,
	 user_enable, "let users log in again"},
	{"user", "disable", "NAME...", 1, COMMAND_ANY, 0, COMMAND_WRITES,
	 user_disable, "let users log in no more; all else stays"},
	{"user", "purge", "NAME...", 1, COMMAND_ANY, A_PLACE | BIT(YES),
	 COMMAND_OPENS, user_purge,
	 "remove the mail of users who have been deleted, after asking; user "
	 "del prints the options that this needs"},
	{"user", "import", "[FILE]", 0, 1,
	 BIT(FORMAT) | BIT(DRY_RUN) | BIT(UPDATE) | BIT(SKIP) | BIT(STRICT) |
		 BIT(PROGRESS),
	 COMMAND_WRITES, user_import,
	 "add the users of a file, or of standard input (-)"},
	{"user", "export", "[MASK...]", 0, COMMAND_ANY, BIT(FORMAT),
	 COMMAND_READS, user_export,
	 "write users to standard output, with their stored passwords"},

	{"ban", "user", "NAME", 1, 1, A_BAN, COMMAND_WRITES, ban_user,
	 "let a user log in from nowhere"},
	{"ban", "ip", "NETWORK", 1, 1, A_BAN, COMMAND_WRITES, ban_ip,
	 "let no connection in from an address or a network"},
	{"unban", "user", "NAME", 1, 1, 0, COMMAND_WRITES, unban_user,
	 "end the ban of a user"},
	{"unban", "ip", "NETWORK", 1, 1, 0, COMMAND_WRITES, unban_ip,
	 "end the ban of an address or a network"},
	{"bans", NULL, "", 0, 0, A_PART | BIT(ALL), COMMAND_READS, bans_list,
	 "list bans"},
	{"allow", "ip", "NETWORK", 1, 1, A_BAN, COMMAND_WRITES, allow_ip,
	 "let in connections from an address or a network; while there is one "
	 "such row, none from elsewhere"},
	{"unallow", "ip", "NETWORK", 1, 1, 0, COMMAND_WRITES, unallow_ip,
	 "take an address or a network off that list"},
	{"allows", NULL, "", 0, 0, A_PART | BIT(ALL), COMMAND_READS,
	 allows_list, "list what is allowed; if nothing is, all are"},

	{"policy", "list", "", 0, 0, 0, COMMAND_READS, policy_list,
	 "show what passwords that are set here must be like"},
	{"policy", "set", "RULE VALUE", 2, 2, 0, COMMAND_WRITES, policy_set,
	 "change a rule of that"},
	{"policy", "unset", "RULE", 1, 1, 0, COMMAND_WRITES, policy_unset,
	 "let a rule be again as it is by default"},
	{"role", "list", "", 0, 0, 0, COMMAND_READS, role_list,
	 "list roles and their rights"},
	{"role", "set", "ROLE RIGHT...", 2, COMMAND_ANY, 0, COMMAND_WRITES,
	 role_set, "make a role of the rights, or give it others"},
	{"role", "del", "ROLE", 1, 1, 0, COMMAND_WRITES, role_del,
	 "remove a role that nobody has"},

	{"pw", "make", "", 0, 0, A_PASSWORD, COMMAND_ALONE, pw_make,
	 "print the stored form of a password; with --offline the policy of "
	 "the database holds"},
	{"pw", "check", "[NAME]", 0, 1, BIT(PASSWORD_FD) | BIT(HASH_FD),
	 COMMAND_ALONE, pw_check,
	 "see whether a password fits a stored form, which is asked for or "
	 "read from a descriptor, or with --offline that of a user"},
	{"pw", "schemes", "", 0, 0, 0, COMMAND_ALONE, pw_schemes,
	 "list the schemes of stored forms"},

	{"db", "init", "", 0, 0, 0, COMMAND_OPENS, db_init,
	 "make an empty database, and its folder"},
	{"db", "check", "", 0, 0, 0, COMMAND_READS, db_check,
	 "read the whole database and see that it is sound"},
	{"db", "migrate", "", 0, 0, 0, COMMAND_OPENS, db_migrate,
	 "bring the tables of an older version up to date; every command that "
	 "changes something does it, too"},
	{"db", "backup", "FILE", 1, 1, 0, COMMAND_READS, db_backup,
	 "write a copy to a new file, while others go on working"},
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

bool command_is_noun(const char *word)
{
	for (size_t i = 0; i < commands_n; i++) {
		if (commands[i].verb && strcmp(word, commands[i].noun) == 0)
			return true;
	}
	return false;
}

void command_add_name(struct buf *out, const struct command *c)
{
	buf_add_str(out, c->noun);
	if (!c->verb)
		return;
	buf_add_char(out, ' ');
	buf_add_str(out, c->verb);
}
