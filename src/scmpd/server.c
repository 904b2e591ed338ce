/* SPDX-License-Identifier: ISC */
#include "scmpd/server.h"

bool server_can_ask(struct call *call)
{
	if (call->scmpd->control.file)
		return true;
	call_answer(call, SCMP_CODE_SYS_TEMP,
		    "nothing can be asked of the server: there is no file for "
		    "it in run_dir");
	return false;
}

int server_start(struct scmpd *s)
{
	loglevel_take(s);
	return reload_start(s);
}
