/* SPDX-License-Identifier: ISC */
/*
 * Between the files of admission: which slots' sessions live. Each slot has an
 * octet in one of the files `alive.NNN` of run_dir; a session lives as long as
 * some process has the descriptor through which that octet was locked.
 *
 * The files are empty, are made when they are first needed, and stay. Nothing
 * here waits.
 */
#ifndef STATS_ADMISSION_LIFE_H
#define STATS_ADMISSION_LIFE_H

#include <stdbool.h>
#include <stdint.h>

#include "stats/admission.h"
#include "stats/slots.h"

/*
 * A descriptor (CLOEXEC, the caller's) that holds the slot's lock, or a
 * negative errno: -EAGAIN if the slot's last session has left but not ended.
 */
__attribute__((warn_unused_result)) int admission_life_begin(int run_dirfd,
							     uint32_t slot);

/* One file after the other is kept open while slots are gone through. */
struct admission_probe {
	int run_dirfd; /* the caller's */
	uint32_t shard;
	int fd; /* or a negative errno */
};

struct admission_probe admission_probe_begin(int run_dirfd);
void admission_probe_end(struct admission_probe *probe);

/* Does nobody live there? In doubt somebody does. Changes no file. */
bool admission_probe_is_dead(struct admission_probe *probe, uint32_t slot);

/* Frees a slot in use: folds its statistics, then gives it back. Under the
 * file's lock. */
void admission_life_end(struct admission *a, uint32_t slot);

/*
 * Frees the slots of the dead: of all (key NULL, user 0), of one network, of
 * one user. Under the file's lock.
 */
void admission_life_fold(struct admission *a, const struct slots_key *key,
			 uint64_t user);

#endif
