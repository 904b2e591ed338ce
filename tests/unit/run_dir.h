/* SPDX-License-Identifier: ISC */
/* A run_dir of its own for each test, with admission and statistics in it. */
#ifndef TESTS_RUN_DIR_H
#define TESTS_RUN_DIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "stats/admission.h"
#include "stats/events_ring.h"
#include "stats/statistics_look.h"

static char folder[64];
static int run_dir;
static struct admission adm;
static struct statistics st;
static struct statistics_look look;

static int run_dir_set_up(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/test-run-dir.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	run_dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (admission_open(&adm, run_dir) < 0 ||
	    statistics_open(&st, run_dir) < 0)
		return -1;
	adm.statistics = &st;
	statistics_look_init(&look, run_dir);
	return 0;
}

/* The same for the parent of many sessions: the pages of a place are in memory,
 * once it was used. */
enum { NEAR_PLACES = 2 };
static struct statistics_near near;

static inline int run_dir_set_up_near(void **state)
{
	if (run_dir_set_up(state) < 0)
		return -1;
	statistics_bring_near(&st, &near, NEAR_PLACES);
	return near.places == NEAR_PLACES ? 0 : -1;
}

static int run_dir_tear_down(void **state)
{
	char command[100];

	(void)state;
	statistics_look_close(&look);
	statistics_close(&st);
	admission_close(&adm);
	close(run_dir);
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static inline struct admission_ticket enter(void)
{
	const struct admission_limits none = {0, 0};
	struct admission_ticket ticket;

	assert_int_equal(admission_enter(&adm, NULL, false, &none, &ticket),
			 ADMISSION_ENTERED);
	return ticket;
}

static inline struct counters_all sums(void)
{
	struct counters_all sum;

	assert_int_equal(statistics_look_all(&look, NULL, NULL, &sum), 0);
	return sum;
}

#endif
