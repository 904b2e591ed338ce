/* SPDX-License-Identifier: ISC */
#include "proto/scmp_verbs.h"

/* --- what rows are written with --- */

#define BEFORE_LOGIN SCMP_STATE_AUTHORIZATION
#define LOGGED_IN    SCMP_STATE_MANAGE
#define MUST_CHANGE  SCMP_STATE_CHANGEPW
#define ANY_STATE    (BEFORE_LOGIN | MUST_CHANGE | LOGGED_IN)

#define ONE  SCMP_REPLY_ONE
#define MANY SCMP_REPLY_MANY

#define RIGHT(name) SCMP_RIGHT_##name
#define NO_RIGHT    0

#define FORMS(...)                                                             \
	(const struct scmp_form[]){__VA_ARGS__},                               \
		sizeof((const struct scmp_form[]){__VA_ARGS__}) /              \
			sizeof(struct scmp_form)

/* Parameters. */
#define WORD(name)                                                             \
	{                                                                      \
		name, SCMP_KIND_WORD, 0, NULL                                  \
	}
#define OPTIONAL(name)                                                         \
	{                                                                      \
		name, SCMP_KIND_WORD, SCMP_OPTIONAL, NULL                      \
	}
#define TEXT(name)                                                             \
	{                                                                      \
		name, SCMP_KIND_TEXT, 0, NULL                                  \
	}
#define NUMBER(name)                                                           \
	{                                                                      \
		name, SCMP_KIND_NUMBER, 0, NULL                                \
	}
#define USER_NAME                                                              \
	{                                                                      \
		"name", SCMP_KIND_USER, 0, NULL                                \
	}
#define NETWORK                                                                \
	{                                                                      \
		"cidr", SCMP_KIND_NETWORK, 0, NULL                             \
	}
#define REST(name)                                                             \
	{                                                                      \
		name, SCMP_KIND_REST, 0, NULL                                  \
	}
#define SECRET(name)                                                           \
	{                                                                      \
		name, SCMP_KIND_WORD, SCMP_SECRET, NULL                        \
	}
#define CHOICE(words)                                                          \
	{                                                                      \
		"word", SCMP_KIND_CHOICE, 0, words                             \
	}
#define KEY(name, kind)                                                        \
	{                                                                      \
		name, SCMP_KIND_##kind, SCMP_KEY, NULL                         \
	}
#define ONE_OF(name, kind)                                                     \
	{                                                                      \
		name, SCMP_KIND_##kind, SCMP_KEY | SCMP_ONE_OF, NULL           \
	}
#define MAYBE(word)                                                            \
	{                                                                      \
		word, SCMP_KIND_CHOICE, SCMP_OPTIONAL, word                    \
	}
#define TYPES                                                                  \
	{                                                                      \
		"type", SCMP_KIND_WORD, SCMP_OPTIONAL | SCMP_REPEATED, NULL    \
	}
#define A_BAN KEY("for", DURATION), KEY("reason", TEXT)

/* clang-format off */
#define SHOW_MAILDIR                                                           \
	{SCMP_TO_SHOW, NULL, {{0}}, ONE, RIGHT(CONFIG_READ), 0,                \
	 "show the template of the folders that mail is in"}
#define SET_MAILDIR(keyword)                                                   \
	{SCMP_TO_SET, keyword, {REST("path")}, ONE, RIGHT(CONFIG_WRITE),       \
	 SCMP_LOCAL | SCMP_CHANGES,                                            \
	 "change it, for later logins; no mail is moved"}

const struct scmp_verb_row scmp_verbs[SCMP_VERBS] = {
	/* --- of everybody --- */
	[SCMP_CAPA] = {"CAPA", ANY_STATE, FORMS(
		{SCMP_TO_LIST, NULL, {{0}}, MANY, NO_RIGHT, 0,
		 "list what this caller may do now, and what the server has"})},
	[SCMP_HELP] = {"HELP", ANY_STATE, FORMS(
		{SCMP_TO_LIST, NULL, {OPTIONAL("verb")}, MANY, NO_RIGHT, 0,
		 "say what commands do"})},
	[SCMP_VERSION] = {"VERSION", BEFORE_LOGIN | LOGGED_IN, FORMS(
		{SCMP_TO_SHOW, NULL, {{0}}, ONE, NO_RIGHT, 0,
		 "show the versions of protocol and server"})},
	[SCMP_NOOP] = {"NOOP", ANY_STATE, FORMS(
		{SCMP_TO_DO, NULL, {{0}}, ONE, NO_RIGHT, 0,
		 "do nothing, but stay"})},
	[SCMP_QUIT] = {"QUIT", ANY_STATE | SCMP_STATE_STREAM, FORMS(
		{SCMP_TO_DO, NULL, {{0}}, ONE, NO_RIGHT, 0,
		 "end the connection"})},
	[SCMP_STARTTLS] = {"STARTTLS", BEFORE_LOGIN, FORMS(
		{SCMP_TO_DO, NULL, {{0}}, ONE, NO_RIGHT, 0,
		 "begin TLS; what was sent behind it in the clear is "
		 "discarded"})},
	[SCMP_USER] = {"USER", BEFORE_LOGIN, FORMS(
		{SCMP_TO_DO, NULL, {USER_NAME}, ONE, NO_RIGHT, 0,
		 "say who is to log in"})},
	[SCMP_PASS] = {"PASS", BEFORE_LOGIN, FORMS(
		{SCMP_TO_DO, NULL,
		 {{"password", SCMP_KIND_REST, SCMP_SECRET, NULL}},
		 ONE, NO_RIGHT, 0,
		 "log in; the rest of the line is the password"})},
	[SCMP_WHOAMI] = {"WHOAMI", LOGGED_IN, FORMS(
		{SCMP_TO_SHOW, NULL, {{0}}, ONE, NO_RIGHT, 0,
		 "show user, role and origin of the caller"})},
	[SCMP_CHANGE_PASSWORD] = {"CHANGE_PASSWORD",
				  LOGGED_IN | MUST_CHANGE, FORMS(
		{SCMP_TO_DO, NULL, {SECRET("old"), SECRET("new")}, ONE,
		 NO_RIGHT, SCMP_ACCOUNT | SCMP_CHANGES,
		 "change the caller's own password"})},
	[SCMP_PROFILE] = {"PROFILE", LOGGED_IN, FORMS(
		{SCMP_TO_LIST, NULL, {{0}}, MANY, NO_RIGHT, 0,
		 "show what the caller may set for itself"},
		{SCMP_TO_SHOW, NULL, {WORD("name")}, ONE, NO_RIGHT, 0,
		 "show one value of that"},
		{SCMP_TO_SET, NULL, {WORD("name"), TEXT("value")}, ONE,
		 NO_RIGHT, SCMP_ACCOUNT | SCMP_CHANGES,
		 "change it"})},

	/* --- what goes on --- */
	[SCMP_STATUS] = {"STATUS", LOGGED_IN, FORMS(
		{SCMP_TO_LIST, NULL, {{0}}, MANY, RIGHT(STATS_READ), 0,
		 "show how the server is, one value a line"})},
	[SCMP_ALL_CONNEC] = {"ALL_CONNEC", LOGGED_IN, FORMS(
		{SCMP_TO_LIST, "LIST", {{0}}, MANY, RIGHT(SESSIONS_READ), 0,
		 "list the open connections, as SESSIONS does"},
		{SCMP_TO_SHOW, NULL, {{0}}, ONE, RIGHT(STATS_READ), 0,
		 "count connections: so far, open, and most at once"})},
	[SCMP_CURR_CONNEC] = {"CURR_CONNEC", LOGGED_IN, FORMS(
		{SCMP_TO_LIST, "LIST", {{0}}, MANY, RIGHT(SESSIONS_READ),
		 SCMP_OWN, "list open connections, as SESSIONS does"},
		{SCMP_TO_SHOW, NULL, {{0}}, ONE, RIGHT(SESSIONS_READ),
		 SCMP_OWN, "count open connections"},
		{SCMP_OF_USER, NULL, {USER_NAME}, ONE, RIGHT(SESSIONS_READ),
		 SCMP_OWN, "count those of a user"})},
	[SCMP_BYTES_TRANS] = {"BYTES_TRANS", LOGGED_IN, FORMS(
		{SCMP_TO_SHOW, NULL, {{0}}, ONE, RIGHT(STATS_READ), 0,
		 "count the octets sent and received so far"})},
	[SCMP_SESSIONS] = {"SESSIONS", LOGGED_IN, FORMS(
		{SCMP_TO_LIST, NULL,
		 {KEY("user", MASK), KEY("ip", NETWORK),
		  {"state", SCMP_KIND_CHOICE, SCMP_KEY,
		   "authorization|transaction|update"},
		  KEY("sort", WORD), KEY("limit", NUMBER)},
		 MANY, RIGHT(SESSIONS_READ), SCMP_OWN,
		 "list open sessions, in the order of a key of the record, "
		 "with - before it the other way round"})},
	[SCMP_KICK] = {"KICK", LOGGED_IN, FORMS(
		{SCMP_TO_DO, NULL,
		 {ONE_OF("id", WORD), ONE_OF("user", MASK),
		  ONE_OF("ip", NETWORK), MAYBE("now")},
		 ONE, RIGHT(SESSIONS_KICK), SCMP_OWN | SCMP_CHANGES,
		 "end sessions behind their next reply, or at once; nothing "
		 "that they marked is removed"})},
	[SCMP_METRICS] = {"METRICS", LOGGED_IN, FORMS(
		{SCMP_TO_LIST, NULL, {OPTIONAL("prefix")}, MANY,
		 RIGHT(STATS_READ), 0,
		 "show all counts in the OpenMetrics text format, of families "
		 "with this prefix"})},
	[SCMP_EVENTS] = {"EVENTS", LOGGED_IN, FORMS(
		{SCMP_TO_LIST, NULL,
		 {{"n", SCMP_KIND_NUMBER, SCMP_OPTIONAL, NULL}, TYPES}, MANY,
		 RIGHT(SESSIONS_READ), 0,
		 "list the last n events, of some types"})},
	[SCMP_WATCH] = {"WATCH", LOGGED_IN, FORMS(
		{SCMP_TO_LIST, NULL, {TYPES}, MANY, RIGHT(SESSIONS_READ), 0,
		 "show events as they happen, until STOP or QUIT"})},
	[SCMP_STOP] = {"STOP", SCMP_STATE_STREAM, FORMS(
		{SCMP_TO_DO, NULL, {{0}}, ONE, NO_RIGHT, 0,
		 "end WATCH; the dot that ends its reply is the answer"})},

	/* --- users --- */
	[SCMP_USERS] = {"USERS", LOGGED_IN, FORMS(
		{SCMP_TO_LIST, NULL,
		 {{"mask", SCMP_KIND_MASK, SCMP_OPTIONAL, NULL},
		  KEY("offset", NUMBER), KEY("limit", NUMBER)},
		 MANY, RIGHT(USERS_READ), 0,
		 "list users of the database whose names fit a mask, in which "
		 "* is anything and ? one character"})},
	[SCMP_MAX_USERS] = {"MAX_USERS", LOGGED_IN, FORMS(
		{SCMP_TO_SHOW, NULL, {{0}}, ONE, RIGHT(CONFIG_READ), 0,
		 "show how many users the database may have; 0 is no limit"},
		{SCMP_TO_SET, NULL, {NUMBER("n")}, ONE, RIGHT(CONFIG_WRITE),
		 SCMP_CHANGES, "change it"})},
	[SCMP_ADD_USER] = {"ADD_USER", LOGGED_IN, FORMS(
		{SCMP_TO_ADD, NULL,
		 {USER_NAME, SECRET("password"), KEY("role", WORD),
		  KEY("maildir", WORD)},
		 ONE, RIGHT(USERS_WRITE), SCMP_CHANGES,
		 "add a user; with * as the password one is made, and shown "
		 "once"})},
	[SCMP_DELETE_USER] = {"DELETE_USER", LOGGED_IN, FORMS(
		{SCMP_TO_DELETE, NULL, {USER_NAME}, ONE, RIGHT(USERS_WRITE),
		 SCMP_CHANGES,
		 "remove a user and end the user's sessions; the mail "
		 "stays"})},
	[SCMP_RESET_USER_PASSWORD] = {"RESET_USER_PASSWORD", LOGGED_IN, FORMS(
		{SCMP_TO_DO, NULL,
		 {USER_NAME, {"password", SCMP_KIND_WORD,
			      SCMP_SECRET | SCMP_OPTIONAL, NULL}},
		 ONE, RIGHT(USERS_PASSWORD), SCMP_CHANGES,
		 "give a user another password, to be changed at the next "
		 "login here; without one it is made, and shown once"})},
	[SCMP_ENABLE_USER] = {"ENABLE_USER", LOGGED_IN, FORMS(
		{SCMP_TO_DO, NULL, {USER_NAME}, ONE,
		 RIGHT(USERS_WRITE) | RIGHT(BANS_WRITE), SCMP_CHANGES,
		 "let a user log in again"})},
	[SCMP_DISABLE_USER] = {"DISABLE_USER", LOGGED_IN, FORMS(
		{SCMP_TO_DO, NULL, {USER_NAME}, ONE,
		 RIGHT(USERS_WRITE) | RIGHT(BANS_WRITE), SCMP_CHANGES,
		 "let a user log in no more, and end the user's sessions"})},
	[SCMP_ROLE] = {"ROLE", LOGGED_IN, FORMS(
		{SCMP_TO_SHOW, NULL, {USER_NAME}, ONE, RIGHT(USERS_READ), 0,
		 "show a user's role"},
		{SCMP_TO_SET, NULL, {USER_NAME, WORD("role")}, ONE,
		 RIGHT(USERS_WRITE), SCMP_CHANGES,
		 "give a user another one, from the next command on"})},
	[SCMP_ROLES] = {"ROLES", LOGGED_IN, FORMS(
		{SCMP_TO_ADD, "ADD",
		 {WORD("role"),
		  {"right", SCMP_KIND_WORD, SCMP_REPEATED, NULL}},
		 ONE, RIGHT(CONFIG_WRITE), SCMP_CHANGES,
		 "make a role of rights"},
		{SCMP_TO_SET, "SET",
		 {WORD("role"),
		  {"right", SCMP_KIND_WORD, SCMP_REPEATED, NULL}},
		 ONE, RIGHT(CONFIG_WRITE), SCMP_CHANGES,
		 "give a role further rights, or with - before a right take "
		 "it away"},
		{SCMP_TO_DELETE, "DEL", {WORD("role")}, ONE,
		 RIGHT(CONFIG_WRITE), SCMP_CHANGES,
		 "remove a role that nobody has"},
		{SCMP_TO_LIST, NULL, {OPTIONAL("role")}, MANY,
		 RIGHT(CONFIG_READ), 0, "list roles and their rights"})},

	/* --- who may come --- */
	[SCMP_BAN] = {"BAN", LOGGED_IN, FORMS(
		{SCMP_OF_USER, "USER", {USER_NAME, A_BAN}, ONE,
		 RIGHT(BANS_WRITE), SCMP_CHANGES,
		 "let a user log in from nowhere, and end the user's "
		 "sessions"},
		{SCMP_OF_IP, "IP", {NETWORK, A_BAN}, ONE, RIGHT(BANS_WRITE),
		 SCMP_CHANGES,
		 "let no connection in from an address or a network, and end "
		 "those that there are"})},
	[SCMP_UNBAN] = {"UNBAN", LOGGED_IN, FORMS(
		{SCMP_OF_USER, "USER", {USER_NAME}, ONE, RIGHT(BANS_WRITE),
		 SCMP_CHANGES, "end the ban of a user"},
		{SCMP_OF_IP, "IP", {NETWORK}, ONE, RIGHT(BANS_WRITE),
		 SCMP_CHANGES, "end the ban of an address or a network"})},
	[SCMP_BANS] = {"BANS", LOGGED_IN, FORMS(
		{SCMP_TO_LIST, NULL, {{0}}, MANY, RIGHT(BANS_READ), 0,
		 "list bans"})},
	[SCMP_ALLOW] = {"ALLOW", LOGGED_IN, FORMS(
		{SCMP_OF_IP, "IP", {NETWORK}, ONE, RIGHT(CONFIG_WRITE),
		 SCMP_CHANGES,
		 "let in connections from an address or a network; while there "
		 "is one such rule, none from elsewhere"})},
	[SCMP_UNALLOW] = {"UNALLOW", LOGGED_IN, FORMS(
		{SCMP_OF_IP, "IP", {NETWORK}, ONE, RIGHT(CONFIG_WRITE),
		 SCMP_CHANGES,
		 "take an address or a network off that list"})},
	[SCMP_ALLOWS] = {"ALLOWS", LOGGED_IN, FORMS(
		{SCMP_TO_LIST, NULL, {{0}}, MANY, RIGHT(BANS_READ), 0,
		 "list what is allowed; if nothing is, all are"})},

	[SCMP_PENALTIES] = {"PENALTIES", LOGGED_IN, FORMS(
		{SCMP_TO_LIST, NULL, {KEY("ip", NETWORK)}, MANY,
		 RIGHT(BANS_READ), 0,
		 "list networks from which logins have failed lately, and what "
		 "the next one from there meets"})},
	[SCMP_FORGIVE] = {"FORGIVE", LOGGED_IN, FORMS(
		{SCMP_TO_DO, NULL, {NETWORK}, ONE, RIGHT(BANS_WRITE),
		 SCMP_CHANGES,
		 "forget the logins that have failed from an address or a "
		 "network"})},

	/* --- how it is set --- */
	[SCMP_POLICY] = {"POLICY", LOGGED_IN, FORMS(
		{SCMP_TO_LIST, NULL, {{0}}, MANY, RIGHT(CONFIG_READ), 0,
		 "show what passwords that are set here must be like"},
		{SCMP_TO_SHOW, NULL, {WORD("name")}, ONE, RIGHT(CONFIG_READ),
		 0, "show one rule of that"},
		{SCMP_TO_SET, NULL, {WORD("name"), TEXT("value")}, ONE,
		 RIGHT(CONFIG_WRITE), SCMP_CHANGES, "change it"})},
	[SCMP_LIMITS] = {"LIMITS", LOGGED_IN, FORMS(
		{SCMP_TO_LIST, NULL, {{0}}, MANY, RIGHT(CONFIG_READ), 0,
		 "show the limits of sessions, and where each comes from"},
		{SCMP_TO_SHOW, NULL, {WORD("name")}, ONE, RIGHT(CONFIG_READ),
		 0, "show one of them"},
		{SCMP_TO_SET, NULL,
		 {WORD("name"), TEXT("value"), MAYBE("force")}, ONE,
		 RIGHT(CONFIG_WRITE), SCMP_CHANGES,
		 "change it, for the next connection"})},
	[SCMP_LOGLEVEL] = {"LOGLEVEL", LOGGED_IN, FORMS(
		{SCMP_TO_SHOW, NULL, {{0}}, ONE, RIGHT(CONFIG_READ), 0,
		 "show how much is logged"},
		{SCMP_TO_SET, NULL, {CHOICE("error|warning|info|debug|default")}, ONE,
		 RIGHT(LOG_WRITE), SCMP_CHANGES, "change it"})},
	[SCMP_TRANSFORM] = {"TRANSFORM", LOGGED_IN, FORMS(
		{SCMP_TO_LIST, "LIST", {{0}}, MANY, RIGHT(CONFIG_READ), 0,
		 "list the transforms of the configuration"},
		{SCMP_TO_END, "OFF", {{0}}, ONE, RIGHT(TRANSFORM_WRITE),
		 SCMP_CHANGES, "send messages as they are"},
		{SCMP_TO_USE, "USE", {WORD("name")}, ONE,
		 RIGHT(TRANSFORM_WRITE), SCMP_CHANGES,
		 "send messages through a transform of the configuration"},
		{SCMP_TO_SET, "SET", {REST("command")}, ONE,
		 RIGHT(TRANSFORM_WRITE), SCMP_LOCAL | SCMP_CHANGES,
		 "send messages through a command, if a test goes well"},
		{SCMP_TO_TEST, "TEST", {REST("command")}, ONE,
		 RIGHT(TRANSFORM_WRITE), SCMP_LOCAL | SCMP_CHANGES,
		 "run a command on a sample, and change nothing"},
		{SCMP_TO_SHOW, NULL, {{0}}, ONE, RIGHT(CONFIG_READ), 0,
		 "show what messages are sent through"},
		{SCMP_TO_DO, NULL, {REST("command")}, ONE,
		 RIGHT(TRANSFORM_WRITE), SCMP_LOCAL | SCMP_CHANGES,
		 "do as USE for a word that names a transform of the "
		 "configuration, and as SET for all else"})},
	[SCMP_MAILDIR] = {"MAILDIR", LOGGED_IN,
			  FORMS(SET_MAILDIR("SET"), SHOW_MAILDIR)},
	[SCMP_GET_MAILDIR] = {"GET_MAILDIR", LOGGED_IN, FORMS(SHOW_MAILDIR)},
	[SCMP_SET_MAILDIR] = {"SET_MAILDIR", LOGGED_IN,
			      FORMS(SET_MAILDIR(NULL))},
	[SCMP_DRAIN] = {"DRAIN", LOGGED_IN, FORMS(
		{SCMP_TO_SHOW, NULL, {{0}}, ONE, RIGHT(SERVER_CONTROL), 0,
		 "show whether new sessions are kept out"},
		{SCMP_TO_SET, NULL, {CHOICE("on|off")}, ONE,
		 RIGHT(SERVER_CONTROL), SCMP_CHANGES,
		 "keep new sessions out and end those that are or become idle, "
		 "or let them in again"})},
	[SCMP_RELOAD] = {"RELOAD", LOGGED_IN, FORMS(
		{SCMP_TO_DO, NULL, {{0}}, ONE, RIGHT(SERVER_CONTROL),
		 SCMP_CHANGES,
		 "have scmpd read the configuration again; the server of POP3 "
		 "does at its own reload, by the service manager or SIGHUP"})},
};
/* clang-format on */

enum scmp_verb scmp_verb_find(struct span name)
{
	unsigned v = 0;

	while (v < SCMP_VERBS &&
	       !span_equal_nocase(name, span_str(scmp_verbs[v].name)))
		v++;
	return (enum scmp_verb)v;
}

/* --- who may --- */

/* Is the verb's time now, for this caller? */
static bool is_possible(enum scmp_verb verb, const struct scmp_form *form,
			const struct scmp_caller *caller)
{
	if (!(scmp_verbs[verb].states & caller->state))
		return false;
	if (verb == SCMP_STARTTLS)
		return caller->can_start_tls;
	return caller->has_account || !(form->flags & SCMP_ACCOUNT);
}

static bool has_right(const struct scmp_form *form,
		      const struct scmp_caller *caller)
{
	return form->rights == 0 || (form->rights & caller->rights);
}

enum scmp_code scmp_verb_check(enum scmp_verb verb,
			       const struct scmp_form *form,
			       const struct scmp_caller *caller)
{
	if (!is_possible(verb, form, caller))
		return SCMP_CODE_STATE;
	if (caller->needs_tls && (verb == SCMP_USER || verb == SCMP_PASS))
		return SCMP_CODE_TLS;
	if (!has_right(form, caller) && !(form->flags & SCMP_OWN))
		return SCMP_CODE_PERM;
	if ((form->flags & SCMP_LOCAL) && !caller->is_local)
		return SCMP_CODE_PERM_LOCAL;
	return SCMP_CODE_OK;
}

bool scmp_form_is_own(const struct scmp_form *form,
		      const struct scmp_caller *caller)
{
	return (form->flags & SCMP_OWN) && !has_right(form, caller);
}
