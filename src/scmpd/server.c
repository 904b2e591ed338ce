/* SPDX-License-Identifier: ISC */
#include "scmpd/server.h"

#include "config/live.h"

enum { LOOK_WAIT_MS = 500 };

struct control_state server_asked(const struct scmpd *s)
{
	struct control_state state = {0};
	struct control_look look;

	if (control_look_open(&look, s->run_dirfd) == 0)
		(void)control_look(&look, &state);
	control_look_close(&look);
	return state;
}

bool server_can_ask(struct call *call)
{
	if (call->scmpd->control.file)
		return true;
	call_answer(call, SCMP_CODE_SYS_TEMP,
		    "nothing can be asked of the server: there is no file for "
		    "it in run_dir");
	return false;
}

bool server_look(struct scmpd *s)
{
	char memory[USERS_ERROR_SIZE];
	struct database db;
	struct buf error;
	int failed;

	buf_init(&error, memory, sizeof(memory));
	if (!s->database[0] || database_open(&db, s->database, DATABASE_READ,
					     LOOK_WAIT_MS, &error) < 0)
		return false;
	failed = live_read(&s->configuration, &db, &error);
	database_close(&db);
	return failed == 0;
}

int server_start(struct scmpd *s)
{
	loglevel_take(s);
	return reload_start(s);
}
