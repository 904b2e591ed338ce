/* SPDX-License-Identifier: ISC */
/* Accounts, and the folders and files that settings name. */
#include "pop3-session/check.h"

#include "config/run_dir.h"
#include "pop3-session/popser_reset.h"
#include "priv/borrow.h"
#include "store/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AT(member) offsetof(struct settings, member)

/* --- accounts --- */

static void check_mail_user(struct check *k)
{
	const struct service *s = k->service;
	const char *name = k->c->settings.mail_user;

	if (!s->privileged)
		return; /* it is not used then */
	if (!s->has_mail_user)
		check_say_key(k, "accounts",
			      conf_is_given(&k->c->conf, AT(mail_user))
				      ? CHECK_WRONG
				      : CHECK_WARNING,
			      AT(mail_user),
			      "%s: there is no such account; make it, or users "
			      "without a uid of their own cannot log in",
			      name);
	else if (s->mail.uid < (uint64_t)k->c->settings.min_uid)
		check_say_key(k, "accounts", CHECK_WRONG, AT(mail_user),
			      "%s: uid %u is below min_uid = %lld; take an "
			      "account that owns mail and nothing else, or "
			      "lower min_uid (never to root)",
			      name, (unsigned)s->mail.uid,
			      (long long)k->c->settings.min_uid);
	else if (s->mail.uid == s->front.uid)
		check_say_key(k, "accounts", CHECK_WRONG, AT(mail_user),
			      "%s: is also front_user, which speaks with the "
			      "network and must own nothing; make two accounts",
			      name);
	else
		check_say(k, "accounts", CHECK_OK, "mail_user %s", name);
}

static void check_front_user(struct check *k)
{
	struct identity found;

	if (k->service->privileged &&
	    identity_find(k->c->settings.front_user, &found) < 0 &&
	    strcmp(k->c->settings.front_user, "pop3-front") == 0)
		check_say_key(k, "accounts", CHECK_WARNING, AT(front_user),
			      "there is no account pop3-front, so nobody is "
			      "taken; make it: systemd-sysusers, or useradd");
}

/* --- folders --- */

/*
 * 0, or the errno for whoever serves mail: as root, that is mail_user.  What
 * only users with a uid of their own may enter cannot be told here.
 */
static int may(const struct check *k, const char *path, int mode)
{
	const struct service *s = k->service;
	bool borrows = s->privileged && s->has_mail_user && s->mail.uid != 0;
	int r = 0;

	if (borrows && identity_borrow(&s->mail) < 0)
		return 0;
	if (faccessat(AT_FDCWD, path, mode, AT_EACCESS) < 0)
		r = errno;
	if (borrows)
		identity_return();
	return r;
}

static int is_folder(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno;
	return S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
}

bool check_is_in_roots(const struct service *s, const char *path)
{
	size_t i;

	for (i = 0; i < s->roots_n; i++) {
		if (place_is_beneath(path, s->roots[i]))
			return true;
	}
	return s->roots_n == 0;
}

/*
 * The folder that all of a template's paths are in: what is before the first
 * percent sign, up to its last slash, NUL-terminated into path.  False: there
 * is none (%h), or it does not fit.
 */
static bool common_folder(const char *template, char path[PLACE_PATH_SIZE])
{
	size_t n = strcspn(template, "%");

	while (n > 0 && template[n - 1] != '/')
		n--;
	if (n == 0 || n > PLACE_PATH_SIZE)
		return false;
	if (n > 1)
		n--; /* the slash */
	memcpy(path, template, n);
	path[n] = '\0';
	return true;
}

static void check_roots(struct check *k)
{
	const struct conf_list *roots = &k->c->settings.mail_roots;
	size_t i;

	for (i = 0; i < roots->n; i++) {
		const char *root = roots->items[i];
		int error = root[0] == '/' ? is_folder(root) : EINVAL;

		if (error)
			check_say_key(k, "mail", CHECK_WRONG, AT(mail_roots),
				      "%s: %s; make the folder, or correct "
				      "mail_roots",
				      root,
				      error == EINVAL ? "not an absolute path"
						      : strerror(error));
	}
}

/* Roots may lie deeper than what all paths have in common: "/%d/mail/%n". */
static bool may_be_in_roots(const struct service *s, const char *folder)
{
	size_t i;

	for (i = 0; i < s->roots_n; i++) {
		if (place_is_beneath(s->roots[i], folder))
			return true;
	}
	return check_is_in_roots(s, folder);
}

static void check_maildir(struct check *k)
{
	const char *template = k->c->settings.maildir;
	bool given = conf_is_given(&k->c->conf, AT(maildir));
	char folder[PLACE_PATH_SIZE];
	int error;

	if (!common_folder(template, folder))
		return;
	if (!may_be_in_roots(k->service, folder)) {
		check_say_key(k, "mail", CHECK_WRONG, AT(maildir),
			      "%s: leads outside mail_roots, so nobody could "
			      "log in; add %s to mail_roots",
			      template, folder);
		return;
	}
	error = is_folder(folder);
	if (!error)
		error = may(k, folder, X_OK);
	if (error)
		check_say_key(k, "mail", given ? CHECK_WRONG : CHECK_WARNING,
			      AT(maildir),
			      "%s: folder %s: %s; make it, owned by who owns "
			      "the mail, or correct maildir",
			      template, folder, strerror(error));
	else
		check_say(k, "mail", CHECK_OK, "%s", template);
}

static void check_index(struct check *k)
{
	const char *template = k->c->settings.index_dir;
	char folder[PLACE_PATH_SIZE];
	char memory[2 * PLACE_PATH_SIZE];
	struct buf text;
	int error;

	if (!template[0])
		return;
	buf_init(&text, memory, sizeof(memory));
	if (place_check_template(span_str(template), &text) < 0) {
		check_say_key(k, "index", CHECK_WRONG, AT(index_dir), "%s",
			      buf_str(&text) ? memory : template);
		return;
	}
	if (!common_folder(template, folder))
		return;
	error = is_folder(folder);
	if (!error)
		error = may(k, folder, W_OK | X_OK);
	if (error)
		check_say_key(k, "index", CHECK_WRONG, AT(index_dir),
			      "%s: folder %s: %s; make it, writable by who "
			      "owns the mail; without it every login reads all "
			      "folders",
			      template, folder, strerror(error));
	else
		check_say(k, "index", CHECK_OK, "%s", template);
}

static void check_popser_log(struct check *k)
{
	const struct settings *s = &k->c->settings;
	char memory[PLACE_PATH_SIZE];
	struct buf folder;
	int error;

	if (!s->popser_log[0])
		return;
	buf_init(&folder, memory, sizeof(memory));
	if (s->popser_log[0] != '/' || !popser_log_place(s, &folder)) {
		check_say_key(k, "mail", CHECK_WRONG, AT(popser_log),
			      "%s: not the absolute path of a file",
			      s->popser_log);
		return;
	}
	error = may(k, memory, W_OK | X_OK);
	if (error)
		check_say_key(k, "mail", CHECK_WRONG, AT(popser_log),
			      "%s: its folder: %s; let who owns the mail write "
			      "there, or nothing can be moved",
			      s->popser_log, strerror(error));
}

/* The folder that is above, NUL-terminated, in place. */
static void cut_last(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash == path)
		slash++;
	if (slash)
		*slash = '\0';
}

/* As service_share() will find it.  NULL: well. */
static const char *run_dir_fault(char *path)
{
	struct stat st;

	if (path[0] != '/')
		return "not an absolute path";
	if (lstat(path, &st) < 0) {
		if (errno != ENOENT)
			return strerror(errno);
		cut_last(path);
		return access(path, W_OK | X_OK) == 0
			       ? NULL
			       : "is not there and cannot be made";
	}
	if (!S_ISDIR(st.st_mode))
		return "not a folder";
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return "belongs to somebody else";
	if (st.st_mode & S_IWOTH)
		return "everybody may write there";
	return access(path, W_OK | X_OK) == 0 ? NULL : "may not be written";
}

static void check_run_dir(struct check *k)
{
	char memory[PLACE_PATH_SIZE], path[PLACE_PATH_SIZE];
	const char *fault;
	struct buf text;

	buf_init(&text, memory, sizeof(memory));
	run_dir_add_path(&text, k->service->settings, k->service->privileged);
	if (!buf_str(&text))
		return;
	memcpy(path, memory, text.n + 1);
	fault = run_dir_fault(path);
	if (fault)
		check_say_key(
			k, "run_dir", CHECK_WRONG, AT(run_dir),
			"%s: %s; make the folder, or set run_dir; without "
			"it sessions are not counted and failed logins "
			"not slowed down",
			memory, fault);
	else
		check_say(k, "run_dir", CHECK_OK, "%s", memory);
}

static void check_log(struct check *k)
{
	const char *log = k->c->settings.log;
	char folder[PLACE_PATH_SIZE];
	int error = 0;

	if (!log[0] || strcmp(log, "stderr") == 0 || strcmp(log, "syslog") == 0)
		return;
	if (log[0] != '/' || strlen(log) >= sizeof(folder)) {
		error = EINVAL;
	} else if (access(log, W_OK) < 0) {
		error = errno;
		memcpy(folder, log, strlen(log) + 1);
		cut_last(folder);
		if (error == ENOENT && access(folder, W_OK | X_OK) == 0)
			error = 0;
	}
	if (error)
		check_say_key(k, "log", CHECK_WRONG, AT(log),
			      "%s: %s; give stderr, syslog or the path of a "
			      "file that can be written",
			      log, strerror(error));
	else
		check_say(k, "log", CHECK_OK, "%s", log);
}

void check_places(struct check *k)
{
	check_mail_user(k);
	check_front_user(k);
	check_roots(k);
	check_maildir(k);
	check_index(k);
	check_popser_log(k);
	check_run_dir(k);
	check_log(k);
}
