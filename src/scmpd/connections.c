/* SPDX-License-Identifier: ISC */
/* Ending those of an account or a network. */
#include "scmpd/connection.h"

static bool is_of(const struct connection *c, struct span name)
{
	return !c->is_ending && c->caller.trust == CALLER_ACCOUNT &&
	       span_equal(span_str(c->caller.name), name);
}

static bool is_from(const struct connection *c, const struct network *network)
{
	return !c->is_ending && c->caller.has_address &&
	       network_contains(network, &c->caller.address);
}

size_t scmpd_end_connections_of(struct scmpd *s, struct span name,
				const struct connection *except)
{
	struct connection *c;
	size_t n = 0;

	for (c = LIST_FIRST(&s->connections); c; c = LIST_NEXT(c, entry)) {
		if (c == except || !is_of(c, name))
			continue;
		connection_end(c);
		n++;
	}
	return n;
}

size_t scmpd_end_connections_from(struct scmpd *s,
				  const struct network *network)
{
	struct connection *c;
	size_t n = 0;

	for (c = LIST_FIRST(&s->connections); c; c = LIST_NEXT(c, entry)) {
		if (!is_from(c, network))
			continue;
		connection_end(c);
		n++;
	}
	return n;
}
