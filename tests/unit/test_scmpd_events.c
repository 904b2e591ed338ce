/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scmpd/event_record.h"
#include "stats/counters.h"

#include <stdlib.h>
#include <string.h>

/* --- own events --- */

static struct own_events own;

static int forget(void **state)
{
	(void)state;
	for (size_t i = 0; i < OWN_EVENTS; i++)
		free((void *)own.items[i].fields.p);
	memset(&own, 0, sizeof(own));
	return 0;
}

static void test_events_are_kept_in_their_order(void **state)
{
	char fields[] = "verb=KICK";

	(void)state;
	assert_null(own_events_at(&own, 0));
	assert_int_equal(own_events_first(&own), 0);
	own_events_add(&own, EVENTS_AUDIT, span_str(fields));
	own_events_add(&own, EVENTS_CONFIG, span_str(""));
	fields[0] = 'V'; /* it is a copy */
	assert_int_equal(own_events_at(&own, 0)->type, EVENTS_AUDIT);
	assert_true(span_equal(own_events_at(&own, 0)->fields,
			       span_str("verb=KICK")));
	assert_int_equal(own_events_at(&own, 1)->type, EVENTS_CONFIG);
	assert_int_equal(own_events_at(&own, 1)->fields.n, 0);
	assert_null(own_events_at(&own, 2));
	assert_null(own_events_at(&own, UINT64_MAX));
}

static void test_the_oldest_are_forgotten(void **state)
{
	(void)state;
	for (unsigned i = 0; i < OWN_EVENTS + 3; i++) {
		char text[2] = {(char)('a' + i % 26), '\0'};

		own_events_add(&own, EVENTS_AUDIT, span_str(text));
	}
	assert_int_equal(own_events_first(&own), 3);
	assert_null(own_events_at(&own, 2));
	for (unsigned i = 3; i < OWN_EVENTS + 3; i++)
		assert_int_equal(own_events_at(&own, i)->fields.p[0],
				 'a' + i % 26);
}

/* --- records --- */

static const char *record_of(const struct events_event *event)
{
	static char memory[1024];
	struct buf out;

	buf_init(&out, memory, sizeof(memory));
	event_record_add(&out, event);
	assert_non_null(buf_str(&out));
	return memory;
}

static void test_records(void **state)
{
	struct events_event close = {
		.type = EVENTS_CLOSE,
		.time_ms = 1700000000007,
		.session = 812,
		.pid = 4711,
		.has_peer = true,
		.port = 50122,
		.reason = COUNTERS_END_KICKED,
		.age_s = 31,
		.received = 96,
		.sent = 18344,
		.retrieved = 2,
		.deleted = 1,
	};
	struct events_event failed = {
		.type = EVENTS_AUTH_FAILED,
		.time_ms = 1700000000999,
		.reason = COUNTERS_CREDENTIALS,
		.method = COUNTERS_APOP,
	};
	const struct events_event connect = {.type = EVENTS_CONNECT};
	struct events_event error = {.type = EVENTS_ERROR, .session = 3};
	const struct events_event more = {.type = EVENTS_REFUSED, .more = 37};

	(void)state;
	assert_true(
		network_address_parse(span_str("192.0.2.7"), &close.address));
	events_set_text(&close, span_str("joe"));
	assert_string_equal(record_of(&close),
			    "event=close time=1700000000.007 id=812 pid=4711 "
			    "user=joe ip=192.0.2.7 port=50122 reason=kicked "
			    "age=31 in=96 out=18344 retr=2 dele=1");
	events_set_text(&failed, span_str("two words\n"));
	assert_string_equal(record_of(&failed),
			    "event=auth-failed time=1700000000.999 "
			    "user=\"two words?\" method=apop "
			    "reason=credentials");
	assert_string_equal(record_of(&connect), "event=connect time=0.000");
	events_set_text(&error, span_str("user joe: no room"));
	assert_string_equal(record_of(&error), "event=error time=0.000 id=3 "
					       "text=\"user joe: no room\"");
	assert_string_equal(record_of(&more),
			    "event=refused time=0.000 more=37");
}

static void test_own_records(void **state)
{
	const struct own_event audit = {EVENTS_AUDIT, 1500,
					SPAN_LITERAL("user=root verb=KICK")};
	const struct own_event bare = {EVENTS_ERROR, 0, SPAN_LITERAL("")};
	char memory[256];
	struct buf out;

	(void)state;
	buf_init(&out, memory, sizeof(memory));
	event_record_add_own(&out, &audit);
	assert_string_equal(buf_str(&out),
			    "event=audit time=1.500 user=root verb=KICK");
	buf_reset(&out);
	event_record_add_own(&out, &bare);
	assert_string_equal(buf_str(&out), "event=error time=0.000");
	buf_reset(&out);
	event_record_add_dropped(&out, 17);
	assert_non_null(buf_str(&out));
	assert_int_equal(strncmp(memory, "event=dropped time=", 19), 0);
	assert_non_null(strstr(memory, " n=17"));
}

static void test_types(void **state)
{
	unsigned types = 0;

	(void)state;
	assert_true(event_types_add(span_str("login"), &types));
	assert_true(event_types_add(span_str("auth-failed"), &types));
	assert_int_equal(types, 1 << EVENTS_LOGIN | 1 << EVENTS_AUTH_FAILED);
	assert_false(event_types_add(span_str("sunrise"), &types));
	assert_false(event_types_add(span_str(""), &types));
	assert_int_equal(types, 1 << EVENTS_LOGIN | 1 << EVENTS_AUTH_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_events_are_kept_in_their_order,
					  forget),
		cmocka_unit_test_teardown(test_the_oldest_are_forgotten,
					  forget),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_own_records),
		cmocka_unit_test(test_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
