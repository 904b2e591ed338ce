/* SPDX-License-Identifier: ISC */
#include "stats/control.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stats/shared.h"

/*
 * Words of places: the serial, which is odd, of a session that is asked to end
 * gracefully; the same with its lowest bit 0 to end now.
 */
struct control_file {
	struct shared_header header;
	_Atomic uint64_t changes;
	_Atomic uint64_t drain;
	_Atomic uint64_t log_level; /* + 1; 0: as configured */
	_Alignas(4096) _Atomic uint64_t words[SLOTS_MAX];
};

static const struct shared_kind control_kind = {
	.name = "control",
	.magic = "p3scntrl",
	.version = 1,
	.size = sizeof(struct control_file),
	.backed = sizeof(struct control_file),
};

/* --- asking --- */

int control_open(struct control *c, int run_dirfd)
{
	int fd;

	c->run_dirfd = run_dirfd;
	c->file = shared_open(run_dirfd, &control_kind, &fd);
	c->fd = c->file ? fd : -1;
	return c->file ? 0 : fd;
}

int control_renew(struct control *c)
{
	if (c->file) {
		if (shared_is_whole(c->fd, &control_kind) == 0)
			return 0;
		control_close(c);
	}
	return control_open(c, c->run_dirfd);
}

void control_close(struct control *c)
{
	if (c->file)
		shared_close(c->fd, c->file, &control_kind);
	c->file = NULL;
	c->fd = -1;
}

bool control_end(struct control *c, uint32_t slot, uint64_t serial,
		 enum control_how how)
{
	uint64_t word = 0;

	if (!c->file || slot >= SLOTS_MAX || !(serial & 1) || serial == 1)
		return false;
	if (how != CONTROL_STAY)
		word = how == CONTROL_NOW ? serial - 1 : serial;
	atomic_store_explicit(&c->file->words[slot], word,
			      memory_order_relaxed);
	return true;
}

void control_set_drain(struct control *c, bool drain)
{
	if (c->file)
		atomic_store_explicit(&c->file->drain, drain,
				      memory_order_relaxed);
}

void control_set_log_level(struct control *c, const enum log_level *level)
{
	if (c->file)
		atomic_store_explicit(&c->file->log_level,
				      level ? (uint64_t)*level + 1 : 0,
				      memory_order_relaxed);
}

void control_publish(struct control *c)
{
	if (c->file)
		atomic_fetch_add_explicit(&c->file->changes, 1,
					  memory_order_release);
}

static struct control_state control_state_of(uint64_t drain, uint64_t log_level)
{
	struct control_state state = {
		.drain = drain == 1,
		.has_log_level = log_level >= LOG_AT_ERROR + 1 &&
				 log_level <= LOG_AT_DEBUG + 1,
	};

	if (state.has_log_level)
		state.log_level = (enum log_level)(log_level - 1);
	return state;
}

struct control_state control_asked(const struct control *c)
{
	if (!c->file)
		return (struct control_state){0};
	return control_state_of(
		atomic_load_explicit(&c->file->drain, memory_order_relaxed),
		atomic_load_explicit(&c->file->log_level,
				     memory_order_relaxed));
}

/* --- obeying --- */

/* Whoever is the first makes the file. */
static int control_look_again(struct control_look *look)
{
	struct control made;
	int fd = shared_look_fd(look->run_dirfd, &control_kind);

	if (fd < 0) {
		int failed = control_open(&made, look->run_dirfd);

		if (failed)
			return failed;
		control_close(&made);
		fd = shared_look_fd(look->run_dirfd, &control_kind);
	}
	if (fd < 0)
		return fd;
	control_look_close(look);
	look->fd = fd;
	return 0;
}

int control_look_open(struct control_look *look, int run_dirfd)
{
	*look = (struct control_look){.run_dirfd = run_dirfd, .fd = -1};
	return control_look_again(look);
}

int control_look_only(struct control_look *look, int run_dirfd)
{
	int fd = shared_look_fd(run_dirfd, &control_kind);

	*look = (struct control_look){.run_dirfd = -1, .fd = fd < 0 ? -1 : fd};
	return fd < 0 ? fd : 0;
}

void control_look_close(struct control_look *look)
{
	if (look->fd >= 0)
		close(look->fd);
	look->fd = -1;
}

static bool control_look_is_current(const struct control_look *look)
{
	return look->fd >= 0 && shared_is_whole(look->fd, &control_kind) == 0;
}

bool control_look(struct control_look *look, struct control_state *state)
{
	struct {
		struct shared_header header;
		uint64_t changes, drain, log_level;
	} now;

	_Static_assert(offsetof(struct control_file, log_level) ==
			       offsetof(__typeof__(now), log_level),
		       "read at once");
	*state = (struct control_state){0};
	if (!control_look_is_current(look) && look->run_dirfd >= 0 &&
	    control_look_again(look) < 0)
		return false;
	if (look->fd < 0 ||
	    pread(look->fd, &now, sizeof(now), 0) != sizeof(now))
		return false;
	*state = control_state_of(now.drain, now.log_level);
	/* The count of another file is another number, however far it is. */
	state->changes = now.changes + now.header.key[0];
	return true;
}

/* How many could be read. */
static uint32_t control_look_words(const struct control_look *look,
				   uint32_t first, uint32_t n, uint64_t *words)
{
	uint64_t from = offsetof(struct control_file, words) +
			(uint64_t)first * sizeof(*words);
	ssize_t got;

	if (look->fd < 0 || first >= SLOTS_MAX)
		return 0;
	if (n > SLOTS_MAX - first)
		n = SLOTS_MAX - first;
	got = pread(look->fd, words, n * sizeof(*words), (off_t)from);
	return got < 0 ? 0 : (uint32_t)((size_t)got / sizeof(*words));
}

static enum control_how control_how_of(uint64_t word, uint64_t serial)
{
	if (!word || !(serial & 1) || (word | 1) != serial)
		return CONTROL_STAY;
	return word & 1 ? CONTROL_GRACEFULLY : CONTROL_NOW;
}

enum control_how control_look_at(const struct control_look *look, uint32_t slot,
				 uint64_t serial)
{
	uint64_t word;

	return control_look_words(look, slot, 1, &word) == 1
		       ? control_how_of(word, serial)
		       : CONTROL_STAY;
}

enum control_how control_look_ahead(const struct control_look *look,
				    struct control_ahead *ahead, uint32_t slot,
				    uint64_t serial)
{
	/* What is below `first` is far above it in unsigned numbers. */
	if (slot - ahead->first >= ahead->n) {
		ahead->first = slot - slot % CONTROL_AHEAD;
		ahead->n = control_look_words(look, ahead->first, CONTROL_AHEAD,
					      ahead->words);
	}
	return slot - ahead->first < ahead->n
		       ? control_how_of(ahead->words[slot - ahead->first],
					serial)
		       : CONTROL_STAY;
}
