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

int server_start(struct scmpd *s)
{
	int failed = drain_start(s);

	loglevel_take(s);
	return failed < 0 ? failed : reload_start(s);
}
