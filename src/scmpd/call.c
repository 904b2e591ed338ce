/* SPDX-License-Identifier: ISC */
#include "scmpd/call.h"

#include "scmpd/connection.h"
#include "sys/clock.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	/* In the loop, for those who need the database as shortly as we do; and
	 * not again so soon after somebody was found who needs longer. */
	CALL_WAIT_MS = 20,
	CALL_IMPATIENT_MS = 500,
	CALL_TEXT = 512,
};

static void answer(struct call *call, enum scmp_code code, struct span detail,
		   struct span text)
{
	struct connection *c = call->connection;

	if (call->is_answered)
		return;
	call->is_answered = true;
	if (code == SCMP_CODE_BUSY &&
	    connection_is_patient(c, call->patience_ms)) {
		call->is_waiting = true;
		return;
	}
	call->code = code;
	scmp_write_status(connection_record(c), code, detail, text);
	connection_send_record(c);
}

void call_answer(struct call *call, enum scmp_code code, const char *format,
		 ...)
{
	char text[CALL_TEXT];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	answer(call, code, span_str(""), span_str(text));
}

void call_answer_detail(struct call *call, enum scmp_code code,
			struct span detail, const char *text)
{
	answer(call, code, detail, span_str(text));
}

void call_begin(struct call *call, const char *format, ...)
{
	char text[CALL_TEXT];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	answer(call, SCMP_CODE_OK, span_str(""), span_str(text));
}

struct buf *call_record(struct call *call)
{
	return connection_record(call->connection);
}

void call_send(struct call *call)
{
	scmp_write_end(&call->connection->record);
	connection_send_record(call->connection);
}

void call_line(struct call *call, struct span text)
{
	scmp_write_line(call_record(call), text);
	connection_send_record(call->connection);
}

void call_end(struct call *call)
{
	scmp_write_dot(call_record(call));
	connection_send_record(call->connection);
}

void call_continue(struct call *call, const struct call_source *source,
		   void *state)
{
	struct connection *c = call->connection;

	c->source = source;
	c->source_state = state;
}

void call_break(struct call *call)
{
	call->is_broken = true;
}

/* --- the database --- */

void call_database_failed(struct call *call, int failed, struct buf *text)
{
	static const struct {
		int number;
		enum scmp_code code;
	} known[] = {
		{ENOENT, SCMP_CODE_NOTFOUND},  {EEXIST, SCMP_CODE_EXISTS},
		{EINVAL, SCMP_CODE_RANGE},     {EBUSY, SCMP_CODE_BUSY},
		{EACCES, SCMP_CODE_SYS_PERM},  {EPERM, SCMP_CODE_SYS_PERM},
		{EBADMSG, SCMP_CODE_SYS_PERM}, {ENOTSUP, SCMP_CODE_SYS_PERM},
	};
	enum scmp_code code = SCMP_CODE_SYS_TEMP;

	if (failed == -EBUSY) {
		call->is_busy = true;
		call->scmpd->impatient_until = clock_ms() + CALL_IMPATIENT_MS;
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].number == -failed)
			code = known[i].code;
	}
	if (!text->n)
		buf_add_str(text, strerrordesc_np(-failed));
	answer(call, code, span_str(""), buf_span(text));
}

static unsigned wait_ms(const struct call *call)
{
	return clock_ms() < call->scmpd->impatient_until ? 0 : CALL_WAIT_MS;
}

bool call_database(struct call *call, struct database *db,
		   enum database_mode mode)
{
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int failed;

	buf_init(&error, memory, sizeof(memory));
	if (!call->scmpd->database[0]) {
		call_answer(call, SCMP_CODE_SYS_PERM,
			    "there is no database among the stores of `users`; "
			    "accounts of files are not kept here");
		return false;
	}
	failed = database_open(db, call->scmpd->database, mode, wait_ms(call),
			       &error);
	/* Whoever may write undoes what a writer left who died. */
	if (failed == -EOWNERDEAD) {
		buf_reset(&error);
		failed = database_open(db, call->scmpd->database, DATABASE_UNDO,
				       wait_ms(call), &error);
	}
	/* A missing file is not a missing user. */
	if (failed == -ENOENT)
		failed = -EACCES;
	if (failed < 0)
		call_database_failed(call, failed, &error);
	return failed == 0;
}
