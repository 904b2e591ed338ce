/* SPDX-License-Identifier: ISC */
/*
 * A process that folds a session, or takes a place, is killed at every
 * instruction after which a shared file is different. What it leaves must be
 * exact to a reader at once, and to all after the next one has folded.
 *
 * It is run step by step; since a killed process leaves nothing but the shared
 * files, instructions that do not change them need not be killed at.
 */
#include "run_dir.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "stats/admission_file.h"
#include "stats/admission_life.h"
#include "stats/slots.h"

enum { PLACES = 4 }; /* that are watched */

#ifdef __SANITIZE_ADDRESS__
enum { STRIDE = 16 }; /* a step is many instructions there */
#else
enum { STRIDE = 1 };
#endif

/* --- what is watched --- */

struct watched {
	struct slots_slot slots[PLACES];
	struct statistics_head head;
	char pages[PLACES * STATISTICS_PLACE];
};

static struct watched after; /* the last change */
static const char *pages;

static void watch_begin(void)
{
	pages = mmap(NULL, sizeof(after.pages), PROT_READ, MAP_SHARED, st.fd,
		     (off_t)STATISTICS_IDENTITY(0));
	assert_true(pages != MAP_FAILED);
}

static void watch_end(void)
{
	munmap((void *)(uintptr_t)pages, sizeof(after.pages));
}

/* All that a step may change, as cheaply as can be. */
static bool has_changed(void)
{
	const size_t totals = offsetof(struct statistics_head, totals);
	uint64_t at = (after.head.folds + 1) % STATISTICS_JOURNAL;

	return memcmp(after.slots, adm.file->slots, sizeof(after.slots)) != 0 ||
	       memcmp(&after.head, st.head,
		      totals + sizeof(after.head.totals)) != 0 ||
	       after.head.journal[at] != st.head->journal[at] ||
	       memcmp(after.pages, pages, 1024) != 0 ||
	       memcmp(after.pages + STATISTICS_PAGE, pages + STATISTICS_PAGE,
		      1024) != 0;
}

static void take_a_look(struct watched *to)
{
	memcpy(to->slots, adm.file->slots, sizeof(to->slots));
	memcpy((void *)&to->head, (const void *)st.head, sizeof(to->head));
	memcpy(to->pages, pages, sizeof(to->pages));
}

/* --- killing --- */

static void run_to_a_stop(pid_t pid, int *status)
{
	assert_int_equal(waitpid(pid, status, 0), pid);
	assert_true(WIFSTOPPED(*status));
}

/*
 * Forks a process that runs `work`, and kills it when it has changed something
 * for the n-th time. False: it came to its end before.
 */
static bool kill_at_change(void (*work)(void), unsigned n)
{
	unsigned changes = 0;
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(1);
		(void)raise(SIGSTOP);
		work();
		(void)raise(SIGSTOP);
		_exit(0);
	}
	run_to_a_stop(pid, &status);
	take_a_look(&after);
	do {
		assert_int_equal(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL), 0);
		run_to_a_stop(pid, &status);
		if (has_changed()) {
			take_a_look(&after);
			changes++;
		}
	} while (changes < n && WSTOPSIG(status) == SIGTRAP);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return changes == n;
}

/* --- sessions whose counts are known --- */

static struct counters_totals expected;

/* All that monitor and front count; they follow each other. */
enum {
	WORDS = COUNTERS_WORDS(struct counters_monitor) +
		COUNTERS_WORDS(struct counters_front)
};
_Static_assert(offsetof(struct counters_totals, folding) == WORDS * 8, "words");

/* Not all of them, since each is one more change to be killed at. */
enum { SPARSE = 8 };

static void count(void *counts, void *in_all, size_t words, uint64_t n)
{
	_Atomic uint64_t *own = counts, *all = in_all;

	for (size_t i = 0; i < words; i += SPARSE) {
		counters_add(&own[i], n + i);
		counters_add(&all[i], n + i);
	}
}

/* Its counters are other numbers for another n. */
static struct admission_ticket session_of(uint64_t n)
{
	struct admission_ticket ticket = enter();
	uint64_t connections = expected.monitor.connections;
	struct statistics_identity *identity =
		statistics_map_identity(&st, ticket.slot);
	struct statistics_counters *own =
		statistics_map_counters(&st, ticket.slot);

	assert_true(ticket.counted);
	count(&identity->counts, &expected.monitor,
	      COUNTERS_WORDS(identity->counts), n);
	count(&own->counts, &expected.front, COUNTERS_WORDS(own->counts), n);
	expected.monitor.connections = connections + 1;
	statistics_unmap(identity);
	statistics_unmap(own);
	return ticket;
}

static void assert_exact(const char *when, unsigned n)
{
	struct counters_all sum = sums();
	const uint64_t *is = (const void *)&sum.totals;
	const uint64_t *should = (const void *)&expected;

	for (int i = 0; i < WORDS; i++) {
		if (is[i] != should[i])
			fail_msg("killed at change %u: %s number %d is %llu, "
				 "not %llu",
				 n, when, i, (unsigned long long)is[i],
				 (unsigned long long)should[i]);
	}
}

static struct admission_ticket session;

static void leave(void)
{
	admission_leave(&adm, &session);
}

static void come_in(void)
{
	const struct admission_limits none = {0, 0};
	struct admission_ticket ticket;

	(void)!admission_enter(&adm, NULL, false, &none, &ticket);
}

static void test_killed_while_folding(void **state)
{
	unsigned n = 1;
	bool killed = true;

	(void)state;
	memset((void *)&expected, 0, sizeof(expected));
	watch_begin();
	for (; killed; n += STRIDE) {
		struct admission_ticket other = session_of(1);

		session = session_of(1000 + n);
		killed = kill_at_change(leave, n);
		assert_exact("at once", n);
		/* another one is folded first, by turns */
		if (n % 2)
			admission_leave(&adm, &other);
		assert_exact("after another one's end", n);
		leave();
		assert_exact("after its end", n);
		admission_leave(&adm, &other);
		assert_exact("after all", n);
		assert_int_equal(st.head->folds, st.head->finished);
		assert_int_equal(st.head->folds, expected.monitor.connections);
	}
	watch_end();
	/* each number of the totals is a change, among others */
	assert_true(n > WORDS / SPARSE);
	print_message("killed at %u changes\n", n - STRIDE - 1);
}

/*
 * Killed while it enters: it has counted nothing, and is at most a connection.
 * The place before belongs to one that nobody has folded.
 */
static void test_killed_while_entering(void **state)
{
	bool killed = true;
	unsigned n = 1;

	(void)state;
	memset((void *)&expected, 0, sizeof(expected));
	watch_begin();
	for (; killed; n += STRIDE) {
		struct counters_all sum;

		session = session_of(1000 + n);
		adm.statistics = NULL;
		leave();
		adm.statistics = &st;
		killed = kill_at_change(come_in, n);
		sum = sums();
		if (sum.totals.monitor.connections ==
		    expected.monitor.connections + 1)
			expected.monitor.connections++;
		assert_exact("at once", n);
		session = session_of(1);
		assert_exact("after the next one's start", n);
		leave();
		assert_exact("after its end", n);
		/* the slots of the killed, which live no more */
		assert_true(admission_file_lock(&adm));
		admission_life_fold(&adm, NULL, 0);
		admission_file_unlock(&adm);
		assert_exact("after all", n);
	}
	watch_end();
	assert_true(n > WORDS / SPARSE);
	print_message("killed at %u changes\n", n - STRIDE - 1);
}

/* Here the child is to do what such a parent does. */
static int set_up_near(void **state)
{
	if (run_dir_set_up_near(state) < 0)
		return -1;
	if (madvise(near.backed, sizeof(*near.backed), MADV_DOFORK) < 0)
		return -1;
	return madvise(near.pages, near.places * STATISTICS_PLACE, MADV_DOFORK);
}

#define test(name, set_up)                                                     \
	cmocka_unit_test_setup_teardown(name, set_up, run_dir_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_killed_while_folding, run_dir_set_up),
		test(test_killed_while_entering, run_dir_set_up),
		test(test_killed_while_folding, set_up_near),
		test(test_killed_while_entering, set_up_near),
	};

	return cmocka_run_group_tests_name("statistics_kill", tests, NULL,
					   NULL);
}
