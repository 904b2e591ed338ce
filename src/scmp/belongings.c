/* SPDX-License-Identifier: ISC */
#include "scmp/belongings.h"

#include "scmp/commands.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int expand(const char *template, const struct user_row *row,
		  char path[PLACE_PATH_SIZE])
{
	struct buf out;
	int r;

	buf_init(&out, path, PLACE_PATH_SIZE);
	r = place_expand(
		span_str(template),
		span_str(row->mail_user[0] ? row->mail_user : row->name),
		span_str(row->home), &out);
	if (r == 0 && !buf_str(&out))
		r = -ENAMETOOLONG;
	return r;
}

static const char *template_of(const struct scmp *s, const struct user_row *row)
{
	return row->maildir[0] ? row->maildir
			       : s->configuration.settings.maildir;
}

int belongings_place(const struct scmp *s, const struct user_row *row,
		     char path[PLACE_PATH_SIZE])
{
	return expand(template_of(s, row), row, path);
}

void belongings_index(const struct scmp *s, const struct user_row *row,
		      char path[PLACE_PATH_SIZE])
{
	const char *template = s->configuration.settings.index_dir;

	if (!template[0] || expand(template, row, path) < 0)
		path[0] = '\0';
}

bool belongings_may_be_at(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/* --- who, and what is missing --- */

/* Says how what is missing is given: here, or to the row before. */
static int refuse(const struct scmp *s, const char *name, enum option_id id,
		  struct buf *why)
{
	bool takes = s->command->options & OPTION_BIT(id);

	if (takes) {
		buf_add_str(why, "give ");
	} else {
		buf_add_str(why, "set it with `user change ");
		buf_add_str(why, name);
		buf_add_char(why, ' ');
	}
	option_add_name(why, id);
	if (!takes)
		buf_add_str(why, "` first, or leave out --purge");
	return scmp_fail_text(s, STATUS_REFUSED, why);
}

static int refuse_place(const struct scmp *s, const struct user_row *row,
			int failed)
{
	enum option_id remedy =
		failed == -ENOENT ? OPTION_HOME : OPTION_MAILDIR;
	char memory[USERS_ERROR_SIZE];
	struct buf why;

	buf_init(&why, memory, sizeof(memory));
	buf_add_str(&why, row->name);
	buf_add_str(&why, ": the maildir template ");
	buf_add_str(&why, template_of(s, row));
	buf_add_str(&why, failed == -ENOENT ? " wants a home (%h), and there "
					      "is none"
			  : failed == -EDOM ? " wants a domain (%d), and the "
					      "name has none"
					    : " gives no path for this user");
	buf_add_str(&why, "; ");
	return refuse(s, row->name, remedy, &why);
}

static int refuse_owner(const struct scmp *s, const struct user_row *row,
			int failed)
{
	char memory[USERS_ERROR_SIZE];
	struct buf why;

	buf_init(&why, memory, sizeof(memory));
	buf_add_str(&why, row->name);
	buf_add_str(&why, failed == -ENOENT
				  ? ": the mail has no uid, and there is no "
				    "account "
				  : ": the mail has no uid but that of ");
	buf_add_str(&why, s->configuration.settings.mail_user);
	buf_add_str(&why, " (mail_user)");
	if (failed != -ENOENT) {
		buf_add_str(&why, ", which cannot be looked up: ");
		buf_add_str(&why, strerror(-failed));
	}
	buf_add_str(&why, "; correct that, or ");
	return refuse(s, row->name, OPTION_UID, &why);
}

/* The same rules as a login has. */
static int find_owner(const struct scmp *s, const struct user_row *row,
		      struct identity *owner)
{
	const struct settings *settings = &s->configuration.settings;
	int r = 0;

	if (!identity_can_change()) {
		*owner = (struct identity){geteuid(), getegid()};
		if (row->has_uid && row->uid != owner->uid)
			return scmp_fail(s, STATUS_REFUSED,
					 "%s: the mail belongs to uid %u; root "
					 "can remove it",
					 row->name, (unsigned)row->uid);
		return STATUS_OK;
	}
	if (row->has_uid)
		*owner = (struct identity){row->uid, row->uid};
	else
		r = identity_find(settings->mail_user, owner);
	if (r < 0)
		return refuse_owner(s, row, r);
	if (row->has_gid)
		owner->gid = row->gid;
	if (owner->uid < (uint64_t)settings->min_uid)
		return scmp_fail(s, STATUS_REFUSED,
				 "%s: uid %u is below min_uid; its mail is not "
				 "served, and not removed",
				 row->name, (unsigned)owner->uid);
	return STATUS_OK;
}

int belongings_find(const struct scmp *s, const struct user_row *row,
		    struct belongings *b)
{
	int r = belongings_place(s, row, b->path);

	if (r < 0)
		return refuse_place(s, row, r);
	belongings_index(s, row, b->index);
	b->by_root = identity_can_change();
	return find_owner(s, row, &b->owner);
}

/* --- as the owner --- */

static int act_as_owner(const struct scmp *s, const char *name,
			const struct belongings *b,
			int (*act)(const struct scmp *s, const char *name,
				   const struct belongings *b))
{
	int r = identity_become(&b->owner);

	if (r < 0)
		return scmp_fail(s, STATUS_FAILED,
				 "%s: cannot become uid %u: %s", name,
				 (unsigned)b->owner.uid, strerror(-r));
	return act(s, name, b);
}

int belongings_as_owner(const struct scmp *s, const char *name,
			const struct belongings *b,
			int (*act)(const struct scmp *s, const char *name,
				   const struct belongings *b))
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		status = act_as_owner(s, name, b, act);
		fflush(stdout);
		_exit(status);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return scmp_fail(s, STATUS_FAILED, "%s: %s", name,
				 strerror(errno));
	return WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_FAILED;
}
