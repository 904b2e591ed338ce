/* SPDX-License-Identifier: ISC */
/*
 * The front: the half of a session that speaks with the client.
 *
 * It runs in the front's sandbox, opens nothing, and knows of the maildrop
 * only what the monitor hands it over the channel.  Whoever takes it over
 * has the rights of the client that logged in, and no others.
 */
#ifndef POP3_SESSION_FRONT_H
#define POP3_SESSION_FRONT_H

#include "base/span.h"
#include "pop3-session/channel.h"
#include "pop3-session/output.h"
#include "proto/line.h"
#include "proto/pop3.h"
#include "stats/statistics.h"
#include "store/table.h"

#include <stdbool.h>
#include <stdint.h>

/* What a front is given at its start; stays the caller's. */
struct front_setup {
	int in, out; /* the client; the same socket twice, or a terminal */
	bool is_socket;
	int channel;
	bool offer_user; /* USER and PASS are among the configured methods */
	bool transcript; /* show both directions on fd 2 */
	bool keep_seen;	 /* tell the monitor what was retrieved */
	const char *greeting; /* the text after "+OK " and before the stamp */
	/* the session's page, where all is counted; NULL: it has none */
	struct statistics_counters *counters;
};

enum {
	FRONT_INPUT = 1024,
	FRONT_NAME = 256,
};

/* Message descriptors fetched ahead; number 0: none. */
struct front_batch {
	uint32_t number, count;
	int fds[CHANNEL_FDS]; /* -1: used, or failed with error[] */
	int32_t error[CHANNEL_FDS];
};

struct front {
	const struct front_setup *setup;
	enum pop3_state state;
	bool ended;	/* leave the loop after what is gathered is sent */
	bool told;	/* the monitor asked to close */
	bool lost;	/* the monitor is gone: nothing can be done */
	bool is_summed; /* the monitor has its summary */
	bool is_error;	/* the command under way is answered by -ERR */
	bool plaintext;
	bool apop;
	uint32_t errors_in_row;
	uint32_t had;	   /* kinds of messages that came, bits */
	uint32_t alive_ms; /* tell the monitor of life not more often */
	uint64_t alive_at; /* clock_ms, as the next */
	uint64_t line_at;  /* a command was read, or the one before answered */
	enum channel_reason reason;
	struct statistics_counters *own;

	struct line_reader reader;
	struct span pending; /* in input, not yet read as lines */

	/* TRANSACTION */
	int table_fds[TABLE_FILES_MAX];
	size_t table_fds_n;
	uint32_t count;
	uint32_t deleted_count;
	uint64_t deleted_octets;
	uint32_t last_fetched;
	struct front_batch batch;
	uint8_t *marks[CHANNEL_BITMAPS]; /* NULL until one is set */
	char *file; /* read buffer for messages, while in use */

	size_t name_n; /* 0: no USER yet */
	char name[FRONT_NAME];
	char line[LINE_LIMIT];
	char heard[CHANNEL_TO_FRONT]; /* the monitor's last message */
	struct output out;
	char input[FRONT_INPUT];
	struct table_view table; /* the blocks it reads are its end */
};

/* Serve the connection to its end.  Returns when all is over. */
void front_run(struct front *front, const struct front_setup *setup);

/* --- between the front's own files --- */

/* front_channel.c */
__attribute__((warn_unused_result)) bool
front_send(struct front *front, enum channel_kind kind, struct span body,
	   struct span more, struct span last);
/* Receive until a message of this kind comes; false: the monitor is gone. */
__attribute__((warn_unused_result)) bool
front_await(struct front *front, enum channel_kind kind,
	    struct channel_message *message);
/* Receive what is there: CHANNEL_CLOSE, or the end. */
void front_hear(struct front *front);
void front_alive(struct front *front);
/* What was counted, for the monitor; `sent` is octets on the connection. */
struct channel_summary front_summary(const struct front *front, uint64_t sent);
/* Take over the tables' descriptors that came with a message. */
__attribute__((warn_unused_result)) bool
front_open_tables(struct front *front, const struct channel_message *message);
/* A message's row; a damaged table is listed again by the monitor once. */
__attribute__((warn_unused_result)) int
front_row(struct front *front, uint32_t number, struct table_row *row);
/* A descriptor of a message, the caller's to close; or a negative errno. */
__attribute__((warn_unused_result)) int front_fetch(struct front *front,
						    uint32_t number);
void front_drop_batch(struct front *front);

/* front_marks.c */
__attribute__((warn_unused_result)) bool front_send_marks(struct front *front);
bool front_is_marked(const struct front *front, enum channel_bitmap which,
		     uint32_t number);
/* False: no memory. */
__attribute__((warn_unused_result)) bool
front_mark(struct front *front, enum channel_bitmap which, uint32_t number);
void front_unmark_all(struct front *front, enum channel_bitmap which);

/* front_commands.c */
void front_command(struct front *front, const struct pop3_command *command);

/* What a command is answered with. */
enum front_reply {
	REPLY_NONE, /* the handler has written its answer */
	REPLY_OK,
	REPLY_SEND_PASS,
	REPLY_USER_FIRST,
	REPLY_LOGGED_IN,
	REPLY_NO_METHOD,
	REPLY_NO_SUCH,
	REPLY_DELETED,
	REPLY_MARKED,
	REPLY_GONE,
	REPLY_UNREADABLE,
	REPLY_NO_MEMORY,
	REPLY_DAMAGED,
	REPLY_UNCONFIRMED,
	REPLY_BYE,
	REPLY_CLEARTEXT,
	REPLY_AUTH,
	REPLY_AUTH_LAST,
	REPLY_REFUSED,
	REPLY_USER_FULL,
	REPLY_USER_NETWORK_FULL,
	REPLY_SYS_TEMP,
	REPLY_SYS_PERM,
	REPLY_EMPTY_LINE,
	REPLY_UNKNOWN,
	REPLY_WRONG_STATE,
	REPLY_TOO_LONG,
	REPLY_MALFORMED,
	REPLY_TOO_MANY_ERRORS,
	REPLIES
};

/* front_login.c: the commands that log in */
enum front_reply front_user(struct front *front,
			    const struct pop3_command *command);
enum front_reply front_pass(struct front *front,
			    const struct pop3_command *command);
enum front_reply front_apop(struct front *front,
			    const struct pop3_command *command);
/* The answer to a login that the monitor has been asked for. */
void front_take_verdict(struct front *front);

/* front_replies.c */
void front_reply(struct front *front, enum front_reply reply);
/* How many octets that is, for those that are always the same. */
size_t front_reply_octets(enum front_reply reply);
/* Its text, with CRLF. */
const char *front_reply_text(enum front_reply reply);
/* What is said for an enum channel_answer, but CHANNEL_IN_USE: */
enum front_reply front_reply_of(uint32_t answer);
/* Adds the answer for that; seconds: since when, or -1. */
void front_add_in_use(struct buf *out, int64_t seconds);
/* A reply that names the verb and how it is used. */
void front_reply_usage(struct front *front, enum pop3_verb verb);

/* front_message.c */
enum front_reply front_retrieve(struct front *front, uint32_t number,
				uint64_t top_lines);
/* Give back the read buffer of an idle session. */
void front_rest_file(struct front *front);

#endif
