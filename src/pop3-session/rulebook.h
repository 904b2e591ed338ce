/* SPDX-License-Identifier: ISC */
/*
 * The bans and allows of the first `sqlite:` store, as they are now. Read when
 * the file has changed, which a stat before each connection tells, so that a
 * ban is in force for the next one. If the file cannot be read just now, what
 * was known before stays in force.
 */
#ifndef POP3_SESSION_RULEBOOK_H
#define POP3_SESSION_RULEBOOK_H

#include "config/settings.h"
#include "net/peer.h"
#include "store/rules.h"
#include "sys/file_stamp.h"

#include <stdbool.h>
#include <stdint.h>

/* For a writer, where there is no earlier reading to go by. */
enum { RULES_WAIT_MS = 500 };

struct rulebook {
	const char *path;	/* of the database; NULL: there are no rules */
	struct file_stamp seen; /* what `rules` were made of */
	int failed;		/* the last reading, 0 or a negative errno */
	struct rules rules;
};

/* Which database, if any. Touches no file. */
void rulebook_find(struct rulebook *book, const struct settings *settings);

/*
 * Sees that the rules are those in the file. Waits for its writers for at most
 * so many milliseconds, and reads as long as a disk takes. A failure is logged
 * when it is a new one.
 */
void rulebook_look(struct rulebook *book, unsigned wait_ms);

/*
 * May this peer come in? If not, *by has the network of the ban, or 0 bits of
 * no network if it is not on the allow list. Machines that talk to themselves
 * need not be on that. Peers without an address may.
 */
enum rules_verdict rulebook_ask(const struct rulebook *book,
				const struct peer *peer, struct network *by);

/* Is there a ban of this user? */
bool rulebook_bans_user(const struct rulebook *book, struct span name);

#endif
