/* SPDX-License-Identifier: ISC */
#include "scmpd/rights.h"

#include "config/command_line.h"
#include "config/policy.h"
#include "priv/identity.h"
#include "priv/sandbox.h"
#include "scmpd/scmpd.h"
#include "sys/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	FOLDERS_MAX = USERS_STORES_MAX + 4,
	POLICY_WAIT_MS = 2000,
};

/* Folders that files are opened in later. */
struct folders {
	int fds[FOLDERS_MAX];
	size_t n;
};

static void add_folder(struct folders *f, const char *path)
{
	int fd = f->n < FOLDERS_MAX
			 ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)
			 : -1;

	if (fd >= 0)
		f->fds[f->n++] = fd;
}

static void add_folder_of(struct folders *f, const char *path)
{
	char folder[USERS_PATH_SIZE];
	char *slash;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder] = '\0';
	add_folder(f, slash ? folder : ".");
}

static void close_folders(struct folders *f)
{
	while (f->n > 0)
		close(f->fds[--f->n]);
}

/* The list of words that no password may be is read for each new one. */
static void add_folder_of_deny_list(struct folders *f, const struct scmpd *s)
{
	char memory[USERS_ERROR_SIZE];
	struct policy policy;
	struct database db;
	struct buf error;

	buf_init(&error, memory, sizeof(memory));
	if (!s->database[0] || database_open(&db, s->database, DATABASE_READ,
					     POLICY_WAIT_MS, &error) < 0)
		return;
	policy_init(&policy);
	if (policy_read(&policy, &db, &error) == 0 && policy.deny_list[0])
		add_folder_of(f, policy.deny_list);
	database_close(&db);
}

/* A database has its journal beside it, also for who only reads; other stores
 * are never written, and nor is the configuration, which is read again. */
static void open_folders(const struct scmpd *s, struct folders *own,
			 struct folders *read)
{
	for (size_t i = 0; i < s->users.n; i++) {
		const struct users_store *store = &s->users.stores[i];

		add_folder_of(users_store_is_database(store) ? own : read,
			      store->path);
	}
	add_folder(own, s->run_dir);
	add_folder(own, s->settings->state_dir);
	add_folder_of(read, s->line->config ? s->line->config : SETTINGS_FILE);
	add_folder_of_deny_list(read, s);
}

static int become_own_user(const struct scmpd *s, struct buf *error)
{
	struct identity own, front;
	int failed;

	if (!s->privileged)
		return 0;
	failed = identity_find(s->settings->scmp_user, &own);
	/* Whoever is of our user is an administrator at the Unix socket. */
	if (failed == 0 &&
	    identity_find(s->settings->front_user, &front) == 0 &&
	    front.uid == own.uid)
		log_warning("scmp_user %s is front_user, too: a session that "
			    "was taken over could administer; give scmpd an "
			    "account of its own",
			    s->settings->scmp_user);
	if (failed == 0)
		failed = identity_become(&own);
	if (failed == 0)
		return 0;
	buf_add_str(error, "scmp_user ");
	buf_add_str(error, s->settings->scmp_user);
	buf_add_str(error, ": ");
	buf_add_str(error, failed == -ENOENT
				   ? "there is no such account; make it "
				     "(systemd-sysusers), or set scmp_user"
				   : strerrordesc_np(-failed));
	return failed;
}

static int enter_sandbox(const struct scmpd *s, const struct folders *own,
			 const struct folders *read, struct buf *error)
{
	const struct sandbox_folders folders = {
		.own = own->fds,
		.own_n = own->n,
		.read = read->fds,
		.read_n = read->n,
	};
	struct sandbox_report report;
	int failed = sandbox_daemon((enum sandbox_mode)s->settings->sandbox,
				    &folders, &report);

	if (failed < 0)
		buf_add_str(error, report.text);
	else if (!report.complete && s->settings->sandbox != SANDBOX_OFF)
		log_warning("sandbox: %s", report.text);
	return failed;
}

int rights_give_up(const struct scmpd *s, struct buf *error)
{
	struct folders own = {.n = 0}, read = {.n = 0};
	int failed;

	open_folders(s, &own, &read);
	failed = become_own_user(s, error);
	if (failed == 0)
		failed = enter_sandbox(s, &own, &read, error);
	close_folders(&own);
	close_folders(&read);
	return failed;
}
