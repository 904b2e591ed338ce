/* SPDX-License-Identifier: ISC */
/* Which text of metrics a client of HTTP prefers. Pure. */
#ifndef PROTO_HTTP_ACCEPT_H
#define PROTO_HTTP_ACCEPT_H

#include "base/span.h"
#include "proto/openmetrics.h"

/*
 * From the field Accept (RFC 9110, section 12.5.1): OpenMetrics 1.0 where it is
 * named, and liked no less than the older format; else that one, which is also
 * for clients that take neither.
 */
enum openmetrics_format http_accept_format(struct span accept);

#endif
