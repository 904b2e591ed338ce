/* SPDX-License-Identifier: ISC */
#include "scmp/record.h"

#include "base/num.h"
#include "proto/scmp_reply.h"
#include "proto/scmp_write.h"

#include <string.h>

static json_t *text_of(const struct scmp_field *field)
{
	char memory[SCMP_REPLY_LIMIT];
	struct buf out;

	if (field->is_unknown)
		return json_null();
	buf_init(&out, memory, sizeof(memory));
	scmp_field_add_value(&out, field);
	return json_stringn(memory, out.n);
}

static json_t *words_of(const char *text)
{
	struct span rest = span_str(text);
	json_t *array = json_array();

	while (rest.n) {
		size_t n = span_find(rest, ' ');

		if (n)
			json_array_append_new(array, json_stringn(rest.p, n));
		rest = span_drop(rest, n + 1);
	}
	return array;
}

static json_t *number_of(const char *text)
{
	uint64_t n;

	return num_parse_u64(span_str(text), INT64_MAX, &n)
		       ? json_integer((json_int_t)n)
		       : json_null();
}

/* Takes the text over. */
static json_t *convert(json_t *text, enum record_kind kind)
{
	const char *p = json_string_value(text);
	json_t *value = NULL;

	if (!p || kind == RECORD_TEXT)
		return text;
	switch (kind) {
	case RECORD_NUMBER:
	case RECORD_UNTIL:
		value = number_of(p);
		break;
	case RECORD_YES:
		value = json_boolean(strcmp(p, "yes") == 0);
		break;
	case RECORD_WORDS:
		value = words_of(p);
		break;
	case RECORD_TEXT:
		break;
	}
	json_decref(text);
	return value;
}

json_t *record_value(struct span record, const char *key)
{
	struct scmp_field field;

	while (scmp_field_next(&record, &field) == SCMP_FIELD_READY) {
		if (span_equal(field.key, span_str(key)))
			return text_of(&field);
	}
	return NULL;
}

json_t *record_make(struct span record, const struct record_member *members,
		    size_t n)
{
	json_t *object = json_object();

	for (size_t i = 0; i < n; i++) {
		const struct record_member *m = &members[i];
		json_t *value = record_value(record, m->key);

		json_object_set_new(object, m->name ? m->name : m->key,
				    value ? convert(value, m->kind)
					  : json_null());
	}
	return object;
}

json_t *record_setting(struct span record)
{
	struct span rest = record;
	struct scmp_field field;
	json_t *source = record_value(record, "source");

	if (scmp_field_next(&rest, &field) != SCMP_FIELD_READY) {
		json_decref(source);
		return NULL;
	}
	return json_pack("{so so so}", "name",
			 json_stringn(field.key.p, field.key.n), "value",
			 text_of(&field), "source",
			 source ? source : json_null());
}

json_t *record_answer(const char *name, struct span text)
{
	static const struct span mark = SPAN_LITERAL(" source=");
	struct span value = text, source = span_str("");

	for (size_t i = 0; i < text.n; i++) {
		if (span_starts(span_drop(text, i), mark)) {
			value = span_take(text, i);
			source = span_drop(text, i + mark.n);
		}
	}
	return json_pack("{ss so so}", "name", name, "value",
			 value.n == 1 && value.p[0] == '-'
				 ? json_null()
				 : json_stringn(value.p, value.n),
			 "source",
			 source.n ? json_stringn(source.p, source.n)
				  : json_null());
}

json_t *record_guess(const json_t *text)
{
	const char *p = json_string_value(text);
	uint64_t n;

	if (!p)
		return json_null();
	if (num_parse_u64(span_str(p), INT64_MAX, &n))
		return json_integer((json_int_t)n);
	if (strcmp(p, "yes") == 0 || strcmp(p, "no") == 0)
		return json_boolean(p[0] == 'y');
	return json_string(p);
}
