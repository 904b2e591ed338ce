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

call_handler login_user; /* login.c */
call_handler login_pass;

#endif
