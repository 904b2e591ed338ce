/* SPDX-License-Identifier: ISC */
#include "scmpd/handlers.h"

enum { DEEDS = SCMP_OF_IP + 1 };

static call_handler *const handlers[SCMP_VERBS][DEEDS] = {
	[SCMP_CAPA][SCMP_TO_LIST] = basics_capa,
	[SCMP_HELP][SCMP_TO_LIST] = basics_help,
	[SCMP_VERSION][SCMP_TO_SHOW] = basics_version,
	[SCMP_NOOP][SCMP_TO_DO] = basics_noop,
	[SCMP_QUIT][SCMP_TO_DO] = basics_quit,
	[SCMP_WHOAMI][SCMP_TO_SHOW] = basics_whoami,
	[SCMP_USER][SCMP_TO_DO] = login_user,
	[SCMP_PASS][SCMP_TO_DO] = login_pass,
};

call_handler *call_find_handler(enum scmp_verb verb, enum scmp_deed deed)
{
	return handlers[verb][deed];
}
