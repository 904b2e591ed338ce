/* SPDX-License-Identifier: ISC */
/* Where the mail is, whose it is, and how this process becomes its owner. */
#include "pop3-session/monitor.h"

#include "pop3-session/popser_reset.h"
#include "priv/borrow.h"
#include "priv/sandbox.h"
#include "store/popser_drop.h"
#include "sys/clock.h"
#include "sys/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static enum channel_answer misconfigured(const struct monitor *m,
					 const char *why)
{
	log_error("user %s: %s", m->user, why);
	return CHANNEL_PERMANENT;
}

static const char *find_owner(const struct monitor *m,
			      const struct user_row *row,
			      struct identity *owner)
{
	const struct service *s = m->service;

	if (!s->privileged) {
		*owner = (struct identity){geteuid(), getegid()};
		if (row->has_uid && row->uid != owner->uid)
			return "the row's uid is not ours, and without root "
			       "rights it cannot be taken";
		return NULL;
	}
	if (!row->has_uid) {
		if (!s->has_mail_user && !m->setup->preauth)
			return "the row has no uid and there is no account "
			       "mail_user; give one of them";
		*owner = s->mail;
	} else {
		*owner = (struct identity){row->uid, row->uid};
	}
	/* With --user it is whoever owns the Maildir. */
	if ((row->has_uid || !m->setup->preauth) &&
	    owner->uid < (uint64_t)s->settings->min_uid)
		return row->has_uid ? "the row's uid is below min_uid"
				    : "the uid of mail_user is below min_uid";
	if (row->has_gid)
		owner->gid = row->gid;
	return NULL;
}

/*
 * --user on a root's terminal without a row that says more: whoever owns the
 * Maildir, which may be root itself.
 */
static void own_as_found(const struct monitor *m, const struct user_row *row,
			 struct monitor_place *place)
{
	struct stat st;

	if (m->service->privileged && m->setup->preauth && !row->has_uid &&
	    stat(place->path, &st) == 0)
		place->owner = (struct identity){st.st_uid, st.st_gid};
}

static int expand(const struct monitor *m, const char *template,
		  const struct user_row *row, char path[PLACE_PATH_SIZE])
{
	struct buf out;
	int r;

	buf_init(&out, path, PLACE_PATH_SIZE);
	r = place_expand(span_str(template),
			 span_str(row->mail_user[0] ? row->mail_user : m->user),
			 span_str(row->home), &out);
	if (r == 0 && !buf_str(&out))
		r = -ENAMETOOLONG;
	return r;
}

const char *monitor_work_out_place(const struct monitor *m,
				   const struct user_row *row,
				   struct monitor_place *place)
{
	const struct settings *settings = m->service->settings;
	const char *template =
		row->maildir[0] ? row->maildir : settings->maildir;
	const char *why = find_owner(m, row, &place->owner);

	if (why)
		return why;
	place->has_index = settings->index_dir[0] || settings->popser_log[0];
	place->log = NULL;
	if (expand(m, template, row, place->path) < 0)
		return "the maildir template gives no path for this user (%d "
		       "without a domain, or %h without a home)";
	own_as_found(m, row, place);
	if (settings->index_dir[0] &&
	    expand(m, settings->index_dir, row, place->index) < 0)
		return "the index_dir template gives no path for this user";
	if (settings->popser_log[0]) {
		struct buf folder;

		buf_init(&folder, place->index, sizeof(place->index));
		place->log = popser_log_place(settings, &folder);
		if (!place->log)
			return "popser_log is no path of a file";
	}
	return NULL;
}

enum channel_answer monitor_find_place(struct monitor *m,
				       const struct user_row *row,
				       struct monitor_place *place)
{
	const char *why = monitor_work_out_place(m, row, place);

	return why ? misconfigured(m, why) : CHANNEL_WELCOME;
}

enum channel_answer monitor_answer_of(int error)
{
	return error == -EIO || error == -ENFILE || error == -EMFILE ||
			       error == -ENOMEM
		       ? CHANNEL_TEMPORARY
		       : CHANNEL_PERMANENT;
}

static enum channel_answer broken(const struct monitor *m, const char *path,
				  int error)
{
	log_error("user %s: Maildir %s: %s", m->user, path,
		  error == -EXDEV
			  ? "leads outside mail_roots; add its root there"
			  : strerror(-error));
	return monitor_answer_of(error);
}

/*
 * Asked before this process becomes the owner for good, since after "in use"
 * the client may log in as somebody else.
 */
bool monitor_is_locked(int dir)
{
	if (flock(dir, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK;
	(void)flock(dir, LOCK_UN);
	return false;
}

int64_t monitor_held_for(const struct monitor *m, int dir)
{
	struct stat st;
	int64_t since;

	if (fstat(dir, &st) < 0)
		return -1;
	since = admission_held_since(&m->service->admission, st.st_dev,
				     st.st_ino);
	return since > 0 ? clock_now_s() - since : -1;
}

struct path_context {
	const char *path;
};

static int path_stat(void *context, struct stat *st)
{
	const struct path_context *c = context;

	return stat(c->path, st) < 0 ? -errno : 0;
}

/* As popser nothing is made in the Maildir and nothing moves at UPDATE. */
static void take_popser(const struct monitor_place *place,
			struct maildrop_options *options)
{
	static struct popser_options popser;

	if (!place->log)
		return;
	popser = (struct popser_options){place->log, place->path};
	options->popser = &popser;
	options->keep_new = true;
	options->mark_seen = false;
	options->no_index = true;
}

static int list(struct monitor *m, const struct monitor_place *place, int dir,
		int index)
{
	struct path_context context = {place->path};
	struct maildrop_options options = {
		.keep_new = m->service->settings->new_mail == NEW_MAIL_KEEP,
		.mark_seen = m->service->settings->mark_seen,
		.index_dirfd = index,
		.no_index = place->has_index && index < 0,
		.path_stat = path_stat,
		.context = &context,
	};
	int r;

	take_popser(place, &options);
	r = maildrop_open(&m->drop, dir, &options);
	m->drop.options.path_stat = NULL;
	m->has_drop = r == 0;
	return r;
}

static void note_holding(struct monitor *m, int dir)
{
	struct stat st;

	if (m->setup->ticket && fstat(dir, &st) == 0)
		admission_hold(&m->service->admission, m->setup->ticket,
			       st.st_dev, st.st_ino);
}

/* For good: from here on nothing but these folders can be reached. */
static int confine(struct monitor *m, const struct monitor_place *place,
		   const int *dirs, size_t n)
{
	struct sandbox_report report;
	int r = 0;

	if (m->service->privileged &&
	    !(m->setup->preauth && place->owner.uid == 0))
		r = identity_become(&place->owner);
	if (r < 0) {
		log_error("user %s: cannot become uid %u: %s", m->user,
			  (unsigned)place->owner.uid, strerror(-r));
		return r;
	}
	r = sandbox_maildrop((enum sandbox_mode)m->service->settings->sandbox,
			     dirs, n, &report);
	if (r < 0)
		log_error("user %s: %s", m->user, report.text);
	return r;
}

static int open_index_dir(const struct monitor *m,
			  const struct monitor_place *place)
{
	int fd = -1;

	if (!place->has_index)
		return -1;
	if (mkdirat(AT_FDCWD, place->index, 0700) == 0 || errno == EEXIST)
		fd = open(place->index, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		log_warning("user %s: folder of the index %s: %s; served "
			    "without one",
			    m->user, place->index, strerror(errno));
	return fd;
}

/* Nothing there and nothing to be made: an empty maildrop is the truth. */
static enum channel_answer
serve_empty(struct monitor *m, const struct monitor_place *place, bool *fatal)
{
	*fatal = confine(m, place, NULL, 0) < 0;
	if (*fatal)
		return CHANNEL_PERMANENT;
	log_info("user %s: Maildir %s is missing and cannot be made; served "
		 "as empty",
		 m->user, place->path);
	return CHANNEL_WELCOME;
}

static enum channel_answer enter_open(struct monitor *m,
				      const struct monitor_place *place,
				      int dir, int index, bool *fatal)
{
	const int dirs[] = {dir, index};
	int r;

	*fatal = true;
	if (confine(m, place, dirs, index >= 0 ? 2 : 1) < 0)
		return CHANNEL_PERMANENT;
	r = list(m, place, dir, index);
	if (r == -EWOULDBLOCK || r == -ESTALE)
		return CHANNEL_IN_USE; /* somebody was faster just now */
	if (r < 0)
		return broken(m, place->path, r);
	*fatal = false;
	note_holding(m, dir);
	event_skipped(m);
	return CHANNEL_WELCOME;
}

enum channel_answer monitor_enter_place(struct monitor *m,
					const struct monitor_place *place,
					bool *fatal, int64_t *held)
{
	enum channel_answer answer;
	bool privileged = m->service->privileged;
	bool missing = false;
	int dir, index = -1;

	if (privileged && identity_borrow(&place->owner) < 0)
		return misconfigured(m, "cannot act as the mail's owner");
	dir = place_open(place->path, m->service->roots, m->service->roots_n,
			 !place->log, &missing);
	if (dir >= 0 && monitor_is_locked(dir)) {
		*held = monitor_held_for(m, dir);
		answer = CHANNEL_IN_USE;
	} else if (dir >= 0) {
		index = open_index_dir(m, place);
		answer = CHANNEL_WELCOME;
	} else {
		answer = missing ? serve_empty(m, place, fatal)
				 : broken(m, place->path, dir);
	}
	if (answer == CHANNEL_WELCOME && dir >= 0)
		answer = enter_open(m, place, dir, index, fatal);
	if (answer != CHANNEL_WELCOME && !*fatal && privileged)
		identity_return();
	if (dir >= 0)
		close(dir);
	return answer;
}
