/* SPDX-License-Identifier: ISC */
/*
 * The commands of scmp: one table gives words, arguments, options, what it
 * needs, help and the functions, that for --offline and that for scmpd.
 * Parsing, --help, the manual and the completion of shells come from it.
 */
#ifndef SCMP_COMMANDS_H
#define SCMP_COMMANDS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scmp;

enum command_need {
	COMMAND_READS,	/* the database, opened for reading, or scmpd; it asks
			   nothing */
	COMMAND_WRITES, /* opened for writing */
	COMMAND_SETS,	/* the same, if all words are given; else for reading */
	COMMAND_OPENS,	/* it opens what it needs itself, also of scmpd */
	COMMAND_LIVE,	/* scmpd alone, and shows at once what comes */
	COMMAND_LOCAL,	/* the same, of the database, without --offline, too */
	COMMAND_ALONE,	/* no database, no configuration, no scmpd */
};

enum { COMMAND_ANY = 1000000 }; /* words, as many as one likes */

enum { COMMAND_KEYS = 256 }; /* octets of all keys of a list */

/* The name of the i-th thing that a list can be in the order of; NULL: no more.
 * It comes from the table that the list itself is made by. */
typedef const char *command_key(size_t i);

struct command {
	const char *noun;
	const char *verb; /* NULL: the noun alone */
	const char *args; /* how help calls the words behind it */
	size_t least, most;
	uint64_t options; /* OPTION_BIT() of each, but for the common ones */
	uint64_t offline; /* those of them that are for --offline alone */
	enum command_need need;
	int (*run)(struct scmp *s);    /* on the database, or NULL */
	int (*online)(struct scmp *s); /* through scmpd, or NULL */
	/* The keys of --sort: those of the records that either way has. */
	command_key *key, *online_key;
	const char *help; /* a sentence, without its capital and its end */
};

extern const struct command commands[];
extern const size_t commands_n;

/* The command that the words begin with, and how many words it has; or NULL. */
const struct command *command_find(char *const *words, size_t n, size_t *used);

/* What a noun does that stands alone: its list, if it has one; or NULL. */
const struct command *command_alone(const char *noun);

/* Does some command with a verb have this noun? */
bool command_is_noun(const char *word);

/* "user add" */
void command_add_name(struct buf *out, const struct command *c);

/* "a|b": the keys; false: the list cannot be sorted, or not in this way. */
bool command_add_keys(struct buf *out, const struct command *c, bool offline);

/* What the value of an option may be for this command, as help has it; NULL:
 * it has none. Valid until the next call. */
const char *command_option_value(const struct command *c, int id, bool offline);

/* The functions, by the file that they are in. */

int init(struct scmp *s); /* init.c */

int user_add(struct scmp *s); /* user.c */
int user_change(struct scmp *s);
int user_passwd(struct scmp *s);
int user_enable(struct scmp *s);
int user_disable(struct scmp *s);
int user_list(struct scmp *s); /* user_list.c */
command_key user_list_key;
int user_show(struct scmp *s);
int user_del(struct scmp *s); /* purge.c */
int user_purge(struct scmp *s);
int user_import(struct scmp *s); /* import.c */
int user_export(struct scmp *s); /* export.c */

int ban_user(struct scmp *s); /* rules.c */
int ban_ip(struct scmp *s);
int unban_user(struct scmp *s);
int unban_ip(struct scmp *s);
int bans_list(struct scmp *s);
int allow_ip(struct scmp *s);
int unallow_ip(struct scmp *s);
int allows_list(struct scmp *s);

int policy_list(struct scmp *s); /* texts.c */
int policy_set(struct scmp *s);
int policy_unset(struct scmp *s);
int role_list(struct scmp *s);
int role_set(struct scmp *s);
int role_del(struct scmp *s);

int limits(struct scmp *s); /* settings.c */
int maildir(struct scmp *s);
int loglevel(struct scmp *s);
int user_max(struct scmp *s);

int pw_make(struct scmp *s); /* pw.c */
int pw_check(struct scmp *s);
int pw_schemes(struct scmp *s);

int db_init(struct scmp *s); /* db.c */
int db_check(struct scmp *s);
int db_migrate(struct scmp *s);
int db_backup(struct scmp *s);

/* The same through scmpd, and what only scmpd knows. */

int online_user_add(struct scmp *s); /* online_user.c */
int online_user_del(struct scmp *s);
int online_user_change(struct scmp *s);
int online_user_passwd(struct scmp *s);
int online_user_enable(struct scmp *s);
int online_user_disable(struct scmp *s);
int online_user_max(struct scmp *s);
int online_passwd(struct scmp *s);
int online_user_list(struct scmp *s); /* online_user_list.c */
command_key online_user_list_key;
int online_user_show(struct scmp *s);
int online_ban_user(struct scmp *s); /* online_rules.c */
int online_ban_ip(struct scmp *s);
int online_unban_user(struct scmp *s);
int online_unban_ip(struct scmp *s);
int online_bans(struct scmp *s);
int online_allow_ip(struct scmp *s);
int online_unallow_ip(struct scmp *s);
int online_allows(struct scmp *s);
int online_penalties(struct scmp *s); /* online_penalties.c */
int online_forgive(struct scmp *s);
command_key online_penalties_key;
int online_policy_list(struct scmp *s); /* online_settings.c */
int online_policy_set(struct scmp *s);
int online_policy_unset(struct scmp *s);
int online_limits(struct scmp *s);
int online_maildir(struct scmp *s);
int online_loglevel(struct scmp *s);
int online_profile(struct scmp *s);
int online_role_list(struct scmp *s); /* online_roles.c */
int online_role_set(struct scmp *s);
int online_role_del(struct scmp *s);
int online_status(struct scmp *s); /* online_server.c */
int online_whoami(struct scmp *s);
int online_drain(struct scmp *s);
int online_reload(struct scmp *s);
int online_metrics(struct scmp *s);
int online_sessions(struct scmp *s); /* online_sessions.c */
command_key online_sessions_key;
int online_kick_user(struct scmp *s);
int online_kick_ip(struct scmp *s);
int online_kick_id(struct scmp *s);
int online_events(struct scmp *s); /* online_events.c */
int online_watch(struct scmp *s);
int online_top(struct scmp *s); /* top.c */
int online_raw(struct scmp *s); /* raw.c */

#endif
