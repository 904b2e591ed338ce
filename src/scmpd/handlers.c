/* SPDX-License-Identifier: ISC */
#include "scmpd/handlers.h"

static call_handler *const handlers[SCMP_VERBS][SCMP_DEEDS] = {
#define HANDLERS_ROW(verb, deed, handler)                                      \
	[SCMP_##verb][SCMP_##deed] = (handler),
	HANDLERS(HANDLERS_ROW)
#undef HANDLERS_ROW
};

call_handler *call_find_handler(enum scmp_verb verb, enum scmp_deed deed)
{
	return handlers[verb][deed];
}
