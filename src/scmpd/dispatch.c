/* SPDX-License-Identifier: ISC */
#include "scmpd/dispatch.h"

#include "scmpd/audit.h"
#include "scmpd/connection.h"
#include "scmpd/default_account.h"

#include <string.h>

void dispatch_refuse(struct connection *c, enum scmp_code code,
		     const char *text)
{
	if (c->state == SCMP_STATE_STREAM)
		return; /* only STOP and QUIT are heard there */
	scmp_write_status(connection_record(c), code, span_str(""),
			  span_str(text));
	connection_send_record(c);
}

/* May he say what is for the Unix socket alone? */
static bool is_as_local(const struct connection *c)
{
	return c->caller.is_local || (c->caller.listener->may_be_local &&
				      default_account_is_open(c->scmpd) == 0);
}

void dispatch_count(struct scmpd *s, enum scmp_code code)
{
	s->counts[scmp_code_is_error(code) ? METRICS_COMMANDS_ERR
					   : METRICS_COMMANDS_OK]++;
}

struct scmp_caller dispatch_caller(const struct connection *c)
{
	return (struct scmp_caller){
		.state = c->state,
		.rights = c->caller.rights,
		.is_local = is_as_local(c),
		.has_account = c->caller.trust == CALLER_ACCOUNT,
	};
}

/* Why, in words; what a caller can do about it. */
static const char *reason(enum scmp_code code)
{
	switch (code) {
	case SCMP_CODE_SYNTAX:
		return "not understood; HELP tells how a command is written";
	case SCMP_CODE_UNKNOWN:
		return "there is no such command; CAPA lists them";
	case SCMP_CODE_STATE:
		return "not now; CAPA tells what can be said now";
	case SCMP_CODE_TLS:
		return "not in clear; STARTTLS first";
	case SCMP_CODE_PERM:
		return "your role does not allow that; CAPA lists what it does";
	case SCMP_CODE_PERM_LOCAL:
		return "over the Unix socket only; or, where scmp_listen has "
		       "`local`, once default has a new password";
	default:
		return "";
	}
}

/* The arguments of a known command are shown as they are written. */
static void refuse_shape(struct connection *c)
{
	const struct scmp_command *command = &c->command;
	char memory[SCMP_LINE_LIMIT];
	struct buf text;

	buf_init(&text, memory, sizeof(memory));
	buf_add_str(&text, "it is ");
	buf_add_str(&text, scmp_verbs[command->verb].name);
	if (command->form->parameters[0].name || command->form->keyword) {
		buf_add_char(&text, ' ');
		scmp_form_add_usage(&text, command->form);
	}
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == ']')
			text.p[i] = ')';
		if (text.p[i] == '[')
			text.p[i] = '(';
	}
	dispatch_refuse(c, SCMP_CODE_SYNTAX,
			buf_str(&text) ? memory : reason(SCMP_CODE_SYNTAX));
}

static void run(struct connection *c, const struct scmp_caller *caller,
		struct call *call)
{
	const struct scmp_command *command = &c->command;
	call_handler *handler =
		call_find_handler(command->verb, command->form->deed);

	call->is_own = scmp_form_is_own(command->form, caller);
	if (handler)
		handler(call);
	if (!call->is_answered)
		call_answer(call, SCMP_CODE_SYS_PERM,
			    "this server cannot do that yet");
}

static void try_again(struct connection *c);

/* Verb and form are known. */
static void dispatch(struct connection *c)
{
	const struct scmp_caller caller = dispatch_caller(c);
	enum scmp_code code = scmp_command_check(&c->command, &caller);
	struct call call = {
		.scmpd = c->scmpd,
		.connection = c,
		.caller = &c->caller,
		.command = &c->command,
		.code = code,
		.patience_ms = CALL_PATIENCE_MS,
	};

	if (code == SCMP_CODE_OK)
		run(c, &caller, &call);
	else if (code == SCMP_CODE_SYNTAX)
		refuse_shape(c);
	else
		dispatch_refuse(c, code, reason(code));
	if (call.is_waiting) {
		connection_hold(c, CALL_AGAIN_MS, try_again);
		return;
	}
	if (call.is_broken)
		connection_end(c);
	/* Who is nobody yet cannot fill the log. */
	if ((c->command.form->flags & SCMP_CHANGES) &&
	    c->caller.trust != CALLER_NOBODY)
		audit_call(&call);
	if (call.code == SCMP_CODE_SYS_TEMP || call.code == SCMP_CODE_SYS_PERM)
		audit_failure(&call);
	/* (What comes of a login is not known yet.) */
	if (c->command.verb != SCMP_PASS || scmp_code_is_error(call.code))
		dispatch_count(c->scmpd, call.code);
}

static bool is_heard_in_stream(const struct connection *c)
{
	return scmp_verbs[c->command.verb].states & SCMP_STATE_STREAM;
}

/* Role and account are looked at for each command, but not for each line. */
static void take_command(struct connection *c)
{
	if (c->state == SCMP_STATE_STREAM && !is_heard_in_stream(c))
		return;
	if (caller_refresh(&c->caller, c->scmpd)) {
		dispatch(c);
		return;
	}
	dispatch_refuse(c, SCMP_CODE_AUTH,
			"this account can no longer be used");
	connection_end(c);
}

static void finish(struct connection *c, enum scmp_state before)
{
	/* What waits still needs it, a login its password. */
	if (c->is_held)
		return;
	explicit_bzero(&c->command, sizeof(c->command));
	/* The time to log in does not begin anew with each line, and neither
	 * does that of # alive. */
	if (!c->is_ending && c->state != SCMP_STATE_AUTHORIZATION &&
	    (c->state != SCMP_STATE_STREAM || before != c->state))
		connection_arm(c);
}

/* A command that would have been answered with [BUSY]. */
static void try_again(struct connection *c)
{
	enum scmp_state before = c->state;

	take_command(c);
	finish(c, before);
}

void dispatch_line(struct connection *c, struct span line)
{
	enum scmp_code code = scmp_command_parse(line, &c->command);
	enum scmp_state before = c->state;

	if (code == SCMP_CODE_OK)
		take_command(c);
	else
		dispatch_refuse(c, code, reason(code));
	finish(c, before);
}
