/* SPDX-License-Identifier: ISC */
/*
 * Both ends of a channel of datagrams, new for each test: ends_open() and
 * ends_close() are its set-up and tear-down. And how many descriptors the
 * process has, to see that none is left.
 */
#ifndef TESTS_ENDS_H
#define TESTS_ENDS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <sys/socket.h>
#include <unistd.h>

static int ends[2];

static int ends_open(void **state)
{
	(void)state;
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
}

static int ends_close(void **state)
{
	(void)state;
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static size_t open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

#endif
