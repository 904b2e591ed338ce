/* SPDX-License-Identifier: ISC */
#include "scmpd/listing.h"

#include "sys/log.h"

#include <errno.h>
#include <stdlib.h>

enum { LISTING_TOLD = 16 };

void *listing_begin(struct call *call, size_t size)
{
	struct database db;
	void *state;

	if (!call_database(call, &db, DATABASE_READ))
		return NULL;
	database_close(&db);
	state = calloc(1, size);
	if (!state)
		call_answer(call, SCMP_CODE_SYS_TEMP, "out of memory");
	return state;
}

void listing_break(struct call *call, const char *what, int failed,
		   struct buf *why)
{
	call_database_failed(call, failed, why);
	if (failed != -EBUSY)
		log_error("scmp: %s: " SPAN_FMT, what, SPAN_ARG(buf_span(why)));
	call_break(call);
}

void listing_pass_over(const char *what, unsigned *n, const char *row)
{
	if (*n <= LISTING_TOLD)
		log_error("scmp: %s passes over %s", what,
			  *n < LISTING_TOLD ? row : "further rows");
	if (*n <= LISTING_TOLD)
		++*n;
}
