/* SPDX-License-Identifier: ISC */
/*
 * One command of one caller, from its check to its reply: what handlers get.
 *
 * A handler is called when verb, state, rights and the shape of the arguments
 * are right (proto/scmp_command.h). It answers exactly once: with one line
 * (call_answer), or with call_begin(), records, and call_end() or
 * call_continue(). Then it returns; nothing of the call is valid behind that.
 * It runs in the daemon's only thread: no handler waits for a client, and none
 * for another writer longer than others notice. Instead of [BUSY] the handler
 * is called again, while others are served, until it answers something else or
 * call->patience_ms are over. So whoever answers [BUSY] has changed nothing.
 */
#ifndef SCMPD_CALL_H
#define SCMPD_CALL_H

#include "base/buf.h"
#include "proto/scmp_command.h"
#include "proto/scmp_write.h"
#include "scmpd/caller.h"
#include "scmpd/scmpd.h"
#include "store/database.h"

struct connection;

struct call {
	struct scmpd *scmpd;
	struct connection *connection;
	struct caller *caller;
	const struct scmp_command *command;
	bool is_own; /* he may only see or do what is his own */
	/* for the audit: what was answered */
	bool is_answered;
	enum scmp_code code;
	bool is_broken;	 /* the rest of a long reply cannot be made, */
	bool is_busy;	 /* since another writer has the database */
	bool is_waiting; /* [BUSY] was not sent: it is tried again */
	unsigned patience_ms;
};

enum {
	CALL_PATIENCE_MS = 2000, /* for [BUSY], with others served meanwhile */
	CALL_AGAIN_MS = 50,	 /* between two tries */
};

typedef void call_handler(struct call *call);

/* The handler of a form of a verb, or NULL: what nobody has built yet. */
call_handler *call_find_handler(enum scmp_verb verb, enum scmp_deed deed);

/* "+OK [CODE] text" or "-ERR [CODE] text". */
void call_answer(struct call *call, enum scmp_code code, const char *format,
		 ...) __attribute__((format(printf, 3, 4)));

/* The same with a detail behind the code: [GENERATED detail]. */
void call_answer_detail(struct call *call, enum scmp_code code,
			struct span detail, const char *text);

/* "+OK text", to be followed by lines. */
void call_begin(struct call *call, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A buffer for one line, empty; then send it with its end. */
struct buf *call_record(struct call *call);
void call_send(struct call *call);

/* A line as it is: text for people, metrics. */
void call_line(struct call *call, struct span text);

/* The last of many. */
void call_end(struct call *call);

/*
 * Instead of that: the rest of the lines is made when the client has read what
 * there is, so no reply needs much memory. `more` adds some (up to a few
 * hundred) and returns false when that was the last; it may be called after any
 * time, in which anything may have changed. Where it can make no more although
 * there is more, it calls call_break(), and the connection is closed without
 * the dot: what is cut off must not look whole. `end` gives `state` back, also
 * when the connection goes away before. Until then no further command is read.
 */
struct call_source {
	bool (*more)(struct call *call, void *state);
	void (*end)(void *state);
};
void call_continue(struct call *call, const struct call_source *source,
		   void *state);
void call_break(struct call *call);

/*
 * Opens the database for this command; each of its steps waits for others for
 * some milliseconds. False: it was answered ([BUSY], [SYS/TEMP], [SYS/PERM])
 * and nothing is open.
 */
__attribute__((warn_unused_result)) bool
call_database(struct call *call, struct database *db, enum database_mode mode);

/* Answers for a negative errno of the database and the text it came with:
 * [NOTFOUND], [EXISTS], [REFUSED], [BUSY] or [SYS/TEMP]. */
void call_database_failed(struct call *call, int failed, struct buf *text);

#endif
