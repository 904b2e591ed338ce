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

call_handler login_user; /* login.c */
call_handler login_pass;

#endif
