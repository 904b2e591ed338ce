/* SPDX-License-Identifier: ISC */
/* The handlers of all commands, by the file that they are in; the table that
 * finds them is in handlers.c. */
#ifndef SCMPD_HANDLERS_H
#define SCMPD_HANDLERS_H

#include "scmpd/call.h"

call_handler basics_noop; /* basics.c */
call_handler basics_version;
call_handler basics_quit;
call_handler basics_whoami;
call_handler basics_capa;
call_handler basics_help;

call_handler users_show_max; /* users.c */
call_handler users_set_max;
call_handler users_add;
call_handler users_delete;
call_handler users_enable;
call_handler users_disable;

call_handler passwords_reset; /* passwords.c */
call_handler passwords_change;

call_handler users_list; /* users_list.c */

call_handler roles_show_user; /* roles.c */
call_handler roles_set_user;
call_handler roles_list;
call_handler roles_add;
call_handler roles_set;
call_handler roles_delete;

call_handler rules_ban; /* rules.c */
call_handler rules_unban;
call_handler rules_allow;
call_handler rules_unallow;

call_handler rules_bans; /* rules_list.c */
call_handler rules_allows;

call_handler penalties_list; /* penalties.c */
call_handler penalties_forgive;

call_handler policy_show_all; /* policy.c */
call_handler policy_show;
call_handler policy_change;

call_handler limits_list; /* limits.c */
call_handler limits_show;
call_handler limits_set;
call_handler limits_show_maildir;
call_handler limits_set_maildir;

call_handler profile_list; /* profile.c */
call_handler profile_show;
call_handler profile_set;

call_handler sessions_list; /* sessions.c */
call_handler sessions_show_all;
call_handler sessions_show_current;
call_handler sessions_show_of_user;
call_handler sessions_show_octets;

call_handler kick_command; /* kick_command.c */

call_handler events_list; /* events.c */
call_handler events_watch;
call_handler events_stop;

call_handler metrics_list; /* metrics.c */

call_handler status_list; /* status.c */

call_handler drain_show; /* drain.c */
call_handler drain_set;

call_handler loglevel_show; /* loglevel.c */
call_handler loglevel_set;

call_handler reload_command; /* reload.c */

call_handler transform_show; /* transform.c */
call_handler transform_list;
call_handler transform_end;
call_handler transform_use;
call_handler transform_refuse;

call_handler login_user; /* login.c */
call_handler login_pass;

#endif
