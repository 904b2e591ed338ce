/* SPDX-License-Identifier: ISC */
/*
 * A folder of its own for each test of what lies in run_dir: folder_make() in
 * the set-up, folder_remove() in the tear-down, which are 0 or what cmocka
 * takes for a failure.
 */
#ifndef TESTS_FOLDER_H
#define TESTS_FOLDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/network.h"

static char folder[64];
static int run_dir;

static int folder_make(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/test-folder.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	run_dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return run_dir < 0 ? -1 : 0;
}

static int folder_remove(void)
{
	char command[100];

	close(run_dir);
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static inline struct network_address address(const char *text)
{
	struct network_address a;

	assert_true(network_address_parse(span_str(text), &a));
	return a;
}

#endif
