/* SPDX-License-Identifier: ISC */
/*
 * The commands of scmp: one table gives words, arguments, options, what it
 * needs of the database, help and the function. Parsing, --help, the manual
 * and the completion of shells come from it.
 */
#ifndef SCMP_COMMANDS_H
#define SCMP_COMMANDS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scmp;

enum command_need {
	COMMAND_READS,	/* the database, opened for reading; it asks nothing */
	COMMAND_WRITES, /* opened for writing */
	COMMAND_OPENS,	/* it opens what it needs itself */
	COMMAND_ALONE,	/* no database, no configuration */
};

enum { COMMAND_ANY = 1000000 }; /* words, as many as one likes */

struct command {
	const char *noun;
	const char *verb; /* NULL: the noun alone */
	const char *args; /* how help calls the words behind it */
	size_t least, most;
	uint64_t options; /* OPTION_BIT() of each, but for the common ones */
	enum command_need need;
	int (*run)(struct scmp *s);
	const char *help; /* a sentence, without its capital and its end */
};

extern const struct command commands[];
extern const size_t commands_n;

/* The command that the words begin with, and how many words it has; or NULL. */
const struct command *command_find(char *const *words, size_t n, size_t *used);

/* Does some command with a verb have this noun? */
bool command_is_noun(const char *word);

/* "user add" */
void command_add_name(struct buf *out, const struct command *c);

/* The functions, by the file that they are in. */

int user_add(struct scmp *s); /* user.c */
int user_change(struct scmp *s);
int user_passwd(struct scmp *s);
int user_enable(struct scmp *s);
int user_disable(struct scmp *s);
int user_list(struct scmp *s); /* user_list.c */
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

int pw_make(struct scmp *s); /* pw.c */
int pw_check(struct scmp *s);
int pw_schemes(struct scmp *s);

int db_init(struct scmp *s); /* db.c */
int db_check(struct scmp *s);
int db_migrate(struct scmp *s);
int db_backup(struct scmp *s);

#endif
