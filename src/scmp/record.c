/* SPDX-License-Identifier: ISC */
#include "scmp/record.h"

#include "base/num.h"
#include "proto/scmp_reply.h"
#include "proto/scmp_write.h"

#include <string.h>

json_t *record_words(const char *text)
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

static json_t *value_of(const struct scmp_field *field, enum record_kind kind)
{
	char memory[SCMP_REPLY_LIMIT];
	const char *text;
	struct buf out;

	if (field->is_unknown)
		return json_null();
	buf_init(&out, memory, sizeof(memory));
	scmp_field_add_value(&out, field);
	text = buf_str(&out);
	if (!text)
		return json_null();
	switch (kind) {
	case RECORD_NUMBER:
	case RECORD_UNTIL:
		return number_of(text);
	case RECORD_YES:
		return json_boolean(strcmp(text, "yes") == 0);
	case RECORD_WORDS:
		return record_words(text);
	case RECORD_TEXT:
		break;
	}
	return json_stringn(text, out.n);
}

static json_t *text_of(const struct scmp_field *field)
{
	return value_of(field, RECORD_TEXT);
}

/* What is left of *rest stands behind the field. */
static bool find(struct span *rest, const char *key, struct scmp_field *field)
{
	while (scmp_field_next(rest, field) == SCMP_FIELD_READY) {
		if (span_equal(field->key, span_str(key)))
			return true;
	}
	return false;
}

json_t *record_value(struct span record, const char *key)
{
	struct scmp_field field;

	return find(&record, key, &field) ? text_of(&field) : NULL;
}

/* Fields mostly stand in the order in which they are asked for: so each is
 * looked for behind the last one first. */
json_t *record_make(struct span record, const struct record_member *members,
		    size_t n)
{
	json_t *object = json_object();
	struct span rest = record;

	for (size_t i = 0; i < n; i++) {
		const struct record_member *m = &members[i];
		struct span behind = rest, all = record;
		struct scmp_field field;

		if (find(&behind, m->key, &field))
			rest = behind;
		else if (find(&all, m->key, &field))
			rest = all;
		else
			field.is_unknown = true;
		json_object_set_new(object, m->name ? m->name : m->key,
				    value_of(&field, m->kind));
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
