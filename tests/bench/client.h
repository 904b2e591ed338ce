/* SPDX-License-Identifier: ISC */
/* One blocking POP3 connection of the load generator. Failures end the
 * program: these modes need every reply. */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client {
	int fd;
	size_t at, end; /* of what was received and not yet read */
	char buf[64 << 10];
};

void client_open(struct client *, uint16_t port);
void client_close(struct client *);

/* printf to the server; the text brings its own line end. */
__attribute__((format(printf, 2, 3))) void client_send(struct client *,
						       const char *fmt, ...);

/* The next line without its end, valid until the next call; end of file
 * ends the program. */
const char *client_line(struct client *);

/* The next line, which must begin with +OK. */
const char *client_ok(struct client *);

/* Waits until at least one more octet is there, without taking it. */
void client_wait(struct client *);

/* Takes a message's lines up to and with the single dot. Returns the octets
 * between, dot-stuffing and terminator not counted; adds those on the wire,
 * with the terminator, to *wire, and to *digest a sum over the text with LF
 * ends. Where the first line has no CR (the floor that does not encode), no
 * line needs one, and nothing is taken for dot-stuffing. */
uint64_t client_text(struct client *, uint64_t *wire, uint64_t *digest);

/* Greeting, USER, PASS up to the reply. */
void client_login(struct client *, const char *user, const char *password);

/* QUIT, its reply, end of file, close. */
void client_quit(struct client *);

#endif
