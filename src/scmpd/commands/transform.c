/* SPDX-License-Identifier: ISC */
/*
 * TRANSFORM: what messages are sent through. There is nothing yet that could
 * run one, so there is none to list or to use, and none is taken.
 */
#include "scmpd/handlers.h"

void transform_show(struct call *call)
{
	call_answer(call, SCMP_CODE_OK, "- source=default");
}

void transform_list(struct call *call)
{
	call_begin(call, "no transforms");
	call_end(call);
}

void transform_end(struct call *call)
{
	call_answer(call, SCMP_CODE_NOCHANGE, "messages are sent as they are");
}

void transform_use(struct call *call)
{
	call_answer(call, SCMP_CODE_NOTFOUND,
		    "the configuration has no transform of that name");
}

/* SET, TEST, and a command without a word before it. */
void transform_refuse(struct call *call)
{
	call_answer(call, SCMP_CODE_REFUSED,
		    "this server has no transforms; messages are sent as they "
		    "are");
}
