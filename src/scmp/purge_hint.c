/* SPDX-License-Identifier: ISC */
#include "scmp/purge_hint.h"

#include "scmp/belongings.h"

#include <string.h>

/* As a shell wants it. */
static void add_word(struct buf *out, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789@%_+=:,./-";

	buf_add_char(out, ' ');
	if (word[0] && !word[strspn(word, plain)]) {
		buf_add_str(out, word);
		return;
	}
	buf_add_char(out, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			buf_add_str(out, "'\\'");
		buf_add_char(out, *word);
	}
	buf_add_char(out, '\'');
}

static void add_option(struct buf *out, enum option_id id, const char *value)
{
	if (!value || !value[0])
		return;
	buf_add_char(out, ' ');
	option_add_name(out, id);
	add_word(out, value);
}

static void add_number(struct buf *out, enum option_id id, bool has, uint32_t v)
{
	if (!has)
		return;
	buf_add_char(out, ' ');
	option_add_name(out, id);
	buf_add_char(out, ' ');
	buf_add_u64(out, v);
}

static void add_command(const struct scmp *s, const struct user_row *row,
			struct buf *out)
{
	buf_add_str(out, "scmp --offline");
	add_option(out, OPTION_CONFIG, scmp_value(s, OPTION_CONFIG));
	for (size_t i = 0; i < s->options.assignments_n; i++)
		add_option(out, OPTION_SET, s->options.assignments[i]);
	add_option(out, OPTION_DATABASE, scmp_value(s, OPTION_DATABASE));
	buf_add_str(out, " user purge");
	add_option(out, OPTION_MAILDIR, row->maildir);
	add_option(out, OPTION_HOME, row->home);
	add_number(out, OPTION_UID, row->has_uid, row->uid);
	add_number(out, OPTION_GID, row->has_gid, row->gid);
	if (row->name[0] == '-')
		buf_add_str(out, " --");
	add_word(out, row->name);
}

void purge_hint(const struct scmp *s, const struct user_row *row)
{
	char memory[6 * PLACE_PATH_SIZE], path[PLACE_PATH_SIZE];
	struct buf command;

	if (belongings_place(s, row, path) < 0 || !belongings_may_be_at(path))
		return;
	buf_init(&command, memory, sizeof(memory));
	add_command(s, row, &command);
	scmp_say(s, "The mail stays in %s; to remove it:\n  %s", path,
		 buf_str(&command) ? memory
				   : "scmp --offline user purge, with what the "
				     "user's row said");
}
