/* SPDX-License-Identifier: ISC */
/* How a connection begins, or does not. */
#include "scmpd/connection_parts.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void greet(struct connection *c)
{
	struct buf *line = connection_record(c), text;
	char memory[400];

	buf_init(&text, memory, sizeof(memory));
	buf_add_str(&text, "SCMP/2 ");
	buf_add_str(&text, c->scmpd->host);
	buf_add_str(&text, " ready");
	scmp_write_status(line,
			  c->state == SCMP_STATE_MANAGE ? SCMP_CODE_PREAUTH
							: SCMP_CODE_OK,
			  span_str(""), buf_span(&text));
	connection_send_record(c);
}

/* Some places are for root alone, so that nobody can shut him out. */
static bool is_full(const struct scmpd *s, const struct caller *caller)
{
	size_t most = (size_t)s->settings->scmp_connections;

	if (caller->trust != CALLER_ROOT)
		most -= CONNECTION_FOR_ROOT;
	return s->connections_n >= most;
}

static struct connection *make(struct scmpd *s, int fd)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->scmpd = s;
	c->stream = bufferevent_socket_new(s->base, fd, BEV_OPT_CLOSE_ON_FREE);
	c->timer = event_new(s->base, -1, 0, connection_on_time, c);
	c->turn = event_new(s->base, -1, 0, connection_on_turn, c);
	c->hold = event_new(s->base, -1, 0, connection_on_hold, c);
	if (c->stream && c->timer && c->turn && c->hold &&
	    evbuffer_add_cb(bufferevent_get_output(c->stream),
			    connection_on_output, c))
		return c;
	if (c->hold)
		event_free(c->hold);
	if (c->turn)
		event_free(c->turn);
	if (c->timer)
		event_free(c->timer);
	if (c->stream)
		bufferevent_free(c->stream);
	free(c);
	return NULL;
}

static void refuse(int fd, const char *text)
{
	/* A fresh socket has room for it; and else it is closed all the same.
	 */
	ssize_t n = send(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);

	(void)n;
	close(fd);
}

void connection_accept(struct scmpd *s, const struct listener *listener, int fd)
{
	struct caller caller;
	struct connection *c;

	caller_begin(&caller, s, listener, fd);
	/* Gone already; and nothing is to be had without bans and penalties. */
	if (!caller.is_local && !caller.has_address) {
		close(fd);
		return;
	}
	if (is_full(s, &caller)) {
		s->counts[METRICS_REFUSED_FULL]++;
		refuse(fd, "-ERR [BUSY] too many connections\r\n");
		return;
	}
	if (caller.trust == CALLER_NOBODY && caller_is_kept_out(&caller, s)) {
		s->counts[METRICS_REFUSED_BANNED]++;
		refuse(fd, "-ERR [BANNED] not from this network\r\n");
		return;
	}
	c = make(s, fd);
	if (!c) {
		refuse(fd, "-ERR [SYS/TEMP] out of memory\r\n");
		return;
	}
	c->caller = caller;
	c->state = caller.trust == CALLER_NOBODY ? SCMP_STATE_AUTHORIZATION
						 : SCMP_STATE_MANAGE;
	scmp_reader_init(&c->reader);
	LIST_INSERT_HEAD(&s->connections, c, entry);
	s->connections_n++;
	s->counts[METRICS_CONNECTIONS]++;
	bufferevent_setcb(c->stream, connection_on_stream, connection_on_stream,
			  connection_on_event, c);
	bufferevent_setwatermark(c->stream, EV_READ, 0, CONNECTION_INPUT);
	bufferevent_setwatermark(c->stream, EV_WRITE, CONNECTION_OUTPUT / 2, 0);
	greet(c);
	connection_arm(c);
	(void)bufferevent_enable(c->stream, EV_READ | EV_WRITE);
}
