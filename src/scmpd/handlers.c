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
	[SCMP_CHANGE_PASSWORD][SCMP_TO_DO] = passwords_change,
	[SCMP_MAX_USERS][SCMP_TO_SHOW] = users_show_max,
	[SCMP_MAX_USERS][SCMP_TO_SET] = users_set_max,
	[SCMP_ADD_USER][SCMP_TO_ADD] = users_add,
	[SCMP_DELETE_USER][SCMP_TO_DELETE] = users_delete,
	[SCMP_RESET_USER_PASSWORD][SCMP_TO_DO] = passwords_reset,
	[SCMP_ENABLE_USER][SCMP_TO_DO] = users_enable,
	[SCMP_DISABLE_USER][SCMP_TO_DO] = users_disable,
};

call_handler *call_find_handler(enum scmp_verb verb, enum scmp_deed deed)
{
	return handlers[verb][deed];
}
