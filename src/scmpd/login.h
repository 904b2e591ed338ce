/* SPDX-License-Identifier: ISC */
/*
 * USER and PASS: against the same users as POP3, with the same penalties. What
 * must wait (a penalty, other processes' hashes) does so in the event loop, and
 * the connection's further input waits with it.
 */
#ifndef SCMPD_LOGIN_H
#define SCMPD_LOGIN_H

#include "scmpd/call.h"

void login_user(struct call *call);
void login_pass(struct call *call);

#endif
