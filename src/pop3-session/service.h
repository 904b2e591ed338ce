/* SPDX-License-Identifier: ISC */
/*
 * What all sessions of a process have in common, worked out once from the
 * settings: identities, networks, user stores, the shared files of run_dir.
 */
#ifndef POP3_SESSION_SERVICE_H
#define POP3_SESSION_SERVICE_H

#include "base/buf.h"
#include "config/rulebook.h"
#include "config/settings.h"
#include "net/peer.h"
#include "priv/identity.h"
#include "stats/admission.h"
#include "stats/control.h"
#include "stats/events_ring.h"
#include "stats/penalty.h"
#include "stats/statistics.h"
#include "store/users.h"

#include <stdbool.h>

enum {
	SERVICE_NETWORKS = 64,
	SERVICE_HOST = 256,
	SERVICE_GREETING = 300,
	/* The front tells of life this often in an idle timeout. */
	SERVICE_ALIVE_PARTS = 40,
};

struct service_networks {
	struct network items[SERVICE_NETWORKS];
	size_t n;
};

struct service {
	const struct settings *settings;
	bool privileged;       /* can become other users */
	struct identity front; /* who fronts are; if privileged */
	struct identity mail;  /* who owns mail by default; likewise */
	bool has_mail_user;
	const char *const *roots; /* NULL: any folder */
	size_t roots_n;
	bool method_user, method_apop;
	struct service_networks trusted, unlimited;
	struct penalty_rules penalty_rules;
	struct rulebook rulebook;
	struct users users;
	bool has_users;
	int users_missing; /* errno: nobody has set `users`, and the database
			      that is the default cannot be read; 0: else */
	bool offers_apop;  /* see service_look() */
	uint32_t hashes;   /* computed at once, at most */
	uint32_t processors;
	bool has_shared; /* service_share() has found run_dir */
	struct admission admission;
	struct penalty penalty;
	struct statistics statistics;
	struct events_ring events;
	struct control_look control;
	struct control_state asked; /* see service_hear() */
	uint64_t heard_at;	    /* clock_ms(), at the door; 0: never */
	int log_level;		    /* in force: enum log_level */
	uint32_t alive_ms;
	char host[SERVICE_HOST];
	char greeting[SERVICE_GREETING];
};

/*
 * Works all out but the shared files.  0, or -EINVAL (and other negative
 * errno) with text in error.  Warnings go to the log.
 */
__attribute__((warn_unused_result)) int
service_prepare(struct service *s, const struct configuration *c,
		struct buf *error);

/*
 * Opens (or makes) the files of run_dir.  A failure is logged, no more.  *s
 * must stay where it is from then on.
 */
void service_share(struct service *s);

/*
 * For a process that counts and slows nobody any more (a front, its parent, a
 * monitor that has logged in): unmaps and closes what service_share() opened.
 * *s is left as it is, since changing it would cost the process a page, and
 * none of it must be used again; single pages of the statistics stay.
 */
void service_unshare(const struct service *s);

/* Warns of what the user stores hold without effect; reads them whole. */
void service_remark(const struct service *s);

/*
 * Sees what may have changed since: what is known of the stores as a whole
 * (whether APOP is worth offering; what is usual work for a login), and the
 * time zone of the log.  For the parent of many sessions, or a session, before
 * it is one.
 */
void service_look(struct service *s);

/*
 * From here on settings that stand in the database win over those of the
 * configuration, which is *s's and becomes what is in force (config/live.h).
 */
void service_take_live(struct service *s, struct configuration *c);

/*
 * Sees that rules and settings are as the database has them (rulebook_look()),
 * and what follows from the settings.
 */
void service_read_rules(struct service *s, unsigned wait_ms);

/*
 * Sees what scmpd asks for of all: whether nobody is to be let in, and what is
 * to be logged.  Two system calls.
 */
void service_hear(struct service *s);

bool service_trusts(const struct service *s, const struct peer *peer);

/* Is it exempt from the limits by network?  Also if it is trusted. */
bool service_has_no_limit(const struct service *s, const struct peer *peer);

/* May USER and PASS be used in clear text by this peer (NULL: no network)? */
bool service_allows_plaintext(const struct service *s, const struct peer *peer);

#endif
