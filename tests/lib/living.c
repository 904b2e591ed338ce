/* SPDX-License-Identifier: ISC */
/*
 * living DIR N: for a while there are N sessions in run_dir, of as many users
 * and in the middle of their work, as far as anybody can tell who looks there:
 * places, pages of statistics, and locks as of sessions that live. Says "ready"
 * when they are all in, and takes them back when its input ends.
 */
#include "stats/admission.h"
#include "stats/statistics.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static _Noreturn void fail(const char *what, int error)
{
	fprintf(stderr, "living: %s: %s\n", what, strerror(error));
	exit(1);
}

/* Each lock is a descriptor. */
static void allow_files(unsigned long n)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		fail("files", errno);
	files.rlim_cur = n + 32;
	if (files.rlim_max < files.rlim_cur)
		files.rlim_max = files.rlim_cur;
	if (setrlimit(RLIMIT_NOFILE, &files) < 0)
		fail("so many descriptors", errno);
}

static struct network_address address_of(unsigned long i)
{
	struct network_address address;
	char text[32];

	(void)snprintf(text, sizeof(text), "10.%lu.%lu.%lu", i >> 16 & 255,
		       i >> 8 & 255, i & 255);
	if (!network_address_parse(span_str(text), &address))
		fail(text, EINVAL);
	return address;
}

static void set_identity(const struct statistics *st, uint32_t slot,
			 const struct network_address *address, unsigned long i)
{
	struct statistics_identity *own = statistics_map_identity(st, slot);
	char user[48];

	(void)snprintf(user, sizeof(user), "user%05lu@example.org", i);
	statistics_set_peer(own, address, (uint16_t)(1024 + i % 60000));
	statistics_set_pid(own, getpid());
	statistics_set_state(own, COUNTERS_TRANSACTION);
	statistics_set_user(own, span_str(user));
	atomic_store(&own->tls, i % 2);
	statistics_unmap(own);
}

static void set_counters(const struct statistics *st, uint32_t slot,
			 unsigned long i)
{
	struct statistics_counters *own = statistics_map_counters(st, slot);

	if (!own)
		fail("a page", ENOMEM);
	counters_add(&own->counts.received, 100 + i);
	counters_add(&own->counts.sent, 100000 + i);
	counters_set(&own->messages, i % 1000 + 1);
	statistics_unmap(own);
}

static void enter(struct admission *a, unsigned long i,
		  struct admission_ticket *ticket)
{
	const struct network_address address = address_of(i);
	const struct admission_limits none = {0, 0};

	if (admission_enter(a, &address, false, &none, ticket) !=
		    ADMISSION_ENTERED ||
	    !ticket->counted)
		fail("a place", EAGAIN);
	set_identity(a->statistics, ticket->slot, &address, i);
	set_counters(a->statistics, ticket->slot, i);
}

int main(int argc, char **argv)
{
	unsigned long n = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	struct admission_ticket *tickets = calloc(n + 1, sizeof(*tickets));
	struct admission admission;
	struct statistics statistics;
	int fd, r;

	if (!n || !tickets)
		return 2;
	allow_files(n);
	fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		fail(argv[1], errno);
	r = admission_open(&admission, fd);
	if (!r)
		r = statistics_open(&statistics, fd);
	if (r < 0)
		fail(argv[1], -r);
	admission.statistics = &statistics;
	for (unsigned long i = 0; i < n; i++)
		enter(&admission, i, &tickets[i]);
	puts("ready");
	fflush(stdout);
	while (getchar() != EOF)
		;
	for (unsigned long i = 0; i < n; i++)
		admission_leave(&admission, &tickets[i]);
	return 0;
}
