/* SPDX-License-Identifier: ISC */
/* Values, and what is allowed for them, as text. */
#include "sys/conf_value.h"

#include <string.h>

static void add_integer(struct buf *b, int64_t v)
{
	if (v < 0)
		buf_add_char(b, '-');
	buf_add_u64(b, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

static void add_range(const struct conf_key *key, struct buf *b)
{
	buf_add_str(b, " from ");
	add_integer(b, key->min);
	if (key->max == INT64_MAX) {
		buf_add_str(b, " up");
	} else {
		buf_add_str(b, " to ");
		add_integer(b, key->max);
	}
	if (key->unit) {
		buf_add_char(b, ' ');
		buf_add_str(b, key->unit);
	}
}

static void add_words(const struct conf_key *key, struct buf *b)
{
	for (size_t i = 0; key->words[i]; i++) {
		if (i > 0)
			buf_add_str(b, key->words[i + 1] ? ", " : " or ");
		buf_add_str(b, key->words[i]);
	}
}

void conf_value_expected(const struct conf_key *key, struct buf *b)
{
	switch (key->type) {
	case CONF_STRING:
		buf_add_str(b, "text");
		if (key->max > 0) {
			buf_add_str(b, " of a length");
			add_range(key, b);
		}
		break;
	case CONF_LIST:
		buf_add_str(b, "a list");
		break;
	case CONF_INTEGER:
		buf_add_str(b, "a number");
		add_range(key, b);
		break;
	case CONF_BOOLEAN:
		buf_add_str(b, "yes or no");
		break;
	case CONF_WORD:
		add_words(key, b);
		break;
	case CONF_SIZE:
		buf_add_str(b, "a size (k, M, G may follow)");
		add_range(key, b);
		break;
	case CONF_MODE:
		buf_add_str(b, "octal permissions such as 0600");
		break;
	}
}

static void add_mode(struct buf *b, unsigned mode)
{
	for (int shift = 9; shift >= 0; shift -= 3)
		buf_add_char(b, (char)('0' + (mode >> shift & 7)));
}

static void add_list(struct buf *b, const struct conf_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		if (i > 0)
			buf_add_char(b, ',');
		buf_add_str(b, list->items[i]);
	}
}

void conf_value_text(const struct conf *c, const struct conf_key *key,
		     struct buf *b)
{
	const void *slot = conf_slot(c, key);

	switch (key->type) {
	case CONF_STRING:
		buf_add_str(b, *(const char *const *)slot);
		break;
	case CONF_LIST:
		add_list(b, slot);
		break;
	case CONF_INTEGER:
		add_integer(b, *(const int64_t *)slot);
		break;
	case CONF_BOOLEAN:
		buf_add_str(b, *(const bool *)slot ? "yes" : "no");
		break;
	case CONF_WORD:
		buf_add_str(b, key->words[*(const int *)slot]);
		break;
	case CONF_SIZE:
		buf_add_u64(b, *(const uint64_t *)slot);
		break;
	case CONF_MODE:
		add_mode(b, *(const unsigned *)slot);
		break;
	}
}

/* --- in the file's grammar --- */

static bool is_plain(const char *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_.:%@-[]/";

	return *text && strspn(text, allowed) == strlen(text) &&
	       !strstr(text, "//");
}

static void print_quoted(const char *text, FILE *f)
{
	if (is_plain(text)) {
		fputs(text, f);
		return;
	}
	fputc('"', f);
	for (; *text; text++) {
		/* "${NAME}" would be taken from the environment. */
		if (strchr("\"\\$", *text))
			fputc('\\', f);
		if (*text == '\n')
			fputs("\\n", f);
		else
			fputc(*text, f);
	}
	fputc('"', f);
}

static void print_list(const struct conf_list *list, FILE *f)
{
	fputc('{', f);
	for (size_t i = 0; i < list->n; i++) {
		if (i > 0)
			fputs(", ", f);
		print_quoted(list->items[i], f);
	}
	fputc('}', f);
}

void conf_value_print(const struct conf *c, const struct conf_key *key, FILE *f)
{
	const void *slot = conf_slot(c, key);
	char memory[256];
	struct buf text;

	if (key->type == CONF_STRING) {
		print_quoted(*(const char *const *)slot, f);
	} else if (key->type == CONF_LIST) {
		print_list(slot, f);
	} else {
		buf_init(&text, memory, sizeof(memory));
		conf_value_text(c, key, &text);
		fprintf(f, SPAN_FMT, SPAN_ARG(buf_span(&text)));
	}
}
