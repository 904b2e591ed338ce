/* SPDX-License-Identifier: ISC */
/*
 * One connection: lines in, replies out, states and time limits. All of it
 * happens in callbacks of the event loop; a connection is freed only there,
 * never while one of its commands runs.
 *
 * What a peer can make us keep is bounded: the input buffer (the server stops
 * reading), the output buffer (it stops making replies), the time.
 */
#ifndef SCMPD_CONNECTION_H
#define SCMPD_CONNECTION_H

#include "proto/scmp_command.h"
#include "proto/scmp_line.h"
#include "proto/scmp_write.h"
#include "scmpd/call.h"
#include "scmpd/caller.h"
#include "scmpd/scmpd.h"

#include <stdbool.h>
#include <sys/queue.h>

struct bufferevent;
struct event;

enum {
	CONNECTION_INPUT = 4096,
	CONNECTION_OUTPUT = 256 * 1024,
	CONNECTION_LOGIN_S = 30,
	CONNECTION_IDLE_S = 600,
	CONNECTION_ALIVE_S = 60,
	CONNECTION_END_S = 5, /* for what is still to be sent, at the end */
	CONNECTION_FAILURES = 3,
	CONNECTION_FOR_ROOT = 8, /* of all connections */
	CONNECTION_TURN_MS = 20, /* then others have theirs */
	CONNECTION_STALLS = 10,	 /* # alive lines, of which none was taken */
};

struct connection;

typedef void connection_resume(struct connection *c);

struct connection {
	LIST_ENTRY(connection) entry;
	struct scmpd *scmpd;
	struct caller caller;
	struct bufferevent *stream;
	struct event *timer;
	struct event *turn; /* there is more to be done, in another turn */
	enum scmp_state state;
	bool has_input_end; /* the peer sends no more */
	bool is_ending;	    /* no further command; what is written is sent */
	bool is_held;	    /* a command waits; no further one meanwhile */
	bool has_taken;	    /* the peer took some output since then: */
	unsigned stalls;    /* # alive lines before which it took nothing */
	struct scmp_reader reader;
	struct scmp_command command; /* the one under way */
	bool has_user;		     /* there was USER, */
	char user[USERS_NAME_SIZE];  /* of this name; empty: nobody's */
	unsigned failures;	     /* logins that failed */
	bool has_waited;	     /* a login, for its penalty */
	/* a command that waits (connection_hold()) */
	struct event *hold;
	connection_resume *resume;
	uint64_t impeded_ms; /* clock_ms: since it could have been done but for
				others; 0: it could not yet */
	/* the deadline of the state */
	uint64_t due_ms;       /* clock_ms */
	uint64_t left_ms;      /* what was left of it when it was stopped */
	bool is_clock_stopped; /* while a command waits for us */
	/* a long reply under way */
	const struct call_source *source;
	void *source_state;
	/* WATCH: what is sent to this client; see watch.h */
	unsigned watch_types;
	unsigned long watch_missed;
	unsigned watch_turn; /* when it is asked whether he still may */
	struct buf record;
	char record_memory[SCMP_REPLY_LIMIT];
};

/* Starts to serve a connection that was accepted; closes it if it may not be.
 */
void connection_accept(struct scmpd *s, const struct listener *listener,
		       int fd);

/* No further command; it is closed when what is written has been sent. */
void connection_end(struct connection *c);

/* Closes and frees it at once. */
void connection_free(struct connection *c);

/* Octets that the client has not taken yet. */
size_t connection_unsent(const struct connection *c);

/* Sends octets as they are. */
void connection_send(struct connection *c, struct span octets);

/* A line for the client, made in c->record. */
struct buf *connection_record(struct connection *c);
void connection_send_record(struct connection *c);

/*
 * The command under way waits for so long, and then goes on with `resume`
 * (NULL: a long reply with its next piece), which answers, or has it wait
 * again; no further one is read meanwhile. The time is not the client's: its
 * deadline is later by as much.
 */
void connection_hold(struct connection *c, uint32_t ms,
		     connection_resume *resume);

/* May what others impede be tried again, or has it been tried for so long? */
bool connection_is_patient(struct connection *c, uint64_t most_ms);

/* Goes on, in a turn of its own, with what the client has sent or is to get. */
void connection_go_on(struct connection *c);

/* The deadline that belongs to the state, from now on. */
void connection_arm(struct connection *c);

#endif
