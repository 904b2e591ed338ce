/* SPDX-License-Identifier: ISC */
/*
 * What every part of scmp shares: the command line, the configuration, the
 * database or the connection to scmpd, exit statuses, and how things are said.
 * One command a process; it ends with the process.
 */
#ifndef SCMP_SCMP_H
#define SCMP_SCMP_H

#include "auth/policy.h"
#include "base/buf.h"
#include "config/settings.h"
#include "scmp/client.h"
#include "scmp/options.h"
#include "store/database.h"

#include <jansson.h>
#include <stdbool.h>

/* Exit statuses; statuses[] tells the manual what they mean. */
enum status {
	STATUS_OK,
	STATUS_FAILED,
	STATUS_USAGE,
	STATUS_REFUSED,
	STATUS_NOT_FOUND,
	STATUS_EXISTS,
	STATUS_UNAVAILABLE,
	STATUS_DENIED,
	STATUSES,
};

extern const char *const status_texts[STATUSES];

struct command;

struct scmp {
	struct options options;
	const struct command *command;
	/* The words behind the command's own, `words_n` of them. */
	char **words;
	size_t words_n;
	struct configuration configuration;
	char path[USERS_PATH_SIZE]; /* of the database */
	struct database db;
	bool is_open;
	struct client client;
	/* Called before something is said on standard error, to leave a screen
	 * that it would be lost on; or NULL. */
	void (*leave_screen)(void);
};

/* Runs the command line; the exit status. */
int scmp_main(int argc, char **argv);

/*
 * "scmp: user add: TEXT" on standard error, with control octets escaped;
 * returns `status`.
 */
__attribute__((format(printf, 3, 4))) int
scmp_fail(const struct scmp *s, enum status status, const char *format, ...);

/* The same for a text in a buf. */
int scmp_fail_text(const struct scmp *s, enum status status, struct buf *text);

/* The same for a negative errno of the database and the text it came with. */
int scmp_fail_database(const struct scmp *s, int failed, struct buf *text);

/* "TEXT" and a line end on standard output, unless --quiet or --json. */
__attribute__((format(printf, 2, 3))) void scmp_say(const struct scmp *s,
						    const char *format, ...);

static inline bool scmp_given(const struct scmp *s, enum option_id id)
{
	return option_is_given(&s->options, id);
}

/* The value of an option, or NULL. */
static inline const char *scmp_value(const struct scmp *s, enum option_id id)
{
	return s->options.values[id];
}

/* --- place.c: which configuration, which database --- */

/* Reads the configuration. STATUS_OK, or a status after a message. */
__attribute__((warn_unused_result)) int scmp_configure(struct scmp *s);

/* Finds out the path, and opens. The same results. */
__attribute__((warn_unused_result)) int scmp_locate(struct scmp *s);
__attribute__((warn_unused_result)) int scmp_open(struct scmp *s,
						  enum database_mode mode);

/* Waits so long for another writer. */
enum { SCMP_WAIT_MS = 5 * 1000 };

/* Closes the database; harmless where it is not open. */
void scmp_close(struct scmp *s);

/*
 * A user's name as logins look it up: after username_case and default_domain.
 * NULL after a message if it cannot be a name. Valid until the next call.
 */
const char *scmp_account_name(const struct scmp *s, const char *word);

#endif
