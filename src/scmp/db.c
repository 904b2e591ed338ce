/* SPDX-License-Identifier: ISC */
/* The database itself. */
#include "priv/identity.h"
#include "scmp/commands.h"
#include "scmp/output.h"
#include "store/database_file.h"
#include "store/database_users.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Who may write the database besides root. */
static const char group_name[] = "pop3-scmp";

/*
 * The folder above the database: of root's, so that the group may write there
 * (a journal is made beside the database) and what is made has the group.
 */
static int make_folder(const struct scmp *s)
{
	char folder[USERS_PATH_SIZE];
	char *slash;
	gid_t group;
	bool shared =
		geteuid() == 0 && identity_find_group(group_name, &group) == 0;

	memcpy(folder, s->path, sizeof(folder));
	slash = strrchr(folder, '/');
	if (slash == folder)
		return STATUS_OK;
	*slash = '\0';
	if (mkdir(folder, 0700) < 0) {
		if (errno == EEXIST)
			return STATUS_OK;
		return scmp_fail(s, STATUS_FAILED, "folder %s: %s", folder,
				 strerror(errno));
	}
	if (shared &&
	    (chown(folder, 0, group) < 0 || chmod(folder, S_ISGID | 0770) < 0))
		return scmp_fail(s, STATUS_FAILED, "folder %s: %s", folder,
				 strerror(errno));
	return STATUS_OK;
}

int db_init(struct scmp *s)
{
	int r;

	if (access(s->path, F_OK) == 0)
		return scmp_fail(s, STATUS_EXISTS,
				 "%s is there already (db check looks at it)",
				 s->path);
	r = make_folder(s);
	if (r == STATUS_OK)
		r = scmp_open(s, DATABASE_CREATE);
	if (r != STATUS_OK)
		return r;
	scmp_say(s, "Made the database %s; users = sqlite:%s", s->path,
		 s->path);
	return STATUS_OK;
}

/* --- check --- */

static const struct output_column columns[] = {
	{.key = "path", .title = "database"},
	{.key = "sound", .title = "sound"},
	{.key = "version", .title = "version"},
	{.key = "newest", .title = "newest version"},
	{.key = "users", .title = "users"},
};

int db_check(struct scmp *s)
{
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	uint64_t users = 0;
	int version = 0, r;

	buf_init(&error, memory, sizeof(memory));
	r = database_verify(&s->db, &error);
	if (r == 0)
		r = database_version(&s->db, &version, &error);
	if (r == 0)
		r = database_users_count(&s->db, NULL, &users, &error);
	if (r < 0)
		return scmp_fail_database(s, r, &error);
	if (scmp_given(s, OPTION_QUIET))
		return STATUS_OK;
	return output_show(s, columns, COUNT(columns),
			   json_pack("{so sb si si sI}", "path",
				     output_text(s->path, false), "sound", 1,
				     "version", version, "newest",
				     DATABASE_VERSION, "users",
				     (json_int_t)users));
}

int db_migrate(struct scmp *s)
{
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int before = 0, after = 0, r;

	buf_init(&error, memory, sizeof(memory));
	r = scmp_open(s, DATABASE_READ);
	if (r != STATUS_OK)
		return r;
	r = database_version(&s->db, &before, &error);
	scmp_close(s);
	if (r < 0)
		return scmp_fail_database(s, r, &error);
	r = scmp_open(s, DATABASE_WRITE);
	if (r != STATUS_OK)
		return r;
	r = database_version(&s->db, &after, &error);
	if (r < 0)
		return scmp_fail_database(s, r, &error);
	if (before == after)
		scmp_say(s, "%s is of version %d, as it should be.", s->path,
			 after);
	else
		scmp_say(s, "%s was of version %d and is now of %d.", s->path,
			 before, after);
	return STATUS_OK;
}

/*
 * The name of a file, whatever it is: to the library :memory: would be none,
 * and file: the beginning of an address.
 */
static const char *plain_path(const char *word, char path[USERS_PATH_SIZE])
{
	struct buf out;

	buf_init(&out, path, USERS_PATH_SIZE);
	buf_add_str(&out, word[0] && word[0] != '/' ? "./" : "");
	buf_add_str(&out, word);
	return buf_str(&out);
}

int db_backup(struct scmp *s)
{
	char memory[USERS_ERROR_SIZE], path[USERS_PATH_SIZE];
	struct buf error;
	int r;

	if (!plain_path(s->words[0], path))
		return scmp_fail(s, STATUS_USAGE,
				 "the path of the copy is over %d octets",
				 USERS_PATH_SIZE - 1);
	buf_init(&error, memory, sizeof(memory));
	r = database_backup(&s->db, path, &error);
	if (r == -EEXIST)
		return scmp_fail_text(s, STATUS_EXISTS, &error);
	if (r < 0)
		return scmp_fail_text(s, STATUS_FAILED, &error);
	scmp_say(s, "Wrote a copy to %s.", s->words[0]);
	return STATUS_OK;
}
