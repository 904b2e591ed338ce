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
	[SCMP_USERS][SCMP_TO_LIST] = users_list,
	[SCMP_ROLE][SCMP_TO_SHOW] = roles_show_user,
	[SCMP_ROLE][SCMP_TO_SET] = roles_set_user,
	[SCMP_ROLES][SCMP_TO_LIST] = roles_list,
	[SCMP_ROLES][SCMP_TO_ADD] = roles_add,
	[SCMP_ROLES][SCMP_TO_SET] = roles_set,
	[SCMP_ROLES][SCMP_TO_DELETE] = roles_delete,
	[SCMP_BAN][SCMP_OF_USER] = rules_ban,
	[SCMP_BAN][SCMP_OF_IP] = rules_ban,
	[SCMP_UNBAN][SCMP_OF_USER] = rules_unban,
	[SCMP_UNBAN][SCMP_OF_IP] = rules_unban,
	[SCMP_BANS][SCMP_TO_LIST] = rules_bans,
	[SCMP_ALLOW][SCMP_OF_IP] = rules_allow,
	[SCMP_UNALLOW][SCMP_OF_IP] = rules_unallow,
	[SCMP_ALLOWS][SCMP_TO_LIST] = rules_allows,
	[SCMP_POLICY][SCMP_TO_LIST] = policy_show_all,
	[SCMP_POLICY][SCMP_TO_SHOW] = policy_show,
	[SCMP_POLICY][SCMP_TO_SET] = policy_change,
	[SCMP_LIMITS][SCMP_TO_LIST] = limits_list,
	[SCMP_LIMITS][SCMP_TO_SHOW] = limits_show,
	[SCMP_LIMITS][SCMP_TO_SET] = limits_set,
	[SCMP_MAILDIR][SCMP_TO_SHOW] = limits_show_maildir,
	[SCMP_MAILDIR][SCMP_TO_SET] = limits_set_maildir,
	[SCMP_GET_MAILDIR][SCMP_TO_SHOW] = limits_show_maildir,
	[SCMP_SET_MAILDIR][SCMP_TO_SET] = limits_set_maildir,
	[SCMP_PROFILE][SCMP_TO_LIST] = profile_list,
	[SCMP_PROFILE][SCMP_TO_SHOW] = profile_show,
	[SCMP_PROFILE][SCMP_TO_SET] = profile_set,
	[SCMP_SESSIONS][SCMP_TO_LIST] = sessions_list,
	[SCMP_ALL_CONNEC][SCMP_TO_LIST] = sessions_list,
	[SCMP_CURR_CONNEC][SCMP_TO_LIST] = sessions_list,
	[SCMP_ALL_CONNEC][SCMP_TO_SHOW] = sessions_show_all,
	[SCMP_CURR_CONNEC][SCMP_TO_SHOW] = sessions_show_current,
	[SCMP_CURR_CONNEC][SCMP_OF_USER] = sessions_show_of_user,
	[SCMP_BYTES_TRANS][SCMP_TO_SHOW] = sessions_show_octets,
	[SCMP_KICK][SCMP_TO_DO] = kick_command,
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
