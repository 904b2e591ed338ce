/* SPDX-License-Identifier: ISC */
/*
 * A whole front, from octets to replies: each command gets its one reply,
 * nothing comes after the last, octets of a message are seen where they were
 * asked for and nowhere else, and how the input is cut changes nothing.
 * Parameters: how the session is set up, how logins, messages and UPDATE go,
 * seed of the cuts.
 */
#include "front_model.h"

enum { INPUT_MAX = 1024 };

static struct script take_script(struct span *in)
{
	static const unsigned never = MAILBOX + 1;
	unsigned flags = fuzz_take_octet(in), logins = fuzz_take_octet(in);
	unsigned trouble = fuzz_take_octet(in), end = fuzz_take_octet(in);
	struct script s = {
		.preauth = flags & 1,
		.offer_user = !(flags & 2),
		.plaintext = !(flags & 4),
		.apop = flags & 8,
		.keep_seen = !(flags & 16),
		.is_empty = flags & 32,
		.unfit = (flags & 192) == 192,
		.refusals = logins & 3,
		.answer = 1 + (logins >> 2) % 8, /* also one not known */
		.is_closing = logins & 32,
		.damage = (enum script_damage)(logins >> 6),
		.bad_number = trouble % 32 ? trouble % 32 : never,
		.trouble = (enum script_trouble)(trouble / 32 % TROUBLES),
		.close = (enum script_close)(end % 8 % CLOSES),
		.is_unremoved = end & 8,
		.is_unsynced = end & 16,
	};

	return s;
}

static void check_marks(const uint8_t *marks, const bool *expected)
{
	for (unsigned i = 1; i <= MAILBOX; i++)
		REQUIRE((marks[(i - 1) / 8] >> (i - 1) % 8 & 1) == expected[i]);
}

/* What the monitor has heard of it. */
static void check_actor(const struct model *m, const struct actor *actor)
{
	static const bool none[MAILBOX + 1];
	const struct channel_summary *summary = &actor->summary;

	REQUIRE(actor->is_committed == m->is_committed);
	REQUIRE(m->is_committed || !actor->is_marked);
	if (m->is_committed) {
		check_marks(actor->marks[CHANNEL_DELETED], m->deleted);
		check_marks(actor->marks[CHANNEL_RETRIEVED],
			    m->script->keep_seen ? m->retrieved : none);
	}
	REQUIRE(actor->has_summary);
	REQUIRE(summary->reason == m->reason);
	REQUIRE(summary->sent == actor->n);
	REQUIRE(counters_get(&actor->counters.counts.errors) == m->errors);
	REQUIRE(summary->retr == m->retr && summary->top == m->top);
}

static void run(const struct script *s, struct span in, size_t cut,
		uint32_t seed, struct actor *actor)
{
	char *got = actor->got;

	memset(actor, 0, sizeof(*actor));
	actor->script = s;
	actor->input = in;
	actor->cut = cut;
	actor->seed = seed;
	actor->got = got;
	run_front(actor);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t cuts[] = {0, 1};
	static char whole_octets[OUTPUT_MAX], cut_octets[OUTPUT_MAX];
	static struct actor whole = {.got = whole_octets};
	static struct actor cut = {.got = cut_octets};
	struct span in = span_make(data, size);
	struct script s = take_script(&in);
	struct model m = {.script = &s};
	uint32_t seed = fuzz_take_octet(&in);

	in = span_take(in, INPUT_MAX);
	mailbox_fill();
	run(&s, in, FRONT_INPUT, 0, &whole);
	m.out = span_make(whole.got, whole.n);
	model_walk(&m, in);
	check_actor(&m, &whole);
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		run(&s, in, cuts[i], seed, &cut);
		REQUIRE(span_equal(span_make(cut.got, cut.n),
				   span_make(whole.got, whole.n)));
		check_actor(&m, &cut);
	}
	return 0;
}
