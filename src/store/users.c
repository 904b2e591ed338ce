/* SPDX-License-Identifier: ISC */
#include "store/users.h"

#include <errno.h>
#include <string.h>

#include "store/authfile.h"
#include "store/database_store.h"
#include "store/passwd_file.h"
#include "store/users_driver.h"
#include "sys/clock.h"

/* A further store is a further row. */
static const struct users_driver drivers[] = {
	{SPAN_LITERAL("sqlite:"), "id", database_store_find,
	 database_store_facts, database_store_each, database_store_is_left,
	 database_store_undo, NULL},
	{SPAN_LITERAL("passwd-file:"), "line", passwd_file_find,
	 passwd_file_facts, passwd_file_each, NULL, NULL, passwd_file_remarks},
	{SPAN_LITERAL("authfile:"), NULL, authfile_find, authfile_facts,
	 authfile_each, NULL, NULL, NULL},
};

void user_row_clear(struct user_row *row)
{
	explicit_bzero(row, sizeof(*row));
}

/* --- opening --- */

static int users_refuse(const char *spec, const char *why, struct buf *error)
{
	buf_add_str(error, "users = ");
	buf_add_escaped(error, span_str(spec));
	buf_add_str(error, ": ");
	buf_add_str(error, why);
	return -EINVAL;
}

static const struct users_driver *users_driver_of(const char *spec)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		if (span_starts(span_str(spec), drivers[i].prefix))
			return &drivers[i];
	}
	return NULL;
}

static int users_add(struct users *u, const char *spec, struct buf *error)
{
	const struct users_driver *driver = users_driver_of(spec);
	struct users_store *store = &u->stores[u->n];
	const char *path;

	if (!driver)
		return users_refuse(spec,
				    "unknown kind of store; known are "
				    "sqlite:PATH, passwd-file:PATH and "
				    "authfile:PATH",
				    error);
	path = spec + driver->prefix.n;
	if (path[0] != '/')
		return users_refuse(spec,
				    "the path must be absolute, beginning "
				    "with a slash",
				    error);
	if (strlen(path) >= sizeof(store->path))
		return users_refuse(spec, "the path is over 1023 octets",
				    error);
	memset(store, 0, sizeof(*store));
	store->driver = driver;
	memcpy(store->path, path, strlen(path) + 1);
	u->n++;
	return 0;
}

bool users_store_is_database(const struct users_store *store)
{
	return store->driver->undo != NULL;
}

int users_open(struct users *u, const char *const *specs, size_t n,
	       struct buf *error)
{
	u->n = 0;
	u->wait_ms = USERS_WAIT_MS;
	u->as_owner = NULL;
	if (!n)
		return users_refuse("",
				    "names no store; give at least one, "
				    "such as sqlite:/var/lib/pop3-session/"
				    "users.db",
				    error);
	for (size_t i = 0; i < n; i++) {
		if (i == USERS_STORES_MAX)
			return users_refuse(
				specs[i], "only 8 stores can be given", error);
		if (users_add(u, specs[i], error) < 0)
			return -EINVAL;
	}
	return 0;
}

int users_each(const struct users *u, users_visitor *visit, void *context)
{
	char memory[USERS_ERROR_SIZE];
	struct buf text;
	int first = 0;

	for (size_t i = 0; i < u->n; i++) {
		const struct users_store *store = &u->stores[i];
		int failed;

		buf_init(&text, memory, sizeof(memory));
		failed =
			store->driver->each(store->path, &text, visit, context);
		if (first == 0)
			first = failed;
	}
	return first;
}

void users_remarks(const struct users *u,
		   void (*say)(void *context, const char *text), void *context)
{
	for (size_t i = 0; i < u->n; i++) {
		const struct users_driver *driver = u->stores[i].driver;

		/* What cannot be read is told of elsewhere. */
		if (driver->remarks)
			(void)driver->remarks(u->stores[i].path, say, context);
	}
}

/* --- searching --- */

/* Until when a search waits for others and reads, over all stores; 0: there
 * is none. */
static uint64_t users_latest;
/* The same for waiting alone, which is not later. */
static uint64_t users_patient;

static void users_begin(const struct users *u)
{
	uint64_t now = clock_ms();

	users_latest = now + USERS_WAIT_MS;
	users_patient = now + u->wait_ms;
}

unsigned users_wait_ms(void)
{
	uint64_t now = clock_ms();

	return now < users_patient ? (unsigned)(users_patient - now) : 0;
}

bool users_is_late(void)
{
	return users_latest && clock_ms() >= users_latest;
}

/* True: it can be read again. The remark is worth a line in the log. */
static bool users_undo(const struct users *u, const struct users_store *store,
		       struct buf *error)
{
	const struct users_driver *driver = store->driver;
	struct stat st;
	int failed = 0;

	if (!users_is_left(u, (size_t)(store - u->stores)))
		return false;
	if (stat(store->path, &st) < 0)
		return false;
	if (u->as_owner)
		failed = u->as_owner(st.st_uid, st.st_gid, driver->undo,
				     store->path);
	else
		failed = driver->undo(store->path);
	if (failed) {
		buf_add_str(error, ": ");
		buf_add_str(error, strerrordesc_np(-failed));
		return false;
	}
	buf_reset(error);
	buf_add_span(error, driver->prefix);
	buf_add_escaped(error, span_str(store->path));
	buf_add_str(error, ": a writer died in mid-commit; what it left has "
			   "been undone");
	return true;
}

static enum users_verdict users_ask(const struct users *u,
				    const struct users_store *store,
				    struct span name, struct user_row *row,
				    struct buf *error)
{
	const struct users_driver *driver = store->driver;
	enum users_verdict verdict =
		driver->find(store->path, name, row, error);

	if (verdict != USERS_TEMPFAIL || !users_undo(u, store, error))
		return verdict;
	return driver->find(store->path, name, row, error);
}

/* For those who do not look at damaged rows. */
static enum users_verdict users_without_damaged(enum users_verdict verdict,
						struct user_row *row)
{
	if (verdict != USERS_DAMAGED)
		return verdict;
	user_row_clear(row);
	return USERS_PERMFAIL;
}

enum users_verdict users_look(const struct users *u, size_t store,
			      struct span name, struct user_row *row,
			      struct buf *error)
{
	enum users_verdict verdict;

	users_begin(u);
	verdict = u->stores[store].driver->find(u->stores[store].path, name,
						row, error);
	users_latest = 0;
	return users_without_damaged(verdict, row);
}

bool users_is_left(const struct users *u, size_t store)
{
	const struct users_driver *driver = u->stores[store].driver;

	return driver->is_left && driver->is_left(u->stores[store].path);
}

const char *users_number_word(const struct users *u, size_t store)
{
	return u->stores[store].driver->number;
}

enum users_verdict users_find(struct users *u, struct span name,
			      struct user_row *row, struct buf *error)
{
	return users_without_damaged(users_find_login(u, name, row, error),
				     row);
}

enum users_verdict users_find_login(struct users *u, struct span name,
				    struct user_row *row, struct buf *error)
{
	enum users_verdict verdict = USERS_UNKNOWN;

	users_begin(u);
	for (size_t i = 0; i < u->n && verdict == USERS_UNKNOWN; i++)
		verdict = users_ask(u, &u->stores[i], name, row, error);
	users_latest = 0;
	return verdict;
}

static const struct users_remedy {
	int number;
	const char *text;
} users_remedies[] = {
	{ENOENT, "there is no such file; make it, or correct `users`"},
	{ENOTDIR, "a part of the path is no folder; correct `users`"},
	{EACCES, "permission denied; let the server's user read it (and "
		 "search the folders above it)"},
	{EPERM, "not permitted; let the server's user read it"},
	{ELOOP, "too many symbolic links; correct `users`"},
	{EINVAL, "not a regular file; correct `users`"},
	{ENXIO, "not a regular file; correct `users`"},
	{EISDIR, "a folder; name a file in `users`"},
	{ENAMETOOLONG, "the path is too long; correct `users`"},
};

static const char *users_remedy_of(int number)
{
	size_t n = sizeof(users_remedies) / sizeof(users_remedies[0]);

	for (size_t i = 0; i < n; i++) {
		if (users_remedies[i].number == number)
			return users_remedies[i].text;
	}
	return NULL;
}

enum users_verdict users_fault(int failed)
{
	return users_remedy_of(-failed) ? USERS_PERMFAIL : USERS_TEMPFAIL;
}

const char *users_error_text(int number)
{
	return number == ETIMEDOUT ? "reading it takes too long; look at its "
				     "disk, or at what else is using that"
				   : strerrordesc_np(number);
}

int users_cannot_read(const char *kind, const char *path, int failed,
		      struct buf *error)
{
	const char *remedy = users_remedy_of(-failed);

	buf_add_str(error, kind);
	buf_add_escaped(error, span_str(path));
	buf_add_str(error, ": cannot be read: ");
	buf_add_str(error, remedy ? remedy : users_error_text(-failed));
	return failed;
}
