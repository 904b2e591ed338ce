/* SPDX-License-Identifier: ISC */
/* Which configuration, and which database. */
#include "scmp/scmp.h"

#include "store/place.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const char sqlite[] = "sqlite:";

int scmp_configure(struct scmp *s)
{
	char memory[1024];
	struct buf error;

	buf_init(&error, memory, sizeof(memory));
	if (settings_read(&s->configuration, scmp_value(s, OPTION_CONFIG),
			  s->options.assignments, s->options.assignments_n,
			  &error) < 0)
		return scmp_fail_text(s, STATUS_USAGE, &error);
	return STATUS_OK;
}

/* A relative path is one from here. */
static int take_path(struct scmp *s, const char *path)
{
	struct buf out;

	buf_init(&out, s->path, sizeof(s->path));
	if (path[0] != '/') {
		char here[USERS_PATH_SIZE];

		if (!getcwd(here, sizeof(here)))
			return scmp_fail(s, STATUS_FAILED,
					 "the present folder: %s",
					 strerror(errno));
		buf_add_str(&out, here);
		buf_add_char(&out, '/');
	}
	buf_add_str(&out, path);
	if (!buf_str(&out))
		return scmp_fail(s, STATUS_USAGE,
				 "the path of the database is over %d octets",
				 USERS_PATH_SIZE - 1);
	return STATUS_OK;
}

int scmp_locate(struct scmp *s)
{
	const struct conf_list *users = &s->configuration.settings.users;
	const char *given = scmp_value(s, OPTION_DATABASE);
	char path[USERS_PATH_SIZE];
	struct buf out;

	if (given && strncmp(given, sqlite, sizeof(sqlite) - 1) == 0)
		given += sizeof(sqlite) - 1;
	if (given)
		return take_path(s, given);
	for (size_t i = 0; i < users->n; i++) {
		if (strncmp(users->items[i], sqlite, sizeof(sqlite) - 1) == 0)
			return take_path(s,
					 users->items[i] + sizeof(sqlite) - 1);
	}
	buf_init(&out, path, sizeof(path));
	buf_add_str(&out, s->configuration.settings.state_dir);
	buf_add_str(&out, "/users.db");
	return take_path(s, buf_str(&out) ? path : "/");
}

int scmp_open(struct scmp *s, enum database_mode mode)
{
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int r;

	buf_init(&error, memory, sizeof(memory));
	/* Whoever may write it also mends what a writer left that died. */
	if (mode == DATABASE_READ)
		mode = DATABASE_UNDO;
	r = database_open(&s->db, s->path, mode, SCMP_WAIT_MS, &error);
	if (r == -ENOENT && mode != DATABASE_CREATE)
		return scmp_fail(s, STATUS_UNAVAILABLE,
				 "there is no database %s; `scmp --offline db "
				 "init` makes one, or name another with "
				 "--database",
				 s->path);
	if (r < 0) {
		scmp_fail_database(s, r, &error);
		return STATUS_UNAVAILABLE;
	}
	s->is_open = true;
	return STATUS_OK;
}

void scmp_close(struct scmp *s)
{
	if (s->is_open)
		database_close(&s->db);
	s->is_open = false;
}

const char *scmp_account_name(const struct scmp *s, const char *word)
{
	static char name[USERS_NAME_SIZE];
	const struct settings *settings = &s->configuration.settings;
	struct buf out;

	buf_init(&out, name, sizeof(name));
	if (place_normalise_user(
		    span_str(word), settings->username_case == CASE_LOWER,
		    span_str(settings->default_domain), &out) == 0 &&
	    buf_str(&out))
		return name;
	scmp_fail(s, STATUS_REFUSED,
		  "%s: no name of a user: 1 to 255 octets, without a slash or "
		  "a control character; neither it nor its domain may begin "
		  "with a dot",
		  word);
	return NULL;
}
