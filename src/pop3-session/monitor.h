/* SPDX-License-Identifier: ISC */
/*
 * The monitor: the trusted half of a session.
 *
 * It never reads an octet from the network; it sees what the front asks for
 * over the channel, checked by channel.c's table.  It verifies credentials,
 * becomes the mail owner, confines itself to that one Maildir and serves it,
 * and it holds the deadlines.
 *
 * With rights (started as root) runs what leads to a login, up to confine() of
 * monitor_place.c.  All else runs as the mail owner, also where there is no
 * folder, and so nothing to be done.
 */
#ifndef POP3_SESSION_MONITOR_H
#define POP3_SESSION_MONITOR_H

#include "auth/auth.h"
#include "pop3-session/channel.h"
#include "pop3-session/events.h"
#include "pop3-session/service.h"
#include "stats/statistics.h"
#include "store/maildrop.h"
#include "store/place.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* As they are counted. */
enum monitor_end {
	END_LOGGED_OUT = COUNTERS_END_LOGGED_OUT,
	END_HUNG_UP = COUNTERS_END_HUNG_UP,
	END_ERRORS = COUNTERS_END_ERRORS,
	END_AUTH_LIMIT = COUNTERS_END_AUTH_LIMIT,
	END_IDLE = COUNTERS_END_IDLE,
	END_LOGIN_TIMEOUT = COUNTERS_END_LOGIN_TIMEOUT,
	END_SHUTDOWN = COUNTERS_END_SHUTDOWN,
	END_KICKED = COUNTERS_END_KICKED,
	END_STORAGE = COUNTERS_END_STORAGE,
	END_NO_MAILDROP = COUNTERS_END_NO_MAILDROP,
	END_FRONT_DIED = COUNTERS_END_FRONT_DIED,
	END_PROTOCOL = COUNTERS_END_PROTOCOL,
	END_INTERNAL = COUNTERS_END_INTERNAL,
	MONITOR_ENDS = COUNTERS_ENDS
};

/* What a session is given at its start. */
struct monitor_setup {
	struct service *service;
	int client; /* the connection, to shut it down; -1: none */
	int channel;
	int signals;	  /* tells of SIGTERM, and of how to be kicked */
	struct peer peer; /* peer.known is false without a network */
	bool is_network;  /* a socket: limits and penalties hold */
	struct admission_ticket *ticket;
	const char *preauth; /* user logged in without a password, or NULL */
	/* It has a parent, who gives the ticket back, looks at control, and
	 * tells of the connection. */
	bool has_parent;
	void *place; /* where its page of identity goes; NULL: anywhere */
};

/* What the parent sends to one that is to end; SIGTERM: with the server. */
enum { MONITOR_KICK = SIGUSR1, MONITOR_KICK_NOW = SIGUSR2 };

struct monitor {
	const struct monitor_setup *setup;
	struct service *service;
	enum channel_state state;
	bool over;	/* leave the loop */
	bool told;	/* the front was asked to close */
	bool stopping;	/* SIGTERM came, or the next */
	bool kicked;	/* to end by request, in any case without UPDATE */
	bool logged_in; /* some login succeeded */
	bool has_left_shared; /* by service_unshare() */
	uint32_t had;	      /* kinds of messages that came, bits */
	enum monitor_end end;
	uint64_t started; /* clock_ms, as the next */
	uint64_t deadline;
	uint32_t alive_ms;	  /* what the front was told */
	pid_t pid;		  /* its own */
	struct timespec taken_up; /* the login under way, monotonic */
	uint32_t attempts;	  /* to log in that failed, for any reason */
	uint32_t failures;	  /* of these, by name or password */
	uint32_t refusals; /* of these, though the credentials were right */
	int trapped;	   /* system call that killed the front; -1: none */
	struct channel_summary summary;
	struct statistics_identity *own; /* NULL: it is not counted */
	char session[17];		 /* its name in the log */
	char stamp[AUTH_STAMP_MAX];
	size_t stamp_n;
	char user[USERS_NAME_SIZE]; /* last tried; logged in after login */

	struct maildrop drop;
	bool has_drop;		/* false: an empty maildrop without a folder */
	bool flight_is_bounded; /* see monitor_mail.c */
	struct maildrop_outcome outcome;
	uint8_t *marks[CHANNEL_BITMAPS];

	/* What the front says; no more of it is touched than comes. */
	char heard[CHANNEL_OCTETS];
};

/*
 * The beginning of a session, which needs no process of its own: its name, and
 * the greeting to the front.  The acceptor does this before it makes either
 * process, so that the front need not wait for it; *setup is still needed by
 * the other half, in a process that began as a copy of this one.
 */
void monitor_start(struct monitor *m, const struct monitor_setup *setup);
void monitor_serve(struct monitor *m);

/*
 * Both: serve to the end.  The caller then exits, which gives back all that it
 * holds; who has something else to do first calls monitor_close().
 */
void monitor_run(struct monitor *m, const struct monitor_setup *setup);
void monitor_close(struct monitor *m);

/* --- between the monitor's own files --- */

/* monitor.c */
void monitor_answer(struct monitor *m, enum channel_kind kind, struct span body,
		    const int *fds, size_t nfds);
void monitor_finish(struct monitor *m, enum monitor_end end);
/* The same, and the client is not waited for. */
void monitor_cut(struct monitor *m, enum monitor_end end);
uint64_t monitor_idle_deadline(const struct monitor *m);

/* monitor_login.c */
/*
 * The name as it is known by here, into m->user; false: it can be nobody's, and
 * what is there is for the log.
 */
bool monitor_take_name(struct monitor *m, struct span name);
void monitor_on_login(struct monitor *m, struct channel_message *message);
void monitor_preauth(struct monitor *m);

/* monitor_limits.c */
/*
 * Before anything is looked at: CHANNEL_WELCOME when it may be, which may take
 * as long as the network's penalty; CHANNEL_REFUSED (logged); or
 * CHANNEL_TEMPORARY: front or client went away, or the server ends. `user`:
 * empty if nobody can have that name.
 */
enum channel_answer monitor_await_turn(struct monitor *m, struct span user);
/* The login has failed, or the password was right. */
void monitor_count_failure(struct monitor *m);
void monitor_count_success(struct monitor *m);
/*
 * Is the user banned, or is this an address that the row does not let him in
 * from, or that the rules keep out, which the door may not have been able to
 * read (logged)?  To be answered like a wrong password, and as late.  The first
 * of these only says it of the user.
 */
enum monitor_keeping {
	KEEPING_NOBODY,
	KEEPING_BANNED,
	KEEPING_ELSEWHERE, /* he may come in, but not from there */
};
enum monitor_keeping monitor_keeps_out(const struct monitor *m,
				       const struct user_row *row);
bool monitor_is_kept_out(const struct monitor *m, const struct user_row *row);
/* How many sessions at once this user may have from there. */
struct admission_user_limits monitor_limits_of(const struct service *service,
					       const struct peer *peer,
					       const struct user_row *row);
/*
 * With the right password: CHANNEL_WELCOME, or which limit of sessions is
 * reached (logged).
 */
enum channel_answer monitor_within_limits(struct monitor *m,
					  const struct user_row *row);

/* monitor_check.c */
/*
 * Do these credentials fit the row (an empty one: of nobody)?  Waits for its
 * turn if that is much work.  AUTH_TEMPFAIL also after too long a wait, with
 * any row.  `example` is room for the work.
 */
enum auth_verdict monitor_check(const struct monitor *m,
				const struct user_row *row,
				struct user_row *example,
				enum channel_method method, struct span proof);
/*
 * A login is taken up, and is about to be refused: waits until that no longer
 * tells how much work it was, where all of it was little.
 */
void monitor_take_up(struct monitor *m);
void monitor_hold_back(const struct monitor *m);

/* monitor_place.c */
struct monitor_place {
	struct identity owner;
	const char *log; /* name of popser's file in `index`, or NULL */
	bool has_index;	 /* a folder of its own; else in the Maildir */
	char path[PLACE_PATH_SIZE];
	char index[PLACE_PATH_SIZE];
};
/*
 * Where the row's mail is and whose.  NULL, or why that cannot be told:
 * somebody has to mend it, CHANNEL_PERMANENT.
 */
const char *monitor_work_out_place(const struct monitor *m,
				   const struct user_row *row,
				   struct monitor_place *place);
/* The same, but what it is is logged: CHANNEL_WELCOME, or the answer. */
enum channel_answer monitor_find_place(struct monitor *m,
				       const struct user_row *row,
				       struct monitor_place *place);
/* The answer where a Maildir cannot be opened or listed, for a negative errno
 */
enum channel_answer monitor_answer_of(int error);
/* Has another session the Maildir that is open there?  Keeps no lock. */
bool monitor_is_locked(int dir);
/* For how many seconds, or -1. */
int64_t monitor_held_for(const struct monitor *m, int dir);
/*
 * Lock it, become its owner, confine this process to it and list it.
 * Failures from which the process cannot serve another login set *fatal.
 */
enum channel_answer monitor_enter_place(struct monitor *m,
					const struct monitor_place *place,
					bool *fatal, int64_t *held_for);

/* monitor_control.c: ends of the session that somebody asks for. */
/* At the next reply boundary. */
void monitor_stop(struct monitor *m);
void monitor_obey_signal(struct monitor *m, int number);
/* Where there is no parent to do so: does control ask this session to end? */
void monitor_look(struct monitor *m);
/* How long may be waited until that is to be done again, in milliseconds. */
uint64_t monitor_look_limit(const struct monitor *m);
/* A message of this kind came: is it not to be done any more, since it came
 * behind a kick?  Then it is answered as far as need be. */
bool monitor_leaves_undone(struct monitor *m, uint32_t kind);

/*
 * monitor_counts.c; nothing is counted where there are no statistics of the
 * session, but what happens is told.
 */
/* Tells whoever looks of something about a session, whose monitor that is. */
void monitor_tell(const struct monitor_setup *setup, pid_t pid,
		  struct events_event *event);
/* The same, that it has begun. */
void monitor_tell_connect(const struct monitor_setup *setup, pid_t pid);
void monitor_begin_counts(struct monitor *m);
/* The answer to a login that took so long, before it is given. */
void monitor_count_login(struct monitor *m, enum channel_method method,
			 uint32_t answer, uint64_t ms);
void monitor_count_timeout(struct monitor *m, enum counters_timeout which);
/* What UPDATE has removed. */
void monitor_count_update(struct monitor *m);
void monitor_end_counts(struct monitor *m);

/* monitor_mail.c */
void monitor_on_fetch(struct monitor *m, struct channel_message *message);
void monitor_on_relist(struct monitor *m, struct channel_message *message);
void monitor_on_marks(struct monitor *m, struct channel_message *message);
void monitor_on_commit(struct monitor *m, struct channel_message *message);

#endif
