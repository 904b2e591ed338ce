/* SPDX-License-Identifier: ISC */
/* The front's side of the channel: requests to the monitor. */
#include "pop3-session/front.h"

#include "sys/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH_MAX = CHANNEL_FDS };

static const struct span nothing = {NULL, 0};

bool front_send(struct front *front, enum channel_kind kind, struct span body,
		struct span more, struct span last)
{
	if (!front->lost && channel_send(front->setup->channel, kind, body,
					 more, last, NULL, 0) < 0)
		front->lost = true;
	return !front->lost;
}

/* 1: a message; 0: only CHANNEL_CLOSE, which is noted; -1: lost. */
static int receive_one(struct front *front, struct channel_message *message)
{
	int n = channel_receive(front->setup->channel, CHANNEL_FROM_MONITOR,
				~0U, &front->had, front->heard, message);

	if (n <= 0) {
		front->lost = true;
		return -1;
	}
	if (message->kind != CHANNEL_CLOSE)
		return 1;
	front->told = true;
	return 0;
}

bool front_await(struct front *front, enum channel_kind kind,
		 struct channel_message *message)
{
	int n = 0;

	while (!front->lost && n == 0)
		n = receive_one(front, message);
	if (n == 1 && message->kind == kind)
		return true;
	front->lost = true;
	return false;
}

void front_hear(struct front *front)
{
	struct channel_message message;

	if (receive_one(front, &message) == 1)
		front->lost = true; /* nothing was asked for */
}

void front_alive(struct front *front)
{
	uint64_t now = clock_ms();

	counters_set(&front->own->active_ms, now);
	if (now - front->alive_at < front->alive_ms)
		return;
	front->alive_at = now;
	(void)!front_send(front, CHANNEL_ALIVE, nothing, nothing, nothing);
}

struct channel_summary front_summary(const struct front *front, uint64_t sent)
{
	const struct counters_front *counts = &front->own->counts;

	return (struct channel_summary){
		.reason = front->reason,
		.retr = (uint32_t)counters_get(&counts->retrieved),
		.top = (uint32_t)counters_get(&counts->topped),
		.cleartext = (uint32_t)counters_get(&counts->cleartext),
		.retr_octets = counters_get(&counts->retrieved_octets),
		.top_octets = counters_get(&counts->topped_octets),
		.received = counters_get(&counts->received),
		.sent = sent,
	};
}

static bool relist(struct front *front)
{
	struct channel_message message;
	struct channel_tables tables;

	if ((front->had & 1U << CHANNEL_TABLES) ||
	    !front_send(front, CHANNEL_RELIST, nothing, nothing, nothing) ||
	    !front_await(front, CHANNEL_TABLES, &message))
		return false;
	memcpy(&tables, message.body.p, sizeof(tables));
	if (tables.error)
		return false;
	return front_open_tables(front, &message) &&
	       table_count(&front->table) == front->count;
}

bool front_open_tables(struct front *front,
		       const struct channel_message *message)
{
	size_t i;

	for (i = 0; i < front->table_fds_n; i++)
		close(front->table_fds[i]);
	front->table_fds_n = 0;
	if (message->nfds > TABLE_FILES_MAX)
		return false;
	front->table_fds_n = message->nfds;
	memcpy(front->table_fds, message->fds,
	       message->nfds * sizeof(message->fds[0]));
	return table_open(&front->table, front->table_fds,
			  front->table_fds_n) == 0;
}

int front_row(struct front *front, uint32_t number, struct table_row *row)
{
	int r = table_row(&front->table, number, row);

	if (r == -EBADMSG || r == -EIO) {
		if (!relist(front))
			return -EBADMSG;
		r = table_row(&front->table, number, row);
	}
	return r;
}

void front_drop_batch(struct front *front)
{
	struct front_batch *batch = &front->batch;
	uint32_t i;

	for (i = 0; i < batch->count; i++) {
		if (batch->fds[i] >= 0)
			close(batch->fds[i]);
	}
	batch->number = 0;
	batch->count = 0;
}

/* Spread the descriptors that came over the places of their messages. */
static bool fill_batch(struct front_batch *batch,
		       const struct channel_fetch *asked,
		       const struct channel_message *message)
{
	struct channel_messages got;
	size_t used = 0;
	uint32_t i;

	memcpy(&got, message->body.p, sizeof(got));
	if (got.number != asked->number || got.count != asked->count)
		return false;
	batch->number = got.number;
	batch->count = got.count;
	for (i = 0; i < got.count; i++) {
		batch->error[i] = got.error[i];
		batch->fds[i] = -1;
		if (got.error[i] == 0 && used < message->nfds)
			batch->fds[i] = message->fds[used++];
	}
	return used == message->nfds;
}

static bool fetch_batch(struct front *front, uint32_t number)
{
	struct channel_fetch fetch = {number, 1};
	struct channel_message message;

	/* One by one until the client is seen to read in sequence. */
	if (number == front->last_fetched + 1 && front->last_fetched > 0) {
		uint32_t left = front->count - number + 1;

		fetch.count = left < BATCH_MAX ? left : BATCH_MAX;
	}
	front_drop_batch(front);
	return front_send(front, CHANNEL_FETCH,
			  span_make(&fetch, sizeof(fetch)), nothing, nothing) &&
	       front_await(front, CHANNEL_MESSAGES, &message) &&
	       fill_batch(&front->batch, &fetch, &message);
}

int front_fetch(struct front *front, uint32_t number)
{
	struct front_batch *batch = &front->batch;
	uint32_t at = number - batch->number;
	int fd;

	if (batch->number == 0 || number < batch->number ||
	    at >= batch->count || (batch->fds[at] < 0 && !batch->error[at])) {
		if (!fetch_batch(front, number))
			return -EPIPE;
		at = 0;
	}
	front->last_fetched = number;
	fd = batch->fds[at];
	if (fd < 0)
		return batch->error[at] > 0 ? -batch->error[at] : -EIO;
	batch->fds[at] = -1;
	return fd;
}
