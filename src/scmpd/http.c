/* SPDX-License-Identifier: ISC */
#include "scmpd/http.h"

#include "scmpd/scmpd.h"

#include <errno.h>

static int fail(struct buf *error, const char *where, const char *why,
		int failed)
{
	buf_add_str(error, "metrics_listen ");
	buf_add_str(error, where);
	buf_add_str(error, ": ");
	buf_add_str(error, why);
	return failed;
}

#ifndef HAVE_MICROHTTPD

int http_start(struct scmpd *s, struct buf *error)
{
	const char *where = s->settings->metrics_listen;

	if (!where[0])
		return 0;
	return fail(error, where,
		    "this scmpd was built without libmicrohttpd; metrics are "
		    "there by METRICS of SCMP only",
		    -ENOTSUP);
}

void http_stop(struct scmpd *s)
{
	(void)s;
}

#else

#include "net/listen.h"
#include "proto/http_accept.h"
#include "stats/statistics_look.h"
#include "sys/log.h"

#include <event2/event.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	HTTP_CONNECTIONS = 16,
	HTTP_IDLE_S = 10,
	HTTP_MEMORY = 16 * 1024, /* of a request and its header */
};

struct http {
	struct MHD_Daemon *daemon;
	struct event *readable, *timer;
};

/* --- replies --- */

static struct MHD_Response *text_of(const char *text)
{
	return MHD_create_response_from_buffer(strlen(text), (void *)text,
					       MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result answer(struct MHD_Connection *c, unsigned status,
			      struct MHD_Response *response)
{
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	(void)MHD_add_response_header(response, "X-Content-Type-Options",
				      "nosniff");
	result = MHD_queue_response(c, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result refuse_method(struct MHD_Connection *c)
{
	struct MHD_Response *response = text_of("GET or HEAD\n");

	if (response)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW,
					      "GET, HEAD");
	return answer(c, MHD_HTTP_METHOD_NOT_ALLOWED, response);
}

static struct MHD_Response *metrics_of(struct scmpd *s,
				       enum openmetrics_format format,
				       const struct counters_all *sum)
{
	char *memory = malloc(METRICS_SIZE);
	struct MHD_Response *response = NULL;
	struct buf out;

	buf_init(&out, memory, memory ? METRICS_SIZE : 0);
	metrics_add(&out, format, span_str(""), s, sum);
	if (!out.overflow)
		response = MHD_create_response_from_buffer(
			out.n, memory, MHD_RESPMEM_MUST_FREE);
	if (!response)
		free(memory);
	return response;
}

static enum MHD_Result show(struct scmpd *s, struct MHD_Connection *c)
{
	static const char *const types[] = {
		[OPENMETRICS_1_0] = "application/openmetrics-text; "
				    "version=1.0.0; charset=utf-8",
		[OPENMETRICS_TEXT] = "text/plain; version=0.0.4; charset=utf-8",
	};
	enum openmetrics_format format =
		http_accept_format(span_str(MHD_lookup_connection_value(
			c, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT)));
	struct counters_all sum = {0};
	struct MHD_Response *response;
	int failed = statistics_look_all(&s->statistics, NULL, NULL, &sum);

	if (failed < 0 && failed != -ENOENT)
		return answer(c, MHD_HTTP_SERVICE_UNAVAILABLE,
			      text_of("the statistics cannot be read\n"));
	response = metrics_of(s, format, &sum);
	if (response)
		(void)MHD_add_response_header(
			response, MHD_HTTP_HEADER_CONTENT_TYPE, types[format]);
	return answer(c, MHD_HTTP_OK, response);
}

/* Called with the header first, which may be refused there and then. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *c,
				  const char *url, const char *method,
				  const char *version, const char *upload,
				  size_t *upload_n, void **state)
{
	(void)version;
	(void)upload;
	if (strcmp(url, "/metrics") != 0)
		return answer(c, MHD_HTTP_NOT_FOUND,
			      text_of("there is /metrics only\n"));
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
	    strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return refuse_method(c);
	if (!*state) {
		*state = context;
		return MHD_YES;
	}
	if (*upload_n) {
		*upload_n = 0; /* not that GET had a body */
		return MHD_YES;
	}
	return show(context, c);
}

/* --- in the event loop --- */

static bool is_full(struct http *http)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(
		http->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

	return info && info->num_connections >= HTTP_CONNECTIONS;
}

/*
 * Whatever is to be done now; and when it is to be looked after again. While it
 * is full the library does not listen, and begins again in the next run behind
 * the one in which somebody left: if all left in that one, nothing else would
 * bring the next.
 */
static void on_activity(evutil_socket_t fd, short what, void *context)
{
	struct http *http = context;
	MHD_UNSIGNED_LONG_LONG ms;
	struct timeval delay;
	bool was_full;

	(void)fd;
	(void)what;
	do {
		was_full = is_full(http);
		(void)MHD_run(http->daemon);
	} while (was_full && !is_full(http));
	if (MHD_get_timeout(http->daemon, &ms) != MHD_YES) {
		(void)event_del(http->timer);
		return;
	}
	delay.tv_sec = (time_t)(ms / 1000);
	delay.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	(void)event_add(http->timer, &delay);
}

static int listen_at(const char *where, struct buf *error)
{
	char memory[LISTEN_ERROR_SIZE];
	struct listen_address address;
	struct buf why;
	int fd;

	buf_init(&why, memory, sizeof(memory));
	fd = listen_parse(span_str(where), &address, &why);
	if (fd == 0 && !listen_is_loopback(&address))
		return fail(error, where,
			    "is not on loopback, and metrics in clear would "
			    "cross the network; use 127.0.0.1:PORT or "
			    "[::1]:PORT",
			    -EINVAL);
	if (fd == 0)
		fd = listen_open(&address, &why);
	return fd < 0 ? fail(error, where, buf_str(&why) ? memory : "?", fd)
		      : fd;
}

static bool start(struct http *http, struct scmpd *s, int fd)
{
	const union MHD_DaemonInfo *info;

	http->daemon = MHD_start_daemon(
		MHD_USE_EPOLL, 0, NULL, NULL, on_request, s,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)HTTP_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)HTTP_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)HTTP_MEMORY, MHD_OPTION_END);
	if (!http->daemon)
		return false;
	info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return false;
	http->readable = event_new(s->base, info->epoll_fd,
				   EV_READ | EV_PERSIST, on_activity, http);
	http->timer = event_new(s->base, -1, 0, on_activity, http);
	return http->readable && http->timer &&
	       event_add(http->readable, NULL) == 0;
}

int http_start(struct scmpd *s, struct buf *error)
{
	const char *where = s->settings->metrics_listen;
	int fd;

	if (!where[0])
		return 0;
	fd = listen_at(where, error);
	if (fd < 0)
		return fd;
	s->http = calloc(1, sizeof(*s->http));
	if (s->http && start(s->http, s, fd)) {
		log_info("metrics at http://%s/metrics", where);
		return 0;
	}
	if (!s->http || !s->http->daemon)
		close(fd); /* else it is the daemon's */
	http_stop(s);
	return fail(error, where, "libmicrohttpd does not start", -ENOMEM);
}

void http_stop(struct scmpd *s)
{
	struct http *http = s->http;

	if (!http)
		return;
	if (http->readable)
		event_free(http->readable);
	if (http->timer)
		event_free(http->timer);
	if (http->daemon)
		MHD_stop_daemon(http->daemon);
	free(http);
	s->http = NULL;
}

#endif
