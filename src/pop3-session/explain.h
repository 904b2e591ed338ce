/* SPDX-License-Identifier: ISC */
/*
 * --explain: what would become of a login, and why, step by step in the order
 * in which a connection meets them. Nothing is made, counted, locked for longer
 * than a look, or removed; the decisions are those of the door and the monitor.
 */
#ifndef POP3_SESSION_EXPLAIN_H
#define POP3_SESSION_EXPLAIN_H

#include "pop3-session/monitor.h"
#include "stats/admission_look.h"

#include <stdio.h>

struct explain_options {
	const char *user;
	const char *address; /* the client's; NULL: this machine's */
	int password_fd;     /* what can be read there is tried; -1: nothing */
};

/*
 * A line on `to` for each step, and a sentence at the end. Returns the exit
 * status: 0: would be let in; 1: would be refused, or nobody can tell from
 * here; 2: the options or the configuration are wrong, which stderr tells.
 */
int explain_all(struct service *service, struct configuration *c,
		const struct explain_options *options, FILE *to);

/* --- between the files of explain --- */

enum { EXPLAIN_TEXT = 2 * PLACE_PATH_SIZE, EXPLAIN_REPLY = 256 };

struct explain {
	FILE *to;
	const struct configuration *c;
	struct service *service;
	const struct explain_options *options;
	struct monitor_setup setup;
	struct monitor m;
	struct user_row row, example;
	char store[USERS_PATH_SIZE +
		   USERS_NAME_SIZE]; /* the row's, for people */
	struct monitor_place place;
	int run_dirfd;
	int uncounted, unpunished; /* why not, a negative errno; 0: they are */
	bool offers_pass, offers_apop;
	uint32_t delay_ms;
	unsigned unseen; /* steps that could not be looked at */
	bool is_lost;	 /* of these, one without which nothing can be told */
	bool is_refused;
	char reply[EXPLAIN_REPLY]; /* of the first refusal, without CRLF */
};

enum explain_mark { EXPLAIN_OK, EXPLAIN_NOTE, EXPLAIN_REFUSED };

/* A line: the matter, the mark, and text as for printf. */
void explain_say(struct explain *x, const char *what, enum explain_mark mark,
		 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * The same with a setting behind it that decided it, a member of struct
 * settings by its offset: "text [KEY: FILE:LINE]".
 */
void explain_say_key(struct explain *x, const char *what,
		     enum explain_mark mark, size_t offset, const char *fmt,
		     ...) __attribute__((format(printf, 5, 6)));

/* The client would get this reply, if it was not refused before. */
void explain_refuse(struct explain *x, const char *reply);
void explain_refuse_as(struct explain *x, enum channel_answer answer);

/*
 * A step that cannot be looked at, for this errno, with the rights that we
 * have.
 */
void explain_unseen(struct explain *x, const char *what, const char *thing,
		    int error);

/* Text for people: octets that are not printable are escaped. */
const char *explain_escape(const char *text, char *memory, size_t size);

/* explain_door.c: before there is a name */
void explain_door(struct explain *x);
void explain_methods(struct explain *x);
/* Penalties of the user, where he comes from. */
void explain_penalty(struct explain *x);
/* How many sessions the user has. */
void explain_user_sessions(struct explain *x);

/* explain_rules.c: bans and allows of the address */
void explain_rules(struct explain *x);
/* A ban of the user, from the first database. */
void explain_user_ban(struct explain *x);

/* explain_user.c: false: there is no row */
bool explain_user(struct explain *x);

/* explain_place.c: the row's mail */
void explain_place(struct explain *x);

#endif
