/* SPDX-License-Identifier: ISC */
#include "run_dir.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "stats/events_record.h"
#include "sys/clock.h"

static struct events_ring ring;
static struct events_look reader;

static int set_up(void **state)
{
	if (run_dir_set_up(state) < 0 || events_open(&ring, run_dir) < 0)
		return -1;
	events_look_init(&reader, run_dir);
	return 0;
}

static int tear_down(void **state)
{
	events_look_close(&reader);
	events_close(&ring);
	return run_dir_tear_down(state);
}

static void write_event(uint64_t session)
{
	struct events_event event = {.type = EVENTS_LOGIN, .session = session};

	events_set_text(&event, span_str("alice"));
	assert_true(events_write(&ring, &event));
}

static void assert_next(uint64_t session, uint64_t missed)
{
	struct events_event event;
	uint64_t not_read;

	assert_int_equal(events_look_next(&reader, &event, &not_read), 1);
	assert_int_equal(event.session, session);
	assert_int_equal(not_read, missed);
}

static void assert_none(void)
{
	struct events_event event;
	uint64_t missed;

	assert_int_equal(events_look_next(&reader, &event, &missed), 0);
	assert_int_equal(missed, 0);
}

/* --- words --- */

static void test_words(void **state)
{
	struct events_event event = {.type = EVENTS_REFUSED,
				     .reason = COUNTERS_BANNED};
	enum events_type type;

	(void)state;
	for (unsigned i = 0; i < EVENTS_TYPES; i++) {
		assert_true(
			events_type_of(span_str(events_type_word(i)), &type));
		assert_int_equal(type, i);
	}
	assert_string_equal(events_type_word(EVENTS_AUTH_FAILED),
			    "auth-failed");
	assert_string_equal(events_type_word(EVENTS_TYPES), "-");
	assert_false(events_type_of(span_str("logins"), &type));
	assert_string_equal(events_reason_word(&event), "banned");
	event.more = 1;
	assert_string_equal(events_reason_word(&event), "");
	event.more = 0;
	event.reason = 1000;
	assert_string_equal(events_reason_word(&event), "-");
	event.type = EVENTS_CONNECT;
	assert_string_equal(events_reason_word(&event), "");
}

static void test_text(void **state)
{
	struct events_event event;
	char text[300];

	(void)state;
	events_set_text(&event, span_str("a\r\nb \xc3\xa4 \xc3(\xff"));
	assert_string_equal(event.text, "a??b \xc3\xa4 ?(?");
	assert_int_equal(event.text_n, strlen(event.text));
	memset(text, 'x', sizeof(text));
	events_set_text(&event, span_make(text, sizeof(text)));
	assert_int_equal(event.text_n, EVENTS_TEXT - 1);
	/* no half of a character */
	text[EVENTS_TEXT - 2] = '\xc3';
	text[EVENTS_TEXT - 1] = '\xa4';
	events_set_text(&event, span_make(text, sizeof(text)));
	assert_int_equal(event.text_n, EVENTS_TEXT - 2);
}

/* --- one writer --- */

static void test_an_event(void **state)
{
	struct events_event in = {
		.type = EVENTS_CLOSE,
		.session = 812,
		.pid = 4711,
		.has_peer = true,
		.port = 65535,
		.reason = COUNTERS_END_KICKED,
		.method = COUNTERS_APOP,
		.age_s = 31,
		.received = 96,
		.sent = UINT64_C(1) << 40,
		.retrieved = 2,
		.deleted = 1,
		.more = 7,
	};
	struct events_record one, other;
	struct events_event out;
	uint64_t missed, now = clock_real_ns() / 1000000;

	(void)state;
	assert_true(network_address_parse(span_str("192.0.2.1"), &in.address));
	events_set_text(&in, span_str("aeinstein"));
	assert_none();
	assert_true(events_write(&ring, &in));
	assert_int_equal(events_look_next(&reader, &out, &missed), 1);
	assert_true(out.time_ms >= now && out.time_ms < now + 60000);
	in.time_ms = out.time_ms;
	/* there is no padding in records */
	events_pack(&one, &in, 0);
	events_pack(&other, &out, 0);
	assert_memory_equal(&one, &other, sizeof(one));
	assert_string_equal(out.text, "aeinstein");
	assert_none();
	write_event(1);
	assert_next(1, 0);
	assert_none();
}

static void test_what_was_overwritten_is_missed(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < EVENTS_RECORDS + 10; i++)
		write_event(i);
	assert_next(10, 10);
	for (uint64_t i = 11; i < EVENTS_RECORDS + 10; i++)
		assert_next(i, 0);
	assert_none();
}

static void test_going_back(void **state)
{
	(void)state;
	events_look_back(&reader, 5);
	assert_none();
	for (uint64_t i = 0; i < 8; i++)
		write_event(i);
	events_look_back(&reader, 5);
	assert_next(3, 0);
	events_look_back(&reader, 0);
	assert_none();
	events_look_back(&reader, 1000);
	assert_next(0, 0);
	for (uint64_t i = 8; i < EVENTS_RECORDS * 2; i++)
		write_event(i);
	events_look_back(&reader, UINT32_MAX);
	assert_next(EVENTS_RECORDS, 0);
}

/* Up to the next login: how many there were, and of how many more is told. */
static uint64_t refusals_told, refusals_more;

static void read_refusals(void)
{
	struct events_event event;
	uint64_t missed;

	while (events_look_next(&reader, &event, &missed) == 1 &&
	       event.type == EVENTS_REFUSED) {
		refusals_told += !event.more;
		refusals_more += event.more;
		assert_int_equal(missed, 0);
	}
	assert_int_equal(event.type, EVENTS_LOGIN);
}

static void test_what_comes_without_end_is_counted(void **state)
{
	const struct events_event refused = {.type = EVENTS_REFUSED,
					     .reason = COUNTERS_BANNED};
	uint64_t seconds;

	(void)state;
	write_event(1);
	seconds = clock_ms() / 1000;
	for (unsigned i = 0; i < 2 * EVENTS_RECORDS; i++)
		assert_true(events_write(&ring, &refused));
	seconds = clock_ms() / 1000 + 1 - seconds;
	assert_next(1, 0);
	/* as if a second had passed: whoever writes next tells */
	ring.file->paces[EVENTS_REFUSED] -= UINT64_C(1) << 32;
	write_event(2);
	read_refusals();
	assert_true(refusals_told <= EVENTS_A_SECOND * seconds);
	assert_int_equal(refusals_told + refusals_more, 2 * EVENTS_RECORDS);
	/* once, and there is room again */
	write_event(3);
	assert_next(3, 0);
	assert_true(events_write(&ring, &refused));
	write_event(4);
	refusals_told = refusals_more = 0;
	read_refusals();
	assert_int_equal(refusals_told, 1);
	assert_int_equal(refusals_more, 0);
}

/* --- records that are none --- */

/* One that is not finished is waited for, and then passed over. */
static void test_a_record_that_is_not_finished(void **state)
{
	struct events_event event;
	uint64_t missed;

	(void)state;
	write_event(0);
	atomic_fetch_add(&ring.file->head, 3); /* as three who were killed */
	write_event(4);
	assert_next(0, 0);
	assert_none();
	assert_none();
	/* its time is over */
	assert_int_equal(reader.waiting_below, 5);
	reader.waiting_since -= EVENTS_STUCK_MS;
	assert_int_equal(events_look_next(&reader, &event, &missed), 1);
	assert_int_equal(event.session, 4);
	assert_int_equal(missed, 3);
	assert_none();
}

static void test_each_octet_of_a_record_counts(void **state)
{
	struct events_record record;
	struct events_event in = {.type = EVENTS_LOGIN}, out;
	char *octets = (char *)&record;

	(void)state;
	events_set_text(&in, span_str("alice"));
	events_pack(&record, &in, 7);
	assert_true(events_unpack(&record, 7, &out));
	assert_false(events_unpack(&record, 8, &out));
	for (size_t i = 0; i < sizeof(record); i++) {
		octets[i] ^= 1;
		assert_false(events_unpack(&record, 7, &out));
		octets[i] ^= 1;
	}
	assert_true(events_unpack(&record, 7, &out));
}

static void test_a_forged_head(void **state)
{
	struct events_event event;
	uint64_t missed;

	(void)state;
	write_event(0);
	write_event(1);
	assert_next(0, 0);
	ring.file->head = 0;
	assert_none();
	ring.file->head = UINT64_MAX - 2;
	(void)!events_look_next(&reader, &event, &missed);
	ring.file->head = 2;
	(void)!events_look_next(&reader, &event, &missed);
	write_event(2);
	assert_next(2, 0);
}

/* --- files --- */

static void test_files(void **state)
{
	struct events_event event;
	uint64_t missed;
	struct stat status;

	(void)state;
	assert_int_equal(fstatat(run_dir, "events", &status, 0), 0);
	assert_int_equal(status.st_mode & 0777, 0640);
	write_event(1);
	/* a replaced one is read to its end, then the new one */
	assert_next(1, 0);
	write_event(2);
	assert_int_equal(unlinkat(run_dir, "events", 0), 0);
	assert_false(ring.is_lost);
	write_event(3);
	assert_true(ring.is_lost);
	assert_next(2, 0);
	assert_next(3, 0);
	assert_none();
	events_close(&ring);
	assert_int_equal(events_open(&ring, run_dir), 0);
	assert_false(ring.is_lost);
	write_event(4);
	assert_next(4, 0);
	/* one that is cut is not written to, and harms no reader */
	assert_int_equal(ftruncate(ring.fd, 0), 0);
	event = (struct events_event){.type = EVENTS_LOGIN};
	assert_false(events_write(&ring, &event));
	assert_true(ring.is_lost);
	assert_none();
	events_close(&ring);
	assert_false(events_write(&ring, &event));
	events_look_close(&reader);
	assert_int_equal(unlinkat(run_dir, "events", 0), 0);
	assert_int_equal(events_look_next(&reader, &event, &missed), -ENOENT);
}

/* --- many writers --- */

enum { WRITERS = 6, KILLS = 150 };

/* Each field says the same, so halves of two do not fit together. */
static void write_forever(unsigned self)
{
	struct events_event event = {.type = EVENTS_LOGIN, .pid = self};
	char text[32];

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (uint64_t n = 1;; n++) {
		uint64_t x = (uint64_t)self << 48 | n;

		event.session = event.age_s = event.received = x;
		event.sent = event.retrieved = event.deleted = x;
		(void)snprintf(text, sizeof(text), "%llx",
			       (unsigned long long)x);
		events_set_text(&event, span_str(text));
		(void)events_write(&ring, &event);
	}
}

static pid_t start_writer(unsigned self)
{
	pid_t pid = fork();

	if (!pid)
		write_forever(self);
	return pid;
}

static void assert_whole(const struct events_event *e)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%llx",
		       (unsigned long long)e->session);
	assert_string_equal(e->text, text);
	assert_true(e->age_s == e->session && e->received == e->session &&
		    e->sent == e->session && e->retrieved == e->session &&
		    e->deleted == e->session);
	assert_int_equal(e->pid, e->session >> 48);
}

static void test_writers_are_killed(void **state)
{
	uint64_t read = 0, missed_in_all = 0, missed, first;
	struct events_event event;
	pid_t pids[WRITERS];

	(void)state;
	for (unsigned i = 0; i < WRITERS; i++)
		pids[i] = start_writer(i);
	for (unsigned i = 0; i < KILLS; i++) {
		unsigned self = i % WRITERS;

		for (int j = 0; j < 200; j++) {
			int got = events_look_next(&reader, &event, &missed);

			missed_in_all += missed;
			read += got == 1;
			if (got == 1)
				assert_whole(&event);
		}
		assert_int_equal(kill(pids[self], SIGKILL), 0);
		assert_int_equal(waitpid(pids[self], NULL, 0), pids[self]);
		pids[self] = start_writer(self);
	}
	for (unsigned i = 0; i < WRITERS; i++) {
		assert_int_equal(kill(pids[i], SIGKILL), 0);
		assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
	}
	/* all numbers are accounted for */
	for (int got = 1; got == 1 || reader.next < ring.file->head;) {
		got = events_look_next(&reader, &event, &missed);
		missed_in_all += missed;
		read += got == 1;
		if (got == 1)
			assert_whole(&event);
		else
			reader.waiting_since -= EVENTS_STUCK_MS;
	}
	assert_true(read > KILLS);
	first = ring.file->head;
	assert_true(read + missed_in_all == first);
	/* and whoever comes then writes as ever */
	write_event(1);
	assert_next(1, 0);
	print_message("%llu written, %llu read\n", (unsigned long long)first,
		      (unsigned long long)read);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_text),
		test(test_an_event),
		test(test_what_was_overwritten_is_missed),
		test(test_going_back),
		test(test_what_comes_without_end_is_counted),
		test(test_a_record_that_is_not_finished),
		cmocka_unit_test(test_each_octet_of_a_record_counts),
		test(test_a_forged_head),
		test(test_files),
		test(test_writers_are_killed),
	};

	return cmocka_run_group_tests_name("events_ring", tests, NULL, NULL);
}
