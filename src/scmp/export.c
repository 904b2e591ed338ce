/* SPDX-License-Identifier: ISC */
/* Users for other programs, and for import: what is written holds secrets. */
#include "scmp/account.h"
#include "scmp/commands.h"
#include "scmp/json_user.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct export
{
	struct scmp *s;
	bool as_passwd;
	size_t mask; /* which of the words it is about */
	uint64_t n, refused, lossy;
};

/* --- a passwd-file's line --- */

/* Colons end fields, blanks words. */
static bool fits(const char *text, const char *not_in_it)
{
	return !text[strcspn(text, not_in_it)];
}

/* A template as the format has it: the home is written ~. */
static bool add_mail(struct buf *line, const char *maildir)
{
	if (!maildir[0])
		return true;
	if (!fits(maildir, ": \t"))
		return false;
	buf_add_str(line, " userdb_mail=maildir:");
	buf_add_str(line, maildir);
	return true;
}

static void add_id(struct buf *line, bool has, uint32_t id)
{
	if (has)
		buf_add_u64(line, id);
	buf_add_char(line, ':');
}

/*
 * What would be another line or field. (Control characters are there only if
 * another program has put them into the database.)
 */
static const char *unfit(const struct database_user *user)
{
	const struct user_row *row = &user->row;

	if (!fits(row->name, ":") || row->name[0] == '#')
		return "the name has a colon, or begins with #";
	if (!fits(row->password, ":\r\n"))
		return "the stored password has a colon or a line end";
	if (!fits(row->home, ":") || !database_text_is_plain(row->home))
		return "the home has a colon or a control character";
	if (!database_text_is_plain(row->maildir))
		return "the maildir has a control character";
	if (!database_text_is_plain(user->display_name))
		return "the display name has a control character";
	return NULL;
}

/* NULL, or why this user cannot be a line. */
static const char *make_line(const struct database_user *user, struct buf *line)
{
	const struct user_row *row = &user->row;
	const char *gecos =
		fits(user->display_name, ":,") ? user->display_name : "";
	const char *fault = unfit(user);

	if (fault)
		return fault;
	buf_add_str(line, row->name);
	buf_add_char(line, ':');
	buf_add_str(line, row->password);
	buf_add_char(line, ':');
	add_id(line, row->has_uid, row->uid);
	add_id(line, row->has_gid, row->gid);
	buf_add_str(line, gecos);
	buf_add_char(line, ':');
	buf_add_str(line, row->home);
	buf_add_str(line, "::");
	if (!row->enabled)
		buf_add_str(line, " nologin");
	if (row->networks[0]) {
		buf_add_str(line, " allow_nets=");
		buf_add_str(line, row->networks);
	}
	if (!add_mail(line, row->maildir))
		return "the maildir has a colon or a blank";
	return line->overflow ? "the line would be too long" : NULL;
}

/* What the format has no place for. */
static bool loses(const struct database_user *user)
{
	const struct user_row *row = &user->row;

	return row->secret[0] || row->has_max_sessions || row->must_change ||
	       user->comment[0] || !fits(user->display_name, ":,") ||
	       (row->role[0] && strcmp(row->role, "user") != 0);
}

static int refuse(struct export *e, const char *name, const char *why)
{
	e->refused++;
	(void)scmp_fail(e->s, STATUS_REFUSED, "user %s is left out: %s", name,
			why);
	return 0;
}

static int export_line(struct export *e, const struct database_user *user)
{
	char memory[4096];
	struct buf line;
	const char *fault;

	buf_init(&line, memory, sizeof(memory));
	fault = make_line(user, &line);
	if (!fault) {
		e->lossy += loses(user);
		fwrite(memory, 1, line.n, stdout);
		putchar('\n');
		e->n++;
	}
	explicit_bzero(memory, sizeof(memory));
	if (fault)
		return refuse(e, user->row.name, fault);
	return ferror(stdout) ? 1 : 0;
}

/* --- all --- */

static int export_one(const struct database_user *user, void *context)
{
	struct export *e = context;
	json_t *object;

	if (account_fits_before(e->s, e->mask, user->row.name))
		return 0;
	if (e->as_passwd)
		return export_line(e, user);
	object = json_user_make(user);
	if (!object)
		return refuse(e, user->row.name,
			      "a text of it is not UTF-8, which JSON must be");
	json_dumpf(object, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
	putchar('\n');
	json_decref(object);
	e->n++;
	return ferror(stdout) ? 1 : 0;
}

static void tell_damaged(const char *fault, void *context)
{
	struct export *e = context;

	e->refused++;
	(void)scmp_fail(e->s, STATUS_REFUSED, "left out: %s", fault);
}

static int take_format(struct export *e)
{
	const char *format = scmp_value(e->s, OPTION_FORMAT);

	if (!format)
		return STATUS_OK;
	e->as_passwd = strcmp(format, "passwd") == 0;
	if (!e->as_passwd && strcmp(format, "json") != 0)
		return scmp_fail(e->s, STATUS_USAGE,
				 "--format is json or passwd here");
	return STATUS_OK;
}

int user_export(struct scmp *s)
{
	struct export e = {.s = s};
	struct database_search search = {.damaged = tell_damaged};
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int r = take_format(&e);

	if (r != STATUS_OK)
		return r;
	buf_init(&error, memory, sizeof(memory));
	for (size_t i = 0; r == 0 && i < (s->words_n ? s->words_n : 1); i++) {
		e.mask = i;
		search.mask = s->words_n ? s->words[i] : NULL;
		r = database_users_list(&s->db, &search, export_one, &e,
					&error);
	}
	if (r < 0)
		return scmp_fail_database(s, r, &error);
	if (e.lossy && !scmp_given(s, OPTION_QUIET))
		(void)scmp_fail(s, STATUS_OK,
				"%llu users have a secret, role, limit or "
				"remark, for which passwd-files have no place; "
				"--format json has",
				(unsigned long long)e.lossy);
	return e.refused ? STATUS_REFUSED : STATUS_OK;
}
