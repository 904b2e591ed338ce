/* SPDX-License-Identifier: ISC */
/*
 * The handlers of all commands: for each form of a verb one, by the file of
 * commands/ that it is in (login.c: of this folder). Rows of one handler may be
 * several.
 */
#ifndef SCMPD_HANDLERS_H
#define SCMPD_HANDLERS_H

#include "scmpd/call.h"

/* X(verb, deed, handler) */
/* clang-format off */
#define HANDLERS(X) \
	/* basics.c */ \
	X(CAPA, TO_LIST, basics_capa) \
	X(HELP, TO_LIST, basics_help) \
	X(VERSION, TO_SHOW, basics_version) \
	X(NOOP, TO_DO, basics_noop) \
	X(QUIT, TO_DO, basics_quit) \
	X(WHOAMI, TO_SHOW, basics_whoami) \
	/* users.c */ \
	X(MAX_USERS, TO_SHOW, users_show_max) \
	X(MAX_USERS, TO_SET, users_set_max) \
	X(ADD_USER, TO_ADD, users_add) \
	X(DELETE_USER, TO_DELETE, users_delete) \
	X(ENABLE_USER, TO_DO, users_enable) \
	X(DISABLE_USER, TO_DO, users_disable) \
	/* passwords.c */ \
	X(CHANGE_PASSWORD, TO_DO, passwords_change) \
	X(RESET_USER_PASSWORD, TO_DO, passwords_reset) \
	/* users_list.c */ \
	X(USERS, TO_LIST, users_list) \
	/* roles.c */ \
	X(ROLE, TO_SHOW, roles_show_user) \
	X(ROLE, TO_SET, roles_set_user) \
	X(ROLES, TO_LIST, roles_list) \
	X(ROLES, TO_ADD, roles_add) \
	X(ROLES, TO_SET, roles_set) \
	X(ROLES, TO_DELETE, roles_delete) \
	/* rules.c */ \
	X(BAN, OF_USER, rules_ban) \
	X(BAN, OF_IP, rules_ban) \
	X(UNBAN, OF_USER, rules_unban) \
	X(UNBAN, OF_IP, rules_unban) \
	X(ALLOW, OF_IP, rules_allow) \
	X(UNALLOW, OF_IP, rules_unallow) \
	/* rules_list.c */ \
	X(BANS, TO_LIST, rules_bans) \
	X(ALLOWS, TO_LIST, rules_allows) \
	/* penalties.c */ \
	X(PENALTIES, TO_LIST, penalties_list) \
	X(FORGIVE, TO_DO, penalties_forgive) \
	/* policy.c */ \
	X(POLICY, TO_LIST, policy_show_all) \
	X(POLICY, TO_SHOW, policy_show) \
	X(POLICY, TO_SET, policy_change) \
	/* limits.c */ \
	X(LIMITS, TO_LIST, limits_list) \
	X(LIMITS, TO_SHOW, limits_show) \
	X(LIMITS, TO_SET, limits_set) \
	X(MAILDIR, TO_SHOW, limits_show_maildir) \
	X(MAILDIR, TO_SET, limits_set_maildir) \
	X(GET_MAILDIR, TO_SHOW, limits_show_maildir) \
	X(SET_MAILDIR, TO_SET, limits_set_maildir) \
	/* profile.c */ \
	X(PROFILE, TO_LIST, profile_list) \
	X(PROFILE, TO_SHOW, profile_show) \
	X(PROFILE, TO_SET, profile_set) \
	/* sessions.c */ \
	X(SESSIONS, TO_LIST, sessions_list) \
	X(ALL_CONNEC, TO_LIST, sessions_list) \
	X(CURR_CONNEC, TO_LIST, sessions_list) \
	X(ALL_CONNEC, TO_SHOW, sessions_show_all) \
	X(CURR_CONNEC, TO_SHOW, sessions_show_current) \
	X(CURR_CONNEC, OF_USER, sessions_show_of_user) \
	X(BYTES_TRANS, TO_SHOW, sessions_show_octets) \
	/* kick_command.c */ \
	X(KICK, TO_DO, kick_command) \
	/* events.c */ \
	X(EVENTS, TO_LIST, events_list) \
	X(WATCH, TO_LIST, events_watch) \
	X(STOP, TO_DO, events_stop) \
	/* metrics.c */ \
	X(METRICS, TO_LIST, metrics_list) \
	/* status.c */ \
	X(STATUS, TO_LIST, status_list) \
	/* drain.c */ \
	X(DRAIN, TO_SHOW, drain_show) \
	X(DRAIN, TO_SET, drain_set) \
	/* loglevel.c */ \
	X(LOGLEVEL, TO_SHOW, loglevel_show) \
	X(LOGLEVEL, TO_SET, loglevel_set) \
	/* reload.c */ \
	X(RELOAD, TO_DO, reload_command) \
	/* transform.c */ \
	X(TRANSFORM, TO_SHOW, transform_show) \
	X(TRANSFORM, TO_LIST, transform_list) \
	X(TRANSFORM, TO_END, transform_end) \
	X(TRANSFORM, TO_USE, transform_use) \
	X(TRANSFORM, TO_SET, transform_refuse) \
	X(TRANSFORM, TO_TEST, transform_refuse) \
	X(TRANSFORM, TO_DO, transform_refuse) \
	/* login.c */ \
	X(USER, TO_DO, login_user) \
	X(PASS, TO_DO, login_pass)
/* clang-format on */

#define HANDLERS_DECLARE(verb, deed, handler) call_handler handler;
HANDLERS(HANDLERS_DECLARE)
#undef HANDLERS_DECLARE

#endif
