/* SPDX-License-Identifier: ISC */
/*
 * Many processes enter, count and leave, are killed at any moment but one, and
 * fold each other, while somebody looks. What they have counted is known from
 * a tally that they share; the moment is between counting and the tally.
 */
#include "run_dir.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum {
	WORKERS = 6,
	KILLS = 200,
	LOOKS = 5,    /* between two of them */
	TIMES = 50,   /* a session counts at most so often */
	AMOUNT = 100, /* less than that each time */
};

static struct {
	_Atomic uint64_t sent, deleted, entered;
	_Atomic bool stop;
	_Atomic bool counting[WORKERS]; /* not to be killed now */
} * tally;

static uint64_t seed = 88172645463325252;

static uint64_t chance(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

/* --- those who count --- */

static void count(int self, struct statistics_counters *own,
		  struct statistics_identity *identity)
{
	uint64_t sent = chance(AMOUNT), deleted = chance(5);

	tally->counting[self] = true;
	counters_add(&own->counts.sent, sent);
	counters_add(&identity->counts.deleted, deleted);
	tally->sent += sent;
	tally->deleted += deleted;
	tally->counting[self] = false;
}

/* A limit of one session for each user makes them look for each other's dead.
 */
static void visit(int self)
{
	const struct admission_limits none = {0, 0};
	const struct admission_user_limits one = {1, 0};
	struct statistics_identity *identity;
	struct statistics_counters *own;
	struct admission_ticket ticket;
	char user[2] = {(char)('a' + chance(3)), 0};
	bool named;

	if (admission_enter(&adm, NULL, false, &none, &ticket) !=
	    ADMISSION_ENTERED)
		return;
	if (!ticket.counted)
		_exit(3);
	tally->entered++;
	named = admission_name(&adm, &ticket, span_str(user), &one) ==
		ADMISSION_ENTERED;
	identity = statistics_map_identity(&st, ticket.slot);
	own = statistics_map_counters(&st, ticket.slot);
	for (uint64_t i = chance(TIMES); i > 0; i--)
		count(self, own, identity);
	statistics_unmap(identity);
	statistics_unmap(own);
	/* or it ends without a word, and the user's next one folds it */
	if (named && chance(3) == 0)
		admission_hand_over(&ticket);
	else
		admission_leave(&adm, &ticket);
}

static pid_t start(int self)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	tally->counting[self] = false;
	seed ^= (uint64_t)getpid() << 20;
	while (!tally->stop)
		visit(self);
	_exit(0);
}

/* --- who kills them --- */

static bool is_counting(pid_t pid, int self)
{
	int status;

	assert_int_equal(kill(pid, SIGSTOP), 0);
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	return tally->counting[self];
}

static void kill_at_a_moment(pid_t pid, int self)
{
	int status;

	while (is_counting(pid, self))
		assert_int_equal(kill(pid, SIGCONT), 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

/* --- who looks --- */

struct seen {
	uint64_t sent, deleted, connections;
};

static struct seen see(void)
{
	struct counters_all sum = sums();

	return (struct seen){
		counters_get(&sum.totals.front.sent),
		counters_get(&sum.totals.monitor.deleted),
		counters_get(&sum.totals.monitor.connections),
	};
}

/* Never less than what was there before, and not more than is there now. */
static void look_at_them(struct seen *last)
{
	const uint64_t most = WORKERS * AMOUNT;
	uint64_t before = tally->sent, entered = tally->entered;
	struct seen now = see();

	if (now.sent < before || now.sent > tally->sent + most)
		fail_msg("%llu sent, not between %llu and %llu",
			 (unsigned long long)now.sent,
			 (unsigned long long)before,
			 (unsigned long long)(tally->sent + most));
	if (now.sent < last->sent || now.deleted < last->deleted ||
	    now.connections < last->connections)
		fail_msg("sums have become less");
	if (now.connections < entered ||
	    now.connections > tally->entered + WORKERS + KILLS)
		fail_msg("%llu connections, not %llu",
			 (unsigned long long)now.connections,
			 (unsigned long long)entered);
	*last = now;
}

static void fold_the_dead(void)
{
	const struct admission_user_limits one = {1, 0};
	struct admission_ticket ticket = enter();

	for (char user[2] = "a"; user[0] < 'd'; user[0]++)
		(void)!admission_name(&adm, &ticket, span_str(user), &one);
	admission_leave(&adm, &ticket);
}

static void test_a_crowd(void **state)
{
	struct seen last = {0}, end;
	pid_t pids[WORKERS];
	int status;

	(void)state;
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(tally != MAP_FAILED);
	for (int i = 0; i < WORKERS; i++)
		pids[i] = start(i);
	for (int i = 0; i < KILLS; i++) {
		int self = (int)chance(WORKERS);

		for (int j = 0; j < LOOKS; j++)
			look_at_them(&last);
		kill_at_a_moment(pids[self], self);
		pids[self] = start(self);
	}
	tally->stop = true;
	for (int i = 0; i < WORKERS; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	end = see();
	assert_true(tally->entered > KILLS);
	assert_true(end.sent == tally->sent);
	assert_true(end.deleted == tally->deleted);
	fold_the_dead();
	end = see();
	assert_true(end.sent == tally->sent);
	assert_true(end.deleted == tally->deleted);
	assert_true(st.head->folds > KILLS);
	print_message("%llu sessions, %llu folds\n",
		      (unsigned long long)tally->entered,
		      (unsigned long long)st.head->folds);
	munmap(tally, sizeof(*tally));
}

#define test(name)                                                             \
	cmocka_unit_test_setup_teardown(name, run_dir_set_up, run_dir_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(test_a_crowd),
	};

	return cmocka_run_group_tests_name("statistics_crowd", tests, NULL,
					   NULL);
}
