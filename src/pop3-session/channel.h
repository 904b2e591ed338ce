/* SPDX-License-Identifier: ISC */
/*
 * The channel between the front (network, untrusted) and the monitor
 * (credentials and maildrop, trusted) of one session.
 *
 * One SOCK_SEQPACKET socketpair; one message a datagram: a head, then the
 * fixed body of its kind, then octets whose lengths the body tells.  Both
 * ends run the same build on the same machine, so bodies are plain structs.
 * What arrives is checked against one table (kind, direction, states, sizes,
 * descriptors) before any handler sees it; what the table does not allow ends
 * the session without UPDATE.
 */
#ifndef POP3_SESSION_CHANNEL_H
#define POP3_SESSION_CHANNEL_H

#include "base/span.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CHANNEL_OCTETS = 16384,	  /* the longest message, head included */
	CHANNEL_TO_FRONT = 576,	  /* the longest that a monitor sends */
	CHANNEL_FDS = 16,	  /* descriptors in one message at most */
	CHANNEL_MARKS_MAX = 8192, /* octets of a bitmap in one message */
};

enum channel_kind {
	/* monitor to front */
	CHANNEL_GREETING, /* channel_greeting, then the APOP stamp */
	CHANNEL_VERDICT,  /* channel_verdict; on success the tables' fds */
	CHANNEL_MESSAGES, /* channel_messages, with fds of those that opened */
	CHANNEL_TABLES,	  /* channel_tables, with fds: listed again */
	CHANNEL_DONE,	  /* channel_done: UPDATE is over, the lock is free */
	CHANNEL_CLOSE,	  /* end at the next reply boundary */
	/* front to monitor */
	CHANNEL_LOGIN,	/* channel_login, then name, then proof */
	CHANNEL_FETCH,	/* channel_fetch */
	CHANNEL_RELIST, /* the tables are damaged: list again */
	CHANNEL_MARKS,	/* channel_marks, then octets of the bitmap */
	/*
	 * QUIT in TRANSACTION: enter UPDATE.  With a channel_summary behind it,
	 * which holds if all goes well, nothing more is said then.
	 */
	CHANNEL_COMMIT,
	CHANNEL_ALIVE,	 /* a complete command came, or output moved */
	CHANNEL_SUMMARY, /* channel_summary: the front's counts, at its end */
	CHANNEL_TRAPPED, /* channel_trapped: the filter caught a system call */
	CHANNEL_KINDS
};

/* The monitor's states, as bits: when a kind may come from the front. */
enum channel_state {
	CHANNEL_IN_LOGIN = 1, /* AUTHORIZATION */
	CHANNEL_IN_MAIL = 2,  /* TRANSACTION */
	CHANNEL_AT_END = 4,   /* after COMMIT, or told to close */
};

enum channel_method { CHANNEL_USER_PASS, CHANNEL_APOP, CHANNEL_METHODS };

struct channel_head {
	uint32_t kind; /* enum channel_kind */
	uint32_t size; /* octets that follow */
};

/* What the front may tell the client at first. */
struct channel_greeting {
	bool plaintext;	  /* USER and PASS may be used here */
	bool preauth;	  /* a login for debugging is already under way */
	bool unfit;	  /* nobody can log in: end with an error */
	uint32_t stamp_n; /* octets of the APOP stamp that follow; 0: no APOP */
	uint32_t alive_ms; /* CHANNEL_ALIVE is not wanted more often */
};

struct channel_login {
	uint32_t method;  /* enum channel_method */
	uint32_t name_n;  /* octets of the name that follows */
	uint32_t proof_n; /* octets of the password or digest behind it */
};

enum channel_answer {
	CHANNEL_WELCOME,
	CHANNEL_BAD_CREDENTIALS, /* [AUTH] */
	CHANNEL_TOO_MANY,	 /* [AUTH] and the connection ends */
	CHANNEL_IN_USE,		 /* [IN-USE] */
	CHANNEL_TEMPORARY,	 /* [SYS/TEMP] */
	CHANNEL_PERMANENT,	 /* [SYS/PERM] */
	CHANNEL_CLEARTEXT,	 /* not in clear text from there */
	CHANNEL_NO_METHOD,	 /* no such method here */
	CHANNEL_REFUSED,	 /* too many failures of the network */
	CHANNEL_USER_FULL,	 /* max_sessions_per_user */
	CHANNEL_USER_NETWORK_FULL,
	CHANNEL_ANSWERS
};

struct channel_verdict {
	uint32_t answer;  /* enum channel_answer */
	uint32_t closing; /* the session ends after this answer */
	int64_t held_for; /* [IN-USE]: seconds, -1: not known */
};

struct channel_fetch {
	uint32_t number; /* first message wanted, counting from 1 */
	uint32_t count;	 /* how many from there, 1 to CHANNEL_FDS */
};

struct channel_messages {
	uint32_t number;
	uint32_t count;
	int32_t error[CHANNEL_FDS]; /* 0: a descriptor follows; else errno */
};

struct channel_tables {
	int32_t error; /* 0: descriptors follow */
};

enum channel_bitmap { CHANNEL_DELETED, CHANNEL_RETRIEVED, CHANNEL_BITMAPS };

struct channel_marks {
	uint32_t bitmap; /* enum channel_bitmap */
	uint32_t offset; /* octet of the bitmap where these begin */
	uint32_t octets; /* that follow; at most CHANNEL_MARKS_MAX */
};

struct channel_done {
	uint32_t failed; /* messages that could not be removed */
	/*
	 * 0, or the errno of what failed first; ECANCELED: nothing was done,
	 * since the session was asked to end before.
	 */
	int32_t error;
};

enum channel_reason {
	CHANNEL_LOGGED_OUT, /* QUIT */
	CHANNEL_HUNG_UP,    /* end of file or an error on the connection */
	CHANNEL_ERRORS,	    /* too many bad commands */
	CHANNEL_AUTH_LIMIT, /* too many failed logins */
	CHANNEL_TOLD,	    /* told to close */
	CHANNEL_STORAGE,    /* a message could not be read to its end */
	CHANNEL_REASONS
};

struct channel_summary {
	uint32_t reason; /* enum channel_reason */
	uint32_t retr, top;
	uint32_t cleartext; /* passwords refused without encryption */
	uint64_t retr_octets, top_octets;
	uint64_t received, sent; /* octets on the connection */
};

struct channel_trapped {
	int32_t nr; /* system call number */
};

struct channel_message {
	uint32_t kind;	  /* enum channel_kind */
	struct span body; /* in the receiver's buffer */
	int fds[CHANNEL_FDS];
	size_t nfds;
};

enum channel_sender {
	CHANNEL_FROM_MONITOR,
	CHANNEL_FROM_FRONT,
};

/*
 * Send one message: body and up to two more pieces behind it, gathered.
 * fds stay the caller's.  0; -EPIPE: the peer is gone; other negative errno.
 *
 * What fronts send waits while the monitor's queue is full.  What monitors send
 * never does: a front that leaves its answers unread must not hold up the one
 * who watches it, so that is -EAGAIN.
 */
__attribute__((warn_unused_result)) int
channel_send(int channel, enum channel_kind kind, struct span body,
	     struct span more, struct span last, const int *fds, size_t nfds);

/*
 * Receive one message into memory (CHANNEL_OCTETS of it, or CHANNEL_TO_FRONT
 * where a front receives) and check it.  `states` are the monitor's, without
 * the kinds in `had`, bits by kind, that may come but once; `had` is kept here.
 * Descriptors that came are the caller's from then on.  Blocks.
 * 1: got one; 0: the peer closed its end; -EPROTO: not allowed by the table
 * (what came with it is closed, message->kind is what it was said to be);
 * other negative errno.
 */
__attribute__((warn_unused_result)) int
channel_receive(int channel, enum channel_sender from, unsigned states,
		uint32_t *had, char *memory, struct channel_message *message);

/* The name of a kind, for logs. */
const char *channel_kind_name(uint32_t kind);

#endif
