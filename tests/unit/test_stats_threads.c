/* SPDX-License-Identifier: ISC */
/*
 * What processes do at once with the shared files, done by threads, so that
 * ThreadSanitizer sees it (make tsan). Where processes have the lock of
 * admission, these have a mutex.
 */
#include "run_dir.h"

#include <pthread.h>
#include <string.h>

#include "stats/control.h"
#include "stats/events_record.h"

enum { THREADS = 4, TURNS = 2000 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic bool over;
static struct events_ring ring;
static struct control control;
static uint64_t last_serial = 1;

/* cmocka's own way to fail works in its thread only. */
static void check_that(bool so, int line)
{
	if (so)
		return;
	(void)fprintf(stderr, "line %d\n", line);
	abort();
}
#define check(x) check_that((x), __LINE__)

/* --- those who write --- */

static uint64_t take(uint32_t slot)
{
	uint64_t serial;

	check(pthread_mutex_lock(&lock) == 0);
	serial = last_serial += 2;
	check(statistics_take(&st, slot, serial, serial / 2, THREADS));
	check(pthread_mutex_unlock(&lock) == 0);
	return serial;
}

static void fold(uint32_t slot, uint64_t serial)
{
	check(pthread_mutex_lock(&lock) == 0);
	statistics_fold(&st, slot, serial);
	check(pthread_mutex_unlock(&lock) == 0);
}

static void write_event(uint64_t n)
{
	struct events_event event = {
		.type = EVENTS_LOGIN, .session = n, .sent = n};

	(void)events_write(&ring, &event);
}

/* Of which only some are told, so that all threads count in one word. */
static void write_refusal(void)
{
	const struct events_event event = {.type = EVENTS_REFUSED};

	(void)events_write(&ring, &event);
}

/* Front and monitor of one place after the other. */
static void *sessions(void *context)
{
	uint32_t slot = (uint32_t)(uintptr_t)context;
	struct statistics_identity *identity =
		statistics_map_identity(&st, slot);
	struct statistics_counters *own = statistics_map_counters(&st, slot);

	for (int i = 0; i < TURNS; i++) {
		uint64_t serial = take(slot);

		counters_add(&own->counts.sent, 3);
		counters_observe(&own->counts.command_ms, (uint64_t)i);
		counters_set(&own->active_ms, (uint64_t)i);
		statistics_set_user(identity, span_str("alice"));
		statistics_set_state(identity, COUNTERS_TRANSACTION);
		statistics_set_end(identity, COUNTERS_END_LOGGED_OUT);
		counters_add(&identity->counts.deleted, 1);
		statistics_uncounted(&st);
		write_event(serial);
		write_refusal();
		(void)control_end(&control, slot, serial, CONTROL_NOW);
		control_publish(&control);
		fold(slot, serial);
	}
	statistics_unmap(identity);
	statistics_unmap(own);
	return NULL;
}

/* --- those who look --- */

static void *look_at_sums(void *context)
{
	uint64_t last = 0;

	(void)context;
	while (!over) {
		struct counters_all sum;
		uint64_t sent;

		check(statistics_look_all(&look, NULL, NULL, &sum) == 0);
		sent = counters_get(&sum.totals.front.sent);

		check(sent >= last);
		last = sent;
	}
	return NULL;
}

/* In the mapping, for the sanitizer sees no pread(). */
static void *look_at_memory(void *context)
{
	struct events_event event;
	uint64_t words[EVENTS_WORDS], seen = 0;
	struct events_record record;

	(void)context;
	while (!over) {
		uint64_t head = counters_get(&ring.file->head);
		uint64_t n = head ? head - 1 : 0;
		const _Atomic uint64_t *place =
			ring.file->records[n % EVENTS_RECORDS];

		seen += counters_get(&st.head->folds) +
			counters_get(&st.head->door.uncounted);
		for (size_t i = 0; i < EVENTS_WORDS; i++)
			words[i] = counters_get(&place[i]);
		memcpy(&record, words, sizeof(record));
		if (events_unpack(&record, n, &event))
			check(event.type != EVENTS_LOGIN ||
			      event.sent == event.session);
	}
	check(seen > 0);
	return NULL;
}

static void *look_at_events(void *context)
{
	struct events_look events;
	struct events_event event;
	uint64_t missed;

	(void)context;
	events_look_init(&events, run_dir);
	while (!over) {
		if (events_look_next(&events, &event, &missed) == 1)
			check(event.type != EVENTS_LOGIN ||
			      event.sent == event.session);
	}
	events_look_close(&events);
	return NULL;
}

static void *look_at_control(void *context)
{
	struct control_look obeying;
	struct control_state now;

	(void)context;
	check(control_look_open(&obeying, run_dir) == 0);
	while (!over) {
		check(control_look(&obeying, &now));
		(void)control_look_at(&obeying, 0, 3);
	}
	control_look_close(&obeying);
	return NULL;
}

static void test_threads(void **state)
{
	void *(*const looking[])(void *) = {
		look_at_sums,
		look_at_memory,
		look_at_events,
		look_at_control,
	};
	pthread_t writers[THREADS], readers[4];
	struct counters_all sum;

	(void)state;
	assert_int_equal(events_open(&ring, run_dir), 0);
	assert_int_equal(control_open(&control, run_dir), 0);
	st.events = &ring;
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&writers[i], NULL, sessions, (void *)i),
			0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(
			pthread_create(&readers[i], NULL, looking[i], NULL), 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(writers[i], NULL), 0);
	over = true;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_join(readers[i], NULL), 0);
	sum = sums();
	assert_int_equal(sum.totals.front.sent, 3 * THREADS * TURNS);
	assert_int_equal(sum.totals.monitor.deleted, THREADS * TURNS);
	assert_int_equal(sum.totals.monitor.connections, THREADS * TURNS);
	assert_int_equal(sum.door.uncounted, THREADS * TURNS);
	assert_true(ring.file->head > 2 * THREADS * TURNS);
	assert_true(ring.file->head <= 3 * THREADS * TURNS);
	events_close(&ring);
	control_close(&control);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_threads, run_dir_set_up,
						run_dir_tear_down),
	};

	return cmocka_run_group_tests_name("stats_threads", tests, NULL, NULL);
}
