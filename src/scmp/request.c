/* SPDX-License-Identifier: ISC */
#include "scmp/request.h"

#include "proto/scmp_text.h"
#include "proto/scmp_write.h"

static void look(struct request *q, const char *text)
{
	if (!scmp_text_is_printable(span_str(text)))
		q->is_unfit = true;
}

void request_begin(struct request *q, const char *verb)
{
	/* Room for the line's end. */
	buf_init(&q->line, q->memory, sizeof(q->memory) - 2);
	q->is_unfit = false;
	buf_add_str(&q->line, verb);
}

void request_add(struct request *q, const char *text)
{
	look(q, text);
	scmp_write_argument(&q->line, span_str(text), false);
}

void request_add_quoted(struct request *q, const char *text)
{
	look(q, text);
	scmp_write_argument(&q->line, span_str(text), true);
}

void request_add_key(struct request *q, const char *key, const char *value)
{
	if (!value)
		return;
	look(q, value);
	scmp_write_field_str(&q->line, key, value);
}

void request_add_number(struct request *q, const char *key, uint64_t value)
{
	scmp_write_field_u64(&q->line, key, value);
}

void request_add_rest(struct request *q, const char *text)
{
	look(q, text);
	buf_add_char(&q->line, ' ');
	buf_add_str(&q->line, text);
}

void request_forget(struct request *q)
{
	explicit_bzero(q, sizeof(*q));
}
