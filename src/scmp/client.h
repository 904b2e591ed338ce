/* SPDX-License-Identifier: ISC */
/*
 * The connection to scmpd: one command after another, each with its reply.
 * Nothing waits longer than --timeout, neither for a connection nor for the
 * next octets of a reply; a password crosses nothing but this machine.
 */
#ifndef SCMP_CLIENT_H
#define SCMP_CLIENT_H

#include "base/buf.h"
#include "proto/line.h"
#include "proto/scmp_reply.h"
#include "proto/scmp_write.h"
#include "scmp/request.h"

#include <stdbool.h>

struct scmp;

enum {
	CLIENT_PORT = 9109,
	CLIENT_TIMEOUT_S = 30,
	CLIENT_PLACE = 256,
	CLIENT_PASSWORD = 1024,
};

/* Where scmpd is. */
struct client_place {
	bool is_local;
	char path[CLIENT_PLACE]; /* of the Unix socket */
	char host[CLIENT_PLACE];
	uint16_t port;
	char text[CLIENT_PLACE + 16]; /* for messages */
};

struct client {
	int fd; /* meaningful only if it is open */
	bool is_open, is_broken;
	bool must_change; /* nothing but CHANGE_PASSWORD is possible */
	int timeout_ms;
	struct client_place place;
	char password[CLIENT_PASSWORD]; /* of --login */
	struct line_reader reader;
	char line[SCMP_REPLY_LIMIT];
	char input[16 * 1024];
	struct span rest; /* what is still to be read, in `input` */
};

/* What a caller of client_open() can do without. */
enum client_leave {
	CLIENT_ALL = 0,
	CLIENT_WITHOUT_LOGIN = 1, /* where no --login is given */
	CLIENT_MUST_CHANGE = 2,	  /* goes on where the password has to be */
	CLIENT_KEEP_PASSWORD = 4, /* needs it again; client_close() clears */
};

/*
 * Connects, reads the greeting and logs in as the options say. STATUS_OK, or a
 * status after a message that names place and remedy.
 */
__attribute__((warn_unused_result)) int client_open(struct scmp *s,
						    unsigned leave);

/* Says QUIT and closes; harmless where nothing is open. Forgets all. */
void client_close(struct scmp *s);

/* Which place: --socket, --server, or the configuration. The same results. */
__attribute__((warn_unused_result)) int
client_find_place(struct scmp *s, struct client_place *place);

/* A connected socket to that place, whose server is trusted (scmp/trust.h), or
 * -1 after a message; then *status. */
__attribute__((warn_unused_result)) int
client_connect(const struct scmp *s, const struct client_place *place,
	       int timeout_ms, int *status);

/* Sends a request, or one line as it is, and forgets what was sent. */
__attribute__((warn_unused_result)) int client_send(struct scmp *s,
						    struct request *q);

/* A status line; its spans hold until the next call. */
__attribute__((warn_unused_result)) int client_reply(struct scmp *s,
						     struct scmp_reply *reply);

/* Both; whatever the reply is, the result is STATUS_OK. */
__attribute__((warn_unused_result)) int
client_exchange(struct scmp *s, struct request *q, struct scmp_reply *reply);

/* Both; a reply of -ERR is said, and becomes a status. */
__attribute__((warn_unused_result)) int
client_ask(struct scmp *s, struct request *q, struct scmp_reply *reply);

/* "TEXT (CODE)" on standard error, and the code's status. */
int client_refused(const struct scmp *s, const struct scmp_reply *reply);

enum client_more {
	CLIENT_LINE,
	CLIENT_END,    /* of the reply */
	CLIENT_FAILED, /* a message has been said */
};

/* The next line of a reply of many, valid until the next call. */
__attribute__((warn_unused_result)) enum client_more
client_next(struct scmp *s, struct span *line);

/* Any line at all, without its meaning: STATUS_OK or a status. */
__attribute__((warn_unused_result)) int client_line(struct scmp *s,
						    struct span *line);

/* Is there a whole line already, without waiting for the server? */
bool client_has_line(struct scmp *s);

/* The exit status that a code becomes; SCMP_CODES for an unknown one. */
int client_status_of(enum scmp_code code);

#endif
