/* SPDX-License-Identifier: ISC */
/*
 * Metrics: all that sessions count (stats/counters.h has the families), and
 * what this daemon counts of itself, as text of OpenMetrics or its older form.
 */
#ifndef SCMPD_METRICS_H
#define SCMPD_METRICS_H

#include "base/buf.h"
#include "base/span.h"
#include "proto/openmetrics.h"

struct counters_all;
struct scmpd;

/* What this daemon counts since it was started: scmpd->counts. */
enum metrics_own {
	METRICS_CONNECTIONS,
	METRICS_REFUSED_FULL,
	METRICS_REFUSED_BANNED,
	METRICS_LOGINS_OK,
	METRICS_LOGINS_FAILED,
	METRICS_COMMANDS_OK,
	METRICS_COMMANDS_ERR,
	METRICS_AUDITED_OK,
	METRICS_AUDITED_ERR,
	METRICS_OWN,
};

enum { METRICS_SIZE = 128 * 1024 }; /* room for all of them */

/* Adds those whose family begins like that. */
void metrics_add(struct buf *out, enum openmetrics_format format,
		 struct span prefix, const struct scmpd *s,
		 const struct counters_all *sum);

#endif
