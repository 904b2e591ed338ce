/* SPDX-License-Identifier: ISC */
#include "run_dir.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "sys/clock.h"

/* --- rows --- */

struct list {
	struct statistics_row rows[16];
	size_t n;
};

static bool add(void *context, const struct statistics_row *row)
{
	struct list *list = context;

	list->rows[list->n++] = *row;
	return list->n < 16;
}

static struct list listed(void)
{
	struct list list = {.n = 0};

	assert_int_equal(statistics_look_all(&look, add, &list, NULL), 0);
	return list;
}

static void test_a_row(void **state)
{
	struct admission_ticket ticket = enter(), second = enter();
	struct statistics_identity *identity =
		statistics_map_identity(&st, second.slot);
	struct statistics_counters *own =
		statistics_map_counters(&st, second.slot);
	struct network_address address;
	const struct statistics_row *row;
	struct list list;

	(void)state;
	assert_true(network_address_parse(span_str("2001:db8::1"), &address));
	statistics_set_peer(identity, &address, 50122);
	statistics_set_pid(identity, 4711);
	statistics_set_user(identity, span_str("aeinstein"));
	statistics_set_state(identity, COUNTERS_TRANSACTION);
	atomic_store(&identity->tls, 1);
	counters_add(&own->counts.sent, 18344);
	counters_add(&own->counts.received, 96);
	counters_add(&own->counts.retrieved, 2);
	counters_set(&own->marks, 1);
	counters_set(&own->messages, 4);
	counters_set(&own->verb, POP3_RETR + 1);
	counters_set(&own->active_ms, clock_ms());
	list = listed();
	assert_int_equal(list.n, 2);
	row = &list.rows[0];
	assert_false(row->suspect);
	assert_true(row->serial == ticket.serial && row->slot == ticket.slot);
	assert_int_equal(row->number, 1);
	assert_int_equal(row->state, COUNTERS_AUTHORIZATION);
	assert_int_equal(row->user_n, 0);
	assert_int_equal(row->verb, -1);
	assert_int_equal(row->pid, 0);
	assert_false(row->has_peer);
	row = &list.rows[1];
	assert_false(row->suspect);
	assert_true(row->serial == second.serial && row->slot == second.slot);
	assert_int_equal(row->number, 2);
	assert_int_equal(row->pid, 4711);
	assert_true(row->has_peer && row->tls);
	assert_true(network_address_equal(&row->address, &address));
	assert_int_equal(row->port, 50122);
	assert_int_equal(row->state, COUNTERS_TRANSACTION);
	assert_string_equal(row->user, "aeinstein");
	assert_int_equal(row->user_n, 9);
	assert_int_equal(row->sent, 18344);
	assert_int_equal(row->received, 96);
	assert_int_equal(row->retrieved, 2);
	assert_int_equal(row->marks, 1);
	assert_int_equal(row->messages, 3);
	assert_int_equal(row->verb, POP3_RETR);
	assert_true(row->started_s >= clock_now_s() - 60);
	assert_true(row->age_ms < 60000 && row->idle_ms <= row->age_ms);
	statistics_unmap(identity);
	statistics_unmap(own);
	admission_leave(&adm, &ticket);
	list = listed();
	assert_int_equal(list.n, 1);
	assert_int_equal(list.rows[0].number, 2);
	admission_leave(&adm, &second);
}

/* Who is dead is not shown, but counted. */
static void test_the_dead(void **state)
{
	struct admission_ticket ticket = enter();
	struct counters_all sum;

	(void)state;
	assert_int_equal(listed().n, 1);
	close(ticket.fd);
	ticket.fd = -1;
	assert_int_equal(listed().n, 0);
	sum = sums();
	assert_int_equal(sum.totals.monitor.connections, 1);
	assert_int_equal(sum.now.sessions[COUNTERS_AUTHORIZATION], 0);
	admission_leave(&adm, &ticket);
	sum = sums();
	assert_int_equal(sum.totals.monitor.connections, 1);
}

static bool only_one(void *context, const struct statistics_row *row)
{
	(void)row;
	++*(int *)context;
	return false;
}

static void test_no_more_rows_are_wanted(void **state)
{
	struct admission_ticket a = enter(), b = enter();
	struct counters_all sum;
	int n = 0;

	(void)state;
	assert_int_equal(statistics_look_all(&look, only_one, &n, &sum), 0);
	assert_int_equal(n, 1);
	assert_int_equal(sum.now.sessions[COUNTERS_AUTHORIZATION], 2);
	admission_leave(&adm, &a);
	admission_leave(&adm, &b);
}

/* --- what is suspect --- */

static struct statistics_identity identity;
static struct statistics_counters counters;

static struct statistics_row judged(void)
{
	struct statistics_row row;

	statistics_row_fill(&row, 3, &identity, &counters, 100000);
	/* whatever it is, it can be shown */
	assert_true(row.user_n < STATISTICS_USER);
	assert_int_equal(strlen(row.user), row.user_n);
	assert_true(row.verb >= -1 && row.verb <= COUNTERS_OTHER_VERB);
	assert_true((unsigned)row.state < COUNTERS_STATES);
	assert_true(row.age_ms <= 100000);
	return row;
}

static void make_good(void)
{
	memset((void *)&identity, 0, sizeof(identity));
	memset((void *)&counters, 0, sizeof(counters));
	identity.serial = counters.serial = 77;
	identity.started_ms = 40000;
	identity.started_s = 1700000000;
	identity.user_n = 5;
	memcpy(identity.user, "alice", 5);
}

#define SUSPECT(spoil)                                                         \
	do {                                                                   \
		make_good();                                                   \
		assert_false(judged().suspect);                                \
		spoil;                                                         \
		assert_true(judged().suspect);                                 \
	} while (0)

static void test_what_cannot_be_is_suspect(void **state)
{
	(void)state;
	SUSPECT(identity.serial = 78);
	SUSPECT(identity.serial = counters.serial = 78);
	SUSPECT(counters.serial = 79);
	SUSPECT(identity.pid = UINT32_MAX);
	SUSPECT(identity.port = 65536);
	SUSPECT(identity.state = COUNTERS_STATES);
	SUSPECT(identity.tls = 2);
	SUSPECT(identity.has_peer = 7);
	SUSPECT(identity.started_ms = 200000);
	SUSPECT(identity.started_s = UINT64_MAX);
	SUSPECT(identity.user_n = STATISTICS_USER + 1);
	SUSPECT(identity.user_n = UINT32_MAX);
	SUSPECT(identity.user[2] = '\n');
	SUSPECT(memcpy(identity.user, "\xe2\x80\xae\x20x", 5));
	SUSPECT(identity.counts.deleted = UINT64_MAX);
	SUSPECT(counters.counts.sent = UINT64_MAX / 2);
	SUSPECT(counters.verb = COUNTERS_VERBS + 1);
	SUSPECT(counters.verb = UINT64_MAX);
	SUSPECT(counters.marks = UINT64_MAX);
	SUSPECT(counters.messages = UINT64_MAX);
	SUSPECT(counters.active_ms = UINT64_MAX);
	SUSPECT(counters.active_ms = 1000);
}

/* Any octets at all. */
static void test_nonsense_can_be_shown(void **state)
{
	uint64_t seed = 42;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		make_good();
		for (int j = 0; j <= i % 40; j++) {
			seed = seed * 6364136223846793005u + 1;
			((char *)&identity)[(seed >> 20) % sizeof(identity)] =
				(char)(seed >> 50);
			((char *)&counters)[(seed >> 30) % sizeof(counters)] =
				(char)(seed >> 40);
		}
		(void)judged();
	}
}

/* --- files that are none --- */

static void write_file(const char *name, const void *octets, size_t n)
{
	int fd = openat(run_dir, name, O_WRONLY | O_CREAT | O_TRUNC, 0640);

	assert_int_equal(write(fd, octets, n), n);
	close(fd);
}

static void test_no_file(void **state)
{
	struct counters_all sum;

	(void)state;
	assert_int_equal(unlinkat(run_dir, "stats", 0), 0);
	assert_int_equal(statistics_look_all(&look, NULL, NULL, &sum), -ENOENT);
	write_file("stats", "nonsense", 8);
	assert_int_equal(statistics_look_all(&look, NULL, NULL, &sum),
			 -EBADMSG);
	assert_int_equal(unlinkat(run_dir, "stats", 0), 0);
	assert_int_equal(symlinkat("/etc/passwd", run_dir, "stats"), 0);
	assert_int_equal(statistics_look_all(&look, NULL, NULL, &sum), -ELOOP);
	assert_int_equal(unlinkat(run_dir, "stats", 0), 0);
	assert_int_equal(mkdirat(run_dir, "stats", 0700), 0);
	assert_int_equal(statistics_look_all(&look, NULL, NULL, &sum),
			 -EBADMSG);
	assert_int_equal(unlinkat(run_dir, "stats", AT_REMOVEDIR), 0);
	assert_int_equal(mkfifoat(run_dir, "stats", 0600), 0);
	assert_int_equal(statistics_look_all(&look, NULL, NULL, &sum),
			 -EBADMSG);
}

static void test_a_file_that_others_could_write(void **state)
{
	struct counters_all sum;

	(void)state;
	assert_int_equal(fchmod(st.fd, 0666), 0);
	assert_int_equal(statistics_look_all(&look, NULL, NULL, &sum),
			 -EBADMSG);
}

static uint64_t uncounted_in_all(void)
{
	struct counters_all sum = sums();

	return counters_get(&sum.door.uncounted);
}

static void test_a_replaced_file_is_found(void **state)
{
	(void)state;
	statistics_uncounted(&st);
	assert_int_equal(uncounted_in_all(), 1);
	assert_int_equal(uncounted_in_all(), 1);
	assert_int_equal(unlinkat(run_dir, "stats", 0), 0);
	statistics_close(&st);
	assert_int_equal(statistics_open(&st, run_dir), 0);
	assert_int_equal(uncounted_in_all(), 0);
}

/* The head says what it likes, but its kind and size. */
static void test_a_head_of_nonsense(void **state)
{
	const size_t kept = sizeof(struct shared_header);
	struct admission_ticket ticket = enter();
	uint64_t seed = 7;

	(void)state;
	for (int i = 0; i < 50; i++) {
		struct counters_all sum;
		struct list list = {.n = 0};
		char *octets = (char *)st.head;
		int failed;

		for (size_t j = kept; j < sizeof(*st.head); j++) {
			seed = seed * 6364136223846793005u + 1;
			octets[j] = (char)(i ? seed >> 40 : 0xff);
		}
		failed = statistics_look_all(&look, add, &list, &sum);
		assert_true(failed == 0 || failed == -EAGAIN);
		assert_true(list.n <= 1);
	}
	admission_leave(&adm, &ticket);
}

/* --- sums while others fold --- */

static struct statistics_counters *counters_of_place_0;

/* The place's session ends, and others come and go. */
static void churn(struct admission_ticket *ticket)
{
	for (int i = 0; i < 3; i++) {
		admission_leave(&adm, ticket);
		*ticket = enter();
		assert_int_equal(ticket->slot, 0);
		counters_add(&counters_of_place_0->counts.sent, 1);
	}
}

static void look_once(const struct counters_all *shared)
{
	(void)raise(SIGSTOP);
	if (statistics_look_all(&look, NULL, NULL,
				(struct counters_all *)(uintptr_t)shared) < 0)
		_exit(1);
	_exit(0);
}

/*
 * Looks, and is stopped at the n-th begin or end of a system call, where others
 * fold the same place again and again. False: it made fewer.
 */
static bool interrupted_at(unsigned n, struct admission_ticket *ticket,
			   const struct counters_all *shared)
{
	bool interrupted = false;
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(2);
		admission_hand_over(ticket);
		look_once(shared);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	for (unsigned i = 0; WIFSTOPPED(status); i++) {
		if (i == n) {
			churn(ticket);
			interrupted = true;
		}
		assert_int_equal(ptrace(PTRACE_SYSCALL, pid, NULL, NULL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
	}
	assert_int_equal(status, 0);
	return interrupted;
}

static void test_sums_are_exact_while_others_fold(void **state)
{
	struct admission_ticket ticket = enter(), other = enter();
	struct counters_all *found =
		mmap(NULL, sizeof(*found), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool interrupted = true;
	unsigned n = 0;

	(void)state;
	counters_of_place_0 = statistics_map_counters(&st, 0);
	for (; interrupted; n++) {
		uint64_t before, connections, sent;
		struct counters_all sum;

		/* this one is not to be missed, or counted twice */
		counters_add(&counters_of_place_0->counts.sent, 1000);
		sum = sums();
		before = counters_get(&sum.totals.front.sent);
		connections = counters_get(&sum.totals.monitor.connections);
		interrupted = interrupted_at(n, &ticket, found);
		sent = found->totals.front.sent;
		if (sent < before || sent > before + 3)
			fail_msg("%u: %llu, not %llu to 3 more", n,
				 (unsigned long long)sent,
				 (unsigned long long)before);
		sent = found->totals.monitor.connections;
		assert_true(sent >= connections && sent <= connections + 3);
	}
	assert_true(n > 20);
	statistics_unmap(counters_of_place_0);
	munmap(found, sizeof(*found));
	admission_leave(&adm, &ticket);
	admission_leave(&adm, &other);
}

/* --- many --- */

enum { MANY = 10000 };

static bool count_them(void *context, const struct statistics_row *row)
{
	struct list *list = context;

	assert_false(row->suspect);
	list->n++;
	return true;
}

static uint64_t now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void test_many_sessions(void **state)
{
	static struct admission_ticket tickets[MANY];
	struct rlimit files = {MANY + 100, MANY + 100};
	struct list list = {.n = 0};
	uint64_t began, best = UINT64_MAX;
	struct counters_all sum;

	(void)state;
	if (setrlimit(RLIMIT_NOFILE, &files) < 0)
		skip();
	for (int i = 0; i < MANY; i++)
		tickets[i] = enter();
	for (int i = 0; i < 5; i++) {
		list.n = 0;
		began = now_us();
		assert_int_equal(
			statistics_look_all(&look, count_them, &list, &sum), 0);
		best = now_us() - began < best ? now_us() - began : best;
		assert_int_equal(list.n, MANY);
	}
	assert_int_equal(sum.totals.monitor.connections, MANY);
	assert_int_equal(sum.now.peak, MANY);
	print_message("%d sessions in %llu ms\n", MANY,
		      (unsigned long long)best / 1000);
	for (int i = 0; i < MANY; i++)
		admission_leave(&adm, &tickets[i]);
	sum = sums();
	assert_int_equal(sum.totals.monitor.connections, MANY);
	assert_int_equal(sum.totals.folding.suspect, 0);
}

#define test(name)                                                             \
	cmocka_unit_test_setup_teardown(name, run_dir_set_up, run_dir_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_a_row),
		test(test_the_dead),
		test(test_no_more_rows_are_wanted),
		cmocka_unit_test(test_what_cannot_be_is_suspect),
		cmocka_unit_test(test_nonsense_can_be_shown),
		test(test_no_file),
		test(test_a_file_that_others_could_write),
		test(test_a_replaced_file_is_found),
		test(test_a_head_of_nonsense),
		test(test_sums_are_exact_while_others_fold),
		test(test_many_sessions),
	};

	return cmocka_run_group_tests_name("statistics_look", tests, NULL,
					   NULL);
}
