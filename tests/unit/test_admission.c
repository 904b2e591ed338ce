/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "stats/admission.h"
#include "stats/admission_file.h"
#include "stats/admission_tell.h"
#include "stats/slots.h"

#include "folder.h"

/* --- a run_dir, new for each test --- */

static struct admission adm;

static const struct admission_limits no_limits;

static int set_up(void **state)
{
	(void)state;
	if (folder_make() < 0)
		return -1;
	return admission_open(&adm, run_dir);
}

static int tear_down(void **state)
{
	(void)state;
	admission_close(&adm);
	return folder_remove();
}

static enum admission_verdict enter(const char *from, uint32_t sessions,
				    uint32_t per_network,
				    struct admission_ticket *ticket)
{
	const struct admission_limits limits = {sessions, per_network};
	struct network_address a = address(from);

	return admission_enter(&adm, &a, false, &limits, ticket);
}

static void assert_counts(const char *from, uint32_t sessions, uint32_t network)
{
	struct network_address a = address(from);
	struct slots_key key = slots_key_of(&a);
	const struct slots_network *n;

	assert_true(admission_file_lock(&adm));
	n = slots_network(adm.file, &key);
	assert_int_equal(adm.file->total, sessions);
	assert_int_equal(n ? n->count : 0, network);
	admission_file_unlock(&adm);
}

/* Dead slots are looked for once a second: asks again for some seconds. */
static bool enters_in_time(const char *from, uint32_t sessions,
			   uint32_t per_network,
			   struct admission_ticket *ticket)
{
	const struct timespec pause = {.tv_nsec = 20000000};

	for (int i = 0; i < 500; i++) {
		if (enter(from, sessions, per_network, ticket) ==
		    ADMISSION_ENTERED)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

/* --- one process --- */

static void test_entering_and_leaving(void **state)
{
	struct admission_ticket a, b, none = ADMISSION_NO_TICKET;

	(void)state;
	assert_int_equal(enter("192.0.2.1", 0, 0, &a), ADMISSION_ENTERED);
	assert_int_equal(enter("192.0.2.1", 0, 0, &b), ADMISSION_ENTERED);
	assert_int_not_equal(a.slot, b.slot);
	assert_true(a.fd >= 0 && b.fd >= 0 && a.fd != b.fd);
	assert_int_equal(fcntl(a.fd, F_GETFD), FD_CLOEXEC);
	assert_counts("192.0.2.1", 2, 2);
	assert_counts("192.0.2.2", 2, 0);
	admission_leave(&adm, &a);
	assert_int_equal(a.fd, -1);
	assert_counts("192.0.2.1", 1, 1);
	admission_leave(&adm, &a); /* again: nothing */
	admission_leave(&adm, &none);
	assert_counts("192.0.2.1", 1, 1);
	admission_leave(&adm, &b);
	assert_counts("192.0.2.1", 0, 0);
}

static void test_networks(void **state)
{
	struct admission_ticket t[8];
	struct network_address v4 = address("192.0.2.1");
	const struct admission_limits limits = {0, 2};

	(void)state;
	assert_int_equal(enter("192.0.2.1", 0, 2, &t[0]), ADMISSION_ENTERED);
	assert_int_equal(enter("192.0.2.1", 0, 2, &t[1]), ADMISSION_ENTERED);
	assert_int_equal(enter("192.0.2.1", 0, 2, &t[2]),
			 ADMISSION_NETWORK_FULL);
	assert_int_equal(t[2].serial, 0);
	assert_int_equal(t[2].fd, -1);
	assert_int_equal(enter("192.0.2.2", 0, 2, &t[2]), ADMISSION_ENTERED);
	/* an IPv6 /64 is one network */
	assert_int_equal(enter("2001:db8::1", 0, 2, &t[3]), ADMISSION_ENTERED);
	assert_int_equal(enter("2001:db8::2", 0, 2, &t[4]), ADMISSION_ENTERED);
	assert_int_equal(enter("2001:db8::3:4:5", 0, 2, &t[5]),
			 ADMISSION_NETWORK_FULL);
	assert_int_equal(enter("2001:db8:0:1::1", 0, 2, &t[5]),
			 ADMISSION_ENTERED);
	/* who is exempt counts all the same, as does one without address */
	assert_int_equal(admission_enter(&adm, &v4, true, &limits, &t[6]),
			 ADMISSION_ENTERED);
	assert_int_equal(admission_enter(&adm, NULL, false, &limits, &t[7]),
			 ADMISSION_ENTERED);
	assert_counts("192.0.2.1", 8, 3);
	for (size_t i = 0; i < 8; i++)
		admission_leave(&adm, &t[i]);
	assert_counts("2001:db8::1", 0, 0);
}

static void fit_descriptors(rlim_t n)
{
	struct rlimit files;

	getrlimit(RLIMIT_NOFILE, &files);
	if (files.rlim_cur < n)
		files.rlim_cur = files.rlim_max < n ? files.rlim_max : n;
	setrlimit(RLIMIT_NOFILE, &files);
}

/* 900 live sessions, and the 901st refused; over four shards. */
static void test_the_901st_is_refused(void **state)
{
	enum { MOST = 900 };
	struct admission_ticket *t = calloc(MOST + 1, sizeof(*t));
	char from[32];

	(void)state;
	fit_descriptors(MOST + 100);
	for (int i = 0; i < MOST; i++) {
		snprintf(from, sizeof(from), "10.0.0.%d", i % 20);
		assert_int_equal(enter(from, MOST, 0, &t[i]),
				 ADMISSION_ENTERED);
	}
	assert_counts("10.0.0.7", MOST, MOST / 20);
	assert_int_equal(enter("192.0.2.1", MOST, 0, &t[MOST]), ADMISSION_FULL);
	assert_int_equal(enter("10.0.0.7", 0, MOST / 20, &t[MOST]),
			 ADMISSION_NETWORK_FULL);
	admission_leave(&adm, &t[431]);
	assert_int_equal(enter("192.0.2.1", MOST, 0, &t[431]),
			 ADMISSION_ENTERED);
	assert_int_equal(enter("192.0.2.1", MOST, 0, &t[MOST]), ADMISSION_FULL);
	for (int i = 0; i < MOST; i++)
		admission_leave(&adm, &t[i]);
	assert_counts("10.0.0.7", 0, 0);
	free(t);
}

/* Networks share chains and entries; none may be lost. */
static void test_many_networks(void **state)
{
	enum { ROUNDS = 40, LIVE = 700 };
	struct admission_ticket *t = calloc(LIVE, sizeof(*t));
	struct network_address a = address("2001:db8::1");

	(void)state;
	fit_descriptors(LIVE + 100);
	for (int round = 0; round < ROUNDS; round++) {
		for (unsigned i = (unsigned)round % 3; i < LIVE; i += 3) {
			if (t[i].serial)
				admission_leave(&adm, &t[i]);
			a.octets[5] = (uint8_t)round;
			memcpy(a.octets + 6, &(uint16_t){(uint16_t)i}, 2);
			assert_int_equal(admission_enter(&adm, &a, false,
							 &no_limits, &t[i]),
					 ADMISSION_ENTERED);
		}
	}
	assert_counts("2001:db8::1", LIVE, 0);
	for (int i = 0; i < LIVE; i++)
		admission_leave(&adm, &t[i]);
	assert_counts("2001:db8::1", 0, 0);
	assert_int_equal(adm.file->suspect, 0);
	assert_true(adm.file->network_top <= LIVE + 1);
	free(t);
}

static struct slots_key key_of(uint32_t i)
{
	struct slots_key key = {.octets = {0x20, 0x01}};

	memcpy(key.octets + 4, &i, sizeof(i));
	return key;
}

/* So many networks that most share a chain, leaving in another order. */
static void test_chains(void **state)
{
	enum { SLOTS = 3 * SLOTS_HEADS, STEP = 20021 /* a prime */ };
	struct slots_file *f = aligned_alloc(4096, sizeof(*f));
	struct slots_key key;

	(void)state;
	memset(f, 0, sizeof(*f));
	f->networks_backed = f->slots_backed = SLOTS_MAX;
	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < SLOTS; i++) {
			key = key_of(i / 2);
			assert_int_equal(slots_free_from(f, 0), i);
			slots_take(f, i, &key);
		}
		for (uint32_t n = 0, i = 0; n < SLOTS; n++) {
			key = key_of(i / 2);
			assert_non_null(slots_network(f, &key));
			slots_release(f, i);
			assert_int_equal(f->suspect, 0);
			i = (i + STEP) % SLOTS;
		}
		assert_int_equal(f->total, 0);
		assert_int_equal(f->network_top, SLOTS / 2);
		assert_int_equal(slots_used_from(f, 0), SLOTS_NONE);
	}
	free(f);
}

static void test_two_openings_are_one_file(void **state)
{
	struct admission other;
	struct admission_ticket a, b;
	struct network_address from = address("192.0.2.1");
	const struct admission_limits limits = {2, 0};

	(void)state;
	assert_int_equal(admission_open(&other, run_dir), 0);
	assert_int_equal(enter("192.0.2.1", 2, 0, &a), ADMISSION_ENTERED);
	assert_int_equal(admission_enter(&other, &from, false, &limits, &b),
			 ADMISSION_ENTERED);
	assert_counts("192.0.2.1", 2, 2);
	admission_leave(&other, &a);
	admission_leave(&adm, &b);
	assert_counts("192.0.2.1", 0, 0);
	admission_close(&other);
}

/* --- several processes --- */

static pid_t children[64];

/* A child that has entered and then does nothing until it is killed. */
static void start_holder(int i, const char *from)
{
	struct admission_ticket ticket;
	int ready[2];
	char c;

	assert_int_equal(pipe(ready), 0);
	children[i] = fork();
	if (!children[i]) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (enter(from, 0, 0, &ticket) != ADMISSION_ENTERED ||
		    write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
}

static void kill_child(int i)
{
	assert_int_equal(kill(children[i], SIGKILL), 0);
	assert_int_equal(waitpid(children[i], NULL, 0), children[i]);
}

static void test_killed_sessions_are_folded(void **state)
{
	struct admission_ticket t;

	(void)state;
	for (int i = 0; i < 20; i++)
		start_holder(i, i % 2 ? "10.0.0.1" : "10.0.0.2");
	for (int i = 0; i < 5; i++)
		kill_child(i);
	assert_counts("10.0.0.1", 20, 10); /* nobody needed the places yet */
	assert_int_equal(enter("192.0.2.1", 20, 0, &t), ADMISSION_ENTERED);
	assert_counts("10.0.0.1", 16, 8); /* 5 gone, one came */
	assert_counts("10.0.0.2", 16, 7);
	for (int i = 5; i < 20; i++)
		kill_child(i);
	assert_true(enters_in_time("192.0.2.1", 2, 0, &t));
	assert_counts("10.0.0.1", 2, 0);
}

/* Without any limit, too, before more slots are used than ever. */
static void test_the_dead_are_folded_before_the_file_grows(void **state)
{
	struct admission_ticket t;

	(void)state;
	for (uint32_t i = 0; i < 64; i++) {
		assert_int_equal(enter("192.0.2.1", 0, 0, &t),
				 ADMISSION_ENTERED);
		assert_int_equal(t.slot, i);
		admission_hand_over(&t); /* and so it is dead */
	}
	assert_int_equal(enter("192.0.2.1", 0, 0, &t), ADMISSION_ENTERED);
	assert_int_equal(t.slot, 0);
	assert_counts("192.0.2.1", 1, 1);
	admission_leave(&adm, &t);
}

static void test_killed_sessions_of_a_network_are_folded(void **state)
{
	struct admission_ticket t;

	(void)state;
	for (int i = 0; i < 20; i++)
		start_holder(i, i % 2 ? "10.0.0.1" : "10.0.0.2");
	for (int i = 0; i < 20; i++) {
		if (i != 7)
			kill_child(i);
	}
	assert_int_equal(enter("10.0.0.1", 0, 2, &t), ADMISSION_ENTERED);
	assert_counts("10.0.0.1", 12, 2); /* only of that network */
	assert_counts("10.0.0.2", 12, 10);
	assert_int_equal(enter("10.0.0.1", 0, 2, &t), ADMISSION_NETWORK_FULL);
	kill_child(7);
	assert_true(enters_in_time("10.0.0.1", 0, 2, &t));
}

static void test_the_living_are_not_folded(void **state)
{
	struct admission_ticket t;

	(void)state;
	for (int i = 0; i < 10; i++)
		start_holder(i, "10.0.0.1");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(enter("192.0.2.1", 10, 0, &t), ADMISSION_FULL);
		assert_int_equal(enter("10.0.0.1", 0, 10, &t),
				 ADMISSION_NETWORK_FULL);
		/* as if it had been long ago that somebody looked */
		adm.file->folded_ms -= 2000;
		for (uint32_t n = 0; n < adm.file->network_top; n++)
			adm.file->networks[n].folded_ms -= 2000;
	}
	assert_counts("10.0.0.1", 10, 10);
	for (int i = 0; i < 10; i++)
		kill_child(i);
}

/* As the acceptor does it: it enters, a child inherits the place. */
static void test_a_place_is_handed_over(void **state)
{
	struct admission_ticket t, other;
	pid_t pid;

	(void)state;
	assert_int_equal(enter("10.0.0.1", 0, 0, &t), ADMISSION_ENTERED);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	admission_hand_over(&t);
	assert_int_equal(t.fd, -1);
	assert_int_equal(enter("10.0.0.1", 1, 0, &other), ADMISSION_FULL);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	admission_leave(&adm, &t); /* having reaped it */
	assert_counts("10.0.0.1", 0, 0);
	assert_int_equal(enter("10.0.0.1", 1, 0, &other), ADMISSION_ENTERED);
}

/* A place that was folded and given to another is not the old one's. */
static void test_leaving_late(void **state)
{
	struct admission_ticket old, new;

	(void)state;
	assert_int_equal(enter("10.0.0.1", 0, 0, &old), ADMISSION_ENTERED);
	admission_hand_over(&old); /* nobody holds it now: dead */
	assert_int_equal(enter("10.0.0.2", 1, 0, &new), ADMISSION_ENTERED);
	assert_int_equal(old.slot, new.slot);
	admission_leave(&adm, &old);
	assert_counts("10.0.0.2", 1, 1);
	assert_counts("10.0.0.1", 1, 0);
}

/* A free slot that is still locked by one that is ending is passed over. */
static void test_a_slot_that_is_still_locked(void **state)
{
	struct admission_ticket a, b;
	int copy;

	(void)state;
	assert_int_equal(enter("10.0.0.1", 0, 0, &a), ADMISSION_ENTERED);
	copy = dup(a.fd);
	admission_leave(&adm, &a);
	assert_int_equal(enter("10.0.0.1", 0, 0, &a), ADMISSION_ENTERED);
	assert_int_equal(a.slot, 1);
	close(copy);
	assert_int_equal(enter("10.0.0.1", 0, 0, &b), ADMISSION_ENTERED);
	assert_int_equal(b.slot, 0);
}

/* Never more inside than the limit, however many try at once. */
static void test_crowding(void **state)
{
	enum { PROCESSES = 8, TIMES = 300, LIMIT = 3 };
	_Atomic int *inside = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;

	(void)state;
	for (int i = 0; i < PROCESSES; i++) {
		struct admission_ticket t;

		if (fork())
			continue;
		for (int n = 0; n < TIMES;) {
			enum admission_verdict v =
				enter("10.0.0.1", i % 2 ? LIMIT : 0,
				      i % 2 ? 0 : LIMIT, &t);

			if (v == ADMISSION_UNAVAILABLE)
				continue;
			n++;
			if (v != ADMISSION_ENTERED)
				continue;
			if (atomic_fetch_add(&inside[0], 1) >= LIMIT)
				_exit(1);
			sched_yield();
			atomic_fetch_add(&inside[1], 1);
			atomic_fetch_sub(&inside[0], 1);
			admission_leave(&adm, &t);
		}
		_exit(0);
	}
	for (int i = 0; i < PROCESSES; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_true(inside[1] > 0);
	munmap(inside, 4096);
}

/* --- death in the critical section --- */

static void take_lock(void)
{
	struct flock lock = {.l_type = F_WRLCK, .l_len = 1};

	if (fcntl(adm.fd, F_SETLK, &lock) < 0)
		_exit(1);
	slots_begin(adm.file);
}

/* Dies having left the file in one of several half-done states. */
static void die_inside(int how)
{
	struct slots_file *f = adm.file;
	struct slots_key key = {.octets = {1, 2, 3}};

	take_lock();
	switch (how) {
	case 0:
		break;
	case 1: /* entered, and counted nowhere */
		f->top = 60;
		atomic_store(&f->slots[59].serial, 4711);
		break;
	case 2: /* counted, and not entered */
		slots_take(f, 30, &key);
		atomic_store(&f->slots[30].serial, 0);
		break;
	case 3: /* in the middle of deriving everything */
		memset(f->heads, 0, sizeof(f->heads));
		f->total = f->network_top = 0;
		f->used[0] = 5;
		break;
	case 4: /* what nobody would write */
		memset(f->heads, 0x5a, sizeof(f->heads));
		memset(f->used, 0x5a, sizeof(f->used));
		f->total = f->hint = f->network_free = 0xfffffff0;
		break;
	}
	kill(getpid(), SIGKILL);
}

static void test_death_in_the_critical_section(void **state)
{
	struct admission_ticket mine, t;
	pid_t pid;

	(void)state;
	assert_int_equal(enter("10.0.0.2", 0, 0, &mine), ADMISSION_ENTERED);
	for (int i = 0; i < 6; i++)
		start_holder(i, "10.0.0.1");
	for (int how = 0; how < 5; how++) {
		pid = fork();
		if (!pid)
			die_inside(how);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		/* the one that entered in case 1 is dead and counts till then
		 */
		assert_counts("10.0.0.1", 7 + (how == 1), 6);
		assert_counts("10.0.0.2", 7 + (how == 1), 1);
		adm.file->folded_ms = 0;
		assert_int_equal(enter("10.0.0.1", 8, 0, &t),
				 ADMISSION_ENTERED);
		assert_counts("10.0.0.1", 8, 7);
		admission_leave(&adm, &t);
	}
	for (int i = 0; i < 6; i++)
		kill_child(i);
}

/* Killed anywhere, many times over. */
static void test_killed_anywhere(void **state)
{
	enum { ROUNDS = 150 };
	struct admission_ticket t;
	struct timespec nap = {0};

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		pid_t pid = fork();

		if (!pid) {
			for (;;) {
				(void)enter("10.0.0.1", 0, 0, &t);
				admission_leave(&adm, &t);
			}
		}
		nap.tv_nsec = 50000 + i * 7919 % 100000;
		nanosleep(&nap, NULL);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	}
	assert_true(enters_in_time("10.0.0.1", 1, 0, &t));
	assert_counts("10.0.0.1", 1, 1);
	assert_int_equal(adm.file->suspect, 0);
}

/* One that is stopped inside: the others go on without being counted. */
static void test_a_holder_that_is_stuck(void **state)
{
	struct admission_ticket t;
	int status;
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		take_lock();
		raise(SIGSTOP);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(enter("10.0.0.1", 0, 0, &t), ADMISSION_UNAVAILABLE);
	assert_int_equal(t.serial, 0);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(enter("10.0.0.1", 0, 0, &t), ADMISSION_ENTERED);
	assert_counts("10.0.0.1", 1, 1);
}

/* A child forked earlier must not keep the lock of a parent that died. */
static void test_children_do_not_share_the_lock(void **state)
{
	struct admission_ticket t;
	int ends[2], status;
	pid_t parent, child = 0;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	parent = fork();
	if (!parent) {
		child = fork();
		if (!child) {
			for (;;)
				pause();
		}
		take_lock();
		if (write(ends[1], &child, sizeof(child)) < 0)
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(read(ends[0], &child, sizeof(child)), sizeof(child));
	assert_int_equal(waitpid(parent, &status, 0), parent);
	assert_int_equal(enter("10.0.0.1", 0, 0, &t), ADMISSION_ENTERED);
	kill(child, SIGKILL);
	close(ends[0]);
	close(ends[1]);
}

/* --- which Maildir --- */

static void test_holding(void **state)
{
	struct admission_ticket a, b, none = ADMISSION_NO_TICKET;
	int64_t before = time(NULL), since;

	(void)state;
	assert_int_equal(enter("10.0.0.1", 0, 0, &a), ADMISSION_ENTERED);
	assert_int_equal(enter("10.0.0.1", 0, 0, &b), ADMISSION_ENTERED);
	assert_true(admission_held_since(&adm, 1, 2) == 0);
	admission_hold(&adm, &none, 1, 2);
	assert_true(admission_held_since(&adm, 1, 2) == 0);
	admission_hold(&adm, &b, 1, 2);
	since = admission_held_since(&adm, 1, 2);
	assert_true(since >= before && since <= time(NULL));
	assert_true(admission_held_since(&adm, 2, 1) == 0);
	assert_true(admission_held_since(&adm, 0, 0) == 0);
	admission_leave(&adm, &b);
	assert_true(admission_held_since(&adm, 1, 2) == 0);
	/* the next one in that slot has nothing of it */
	assert_int_equal(enter("10.0.0.1", 0, 0, &b), ADMISSION_ENTERED);
	assert_true(admission_held_since(&adm, 1, 2) == 0);
}

/* --- damage --- */

static void damage(int kind)
{
	static const char junk[8192] = "junk";
	int fd = openat(run_dir, "admission", O_WRONLY);

	switch (kind) {
	case 0:
		assert_int_equal(ftruncate(fd, 100), 0);
		break;
	case 1:
		assert_int_equal(ftruncate(fd, 0), 0);
		break;
	case 2:
		assert_int_equal(pwrite(fd, junk, sizeof(junk), 0),
				 sizeof(junk));
		break;
	case 3:
		assert_int_equal(unlinkat(run_dir, "admission", 0), 0);
		break;
	case 4:
		unlinkat(run_dir, "admission", 0);
		assert_int_equal(symlinkat("/etc/passwd", run_dir, "admission"),
				 0);
		break;
	case 5:
		unlinkat(run_dir, "admission", 0);
		assert_int_equal(mkfifoat(run_dir, "admission", 0600), 0);
		break;
	case 6:
		assert_int_equal(ftruncate(fd, 100 << 20), 0);
		break;
	}
	close(fd);
}

static void test_damage(void **state)
{
	struct admission_ticket old, t;

	(void)state;
	for (int kind = 0; kind < 7; kind++) {
		assert_int_equal(enter("10.0.0.1", 0, 0, &old),
				 ADMISSION_ENTERED);
		admission_hold(&adm, &old, 1, 2);
		damage(kind);
		assert_true(admission_held_since(&adm, 1, 2) == 0);
		admission_hold(&adm, &old, 1, 2);
		/* a new file is made, in which the old ticket means nothing */
		assert_int_equal(enter("10.0.0.1", 0, 0, &t),
				 ADMISSION_ENTERED);
		admission_leave(&adm, &old);
		assert_counts("10.0.0.1", 1, 1);
		admission_leave(&adm, &t);
		/* and found by those who come later */
		damage(kind);
		admission_close(&adm);
		assert_int_equal(enter("10.0.0.1", 0, 0, &t),
				 ADMISSION_ENTERED);
		assert_counts("10.0.0.1", 1, 1);
		admission_leave(&adm, &t);
	}
}

/* Nonsense in everything but the header, which counts as valid. */
static void test_forged_contents(void **state)
{
	enum { SIZE = 1 << 20 };
	size_t from = offsetof(struct slots_file, dirty);
	struct admission_ticket t[4];
	uint8_t *junk = malloc(SIZE);

	(void)state;
	srand(1);
	for (int round = 0; round < 40; round++) {
		for (size_t i = 0; i < SIZE; i++)
			junk[i] = (uint8_t)rand();
		/* sometimes small numbers, which lead further */
		for (size_t i = 0; round % 2 && i < SIZE; i++)
			junk[i] = i % 4 ? 0 : junk[i] % 8;
		assert_int_equal(pwrite(adm.fd, junk, SIZE, (off_t)from), SIZE);
		adm.file->dirty = round % 4 < 2;
		for (size_t i = 0; i < 4; i++)
			(void)enter("10.0.0.1", i, i, &t[i]);
		(void)admission_held_since(&adm, 1, 2);
		for (size_t i = 0; i < 4; i++)
			admission_leave(&adm, &t[i]);
	}
	free(junk);
}

static void test_no_run_dir(void **state)
{
	struct admission none;
	struct admission_ticket t;

	(void)state;
	assert_int_equal(admission_open(&none, -1), -EBADF);
	assert_int_equal(admission_enter(&none, NULL, false, &no_limits, &t),
			 ADMISSION_UNAVAILABLE);
	assert_int_equal(t.serial, 0);
	assert_int_equal(t.fd, -1);
	admission_hold(&none, &t, 1, 2);
	assert_true(admission_held_since(&none, 1, 2) == 0);
	admission_leave(&none, &t);
	admission_close(&none);
}

/* --- a full disk --- */

static void fill(int dirfd)
{
	static const char block[4096];
	int fd = openat(dirfd, "filler", O_WRONLY | O_CREAT | O_APPEND, 0600);

	while (write(fd, block, sizeof(block)) > 0)
		;
	close(fd);
}

/* 0 if a full disk costs counts and nothing else; 77: cannot be tried. */
static int on_a_full_disk(void)
{
	struct admission_ticket t;
	unsigned entered = 0;
	int dir;

	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", folder, "tmpfs", 0, "size=512k") < 0)
		return 77;
	dir = open(folder, O_RDONLY | O_DIRECTORY);
	fill(dir);
	if (admission_open(&adm, dir) != -ENOSPC ||
	    enter("10.0.0.1", 0, 0, &t) != ADMISSION_UNAVAILABLE)
		return 1;
	unlinkat(dir, "filler", 0);
	if (enter("10.0.0.1", 0, 0, &t) != ADMISSION_ENTERED)
		return 2;
	fill(dir);
	/* what has its storage can be used, and no more */
	while (enter("10.0.0.1", 0, 0, &t) == ADMISSION_ENTERED &&
	       entered < 1000)
		entered++;
	return entered == SLOTS_CHUNK / sizeof(struct slots_slot) - 1 ? 0 : 3;
}

static void test_a_full_disk(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	if (!pid)
		_exit(on_a_full_disk());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

/* --- what all of them would say --- */

static void test_one_of_many_tells(void **state)
{
	struct admission other;

	(void)state;
	assert_int_equal(admission_open(&other, run_dir), 0);
	assert_true(admission_may_tell(&adm));
	assert_false(admission_may_tell(&adm));
	assert_false(admission_may_tell(&other));
	/* when it is long ago, again */
	adm.file->told_s -= ADMISSION_TELL_S;
	assert_true(admission_may_tell(&other));
	assert_false(admission_may_tell(&adm));
	/* and where it is of a clock that has since begun anew */
	adm.file->told_s += 3600;
	assert_true(admission_may_tell(&adm));
	assert_false(admission_may_tell(&adm));
	admission_close(&other);
	assert_true(admission_may_tell(&other)); /* nobody can know */
	assert_true(admission_may_tell(&other));
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(test_entering_and_leaving),
		FRESH(test_networks),
		FRESH(test_the_901st_is_refused),
		FRESH(test_many_networks),
		FRESH(test_chains),
		FRESH(test_two_openings_are_one_file),
		FRESH(test_killed_sessions_are_folded),
		FRESH(test_the_dead_are_folded_before_the_file_grows),
		FRESH(test_killed_sessions_of_a_network_are_folded),
		FRESH(test_the_living_are_not_folded),
		FRESH(test_a_place_is_handed_over),
		FRESH(test_leaving_late),
		FRESH(test_a_slot_that_is_still_locked),
		FRESH(test_crowding),
		FRESH(test_death_in_the_critical_section),
		FRESH(test_killed_anywhere),
		FRESH(test_a_holder_that_is_stuck),
		FRESH(test_children_do_not_share_the_lock),
		FRESH(test_holding),
		FRESH(test_damage),
		FRESH(test_forged_contents),
		FRESH(test_no_run_dir),
		FRESH(test_a_full_disk),
		FRESH(test_one_of_many_tells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
