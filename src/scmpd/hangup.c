/* SPDX-License-Identifier: ISC */
#include "scmpd/hangup.h"

#include "scmpd/connection.h"

/* Whose: all that is given must fit. */
struct whose {
	struct span name;	       /* of an account; empty: whoever's */
	const struct network *network; /* NULL: from anywhere */
	const struct connection *except;
};

static bool is_one(const struct connection *c, const struct whose *whose)
{
	if (c == whose->except || c->is_ending)
		return false;
	if (whose->name.n &&
	    (c->caller.trust != CALLER_ACCOUNT ||
	     !span_equal(span_str(c->caller.name), whose->name)))
		return false;
	return !whose->network ||
	       (c->caller.has_address &&
		network_contains(whose->network, &c->caller.address));
}

static size_t hang_up(struct scmpd *s, const struct whose *whose)
{
	struct connection *c;
	size_t n = 0;

	for (c = LIST_FIRST(&s->connections); c; c = LIST_NEXT(c, entry)) {
		if (!is_one(c, whose))
			continue;
		connection_end(c);
		n++;
	}
	return n;
}

size_t hangup_user(struct scmpd *s, struct span name,
		   const struct connection *except)
{
	const struct whose whose = {.name = name, .except = except};

	return name.n ? hang_up(s, &whose) : 0;
}

size_t hangup_network(struct scmpd *s, const struct network *network)
{
	const struct whose whose = {.network = network};

	return hang_up(s, &whose);
}
