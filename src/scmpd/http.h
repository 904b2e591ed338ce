/* SPDX-License-Identifier: ISC */
/*
 * Metrics over HTTP, for Prometheus and its like: GET and HEAD of /metrics at
 * metrics_listen, which is on loopback, and nothing else. Whoever can connect
 * can read them; they tell of no user. HTTP itself is libmicrohttpd's, driven
 * by our event loop; connections, memory and time are bounded.
 */
#ifndef SCMPD_HTTP_H
#define SCMPD_HTTP_H

#include "base/buf.h"

struct scmpd;

/*
 * Begins, if metrics_listen says where: s->http. 0, or a negative errno with a
 * text in *error that names the setting and the remedy (-ENOTSUP: this program
 * was built without libmicrohttpd).
 */
__attribute__((warn_unused_result)) int http_start(struct scmpd *s,
						   struct buf *error);
void http_stop(struct scmpd *s);

#endif
