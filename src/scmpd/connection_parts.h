/* SPDX-License-Identifier: ISC */
/* What the connection*.c share with each other alone: what the event loop calls
 * (`context` is the connection), and the end of a wait. */
#ifndef SCMPD_CONNECTION_PARTS_H
#define SCMPD_CONNECTION_PARTS_H

#include "scmpd/connection.h"

#include <event2/util.h>

struct bufferevent;
struct evbuffer;
struct evbuffer_cb_info;

/* connection_time.c */
void connection_on_time(evutil_socket_t fd, short what, void *context);
void connection_on_hold(evutil_socket_t fd, short what, void *context);
/* Nothing waits any more, and the deadline is the client's again. */
void connection_release(struct connection *c);

/* connection.c */
void connection_on_turn(evutil_socket_t fd, short what, void *context);
void connection_on_output(struct evbuffer *output,
			  const struct evbuffer_cb_info *change, void *context);
void connection_on_stream(struct bufferevent *stream, void *context);
void connection_on_event(struct bufferevent *stream, short what, void *context);

#endif
