/* SPDX-License-Identifier: ISC */
/* Where the row's mail is, whose it is, and whether it can be served. */
#include "pop3-session/explain.h"

#include "base/num.h"
#include "pop3-session/check.h"
#include "pop3-session/front.h"
#include "priv/borrow.h"
#include "store/index.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define AT(member) offsetof(struct settings, member)

/* --- by the row and the settings alone --- */

static void explain_owner(struct explain *x)
{
	const struct identity *owner = &x->place.owner;
	const struct user_row *row = &x->row;

	if (!x->service->privileged)
		explain_say(x, "owner", EXPLAIN_OK,
			    "uid %u, gid %u: those of the server, which is not "
			    "root's",
			    (unsigned)owner->uid, (unsigned)owner->gid);
	else if (row->has_uid)
		explain_say(x, "owner", EXPLAIN_OK,
			    "uid %u from the row, gid %u %s (%s)",
			    (unsigned)owner->uid, (unsigned)owner->gid,
			    row->has_gid ? "from it, too" : "like it",
			    x->store);
	else
		explain_say_key(x, "owner", EXPLAIN_OK, AT(mail_user),
				"uid %u, gid %u%s: the row has no uid",
				(unsigned)owner->uid, (unsigned)owner->gid,
				row->has_gid ? " (the row's)" : "");
}

static void explain_path(struct explain *x)
{
	const struct user_row *row = &x->row;
	char memory[4 * USERS_NAME_SIZE];
	const char *whose = row->mail_user[0] ? row->mail_user : x->m.user;

	whose = explain_escape(whose, memory, sizeof(memory));
	if (row->maildir[0])
		explain_say(x, "path", EXPLAIN_OK, "%s, made of %s for %s (%s)",
			    x->place.path, row->maildir, whose, x->store);
	else
		explain_say_key(x, "path", EXPLAIN_OK, AT(maildir),
				"%s, made of %s for %s", x->place.path,
				x->c->settings.maildir, whose);
	if (row->home[0])
		explain_say(x, "path", EXPLAIN_NOTE, "the home is %s (%s)",
			    row->home, x->store);
}

static bool explain_roots(struct explain *x)
{
	const struct service *s = x->service;
	bool is_in = check_is_in_roots(s, x->place.path);

	if (s->roots_n == 0)
		explain_say_key(x, "roots", EXPLAIN_OK, AT(mail_roots),
				"every folder is allowed");
	else
		explain_say_key(x, "roots",
				is_in ? EXPLAIN_OK : EXPLAIN_REFUSED,
				AT(mail_roots), "the path is %s mail_roots",
				is_in ? "in" : "in none of");
	if (!is_in)
		explain_refuse_as(x, monitor_answer_of(-EXDEV));
	return is_in;
}

/* --- as the owner of the mail --- */

static int may(int dir, const char *path, int mode)
{
	return faccessat(dir, path, mode, AT_EACCESS) < 0 ? errno : 0;
}

/* The folder that is above the Maildir. */
static const char *above(const struct explain *x, char folder[PLACE_PATH_SIZE])
{
	size_t n = span_find_last(span_str(x->place.path), '/');

	memcpy(folder, x->place.path, n);
	folder[n] = '\0';
	return n > 0 ? folder : "/";
}

static void explain_missing(struct explain *x)
{
	char folder[PLACE_PATH_SIZE];
	const char *parent = above(x, folder);
	int error = x->place.log ? EROFS : may(AT_FDCWD, parent, W_OK | X_OK);

	if (error == 0)
		explain_say(x, "Maildir", EXPLAIN_NOTE,
			    "it is not there; the login would make it, with "
			    "mode 0700");
	else
		explain_say(x, "Maildir", EXPLAIN_NOTE,
			    "it is not there and would not be made (%s: %s); "
			    "the client would see an empty mailbox",
			    parent, strerror(error));
}

static void explain_folder(struct explain *x, int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int error = fd < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	if (error == ENOENT || error == ENOTDIR || error == ELOOP) {
		explain_say(x, "Maildir", EXPLAIN_NOTE,
			    "%s: %s; it counts as empty", name,
			    strerror(error));
	} else if (error) {
		explain_say(x, "Maildir", EXPLAIN_REFUSED, "%s: %s", name,
			    strerror(error));
		explain_refuse_as(x, monitor_answer_of(-error));
	} else if (may(dir, name, W_OK | X_OK)) {
		explain_say(x, "Maildir", EXPLAIN_NOTE,
			    "%s: the owner of the mail may not write there, so "
			    "QUIT cannot remove anything",
			    name);
	}
}

static void explain_maildir(struct explain *x, int dir)
{
	const struct identity *owner = &x->place.owner;
	struct stat st;

	if (fstat(dir, &st) < 0)
		return;
	explain_say(x, "Maildir",
		    st.st_uid == owner->uid ? EXPLAIN_OK : EXPLAIN_NOTE,
		    "it is there, mode %04o, owned by uid %u, gid %u%s",
		    (unsigned)st.st_mode & 07777, (unsigned)st.st_uid,
		    (unsigned)st.st_gid,
		    st.st_uid == owner->uid ? ""
					    : ", which is not the owner of "
					      "this user's mail");
	explain_folder(x, dir, "new");
	explain_folder(x, dir, "cur");
}

/* Takes a word off the front. */
static struct span next_word(struct span *line)
{
	struct span word;

	while (line->n > 0 && strchr(" \t\n", line->p[0]))
		*line = span_drop(*line, 1);
	word = span_take(*line, strcspn(line->p, " \t\n"));
	*line = span_drop(*line, word.n);
	return word;
}

/* The process of "1: FLOCK ADVISORY WRITE PID PLACE 0 EOF", or 0. */
static uint64_t holder_in(struct span line, struct span place)
{
	struct span kind, pid;
	uint64_t number;

	(void)next_word(&line);
	kind = next_word(&line);
	(void)next_word(&line);
	(void)next_word(&line);
	pid = next_word(&line);
	return span_equal(kind, span_str("FLOCK")) &&
			       span_equal(next_word(&line), place) &&
			       num_parse_u64(pid, INT_MAX, &number)
		       ? number
		       : 0;
}

/* Who holds a flock(2) on the folder, by /proc/locks; 0: it does not tell. */
static uint64_t holder_of(int dir)
{
	FILE *f = fopen("/proc/locks", "re");
	char line[256], place[64];
	uint64_t found = 0;
	struct stat st;

	if (!f)
		return 0;
	if (fstat(dir, &st) == 0) {
		(void)snprintf(place, sizeof(place), "%02x:%02x:%llu",
			       major(st.st_dev), minor(st.st_dev),
			       (unsigned long long)st.st_ino);
		while (!found && fgets(line, sizeof(line), f))
			found = holder_in(span_str(line), span_str(place));
	}
	(void)fclose(f);
	return found;
}

static void explain_lock(struct explain *x, int dir)
{
	char memory[EXPLAIN_REPLY], since[64] = "", by[64] = "";
	struct buf reply;
	int64_t seconds;
	uint64_t pid;

	if (!monitor_is_locked(dir)) {
		explain_say(x, "lock", EXPLAIN_OK, "free");
		return;
	}
	seconds = monitor_held_for(&x->m, dir);
	pid = holder_of(dir);
	if (seconds >= 0)
		(void)snprintf(since, sizeof(since), " for %lld seconds",
			       (long long)seconds);
	if (pid > 0)
		(void)snprintf(by, sizeof(by), ", process %llu",
			       (unsigned long long)pid);
	explain_say(x, "lock", EXPLAIN_REFUSED,
		    "another session has had it%s%s", since, by);
	buf_init(&reply, memory, sizeof(memory));
	front_add_in_use(&reply, seconds);
	explain_refuse(x, buf_str(&reply) ? memory : "");
}

static void say_index(struct explain *x, const char *where, int dir)
{
	struct index_files files = INDEX_FILES_NONE;

	index_find(dir, &files);
	explain_say_key(x, "index", EXPLAIN_OK, AT(index_dir), "%s: %s", where,
			files.n > 0 ? "it is there"
				    : "there is none yet; the login reads the "
				      "folders");
	index_close(&files);
}

static void explain_index(struct explain *x, int dir)
{
	const char *path = x->place.index;
	int fd;

	if (x->place.log) {
		explain_say_key(x, "index", EXPLAIN_OK, AT(popser_log), "%s/%s",
				path, x->place.log);
		return;
	}
	if (!x->place.has_index) {
		say_index(x, "in the Maildir", dir);
		return;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		say_index(x, path, fd);
		close(fd);
	} else {
		explain_say_key(x, "index", EXPLAIN_NOTE, AT(index_dir),
				"%s: %s; the login makes it or does without",
				path, strerror(errno));
	}
}

static void look_around(struct explain *x)
{
	const struct service *s = x->service;
	bool missing = false;
	int dir = place_open(x->place.path, s->roots, s->roots_n, false,
			     &missing);

	if (dir >= 0) {
		explain_maildir(x, dir);
		explain_lock(x, dir);
		explain_index(x, dir);
		close(dir);
	} else if (missing) {
		explain_missing(x);
	} else {
		explain_say(x, "Maildir", EXPLAIN_REFUSED, "%s: %s",
			    x->place.path,
			    dir == -EXDEV ? "a link leads outside mail_roots"
					  : strerror(-dir));
		explain_refuse_as(x, monitor_answer_of(dir));
	}
}

/* With the place of the first setting that the text names. */
static void say_why(struct explain *x, const char *why)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";
	char memory[EXPLAIN_TEXT];
	struct span rest = span_str(why), key = {NULL, 0};
	struct buf where;

	buf_init(&where, memory, sizeof(memory));
	while (rest.n > 0 && where.n == 0) {
		key = span_take(rest, strspn(rest.p, letters));
		conf_where_named(&x->c->conf, key, &where);
		rest = span_drop(rest, key.n + 1);
	}
	if (where.n == 0)
		explain_say(x, "mail", EXPLAIN_REFUSED, "%s (%s)", why,
			    x->store);
	else
		explain_say(x, "mail", EXPLAIN_REFUSED,
			    "%s (%s) [" SPAN_FMT ": " SPAN_FMT "]", why,
			    x->store, SPAN_ARG(key),
			    SPAN_ARG(buf_span(&where)));
}

void explain_place(struct explain *x)
{
	bool privileged = x->service->privileged;
	const char *why = monitor_work_out_place(&x->m, &x->row, &x->place);

	if (why) {
		say_why(x, why);
		explain_refuse_as(x, CHANNEL_PERMANENT);
		return;
	}
	explain_owner(x);
	explain_path(x);
	if (!explain_roots(x))
		return;
	if (privileged && identity_borrow(&x->place.owner) < 0) {
		explain_say(x, "mail", EXPLAIN_REFUSED,
			    "cannot act as the mail's owner");
		explain_refuse_as(x, CHANNEL_PERMANENT);
		return;
	}
	look_around(x);
	if (privileged)
		identity_return();
}
