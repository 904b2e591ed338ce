/* SPDX-License-Identifier: ISC */
/* The commands that are everybody's: what there is, who I am, the end. */
#include "scmpd/connection.h"
#include "scmpd/dispatch.h"
#include "scmpd/handlers.h"
#include "scmpd/watch.h"

#include <string.h>

void basics_noop(struct call *call)
{
	call_answer(call, SCMP_CODE_OK, "still here");
}

void basics_version(struct call *call)
{
	call_answer(call, SCMP_CODE_OK,
		    "SCMP/2 scmpd pop3-session/" POP3_SESSION_VERSION);
}

void basics_quit(struct call *call)
{
	struct connection *c = call->connection;

	if (c->state == SCMP_STATE_STREAM)
		watch_leave(c);
	call_answer(call, SCMP_CODE_OK, "bye");
	connection_end(c);
}

void basics_whoami(struct call *call)
{
	const struct caller *caller = call->caller;
	char memory[NETWORK_TEXT_MAX + 8];
	struct buf from;

	buf_init(&from, memory, sizeof(memory));
	caller_add_origin(&from, caller);
	call_answer(call, SCMP_CODE_OK, "user=%s role=%s from=" SPAN_FMT,
		    caller->name[0] ? caller->name : "-",
		    caller->role[0] ? caller->role : "user",
		    SPAN_ARG(buf_span(&from)));
}

static const char *const features[] = {"SCMP/2", "PIPELINING", "UTF-8"};

void basics_capa(struct call *call)
{
	const struct scmp_caller caller = dispatch_caller(call->connection);
	char memory[SCMP_LINE_LIMIT];
	struct buf line;

	call_begin(call, "what you may do now");
	for (enum scmp_verb verb = 0; verb < SCMP_VERBS; verb++) {
		buf_init(&line, memory, sizeof(memory));
		if (scmp_verb_add_capability(&line, verb, &caller))
			call_line(call, buf_span(&line));
	}
	call_line(call, span_str("FEATURES"));
	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		call_line(call, span_str(features[i]));
	call_end(call);
}

/* "SESSIONS [user=mask] ..." and, behind it, what that does. */
static void add_help(struct call *call, enum scmp_verb verb)
{
	const struct scmp_verb_row *row = &scmp_verbs[verb];
	const struct scmp_caller caller = dispatch_caller(call->connection);
	char memory[SCMP_LINE_LIMIT];
	struct buf line;

	for (size_t i = 0; i < row->forms_n; i++) {
		const struct scmp_form *form = &row->forms[i];

		if (scmp_verb_check(verb, form, &caller) != SCMP_CODE_OK)
			continue;
		buf_init(&line, memory, sizeof(memory));
		buf_add_str(&line, row->name);
		if (form->keyword || form->parameters[0].name) {
			buf_add_char(&line, ' ');
			scmp_form_add_usage(&line, form);
		}
		buf_add_str(&line, ": ");
		buf_add_str(&line, form->help);
		call_line(call, buf_span(&line));
	}
}

void basics_help(struct call *call)
{
	struct span word = scmp_command_word(call->command, 0);
	enum scmp_verb verb = SCMP_VERBS;

	if (word.p)
		verb = scmp_verb_find(word);
	if (word.p && verb == SCMP_VERBS) {
		call_answer(call, SCMP_CODE_NOTFOUND,
			    "there is no such command; HELP lists them");
		return;
	}
	call_begin(call, "what commands do");
	if (word.p) {
		add_help(call, verb);
	} else {
		for (verb = 0; verb < SCMP_VERBS; verb++)
			add_help(call, verb);
	}
	call_end(call);
}
