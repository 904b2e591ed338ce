/* SPDX-License-Identifier: ISC */
/*
 * A session as its pages tell of it (stats/statistics.h), for those who look:
 * each field is checked, and what cannot be is not shown. Pure.
 */
#ifndef STATS_STATISTICS_ROW_H
#define STATS_STATISTICS_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/network.h"
#include "stats/counters.h"
#include "stats/statistics.h"

/* One session. All is within its bounds, also in a suspect one. */
struct statistics_row {
	uint32_t slot;
	uint64_t serial; /* what stats/control.h asks to end */
	uint64_t number; /* the session's id for people */
	bool suspect;	 /* something in its pages cannot be */
	uint32_t pid;	 /* 0: not known */
	bool has_peer;
	struct network_address address;
	uint16_t port;
	bool tls;
	enum counters_state state;
	size_t user_n; /* 0: not known yet */
	/* printable (stats/printable.h), with a NUL at its end */
	char user[STATISTICS_USER];
	int64_t started_s; /* seconds of 1970 */
	uint64_t age_ms, idle_ms;
	uint64_t received, sent; /* octets */
	uint64_t retrieved, topped;
	uint64_t retrieved_octets;
	uint64_t marks;	  /* messages marked as deleted now */
	int64_t messages; /* in the maildrop; -1: not known yet */
	int verb; /* enum pop3_verb, COUNTERS_OTHER_VERB; -1: none yet */
};

/* From copies of the pages; now_ms is clock_ms(). */
void statistics_row_fill(struct statistics_row *row, uint32_t slot,
			 const struct statistics_identity *identity,
			 const struct statistics_counters *counters,
			 uint64_t now_ms);

#endif
