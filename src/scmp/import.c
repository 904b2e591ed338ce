/* SPDX-License-Identifier: ISC */
/* Users of other files into the database, in one transaction. */
#include "scmp/import.h"
#include "auth/auth.h"
#include "scmp/account.h"
#include "scmp/commands.h"
#include "scmp/import_line.h"
#include "scmp/texts.h"
#include "store/place.h"
#include "store/users_each.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { DAY = 24 * 3600 };

static const char *text_of(struct buf *error)
{
	const char *text = buf_str(error);

	return text ? text : "cannot be stored";
}

/* The import goes on. */
static int refuse(struct import *im, const char *name, const char *why)
{
	import_refuse(im, name, why);
	return STATUS_OK;
}

/* --- one user --- */

/* As user add does it: a name that no login can have would be of no use. */
static bool normalise(struct import *im, struct database_user *user)
{
	const struct settings *settings = &im->s->configuration.settings;
	char name[USERS_NAME_SIZE];
	struct buf out;

	buf_init(&out, name, sizeof(name));
	if (place_normalise_user(span_str(user->row.name),
				 settings->username_case == CASE_LOWER,
				 span_str(settings->default_domain),
				 &out) < 0 ||
	    !buf_str(&out))
		return false;
	return account_copy(user->row.name, sizeof(user->row.name), name);
}

static int update(struct import *im, const struct database_user *user,
		  unsigned fields, struct buf *error)
{
	struct database_user before;
	bool was_enabled;
	int r;

	buf_reset(error);
	r = database_user_find(&im->s->db, span_str(user->row.name), &before,
			       error);
	was_enabled = r < 0 || before.row.enabled;
	database_user_clear(&before);
	/* One that is damaged is mended by it, maybe. */
	buf_reset(error);
	r = database_user_change(&im->s->db, span_str(user->row.name), fields,
				 user, error);
	if (r == -EINVAL)
		return refuse(im, user->row.name, text_of(error));
	if (r < 0)
		return scmp_fail_database(im->s, r, error);
	im->updated++;
	if (!was_enabled && !(fields & DATABASE_ENABLED))
		im->left_disabled++;
	else if (!was_enabled && user->row.enabled)
		im->enabled++;
	return STATUS_OK;
}

static int exists(struct import *im, const struct database_user *user,
		  unsigned fields, struct buf *error)
{
	if (scmp_given(im->s, OPTION_SKIP)) {
		im->skipped++;
		return STATUS_OK;
	}
	if (!scmp_given(im->s, OPTION_UPDATE))
		return refuse(im, user->row.name,
			      "is there already (--update changes those, "
			      "--skip passes over them)");
	return update(im, user, import_line_updates(im->format, user, fields),
		      error);
}

/* NULL; or why there can be no such user, a text in `error`. */
static const char *fault_of(struct import *im, const struct database_user *user,
			    unsigned fields, struct buf *error)
{
	const char *why = database_user_fault(user, fields);

	buf_add_str(error, "is refused: ");
	if (why)
		buf_add_str(error, why);
	else if (texts_find_role(im->s, user->row.role, error) == STATUS_OK)
		buf_reset(error);
	return error->n ? text_of(error) : NULL;
}

static int store(struct import *im, struct database_user *user, unsigned fields)
{
	char memory[USERS_ERROR_SIZE];
	const char *fault;
	struct buf error;
	int r;

	buf_init(&error, memory, sizeof(memory));
	if (!normalise(im, user))
		return refuse(im, user->row.name,
			      "has a name that cannot be one: with a slash, a "
			      "control character, or a dot in front");
	if (user->row.mail_user[0] &&
	    strcmp(user->row.mail_user, user->row.name) != 0 &&
	    !account_keep_place(im->s, &user->row, user->row.mail_user))
		return refuse(im, user->row.name,
			      "has another user's mail, and there is no path "
			      "for that");
	fault = fault_of(im, user, fields, &error);
	if (fault)
		return refuse(im, user->row.name, fault);
	r = database_user_add(&im->s->db, user, &error);
	if (r == -EEXIST)
		return exists(im, user, fields, &error);
	if (r == -EINVAL)
		return refuse(im, user->row.name, text_of(&error));
	if (r < 0)
		return scmp_fail_database(im->s, r, &error);
	im->added++;
	return STATUS_OK;
}

/* --- one line --- */

static int import_line(struct import *im, struct span line)
{
	struct passwd_ignored ignored;
	struct database_user user;
	unsigned fields = 0;
	const char *fault;
	int r;

	if (import_line_is_empty(line))
		return STATUS_OK;
	if (!im->has_format) {
		im->format = import_guess(line);
		im->has_format = true;
	}
	if (im->format == IMPORT_AUTHFILE)
		return STATUS_OK; /* it is read as a whole */
	database_user_init(&user);
	fault = import_line_take(im->format, line, im->today, &user, &fields,
				 &ignored);
	if (fault) {
		char name[64] = "";
		struct span field = import_field(line, 0);

		if (im->format != IMPORT_JSON && field.n < sizeof(name) &&
		    memchr(line.p, ':', line.n))
			memcpy(name, field.p, field.n);
		r = refuse(im, user.row.name[0] ? user.row.name : name, fault);
	} else {
		import_name_ignored(im, &ignored);
		r = store(im, &user, fields);
	}
	database_user_clear(&user);
	return r;
}

static int import_lines(struct import *im)
{
	int status = STATUS_OK;
	struct span line;
	bool is_long;

	import_read_begin(im);
	while (status == STATUS_OK && import_read_line(im, &line, &is_long)) {
		im->lines++;
		import_progress(im);
		if (is_long)
			status = refuse(im, "", "is over 16 KiB");
		else
			status = import_line(im, line);
		if (im->has_format && im->format == IMPORT_AUTHFILE)
			break;
	}
	if (status == STATUS_OK && ferror(im->from))
		status = scmp_fail(im->s, STATUS_FAILED, "%s: %s", im->file,
				   strerror(errno));
	return status;
}

/* --- an authfile: one user, two lines --- */

struct authfile_import {
	struct import *im;
	int status;
};

/*
 * The password is kept as the secret, so that APOP works as before, and as a
 * hash for all else.
 */
static int take_authfile(struct import *im, const struct user_row *row)
{
	const char *password = row->password + strlen("{PLAIN}");
	const struct auth_cost usual = {0};
	struct database_user user;
	char memory[USERS_ERROR_SIZE];
	struct buf out, error;
	int r;

	database_user_init(&user);
	memcpy(user.row.name, row->name, sizeof(user.row.name));
	if (strlen(password) >= sizeof(user.row.secret))
		return refuse(im, row->name,
			      "has a password over 255 octets, which cannot be "
			      "a secret");
	memcpy(user.row.secret, password, strlen(password) + 1);
	buf_init(&out, user.row.password, sizeof(user.row.password));
	buf_init(&error, memory, sizeof(memory));
	r = auth_make_password(span_str(""), &usual, span_str(password), &out,
			       &error);
	if (r < 0 || !buf_str(&out))
		r = refuse(im, row->name, text_of(&error));
	else
		r = store(im, &user,
			  DATABASE_NAME | DATABASE_PASSWORD | DATABASE_SECRET);
	database_user_clear(&user);
	return r;
}

static void visit_authfile(void *context, const struct user_row *row,
			   const char *fault)
{
	struct authfile_import *a = context;

	if (row) {
		a->im->lines = 1;
		a->status = take_authfile(a->im, row);
	} else {
		a->im->refused++;
		(void)scmp_fail(a->im->s, STATUS_REFUSED, "%s", fault);
	}
}

static int import_authfile(struct import *im)
{
	struct authfile_import a = {im, STATUS_OK};
	char memory[USERS_ERROR_SIZE];
	struct buf text;

	if (im->from == stdin)
		return scmp_fail(im->s, STATUS_USAGE,
				 "an authfile is read from a file only; name "
				 "it");
	buf_init(&text, memory, sizeof(memory));
	(void)authfile_each(im->file, &text, visit_authfile, &a);
	return a.status;
}

/* --- all --- */

static int set_format(struct import *im)
{
	const char *format = scmp_value(im->s, OPTION_FORMAT);

	for (int i = 0; format && i < IMPORT_FORMATS; i++) {
		if (strcmp(format, import_format_names[i]) == 0) {
			im->format = (enum import_format)i;
			im->has_format = true;
		}
	}
	if (scmp_given(im->s, OPTION_UPDATE) && scmp_given(im->s, OPTION_SKIP))
		return scmp_fail(im->s, STATUS_USAGE,
				 "--update and --skip contradict each other");
	return STATUS_OK;
}

static int open_file(struct import *im)
{
	const char *word = im->s->words_n ? im->s->words[0] : "-";
	struct stat st;

	im->is_terminal = isatty(STDERR_FILENO);
	im->shows = scmp_given(im->s, OPTION_PROGRESS) ||
		    (im->is_terminal && !scmp_given(im->s, OPTION_QUIET));
	im->today = (uint64_t)time(NULL) / DAY;
	im->file = word;
	im->from = stdin;
	if (strcmp(word, "-") == 0) {
		im->file = "standard input";
		return STATUS_OK;
	}
	im->from = fopen(word, "re");
	if (!im->from)
		return scmp_fail(im->s, STATUS_FAILED, "%s: %s", word,
				 strerror(errno));
	if (fstat(fileno(im->from), &st) == 0 && S_ISREG(st.st_mode))
		im->size = st.st_size;
	return STATUS_OK;
}

static int finish(struct import *im, int status)
{
	struct scmp *s = im->s;
	bool keep = status == STATUS_OK && !scmp_given(s, OPTION_DRY_RUN) &&
		    !(im->refused && scmp_given(s, OPTION_STRICT));
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int r = 0;

	buf_init(&error, memory, sizeof(memory));
	if (keep)
		r = database_commit(&s->db, &error);
	if (!keep || r < 0)
		database_rollback(&s->db);
	import_progress_end(im);
	if (r < 0)
		return scmp_fail_database(s, r, &error);
	if (status != STATUS_OK)
		return status;
	import_tell(im, keep);
	return im->refused ? STATUS_REFUSED : STATUS_OK;
}

static int run(struct import *im)
{
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int r;

	buf_init(&error, memory, sizeof(memory));
	r = database_begin(&im->s->db, &error);
	if (r < 0)
		return scmp_fail_database(im->s, r, &error);
	r = STATUS_OK;
	if (!im->has_format || im->format != IMPORT_AUTHFILE)
		r = import_lines(im);
	if (r == STATUS_OK && im->has_format && im->format == IMPORT_AUTHFILE)
		r = import_authfile(im);
	return finish(im, r);
}

int user_import(struct scmp *s)
{
	struct import im = {.s = s};
	int r = set_format(&im);

	if (r == STATUS_OK)
		r = open_file(&im);
	if (r == STATUS_OK)
		r = run(&im);
	import_read_end(&im);
	return r;
}
