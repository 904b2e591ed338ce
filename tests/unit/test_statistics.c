/* SPDX-License-Identifier: ISC */
#include "run_dir.h"
#include "stats/statistics_near.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* --- helpers --- */

/* Runs it in a child: its exit status, or 1000 + the signal that killed it. */
static int in_child(int (*run)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		const struct rlimit none = {0, 0};

		(void)setrlimit(RLIMIT_CORE, &none);
		(void)signal(SIGSEGV, SIG_DFL);
		(void)signal(SIGBUS, SIG_DFL);
		_exit(run());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

static uint64_t sent_in_all(void)
{
	struct counters_all sum = sums();

	return counters_get(&sum.totals.front.sent);
}

static uint64_t suspect_in_all(void)
{
	struct counters_all sum = sums();

	return counters_get(&sum.totals.folding.suspect);
}

static uint64_t connections_in_all(void)
{
	struct counters_all sum = sums();

	return counters_get(&sum.totals.monitor.connections);
}

/* A session that has sent so many octets. */
static struct admission_ticket session_of(uint64_t octets)
{
	struct admission_ticket ticket = enter();
	struct statistics_counters *own;

	assert_true(ticket.counted);
	own = statistics_map_counters(&st, ticket.slot);
	assert_non_null(own);
	counters_add(&own->counts.sent, octets);
	statistics_unmap(own);
	return ticket;
}

/* --- the file --- */

static void test_the_file(void **state)
{
	struct statistics other;
	struct stat st1, st2;

	(void)state;
	assert_int_equal(fstatat(run_dir, "stats", &st1, 0), 0);
	assert_true(st1.st_size == (off_t)STATISTICS_SIZE);
	assert_int_equal(st1.st_mode & 0777, 0640);
	assert_true(st1.st_blocks * 512 < 1024 * 1024);
	assert_int_equal(statistics_open(&other, run_dir), 0);
	assert_int_equal(fstat(other.fd, &st2), 0);
	assert_true(st1.st_ino == st2.st_ino);
	assert_int_equal(fcntl(other.fd, F_GETFD), FD_CLOEXEC);
	statistics_close(&other);
	statistics_close(&other);
}

static void test_without_a_file_nothing_happens(void **state)
{
	struct statistics none = STATISTICS_NONE;
	struct statistics_region region = statistics_map_region(&none, 1);
	int nowhere = open("/dev/null", O_RDONLY);

	(void)state;
	assert_false(statistics_take(&none, 0, 1, 1, 1));
	statistics_fold(&none, 0, 1);
	statistics_refused(&none, COUNTERS_FULL);
	statistics_uncounted(&none);
	assert_false(none.lost);
	assert_null(statistics_map_identity(&none, 0));
	assert_null(statistics_map_counters(&none, 0));
	assert_null(statistics_lend(&region, 0));
	assert_null(statistics_lend(&region, 1));
	assert_int_equal(statistics_take_back(NULL), 0);
	statistics_bring_near(&none, &near, 1);
	assert_null(statistics_near_identity(&none, 0));
	assert_int_equal(statistics_survive_region(&region), 0);
	assert_int_equal(statistics_survive(NULL), 0);
	statistics_set_user(NULL, span_str("x"));
	statistics_set_state(NULL, COUNTERS_UPDATE);
	statistics_close(&none);
	assert_int_equal(statistics_open(&none, nowhere), -ENOTDIR);
	statistics_close(&none);
	close(nowhere);
}

/* --- sessions --- */

static void test_a_session(void **state)
{
	struct admission_ticket ticket = enter();
	struct statistics_identity *identity;
	struct statistics_counters *counters;
	struct counters_all sum;

	(void)state;
	assert_true(ticket.counted);
	identity = statistics_map_identity(&st, ticket.slot);
	counters = statistics_map_counters(&st, ticket.slot);
	assert_non_null(identity);
	assert_non_null(counters);
	assert_true(identity->serial == ticket.serial);
	assert_true(counters->serial == ticket.serial);
	assert_int_equal(identity->number, 1);
	counters_add(&identity->counts.logins[COUNTERS_PASS][0], 1);
	counters_add(&identity->counts.deleted, 3);
	counters_observe(&identity->counts.login_ms, 5);
	counters_add(&counters->counts.commands[POP3_RETR][COUNTERS_OK], 9);
	statistics_set_end(identity, COUNTERS_END_LOGGED_OUT);
	for (int turn = 0; turn < 2; turn++) {
		sum = sums();
		assert_int_equal(sum.totals.monitor.connections, 1);
		assert_int_equal(sum.totals.monitor.logins[COUNTERS_PASS][0],
				 1);
		assert_int_equal(sum.totals.monitor.deleted, 3);
		assert_int_equal(sum.totals.monitor.login_ms.sum, 5);
		assert_int_equal(
			sum.totals.front.commands[POP3_RETR][COUNTERS_OK], 9);
		assert_int_equal(
			sum.totals.folding.ended[COUNTERS_END_LOGGED_OUT],
			turn);
		assert_int_equal(sum.now.sessions[COUNTERS_AUTHORIZATION],
				 1 - turn);
		assert_int_equal(sum.now.peak, 1);
		assert_true(sum.now.started > 1600000000);
		admission_leave(&adm, &ticket);
	}
	assert_int_equal(sum.totals.folding.session_s.buckets[0], 1);
	assert_int_equal(identity->serial, 0);
	statistics_unmap(identity);
	statistics_unmap(counters);
}

static void test_folded_once(void **state)
{
	struct admission_ticket ticket = session_of(100);
	struct admission_ticket copy = ticket;

	(void)state;
	copy.fd = -1;
	statistics_fold(&st, ticket.slot, ticket.serial);
	assert_int_equal(sent_in_all(), 100);
	statistics_fold(&st, ticket.slot, ticket.serial);
	admission_leave(&adm, &ticket);
	admission_leave(&adm, &copy);
	assert_int_equal(sent_in_all(), 100);
	assert_int_equal(connections_in_all(), 1);
	/* the place's next session begins with nothing */
	ticket = session_of(1);
	assert_int_equal(ticket.slot, copy.slot);
	statistics_fold(&st, copy.slot, copy.serial);
	assert_int_equal(sent_in_all(), 101);
	admission_leave(&adm, &ticket);
	assert_int_equal(sent_in_all(), 101);
	assert_int_equal(connections_in_all(), 2);
}

static void test_one_that_never_came_to_be(void **state)
{
	struct admission_ticket ticket = session_of(100);
	struct admission_ticket copy = ticket, next;

	(void)state;
	copy.fd = -1;
	admission_cancel(&adm, &ticket);
	assert_int_equal(ticket.serial, 0);
	assert_int_equal(connections_in_all(), 0);
	assert_int_equal(sent_in_all(), 0);
	/* the place's next one is not touched */
	next = session_of(7);
	assert_int_equal(next.slot, copy.slot);
	admission_cancel(&adm, &copy);
	admission_leave(&adm, &next);
	assert_int_equal(connections_in_all(), 1);
	assert_int_equal(sent_in_all(), 7);
}

/* Somebody without statistics gives the place back: the next one folds. */
static void test_what_was_left_is_folded(void **state)
{
	struct admission_ticket ticket = session_of(100);

	(void)state;
	adm.statistics = NULL;
	admission_leave(&adm, &ticket);
	assert_int_equal(sent_in_all(), 100);
	adm.statistics = &st;
	ticket = session_of(10);
	assert_int_equal(ticket.slot, 0);
	assert_int_equal(sent_in_all(), 110);
	admission_leave(&adm, &ticket);
	assert_int_equal(sent_in_all(), 110);
	assert_int_equal(connections_in_all(), 2);
}

static void test_the_door(void **state)
{
	struct counters_all sum;

	(void)state;
	statistics_refused(&st, COUNTERS_BANNED);
	statistics_refused(&st, COUNTERS_UNSERVED);
	statistics_refused(&st, COUNTERS_UNSERVED);
	statistics_uncounted(&st);
	sum = sums();
	assert_int_equal(sum.door.refused[COUNTERS_BANNED], 1);
	assert_int_equal(sum.door.refused[COUNTERS_UNSERVED], 2);
	assert_int_equal(sum.door.refused[COUNTERS_FULL], 0);
	assert_int_equal(sum.door.uncounted, 1);
}

static void test_the_end_is_told(void **state)
{
	struct network_address address;
	struct admission_ticket ticket;
	struct statistics_identity *own;
	struct events_ring ring;
	struct events_look events;
	struct events_event event;
	uint64_t missed;

	(void)state;
	assert_true(network_address_parse(span_str("192.0.2.7"), &address));
	assert_int_equal(events_open(&ring, run_dir), 0);
	st.events = &ring;
	events_look_init(&events, run_dir);
	ticket = session_of(100);
	own = statistics_map_identity(&st, ticket.slot);
	statistics_set_peer(own, &address, 4321);
	statistics_set_pid(own, 77);
	statistics_set_user(own, span_str("al\x1bice"));
	statistics_set_end(own, COUNTERS_END_IDLE);
	admission_leave(&adm, &ticket);
	assert_int_equal(events_look_next(&events, &event, &missed), 1);
	assert_int_equal(event.type, EVENTS_CLOSE);
	assert_int_equal(event.session, 1);
	assert_int_equal(event.pid, 77);
	assert_true(event.has_peer);
	assert_true(network_address_equal(&event.address, &address));
	assert_int_equal(event.port, 4321);
	assert_string_equal(event.text, "al?ice");
	assert_string_equal(events_reason_word(&event), "idle");
	assert_int_equal(event.sent, 100);
	assert_int_equal(events_look_next(&events, &event, &missed), 0);
	events_look_close(&events);
	events_close(&ring);
	statistics_unmap(own);
}

/* --- what is not believed --- */

/* A front that writes all over its page harms its own counts only. */
static void test_a_page_of_nonsense(void **state)
{
	struct admission_ticket good = session_of(100), bad = session_of(5);
	struct statistics_counters *own;

	(void)state;
	own = statistics_map_counters(&st, bad.slot);
	memset((void *)own, 0xff, STATISTICS_PAGE);
	assert_int_equal(sent_in_all(), 100);
	admission_leave(&adm, &bad);
	assert_int_equal(sent_in_all(), 100);
	assert_int_equal(suspect_in_all(), 1);
	/* the right serial, and a number that would turn the sums over */
	bad = session_of(5);
	own->counts.received = UINT64_MAX - 3;
	assert_int_equal(sent_in_all(), 100);
	admission_leave(&adm, &bad);
	assert_int_equal(sent_in_all(), 100);
	assert_int_equal(suspect_in_all(), 2);
	admission_leave(&adm, &good);
	assert_int_equal(sent_in_all(), 100);
	assert_int_equal(connections_in_all(), 3);
	statistics_unmap(own);
}

static void test_an_identity_of_nonsense(void **state)
{
	struct admission_ticket ticket = session_of(5);
	struct statistics_identity *own =
		statistics_map_identity(&st, ticket.slot);
	uint64_t serial = own->serial;
	struct counters_all sum;

	(void)state;
	memset((void *)own, 0xff, STATISTICS_PAGE);
	own->serial = serial;
	admission_leave(&adm, &ticket);
	sum = sums();
	assert_int_equal(sum.totals.monitor.connections, 1);
	assert_int_equal(sum.totals.monitor.deleted, 0);
	assert_int_equal(sum.totals.folding.ended[COUNTERS_END_UNKNOWN], 1);
	assert_int_equal(sum.totals.folding.suspect, 1);
	assert_int_equal(sum.totals.front.sent, 5);
	statistics_unmap(own);
}

/* --- a file that is replaced, or cut --- */

/* It is looked at when it is used: here, to fold a place of nobody's. */
static bool is_lost(struct statistics *of)
{
	statistics_fold(of, 0, 1);
	return of->lost;
}

static void test_a_replaced_file(void **state)
{
	struct admission_ticket ticket = session_of(5);
	struct statistics other;

	(void)state;
	assert_false(is_lost(&st));
	assert_int_equal(unlinkat(run_dir, "stats", 0), 0);
	assert_int_equal(statistics_open(&other, run_dir), 0);
	admission_leave(&adm, &ticket);
	assert_true(is_lost(&st));
	/* served all the same */
	ticket = enter();
	assert_false(ticket.counted);
	admission_leave(&adm, &ticket);
	statistics_refused(&st, COUNTERS_FULL);
	assert_int_equal(sent_in_all(), 0);
	adm.statistics = &other;
	assert_false(is_lost(&other));
	ticket = enter();
	assert_true(ticket.counted);
	admission_leave(&adm, &ticket);
	statistics_close(&other);
}

static void test_a_cut_file(void **state)
{
	struct admission_ticket ticket = session_of(5);
	struct counters_all sum;

	(void)state;
	assert_int_equal(ftruncate(st.fd, 100), 0);
	assert_int_equal(statistics_look_all(&look, NULL, NULL, &sum),
			 -EBADMSG);
	admission_leave(&adm, &ticket);
	assert_true(is_lost(&st));
	/* the next process makes a new one */
	assert_int_equal(statistics_open(&st, run_dir), 0);
	ticket = session_of(6);
	assert_int_equal(sent_in_all(), 6);
	admission_leave(&adm, &ticket);
}

static int count_on_a_cut_page(void)
{
	struct admission_ticket ticket = session_of(5);
	struct statistics_counters *own =
		statistics_map_counters(&st, ticket.slot);
	struct statistics_identity *identity =
		statistics_map_identity(&st, ticket.slot);

	if (statistics_survive(own) < 0 || statistics_survive(identity) < 0 ||
	    ftruncate(st.fd, 0) < 0)
		return 1;
	counters_add(&own->counts.sent, 7);
	statistics_set_user(identity, span_str("alice"));
	return own->counts.sent == 7 && identity->user_n == 5 ? 0 : 2;
}

static int count_in_a_cut_region(void)
{
	struct statistics_region region = statistics_map_region(&st, 1);
	struct admission_ticket ticket = session_of(5);
	struct statistics_counters *own;

	if (statistics_survive_region(&region) < 0)
		return 1;
	own = statistics_lend(&region, ticket.slot);
	if (own->counts.sent != 5 || ftruncate(st.fd, 0) < 0)
		return 2;
	counters_add(&own->counts.sent, 7);
	return own->counts.sent == 7 ? 0 : 3;
}

static int touch_another_cut_page(void)
{
	struct admission_ticket ticket = session_of(5);
	struct statistics_counters *own =
		statistics_map_counters(&st, ticket.slot);

	if (statistics_survive(own) < 0 || ftruncate(st.fd, 0) < 0)
		return 1;
	counters_add(&st.head->door.uncounted, 1);
	return 0;
}

/* The parent of many sessions, which has a place in its memory. */
static int touch_what_is_cut_nearby(void)
{
	struct admission_ticket ticket;
	struct statistics_identity *own;

	statistics_bring_near(&st, &near, SLOTS_MAX);
	ticket = session_of(5);
	own = statistics_near_identity(&st, ticket.slot);
	if (!own || ftruncate(st.fd, 0) < 0)
		return 1;
	statistics_set_user(own, span_str("alice"));
	admission_leave(&adm, &ticket);
	ticket = enter();
	if (ticket.counted || !st.lost)
		return 2;
	admission_leave(&adm, &ticket);
	return 0;
}

static void test_a_session_survives_that_the_file_is_cut(void **state)
{
	(void)state;
	assert_int_equal(in_child(count_on_a_cut_page), 0);
	assert_int_equal(statistics_open(&st, run_dir), 0);
	assert_int_equal(in_child(count_in_a_cut_region), 0);
	assert_int_equal(statistics_open(&st, run_dir), 0);
	assert_int_equal(in_child(touch_what_is_cut_nearby), 0);
	/* but whatever else raises SIGBUS kills */
	assert_int_equal(statistics_open(&st, run_dir), 0);
	assert_int_equal(in_child(touch_another_cut_page), 1000 + SIGBUS);
}

/* --- isolation --- */

static struct statistics_region region;
static struct statistics_counters *lent;

/* What is mapped of the file, without what the parent has otherwise: 0: the
 * page that was lent, which can be written to; 1: nothing; 2: else. */
static int look_at_maps(void)
{
	unsigned long from, to;
	char line[4200];
	int found = 1;
	FILE *maps;

	statistics_close(&st);
	maps = fopen("/proc/self/maps", "r");
	while (maps && fgets(line, sizeof(line), maps)) {
		if (!strstr(line, "/stats\n"))
			continue;
		if (found == 0 || sscanf(line, "%lx-%lx", &from, &to) != 2 ||
		    from != (uintptr_t)lent || to != from + STATISTICS_PAGE)
			return 2;
		counters_add(&lent->counts.sent, 1);
		found = 0;
	}
	return maps ? found : 2;
}

/* Wherever it is in the region, at its ends, too. */
static void test_a_front_has_its_own_page(void **state)
{
	struct admission_ticket tickets[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		tickets[i] = session_of(1);
	region = statistics_map_region(&st, 2);
	assert_non_null(region.near);
	assert_non_null(region.far);
	for (int i = 0; i < 4; i++) {
		lent = statistics_lend(&region, tickets[i].slot);
		assert_true(lent && lent->serial == tickets[i].serial);
		assert_int_equal(in_child(look_at_maps), 0);
		assert_int_equal(statistics_take_back(lent), 0);
		assert_int_equal(in_child(look_at_maps), 1);
		/* its parent has it */
		counters_add(&lent->counts.sent, 1);
	}
	assert_int_equal(sent_in_all(), 4 * 3);
	assert_null(statistics_lend(&region, SLOTS_NONE));
	assert_null(statistics_lend(&region, SLOTS_MAX));
	assert_int_equal(in_child(look_at_maps), 1);
	for (int i = 0; i < 4; i++)
		admission_leave(&adm, &tickets[i]);
}

/* --- places that are near --- */

static void test_what_is_near(void **state)
{
	struct admission_ticket tickets[NEAR_PLACES + 1];
	struct statistics_identity *identity, *mapped;

	(void)state;
	statistics_bring_near(&st, &near, NEAR_PLACES);
	for (int i = 0; i <= NEAR_PLACES; i++) {
		/* not before it is known that touching it does not fail */
		assert_null(statistics_near_identity(&st, (uint64_t)i));
		tickets[i] = session_of(1);
		assert_int_equal(tickets[i].slot, i);
	}
	for (int i = 0; i < NEAR_PLACES; i++) {
		identity = statistics_near_identity(&st, tickets[i].slot);
		assert_non_null(identity);
		mapped = statistics_map_identity(&st, tickets[i].slot);
		assert_true(identity->serial == tickets[i].serial);
		statistics_set_pid(identity, i + 7);
		assert_int_equal(mapped->pid, i + 7);
		statistics_unmap(mapped);
	}
	assert_null(statistics_near_identity(&st, NEAR_PLACES));
	for (int i = 0; i <= NEAR_PLACES; i++)
		admission_leave(&adm, &tickets[i]);
	assert_int_equal(sent_in_all(), NEAR_PLACES + 1);
	assert_int_equal(connections_in_all(), NEAR_PLACES + 1);
}

/* Who is forked has nothing of it, and counts all the same. */
static int work_without_it(void)
{
	struct admission_ticket ticket;

	near.places = 0;
	lent = NULL;
	ticket = session_of(10);
	if (ticket.slot != 1 || statistics_near_identity(&st, 0))
		return 3;
	admission_leave(&adm, &ticket);
	return look_at_maps() == 1 ? 0 : 4;
}

static void test_near_is_for_the_parent_alone(void **state)
{
	struct admission_ticket mine = session_of(1);

	(void)state;
	statistics_bring_near(&st, &near, NEAR_PLACES);
	assert_int_equal(in_child(work_without_it), 0);
	assert_int_equal(near.places, NEAR_PLACES);
	assert_int_equal(sent_in_all(), 11);
	admission_leave(&adm, &mine);
	assert_int_equal(sent_in_all(), 11);
}

/* --- a full disk --- */

static void fill(int dir)
{
	static const char octets[4096];
	int fd = openat(dir, "filler", O_WRONLY | O_CREAT | O_APPEND, 0600);

	while (write(fd, octets, sizeof(octets)) > 0)
		;
	close(fd);
}

static int on_a_full_disk_with(uint32_t places)
{
	struct admission_ticket tickets[8];
	const struct admission_limits none = {0, 0};
	struct statistics_counters *own;
	int dir, entered = 0, counted = 0;

	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", folder, "tmpfs", 0, "size=1m") < 0)
		return 77;
	dir = open(folder, O_RDONLY | O_DIRECTORY);
	fill(dir);
	if (statistics_open(&st, dir) != -ENOSPC)
		return 1;
	unlinkat(dir, "filler", 0);
	if (admission_open(&adm, dir) < 0 || statistics_open(&st, dir) < 0)
		return 2;
	adm.statistics = &st;
	statistics_bring_near(&st, &near, places);
	while (entered < 8 &&
	       admission_enter(&adm, NULL, false, &none, &tickets[entered]) ==
		       ADMISSION_ENTERED) {
		counted += tickets[entered].counted;
		if (++entered == 2)
			fill(dir);
	}
	/* Two had place; all were served; who is counted can be. */
	if (entered != 8 || counted != 2)
		return 3;
	own = statistics_map_counters(&st, tickets[1].slot);
	counters_add(&own->counts.sent, 1);
	for (int i = 0; i < entered; i++)
		admission_leave(&adm, &tickets[i]);
	return st.lost ? 4 : 0;
}

static int on_a_full_disk(void)
{
	return on_a_full_disk_with(0);
}

static int on_a_full_disk_nearby(void)
{
	return on_a_full_disk_with(SLOTS_MAX);
}

static void test_a_full_disk(void **state)
{
	int status = in_child(on_a_full_disk);

	(void)state;
	if (status == 77)
		skip();
	assert_int_equal(status, 0);
	assert_int_equal(in_child(on_a_full_disk_nearby), 0);
}

/* --- fields --- */

static void test_a_long_name_is_cut(void **state)
{
	struct admission_ticket ticket = enter();
	struct statistics_identity *own =
		statistics_map_identity(&st, ticket.slot);
	char name[1000];

	(void)state;
	memset(name, 'n', sizeof(name));
	statistics_set_user(own, span_make(name, sizeof(name)));
	assert_int_equal(own->user_n, STATISTICS_USER - 1);
	assert_int_equal(own->counts.connections, 0);
	statistics_unmap(own);
	admission_leave(&adm, &ticket);
}

#define test(name)                                                             \
	cmocka_unit_test_setup_teardown(name, run_dir_set_up, run_dir_tear_down)
#define test_near(name)                                                        \
	cmocka_unit_test_setup_teardown(name, run_dir_set_up_near,             \
					run_dir_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_the_file),
		test(test_without_a_file_nothing_happens),
		test(test_a_session),
		test(test_folded_once),
		test(test_one_that_never_came_to_be),
		test(test_what_was_left_is_folded),
		test(test_the_door),
		test(test_the_end_is_told),
		test(test_a_page_of_nonsense),
		test(test_an_identity_of_nonsense),
		test(test_a_replaced_file),
		test(test_a_cut_file),
		test(test_a_session_survives_that_the_file_is_cut),
		test(test_a_front_has_its_own_page),
		test(test_what_is_near),
		test(test_near_is_for_the_parent_alone),
		test_near(test_a_session),
		test_near(test_folded_once),
		test_near(test_what_was_left_is_folded),
		test_near(test_the_door),
		test_near(test_the_end_is_told),
		test_near(test_a_page_of_nonsense),
		test_near(test_an_identity_of_nonsense),
		test_near(test_a_replaced_file),
		test(test_a_full_disk),
		test(test_a_long_name_is_cut),
	};

	return cmocka_run_group_tests_name("statistics", tests, NULL, NULL);
}
