/* SPDX-License-Identifier: ISC */
/*
 * Control: what the daemon of administration asks sessions for, in a file
 * `control` of run_dir. It can ask a session to end, the server to let nobody
 * in, and the log to say more or less; that is all that it, or somebody who has
 * taken it over, can do here.
 *
 * The file has a fixed size and its storage from the beginning, and is made by
 * whoever comes first. It holds a word for each place of admission: the serial
 * of the session that is asked to end, so that no request is ever meant for the
 * place's next session. One number tells that something has changed.
 *
 * The daemon keeps the file mapped. Everybody else reads
 * it by system calls, so that whatever is done to it harms nobody, and checks
 * what is read.
 *
 * Nothing blocks.
 */
#ifndef STATS_CONTROL_H
#define STATS_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "stats/slots.h"
#include "sys/log.h"

enum control_how {
	CONTROL_STAY,
	CONTROL_GRACEFULLY, /* at the next reply boundary */
	CONTROL_NOW,
};

/* What holds for all. */
struct control_state {
	uint64_t changes; /* another number: something is to be read again */
	bool drain;	  /* let nobody in */
	bool has_log_level;
	enum log_level log_level;
};

/* --- asking (the daemon) --- */

struct control_file;

struct control {
	struct control_file *file; /* NULL: none */
	int run_dirfd;		   /* the caller's */
	int fd;			   /* to see whether the file is still there */
};

/*
 * Opens or makes the file, and maps it. 0 or a negative errno; either way *c is
 * usable and to be closed. The folder's descriptor must stay open as long.
 */
__attribute__((warn_unused_result)) int control_open(struct control *c,
						     int run_dirfd);

/*
 * To be asked before something is asked for: is the file still the one that
 * others read? If it was removed, replaced or cut, it is opened again, as far
 * as this process may; what had been asked for is forgotten. 0, or a negative
 * errno: nobody would hear.
 */
__attribute__((warn_unused_result)) int control_renew(struct control *c);
void control_close(struct control *c);

/* Asks the session of that place and serial to end. False: no file, or no such
 * place. control_publish() makes others look. */
bool control_end(struct control *c, uint32_t slot, uint64_t serial,
		 enum control_how how);
void control_set_drain(struct control *c, bool drain);
/* NULL: as configured */
void control_set_log_level(struct control *c, const enum log_level *level);
/* What is asked of all, `changes` apart; nothing if there is no file. */
struct control_state control_asked(const struct control *c);
/* After all changes that belong together. */
void control_publish(struct control *c);

/* --- obeying (everybody else) --- */

struct control_look {
	int run_dirfd; /* the caller's; -1: it is not opened again */
	int fd;	       /* open for reading alone; -1: no file */
};

/* Opens the file, and makes it if need be. 0 or a negative errno; either way
 * *look is usable and to be closed. */
__attribute__((warn_unused_result)) int
control_look_open(struct control_look *look, int run_dirfd);
/* For somebody who changes nothing: it must be there. */
__attribute__((warn_unused_result)) int
control_look_only(struct control_look *look, int run_dirfd);
void control_look_close(struct control_look *look);

/*
 * What holds now: two system calls. If the file was removed, replaced or cut,
 * it is opened again, or made, and `changes` is another number. False, and
 * nothing is asked for: there is no file, or it is none.
 */
bool control_look(struct control_look *look, struct control_state *state);

/* What the session of that place and serial is asked for: one system call. */
enum control_how control_look_at(const struct control_look *look, uint32_t slot,
				 uint64_t serial);

/* Words of places, as they were read together. All zero: none yet. */
enum { CONTROL_AHEAD = 512 };
struct control_ahead {
	uint32_t first, n;
	uint64_t words[CONTROL_AHEAD];
};

/*
 * The same for who asks for many sessions, most of them in the order of their
 * places: a system call for CONTROL_AHEAD of them. To begin anew, set n to 0.
 */
enum control_how control_look_ahead(const struct control_look *look,
				    struct control_ahead *ahead, uint32_t slot,
				    uint64_t serial);

#endif
