/* SPDX-License-Identifier: ISC */
/*
 * Sessions that a test wants: pretend RUN_DIR. Each of them has its place and
 * its pages of statistics as long as this program runs. Commands come in on
 * standard input, one a line; each is answered with one line.
 *
 *	session [KEY=VALUE]...   a new one; its id. Keys are those of SESSIONS
 *	                         and ok (logins)
 *	asked ID                 stay, gracefully or now
 *	leave ID                 it is over
 *	event TYPE [USER]        one in the ring of events
 *	events N                 N of type connect
 */
#include "stats/admission.h"
#include "stats/control.h"
#include "stats/events_ring.h"
#include "stats/statistics.h"
#include "sys/clock.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PRETEND_MOST = 1000 };

struct session {
	struct admission_ticket ticket;
	struct statistics_identity *identity;
	struct statistics_counters *counters;
};

static struct admission admission;
static struct statistics statistics = STATISTICS_NONE;
static struct events_ring events;
static struct control_look control;
static struct session sessions[PRETEND_MOST + 1]; /* by id */
static uint64_t sessions_n;

static void set_word(struct session *s, const char *key, const char *value)
{
	struct network_address address;

	if (strcmp(key, "user") == 0)
		statistics_set_user(s->identity, span_str(value));
	else if (strcmp(key, "ip") == 0 &&
		 network_address_parse(span_str(value), &address))
		statistics_set_peer(s->identity, &address, 50122);
	for (unsigned i = 0; strcmp(key, "state") == 0 && i < COUNTERS_STATES;
	     i++) {
		if (strcmp(value, counters_state_word(i)) == 0)
			statistics_set_state(s->identity,
					     (enum counters_state)i);
	}
	for (unsigned i = 0; strcmp(key, "cmd") == 0 && i < COUNTERS_VERBS;
	     i++) {
		if (strcmp(value, counters_verb_word(i)) == 0) {
			counters_set(&s->counters->verb, i + 1);
			counters_add(
				&s->counters->counts.commands[i][COUNTERS_OK],
				1);
		}
	}
}

static void set_number(struct session *s, const char *key, uint64_t value)
{
	struct counters_front *counts = &s->counters->counts;

	if (strcmp(key, "pid") == 0)
		statistics_set_pid(s->identity, (pid_t)value);
	else if (strcmp(key, "in") == 0)
		counters_set(&counts->received, value);
	else if (strcmp(key, "out") == 0)
		counters_set(&counts->sent, value);
	else if (strcmp(key, "retr") == 0)
		counters_set(&counts->retrieved, value);
	else if (strcmp(key, "msgs") == 0)
		counters_set(&s->counters->messages, value + 1);
	else if (strcmp(key, "dele") == 0)
		counters_set(&s->counters->marks, value);
	else if (strcmp(key, "ok") == 0)
		counters_set(&s->identity->counts.logins[COUNTERS_PASS]
							[COUNTERS_LOGGED_IN],
			     value);
	else if (strcmp(key, "age") == 0)
		counters_set(&s->identity->started_ms,
			     clock_ms() - value * 1000);
	else if (strcmp(key, "idle") == 0)
		counters_set(&s->counters->active_ms,
			     clock_ms() - value * 1000);
}

static void make_session(char *rest)
{
	const struct admission_limits none = {0, 0};
	struct session *s = &sessions[++sessions_n];
	char *word;

	if (sessions_n > PRETEND_MOST ||
	    admission_enter(&admission, NULL, false, &none, &s->ticket) !=
		    ADMISSION_ENTERED)
		exit(1);
	s->identity = statistics_map_identity(&statistics, s->ticket.slot);
	s->counters = statistics_map_counters(&statistics, s->ticket.slot);
	if (!s->identity || !s->counters)
		exit(1);
	while ((word = strsep(&rest, " "))) {
		char *value = strchr(word, '=');

		if (!value)
			continue;
		*value++ = '\0';
		set_word(s, word, value);
		set_number(s, word, strtoull(value, NULL, 10));
	}
	printf("%llu\n",
	       (unsigned long long)counters_get(&s->identity->number));
}

static void tell_asked(const struct session *s)
{
	static const char *const words[] = {"stay", "gracefully", "now"};
	struct control_state all;

	/* That opens a file which was replaced. */
	(void)!control_look(&control, &all);
	puts(words[control_look_at(&control, s->ticket.slot,
				   s->ticket.serial)]);
}

static void leave(struct session *s)
{
	admission_leave(&admission, &s->ticket);
	puts("gone");
}

static void make_event(char *rest)
{
	struct events_event event = {0};
	const char *type = strsep(&rest, " ");

	if (!events_type_of(span_str(type), &event.type))
		exit(1);
	events_set_text(&event, span_str(rest));
	event.method = COUNTERS_PASS;
	puts(events_write(&events, &event) ? "told" : "lost");
}

static void make_events(unsigned long n)
{
	const struct events_event event = {.type = EVENTS_CONNECT};

	while (n-- > 0)
		(void)events_write(&events, &event);
	puts("told");
}

static void obey(char *line)
{
	const char *verb;

	line[strcspn(line, "\n")] = '\0';
	verb = strsep(&line, " ");
	if (strcmp(verb, "session") == 0)
		make_session(line);
	else if (strcmp(verb, "event") == 0)
		make_event(line);
	else if (strcmp(verb, "events") == 0)
		make_events(strtoul(line, NULL, 10));
	else if (strcmp(verb, "asked") == 0)
		tell_asked(&sessions[strtoul(line, NULL, 10)]);
	else if (strcmp(verb, "leave") == 0)
		leave(&sessions[strtoul(line, NULL, 10)]);
	else
		exit(2);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	int run_dir = argc == 2 ? open(argv[1], O_RDONLY | O_DIRECTORY) : -1;
	char line[1024];

	if (run_dir < 0 || admission_open(&admission, run_dir) < 0 ||
	    statistics_open(&statistics, run_dir) < 0 ||
	    events_open(&events, run_dir) < 0 ||
	    control_look_open(&control, run_dir) < 0)
		return 1;
	admission.statistics = &statistics;
	statistics.events = &events;
	while (fgets(line, sizeof(line), stdin))
		obey(line);
	return 0;
}
