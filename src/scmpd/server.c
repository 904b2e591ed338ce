/* SPDX-License-Identifier: ISC */
#include "scmpd/server.h"

bool server_can_ask(struct call *call)
{
	if (control_renew(&call->scmpd->control) == 0)
		return true;
	call_answer(call, SCMP_CODE_SYS_TEMP,
		    "nothing can be asked of the server: the file control in "
		    "run_dir was removed or replaced; restart scmpd");
	return false;
}

void server_look(struct scmpd *s)
{
	/* A database of which nothing is known yet is waited for. */
	rulebook_look(&s->rulebook, s->rulebook.readings ? 0 : RULES_WAIT_MS);
	loglevel_take(s);
}

int server_start(struct scmpd *s)
{
	int failed = drain_start(s);

	server_look(s);
	return failed < 0 ? failed : reload_start(s);
}
