/* SPDX-License-Identifier: ISC */
/* The first administrator, so that there is somebody who can log in. */
#include "scmp/commands.h"
#include "scmp/credentials.h"
#include "scmp/scmp.h"

#include <string.h>
#include <unistd.h>

static const char admin[] = "admin"; /* role, and name by default */

/* 1 ends the list; the name is kept. */
static int find_admin(const struct database_user *user, void *context)
{
	if (strcmp(user->row.role, admin) != 0)
		return 0;
	memcpy(context, user->row.name, sizeof(user->row.name));
	return 1;
}

static int check_none(struct scmp *s)
{
	const struct database_search all = {0};
	char memory[USERS_ERROR_SIZE], name[USERS_NAME_SIZE];
	struct buf error;
	int r;

	buf_init(&error, memory, sizeof(memory));
	r = database_users_list(&s->db, &all, find_admin, name, &error);
	if (r > 0)
		return scmp_fail(s, STATUS_EXISTS,
				 "%s is an administrator already (scmp "
				 "--offline user passwd sets a password)",
				 name);
	return r < 0 ? scmp_fail_database(s, r, &error) : STATUS_OK;
}

static int add(struct scmp *s, struct database_user *user,
	       struct secret *password)
{
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	unsigned fields;
	int r;

	/* As user add --generate --role admin. */
	s->options.given |= OPTION_BIT(OPTION_GENERATE);
	memcpy(user->row.role, admin, sizeof(admin));
	r = credentials_take(s, false, user, &fields, password);
	if (r != STATUS_OK)
		return r;
	buf_init(&error, memory, sizeof(memory));
	r = database_user_add(&s->db, user, &error);
	return r < 0 ? scmp_fail_database(s, r, &error) : STATUS_OK;
}

/* One transaction: of two at once one is the first. */
static int make(struct scmp *s, const char *name, struct secret *password)
{
	char memory[USERS_ERROR_SIZE];
	struct database_user user;
	struct buf error;
	int r, status;

	buf_init(&error, memory, sizeof(memory));
	r = database_begin(&s->db, &error);
	if (r < 0)
		return scmp_fail_database(s, r, &error);
	database_user_init(&user);
	memcpy(user.row.name, name, strlen(name) + 1);
	status = check_none(s);
	if (status == STATUS_OK)
		status = add(s, &user, password);
	database_user_clear(&user);
	r = status == STATUS_OK ? database_commit(&s->db, &error) : -1;
	if (r == 0)
		return STATUS_OK;
	database_rollback(&s->db);
	secret_clear(password);
	return status == STATUS_OK ? scmp_fail_database(s, r, &error) : status;
}

int init(struct scmp *s)
{
	const char *name =
		scmp_account_name(s, s->words_n ? s->words[0] : admin);
	struct secret password = {""};
	int r;

	if (!name)
		return STATUS_REFUSED;
	r = access(s->path, F_OK) == 0 ? scmp_open(s, DATABASE_WRITE)
				       : db_init(s);
	if (r == STATUS_OK)
		r = make(s, name, &password);
	if (r != STATUS_OK)
		return r;
	scmp_say(s, "Added administrator %s.", name);
	credentials_show(s, name, &password);
	return STATUS_OK;
}
