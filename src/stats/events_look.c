/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "stats/events_record.h"
#include "sys/clock.h"

void events_look_init(struct events_look *look, int run_dirfd)
{
	*look = (struct events_look){.run_dirfd = run_dirfd, .fd = -1};
}

void events_look_close(struct events_look *look)
{
	if (look->fd >= 0)
		close(look->fd);
	look->fd = -1;
}

/* One that was replaced is read to its end, then the new one from its
 * beginning. */
static int events_look_open(struct events_look *look)
{
	int fd = shared_look_fd(look->run_dirfd, &events_kind);

	if (fd < 0)
		return fd;
	events_look_close(look);
	look->fd = fd;
	look->next = 0;
	look->waiting_below = 0;
	return 0;
}

/* The number of the next event; false: the file cannot be read. */
static bool events_look_head(const struct events_look *look, uint64_t *head)
{
	return pread(look->fd, head, sizeof(*head),
		     offsetof(struct events_file, head)) == sizeof(*head);
}

static bool events_look_record(const struct events_look *look, uint64_t number,
			       struct events_event *event)
{
	struct events_record record;
	off_t at = (off_t)(offsetof(struct events_file, records) +
			   number % EVENTS_RECORDS * sizeof(record));

	return pread(look->fd, &record, sizeof(record), at) == sizeof(record) &&
	       events_unpack(&record, number, event);
}

/*
 * Has a record that is not whole been given its time? All numbers below `head`
 * have been taken by now, so one wait is enough for all of them.
 */
static bool events_look_is_stuck(struct events_look *look, uint64_t head)
{
	uint64_t now = clock_ms();

	if (look->next >= look->waiting_below) {
		look->waiting_below = head;
		look->waiting_since = now;
	}
	return now - look->waiting_since >= EVENTS_STUCK_MS;
}

/*
 * The next record, up to `head`: passes over those that were overwritten, and
 * over those that stay unfinished.
 */
static bool events_look_up_to(struct events_look *look, uint64_t head,
			      struct events_event *event, uint64_t *missed)
{
	if (head < look->next) { /* somebody else wrote it */
		look->next = head;
		look->waiting_below = 0;
	}
	if (head - look->next > EVENTS_RECORDS) {
		*missed += head - look->next - EVENTS_RECORDS;
		look->next = head - EVENTS_RECORDS;
	}
	for (; look->next < head; ++*missed) {
		bool is_whole = events_look_record(look, look->next, event);

		if (!is_whole && !events_look_is_stuck(look, head))
			return false;
		look->next++;
		if (is_whole)
			return true;
	}
	return false;
}

int events_look_next(struct events_look *look, struct events_event *event,
		     uint64_t *missed)
{
	uint64_t head;
	int failed;

	*missed = 0;
	/* the second turn is for a file that was replaced */
	for (int turn = 0; turn < 2; turn++) {
		if (look->fd < 0) {
			failed = events_look_open(look);
			if (failed)
				return failed;
		}
		if (events_look_head(look, &head) &&
		    events_look_up_to(look, head, event, missed))
			return 1;
		if (shared_is_whole(look->fd, &events_kind) == 0)
			return 0;
		if (events_look_open(look) < 0)
			return 0;
	}
	return 0;
}

void events_look_back(struct events_look *look, uint32_t n)
{
	uint64_t head;

	if ((look->fd < 0 && events_look_open(look) < 0) ||
	    !events_look_head(look, &head))
		return;
	if (n > EVENTS_RECORDS)
		n = EVENTS_RECORDS;
	look->next = head > n ? head - n : 0;
	look->waiting_below = 0;
}
