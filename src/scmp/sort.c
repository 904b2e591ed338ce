/* SPDX-License-Identifier: ISC */
#include "scmp/sort.h"

#include <stdlib.h>
#include <string.h>

struct order {
	const char *key, *unique;
	bool descends;
};

const struct sort_order sort_by_name = {"name", "name"};

int sort_take_part(const struct scmp *s, uint64_t *offset, uint64_t *limit)
{
	char memory[256];
	struct buf error;
	int r = 0;

	*offset = *limit = 0;
	buf_init(&error, memory, sizeof(memory));
	if (scmp_given(s, OPTION_OFFSET))
		r = option_number(&s->options, OPTION_OFFSET, INT64_MAX, offset,
				  &error);
	if (r == 0 && scmp_given(s, OPTION_LIMIT))
		r = option_number(&s->options, OPTION_LIMIT, INT64_MAX, limit,
				  &error);
	return r < 0 ? scmp_fail_text(s, STATUS_USAGE, &error) : STATUS_OK;
}

static int order_values(const json_t *a, const json_t *b);

/* By the first thing that they differ in; else the shorter one is before. */
static int order_arrays(const json_t *a, const json_t *b)
{
	size_t n = json_array_size(a), m = json_array_size(b);

	for (size_t i = 0; i < n && i < m; i++) {
		int r = order_values(json_array_get(a, i),
				     json_array_get(b, i));

		if (r)
			return r;
	}
	return (n > m) - (n < m);
}

/* Null before all else; false before true. Those of a key are of one kind. */
static int order_values(const json_t *a, const json_t *b)
{
	if (json_is_string(a) && json_is_string(b))
		return strcmp(json_string_value(a), json_string_value(b));
	if (json_is_integer(a) && json_is_integer(b))
		return (json_integer_value(a) > json_integer_value(b)) -
		       (json_integer_value(a) < json_integer_value(b));
	if (json_is_boolean(a) && json_is_boolean(b))
		return json_is_true(a) - json_is_true(b);
	if (json_is_array(a) && json_is_array(b))
		return order_arrays(a, b);
	return json_is_null(b) - json_is_null(a);
}

static int compare(const void *a, const void *b, void *context)
{
	const struct order *order = context;
	json_t *const *x = a, *const *y = b;
	int r = order_values(json_object_get(*x, order->key),
			     json_object_get(*y, order->key));

	if (order->descends)
		r = -r;
	return r ? r
		 : order_values(json_object_get(*x, order->unique),
				json_object_get(*y, order->unique));
}

int sort_add(const struct scmp *s, json_t *records,
	     const struct sort_order *wanted, uint64_t offset, uint64_t limit,
	     struct output *output)
{
	const char *sort = scmp_value(s, OPTION_SORT)
				   ? scmp_value(s, OPTION_SORT)
				   : wanted->otherwise;
	struct order order = {
		.key = sort + (sort[0] == '-'),
		.unique = wanted->unique,
		.descends = sort[0] == '-',
	};
	size_t n = json_array_size(records);
	json_t **rows = calloc(n ? n : 1, sizeof(json_t *));
	uint64_t at = 0;

	if (!rows)
		return scmp_fail(s, STATUS_FAILED, "out of memory");
	for (size_t i = 0; i < n; i++)
		rows[i] = json_array_get(records, i);
	qsort_r(rows, n, sizeof(json_t *), compare, &order);
	for (size_t i = 0; i < n; i++) {
		if (at++ < offset)
			continue;
		if (limit && at > offset + limit)
			break;
		output_add(output, json_incref(rows[i]));
	}
	free(rows);
	return STATUS_OK;
}
