/* SPDX-License-Identifier: ISC */
#include "stats/admission.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "stats/slots.h"

_Static_assert((int)ADMISSION_SLOTS == (int)SLOTS_MAX, "slots");

enum {
	ADMISSION_SHARDS = ADMISSION_SLOTS / ADMISSION_SHARD,
};

static uint64_t admission_ms(void)
{
	struct timespec now;

	/* It goes on while the machine sleeps, as the file does. */
	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int admission_lock_octet(int fd, int command, short type, off_t octet,
				bool *locked)
{
	struct flock lock = {
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = octet,
		.l_len = 1,
	};

	if (fcntl(fd, command, &lock) < 0)
		return -errno;
	if (locked)
		*locked = lock.l_type != F_UNLCK;
	return 0;
}

/* --- the file --- */

static void admission_forget_file(struct admission *a)
{
	shared_close(a->fd, a->file, &slots_kind);
	a->fd = -1;
	a->file = NULL;
}

static int admission_open_file(struct admission *a)
{
	a->file = shared_open(a->run_dirfd, &slots_kind, &a->fd);
	if (a->file)
		return 0;
	errno = -a->fd;
	a->fd = -1;
	return -errno;
}

int admission_open(struct admission *a, int run_dirfd)
{
	*a = (struct admission){.run_dirfd = run_dirfd, .fd = -1};
	return admission_open_file(a);
}

void admission_close(struct admission *a)
{
	admission_forget_file(a);
}

/* The record lock, waited for. 0, -ETIMEDOUT, or another negative errno. */
static int admission_wait(int fd)
{
	struct timespec pause = {.tv_nsec = 20000};
	uint64_t end = 0;
	int failed;

	for (;;) {
		failed = admission_lock_octet(fd, F_SETLK, F_WRLCK, 0, NULL);
		if (failed != -EAGAIN && failed != -EACCES)
			return failed;
		if (!end)
			end = admission_ms() + ADMISSION_WAIT_MS;
		else if (admission_ms() >= end)
			return -ETIMEDOUT;
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < 1000000)
			pause.tv_nsec *= 2;
	}
}

/* Enters the critical section, if need be of a new file. */
static bool admission_lock(struct admission *a)
{
	/* the second turn is for a file that was replaced or damaged */
	for (int turn = 0; turn < 2; turn++) {
		if (a->fd < 0 && admission_open_file(a) < 0)
			return false;
		if (admission_wait(a->fd) < 0)
			return false;
		if (shared_verify(a->fd, a->file, &slots_kind) == 0) {
			slots_begin(a->file);
			return true;
		}
		admission_forget_file(a); /* which frees the lock */
	}
	return false;
}

static void admission_unlock(struct admission *a)
{
	slots_end(a->file);
	(void)admission_lock_octet(a->fd, F_SETLK, F_UNLCK, 0, NULL);
}

/* --- liveness --- */

/* The file that the slot's octet is in: a descriptor or a negative errno. */
static int admission_shard(struct admission *a, uint32_t slot)
{
	char name[16];
	int fd;

	snprintf(name, sizeof(name), "alive.%03u", slot / ADMISSION_SHARD);
	fd = openat(a->run_dirfd, name,
		    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK |
			    O_NOCTTY,
		    0640);
	return fd < 0 ? -errno : fd;
}

/* A descriptor that holds the slot's lock, or a negative errno. */
static int admission_come_alive(struct admission *a, uint32_t slot)
{
	int fd = admission_shard(a, slot);
	int failed;

	if (fd < 0)
		return fd;
	failed = admission_lock_octet(fd, F_OFD_SETLK, F_WRLCK,
				      slot % ADMISSION_SHARD, NULL);
	if (!failed)
		return fd;
	close(fd);
	return failed;
}

/* One shard after the other is kept open while slots are gone through. */
struct admission_probe {
	uint32_t shard;
	int fd;
};

/* In doubt a session lives. */
static bool admission_is_dead(struct admission *a, uint32_t slot,
			      struct admission_probe *probe)
{
	bool locked = true;

	if (probe->shard != slot / ADMISSION_SHARD) {
		if (probe->fd >= 0)
			close(probe->fd);
		probe->shard = slot / ADMISSION_SHARD;
		probe->fd = admission_shard(a, slot);
	}
	return probe->fd >= 0 &&
	       admission_lock_octet(probe->fd, F_OFD_GETLK, F_WRLCK,
				    slot % ADMISSION_SHARD, &locked) == 0 &&
	       !locked;
}

/* Frees the slots of dead sessions: of all, of one network, of one user. */
static void admission_fold(struct admission *a, const struct slots_key *key,
			   uint64_t user)
{
	struct admission_probe probe = {.shard = ADMISSION_SHARDS, .fd = -1};
	uint32_t slot = 0;

	for (; (slot = slots_used_from(a->file, slot)) != SLOTS_NONE; slot++) {
		if (!slots_is_of(&a->file->slots[slot], key, user))
			continue;
		if (admission_is_dead(a, slot, &probe))
			slots_release(a->file, slot);
	}
	if (probe.fd >= 0)
		close(probe.fd);
}

/* Has it been long enough? Then now is the time that it was last done. */
static bool admission_is_due(uint64_t *last_ms)
{
	uint64_t now = admission_ms();

	/* A time to come is of before a restart of the machine. */
	if (*last_ms && now >= *last_ms && now - *last_ms < ADMISSION_FOLD_MS)
		return false;
	*last_ms = now;
	return true;
}

/* --- entering and leaving --- */

enum admission_verdict admission_judge(const struct admission_limits *limits,
				       uint32_t sessions, uint32_t network)
{
	uint32_t most = limits->sessions;

	if (!most || most > ADMISSION_SLOTS)
		most = ADMISSION_SLOTS;
	if (limits->per_network && network >= limits->per_network)
		return ADMISSION_NETWORK_FULL;
	return sessions >= most ? ADMISSION_FULL : ADMISSION_ENTERED;
}

/* As the counters are; key NULL: the network's limit is not asked for. */
static enum admission_verdict
admission_ask(struct admission *a, const struct slots_key *key,
	      const struct admission_limits *limits)
{
	struct slots_network *n = key ? slots_network(a->file, key) : NULL;

	return admission_judge(limits, a->file->total, n ? n->count : 0);
}

/* The same without the dead, who are looked for only if they matter. */
static enum admission_verdict
admission_ask_again(struct admission *a, const struct slots_key *key,
		    const struct admission_limits *limits)
{
	enum admission_verdict verdict = admission_ask(a, key, limits);

	if (verdict == ADMISSION_NETWORK_FULL &&
	    admission_is_due(&slots_network(a->file, key)->folded_ms)) {
		admission_fold(a, key, 0);
		verdict = admission_ask(a, key, limits);
	}
	if (verdict == ADMISSION_FULL &&
	    admission_is_due(&a->file->folded_ms)) {
		admission_fold(a, NULL, 0);
		verdict = admission_ask(a, key, limits);
	}
	return verdict;
}

static enum admission_verdict admission_take(struct admission *a,
					     const struct slots_key *key,
					     struct admission_ticket *ticket)
{
	uint32_t slot = slots_free_from(a->file, 0);
	int fd = -EAGAIN;

	/* A free slot whose lock is still held belongs to a session that has
	 * left and is about to end. */
	for (; slot != SLOTS_NONE; slot = slots_free_from(a->file, slot + 1)) {
		fd = admission_come_alive(a, slot);
		if (fd != -EAGAIN && fd != -EACCES)
			break;
	}
	if (slot == SLOTS_NONE)
		return ADMISSION_FULL;
	if (fd < 0)
		return ADMISSION_UNAVAILABLE;
	if (slots_back(a->file, a->fd, slot) < 0) {
		close(fd);
		return ADMISSION_UNAVAILABLE;
	}
	ticket->fd = fd;
	ticket->slot = slot;
	ticket->serial = slots_take(a->file, slot, key);
	return ADMISSION_ENTERED;
}

enum admission_verdict admission_enter(struct admission *a,
				       const struct network_address *peer,
				       bool exempt,
				       const struct admission_limits *limits,
				       struct admission_ticket *ticket)
{
	enum admission_verdict verdict;
	struct slots_key key;

	*ticket = ADMISSION_NO_TICKET;
	if (peer)
		key = slots_key_of(peer);
	if (!admission_lock(a))
		return ADMISSION_UNAVAILABLE;
	verdict = admission_ask_again(a, peer && !exempt ? &key : NULL, limits);
	if (verdict == ADMISSION_ENTERED)
		verdict = admission_take(a, peer ? &key : NULL, ticket);
	admission_unlock(a);
	return verdict;
}

void admission_hand_over(struct admission_ticket *ticket)
{
	if (ticket->fd >= 0)
		close(ticket->fd);
	ticket->fd = -1;
}

/* The ticket's slot, if it is still the same session's. */
static struct slots_slot *admission_slot(struct admission *a,
					 const struct admission_ticket *ticket)
{
	struct slots_slot *s;

	if (!ticket->serial || ticket->slot >= ADMISSION_SLOTS)
		return NULL;
	s = &a->file->slots[ticket->slot];
	return atomic_load_explicit(&s->serial, memory_order_acquire) ==
			       ticket->serial
		       ? s
		       : NULL;
}

void admission_leave(struct admission *a, struct admission_ticket *ticket)
{
	/* First, so that the slot's next holder finds it unlocked. */
	admission_hand_over(ticket);
	if (ticket->serial && admission_lock(a)) {
		if (admission_slot(a, ticket))
			slots_release(a->file, ticket->slot);
		admission_unlock(a);
	}
	*ticket = ADMISSION_NO_TICKET;
}

/* --- users --- */

/* May the mapping be touched without the lock? */
static bool admission_is_usable(const struct admission *a)
{
	return a->fd >= 0 && shared_verify(a->fd, a->file, &slots_kind) == 0;
}

enum admission_verdict
admission_judge_user(const struct admission_user_limits *limits, uint32_t user,
		     uint32_t user_and_network)
{
	if (limits->per_user && user >= limits->per_user)
		return ADMISSION_USER_FULL;
	if (limits->per_user_and_network &&
	    user_and_network >= limits->per_user_and_network)
		return ADMISSION_USER_NETWORK_FULL;
	return ADMISSION_ENTERED;
}

/* How the user's others stand to the limits. */
static enum admission_verdict
admission_ask_user(struct admission *a, const struct admission_ticket *ticket,
		   uint64_t user, const struct admission_user_limits *limits)
{
	const struct slots_slot *s = &a->file->slots[ticket->slot];
	uint32_t all = 0, near = 0;

	if (limits->per_user)
		all = slots_number_of(a->file, ticket->slot, NULL, user);
	if (limits->per_user_and_network && s->has_key)
		near = slots_number_of(a->file, ticket->slot, &s->key, user);
	return admission_judge_user(limits, all, near);
}

/* Without a limit nothing has to be the case while it is noted. */
static bool admission_note(struct admission *a,
			   const struct admission_ticket *ticket,
			   struct span name)
{
	struct slots_slot *s;

	if (!admission_is_usable(a))
		return false;
	s = admission_slot(a, ticket);
	if (s)
		atomic_store_explicit(&s->user, slots_user_of(a->file, name),
				      memory_order_relaxed);
	return s;
}

enum admission_verdict
admission_name(struct admission *a, const struct admission_ticket *ticket,
	       struct span name, const struct admission_user_limits *limits)
{
	enum admission_verdict verdict = ADMISSION_UNAVAILABLE;
	struct slots_slot *s;
	uint64_t user;

	if (!ticket->serial)
		return ADMISSION_UNAVAILABLE;
	if (!limits->per_user && !limits->per_user_and_network)
		return admission_note(a, ticket, name) ? ADMISSION_ENTERED
						       : ADMISSION_UNAVAILABLE;
	if (!admission_lock(a))
		return ADMISSION_UNAVAILABLE;
	user = slots_user_of(a->file, name);
	s = admission_slot(a, ticket);
	if (s)
		verdict = admission_ask_user(a, ticket, user, limits);
	if (s && verdict != ADMISSION_ENTERED) {
		admission_fold(a, NULL, user); /* the dead do not count */
		verdict = admission_ask_user(a, ticket, user, limits);
	}
	if (verdict == ADMISSION_ENTERED)
		atomic_store_explicit(&s->user, user, memory_order_relaxed);
	admission_unlock(a);
	return verdict;
}

/* --- what the slots know --- */

void admission_hold(struct admission *a, const struct admission_ticket *ticket,
		    dev_t dev, ino_t ino)
{
	struct slots_slot *s;

	if (!ticket->serial || !admission_is_usable(a))
		return;
	s = admission_slot(a, ticket);
	if (!s)
		return;
	atomic_store_explicit(&s->dev, dev, memory_order_relaxed);
	atomic_store_explicit(&s->ino, ino, memory_order_relaxed);
	atomic_store_explicit(&s->since, time(NULL), memory_order_release);
}

int64_t admission_held_since(struct admission *a, dev_t dev, ino_t ino)
{
	int64_t latest = 0;
	uint32_t slot = 0;

	if (!admission_is_usable(a))
		return 0;
	for (; (slot = slots_used_from(a->file, slot)) != SLOTS_NONE; slot++) {
		const struct slots_slot *s = &a->file->slots[slot];
		int64_t since =
			atomic_load_explicit(&s->since, memory_order_acquire);

		if (since > latest && s->dev == dev && s->ino == ino)
			latest = since;
	}
	return latest;
}

bool admission_counts(struct admission *a, const struct network_address *peer,
		      uint32_t *sessions, uint32_t *network)
{
	const struct slots_network *n = NULL;
	struct slots_key key;

	if (!admission_lock(a))
		return false;
	if (peer) {
		key = slots_key_of(peer);
		n = slots_network(a->file, &key);
	}
	*sessions = a->file->total;
	*network = n ? n->count : 0;
	admission_unlock(a);
	return true;
}
