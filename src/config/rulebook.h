/* SPDX-License-Identifier: ISC */
/*
 * The bans and allows of the first `sqlite:` store, as they are now, and, for
 * who wants them, the settings that stand in it (config/live.h). Read when
 * the file has changed, which a stat before each connection tells, so that a
 * ban is in force for the next one. The one exception is a second change within
 * a step of the file's clock, where the kernel does not show it: that may be in
 * force FILE_STAMP_AGAIN_MS later (sys/file_stamp.h says why, and why not
 * never). So however often they are asked for, unchanged rules are read ten
 * times a second at most, and after two seconds not at all.
 *
 * If the file cannot be read just now, what was known before stays in force.
 *
 * The database is open for the reading only. Who serves one connection opens it
 * again for the login: between the two a client has its say, for minutes, and
 * whatever is open shuts writers out.
 *
 * A row that means nothing (an unknown kind or effect, no network) is left out,
 * and told of. If it is a ban, it bans nobody: whom it is of cannot be known.
 * If it is an allow, it lets nobody in, but there is an allow list, and who is
 * on no other row of it is kept out (store/rules.h).
 */
#ifndef CONFIG_RULEBOOK_H
#define CONFIG_RULEBOOK_H

#include "config/settings.h"
#include "net/peer.h"
#include "store/database.h"
#include "store/rules.h"
#include "sys/file_stamp.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	/* For a writer, where there is no earlier reading to go by. */
	RULES_WAIT_MS = 500,
	RULES_TOLD = 16,
	RULES_SETTING = 160,
};

/* Rows of the last reading that mean nothing, by id: each is told of once. */
struct rulebook_told {
	uint32_t n; /* how many; the first of them are in `ids` */
	int64_t ids[RULES_TOLD];
};

struct rulebook {
	const char *path; /* of the database; NULL: there are no rules */
	/* Takes the settings; the caller sets it, and it stays his. NULL:
	 * nobody does. */
	struct configuration *live;
	uint32_t readings;	/* that have come to something */
	struct file_stamp seen; /* what `rules` were made of */
	int failed;		/* the last reading, 0 or a negative errno */
	struct rulebook_told told;
	struct rules rules;
	char told_setting[RULES_SETTING]; /* what was said of one, likewise */
};

/* Which database, if any. Touches no file. */
void rulebook_find(struct rulebook *book, const struct settings *settings);

/*
 * Sees that the rules and settings are those in the file. Waits for its writers
 * for at most so many milliseconds, and reads as long as a disk takes. A
 * failure is logged when it is a new one.
 */
void rulebook_look(struct rulebook *book, unsigned wait_ms);

/*
 * May this peer come in? If not, *by has the network of the ban, or 0 bits of
 * no network if it is not on the allow list. Machines that talk to themselves
 * need not be on that. Peers without an address may.
 */
enum rules_verdict rulebook_ask(const struct rulebook *book,
				const struct peer *peer, struct network *by);

/*
 * The same by what an open database says just now, which may be what its
 * transaction has changed and not stored yet. 0, or a negative errno with
 * *error.
 */
__attribute__((warn_unused_result)) int
rulebook_try(const struct rulebook *book, struct database *db,
	     const struct peer *peer, enum rules_verdict *verdict,
	     struct buf *error);

/* Is there a ban of this user? */
bool rulebook_bans_user(const struct rulebook *book, struct span name);

#endif
