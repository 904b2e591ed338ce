/* SPDX-License-Identifier: ISC */
/*
 * What is in run_dir, for tests, by the same functions as scmpd's and without
 * it: run_dir DIR ...
 *
 *	counts         every number that is not 0, a line each: family, values
 *	               of labels, number
 *	sessions       those that live, as key=value
 *	places         how many sessions, dead ones included, have a place in
 *	               admission, and pages in statistics
 *	events         all that are there, oldest first
 *	end USER how   asks a user's sessions to end, gracefully or now; says
 *	               how many
 *	drain yes|no
 *	log LEVEL|-
 */
#include "stats/admission_look.h"
#include "stats/control.h"
#include "stats/events_ring.h"
#include "stats/slots.h"
#include "stats/statistics_look.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct control control;

static _Noreturn void fail(const char *what, int error)
{
	fprintf(stderr, "run_dir: %s: %s\n", what, strerror(error));
	exit(1);
}

static void print_counts(const struct counters_all *sum)
{
	for (size_t r = 0; r < counters_rows_n; r++) {
		const struct counters_row *row = &counters_rows[r];

		for (unsigned i = 0; i < counters_values(row); i++) {
			const _Atomic uint64_t *at = counters_at(sum, row, i);
			uint64_t n = 0;

			/* of a histogram: how many values */
			for (size_t w = 0; w < counters_row_words(row); w++)
				n += row->kind != COUNTERS_HISTOGRAM ||
						     w < COUNTERS_BUCKETS
					     ? counters_get(&at[w])
					     : 0;
			if (n == 0)
				continue;
			printf("%s", row->family);
			for (unsigned l = 0; l < 2 && row->labels[l].name; l++)
				printf(" %s", counters_label(row, i, l));
			printf(" %" PRIu64 "\n", n);
		}
	}
}

static bool print_session(void *context, const struct statistics_row *row)
{
	(void)context;
	printf("id=%" PRIu64 " pid=%u user=%s state=%s verb=%s in=%" PRIu64
	       " out=%" PRIu64 " retr=%" PRIu64 " marks=%" PRIu64
	       " peer=%d suspect=%d\n",
	       row->number, row->pid, row->user_n ? row->user : "-",
	       counters_state_word(row->state),
	       row->verb < 0 ? "-" : counters_verb_word((unsigned)row->verb),
	       row->received, row->sent, row->retrieved, row->marks,
	       row->has_peer, row->suspect);
	return true;
}

static unsigned places_in_admission(int run_dirfd)
{
	struct admission admission;
	unsigned n = 0;
	uint32_t slot = 0;
	int r = admission_look(&admission, run_dirfd);

	if (r < 0)
		fail("admission", -r);
	for (; (slot = slots_used_from(admission.file, slot)) != SLOTS_NONE;
	     slot++)
		n++;
	admission_close(&admission);
	return n;
}

static uint64_t word_at(int fd, uint64_t offset)
{
	uint64_t word = 0;

	if (pread(fd, &word, sizeof(word), (off_t)offset) < 0)
		fail("stats", errno);
	return word;
}

static unsigned places_in_statistics(int run_dirfd)
{
	int fd = openat(run_dirfd, "stats", O_RDONLY | O_CLOEXEC);
	uint64_t top, slot;
	unsigned n = 0;

	if (fd < 0)
		fail("stats", errno);
	top = word_at(fd, offsetof(struct statistics_head, top));
	for (slot = 0; slot < top && slot < SLOTS_MAX; slot++)
		n += word_at(fd, STATISTICS_IDENTITY(slot)) != 0;
	close(fd);
	return n;
}

static void print_events(int run_dirfd)
{
	struct events_look look;
	struct events_event event;
	uint64_t missed;

	events_look_init(&look, run_dirfd);
	events_look_back(&look, EVENTS_RECORDS);
	while (events_look_next(&look, &event, &missed) > 0)
		printf("%s id=%" PRIu64 " user=%s reason=%s in=%" PRIu64
		       " out=%" PRIu64 " peer=%d more=%" PRIu64 "\n",
		       events_type_word(event.type), event.session,
		       event.text_n ? event.text : "-",
		       events_reason_word(&event), event.received, event.sent,
		       event.has_peer, event.more);
	events_look_close(&look);
}

struct asking {
	const char *user;
	enum control_how how;
	unsigned n;
};

static bool ask(void *context, const struct statistics_row *row)
{
	struct asking *asking = context;

	if (strcmp(row->user_n ? row->user : "-", asking->user) == 0 &&
	    control_end(&control, row->slot, row->serial, asking->how))
		asking->n++;
	return true;
}

static void look(int run_dirfd, statistics_each *each, void *context,
		 bool counts)
{
	struct statistics_look statistics;
	struct counters_all sum;
	int r;

	statistics_look_init(&statistics, run_dirfd);
	r = statistics_look_all(&statistics, each, context, &sum);
	if (r < 0)
		fail("stats", -r);
	if (counts)
		print_counts(&sum);
	statistics_look_close(&statistics);
}

static void change(int run_dirfd, const char *verb, char **argv)
{
	int r = control_open(&control, run_dirfd);

	if (r < 0)
		fail("control", -r);
	if (strcmp(verb, "drain") == 0) {
		control_set_drain(&control, strcmp(argv[0], "yes") == 0);
	} else if (strcmp(verb, "log") == 0) {
		for (int i = 0; log_level_words[i]; i++) {
			enum log_level level = (enum log_level)i;

			if (strcmp(argv[0], log_level_words[i]) == 0)
				control_set_log_level(&control, &level);
		}
		if (strcmp(argv[0], "-") == 0)
			control_set_log_level(&control, NULL);
	} else {
		struct asking asking = {argv[0], CONTROL_GRACEFULLY, 0};

		if (strcmp(argv[1], "now") == 0)
			asking.how = CONTROL_NOW;
		look(run_dirfd, ask, &asking, false);
		printf("%u\n", asking.n);
	}
	control_publish(&control);
	control_close(&control);
}

int main(int argc, char **argv)
{
	int fd;

	if (argc < 3)
		return 2;
	fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		fail(argv[1], errno);
	if (strcmp(argv[2], "counts") == 0)
		look(fd, NULL, NULL, true);
	else if (strcmp(argv[2], "sessions") == 0)
		look(fd, print_session, NULL, false);
	else if (strcmp(argv[2], "places") == 0)
		printf("admission %u statistics %u\n", places_in_admission(fd),
		       places_in_statistics(fd));
	else if (strcmp(argv[2], "events") == 0)
		print_events(fd);
	else if (argc > 3)
		change(fd, argv[2], argv + 3);
	return 0;
}
