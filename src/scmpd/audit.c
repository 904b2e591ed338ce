/* SPDX-License-Identifier: ISC */
#include "scmpd/audit.h"

#include "scmpd/watch.h"
#include "sys/log.h"

#include <string.h>

enum {
	AUDIT_NAME = 4 * USERS_NAME_SIZE,
	AUDIT_ARGS = 2 * SCMP_LINE_LIMIT,
	/* What they may take of a line of the log, which has 4096. */
	AUDIT_ARGS_SHOWN = 3 * SCMP_LINE_LIMIT,
};

static const struct log_event event_audit = {"audit", LOG_AT_INFO, "scmp"};
static const struct log_event event_login = {"scmp_login", LOG_AT_INFO, "scmp"};

/* What a command that went well has changed, for those who watch. */
static enum events_type type_of(const struct call *call)
{
	switch (call->command->verb) {
	case SCMP_BAN:
	case SCMP_UNBAN:
		return EVENTS_BAN;
	default:
		return call->command->form->rights &
				       (SCMP_RIGHT_CONFIG_WRITE |
					SCMP_RIGHT_LOG_WRITE |
					SCMP_RIGHT_TRANSFORM_WRITE |
					SCMP_RIGHT_SERVER_CONTROL)
			       ? EVENTS_CONFIG
			       : EVENTS_AUDIT;
	}
}

static void tell(const struct call *call, struct span fields)
{
	bool failed = scmp_code_is_error(call->code);
	enum events_type type = type_of(call);

	call->scmpd
		->counts[failed ? METRICS_AUDITED_ERR : METRICS_AUDITED_OK]++;
	watch_tell(call->scmpd, EVENTS_AUDIT, fields);
	if (!failed && type != EVENTS_AUDIT)
		watch_tell(call->scmpd, type, fields);
}

/*
 * As much of the arguments as leaves room for the result behind them: the log
 * has a backslash before some octets, and writes those of other letters than
 * ASCII's as \xNN. No letter is cut in two.
 */
static struct span shown(struct span args)
{
	size_t room = AUDIT_ARGS_SHOWN, n;

	for (n = 0; n < args.n; n++) {
		unsigned char octet = (unsigned char)args.p[n];
		size_t takes = octet > 0x7e		       ? 4
			       : octet == '"' || octet == '\\' ? 2
							       : 1;

		if (takes > room)
			break;
		room -= takes;
	}
	while (n < args.n && n && ((unsigned char)args.p[n] & 0xc0) == 0x80)
		n--;
	return span_take(args, n);
}

/* The whole event as one line of words, and for other formats by fields. */
void audit_call(const struct call *call)
{
	char names[AUDIT_NAME], origins[NETWORK_TEXT_MAX + 8], all[AUDIT_ARGS];
	char line[2 * AUDIT_ARGS];
	const char *verb = scmp_verbs[call->command->verb].name;
	const char *result = scmp_code_name(call->code);
	struct buf name, origin, whole, words;
	struct span args;

	buf_init(&name, names, sizeof(names));
	buf_init(&origin, origins, sizeof(origins));
	buf_init(&whole, all, sizeof(all));
	buf_init(&words, line, sizeof(line));
	caller_add_name(&name, call->caller);
	caller_add_origin(&origin, call->caller);
	scmp_command_add_redacted(&whole, call->command);
	args = shown(buf_span(&whole));
	buf_add_str(&words, "audit");
	scmp_write_field(&words, "user", buf_span(&name));
	scmp_write_field(&words, "from", buf_span(&origin));
	scmp_write_field_str(&words, "verb", verb);
	scmp_write_field(&words, "args", args);
	scmp_write_field_str(&words, "result", result);
	const struct log_field fields[] = {
		LOG_TEXT("user", LOG_HIDDEN, buf_span(&name)),
		LOG_TEXT("from", LOG_HIDDEN, buf_span(&origin)),
		LOG_TEXT("verb", LOG_HIDDEN, span_str(verb)),
		LOG_TEXT("args", LOG_HIDDEN, args),
		LOG_TEXT("result", LOG_HIDDEN, span_str(result)),
	};
	log_write_always(&event_audit, buf_span(&words), fields,
			 sizeof(fields) / sizeof(fields[0]));
	if (!words.overflow)
		tell(call, span_drop(buf_span(&words), strlen("audit ")));
}

void audit_failure(const struct call *call)
{
	char memory[128];
	struct buf fields;

	buf_init(&fields, memory, sizeof(memory));
	scmp_write_field_str(&fields, "verb",
			     scmp_verbs[call->command->verb].name);
	scmp_write_field_str(&fields, "result", scmp_code_name(call->code));
	watch_tell(call->scmpd, EVENTS_ERROR, buf_span(&fields));
}

void audit_login(struct scmpd *s, const struct caller *caller, struct span user,
		 bool good)
{
	char names[AUDIT_NAME], origins[NETWORK_TEXT_MAX + 8];
	char line[2 * AUDIT_NAME];
	struct buf name, origin, words;

	buf_init(&name, names, sizeof(names));
	buf_init(&origin, origins, sizeof(origins));
	buf_add_escaped(&name, user);
	caller_add_origin(&origin, caller);
	const struct log_field fields[] = {
		LOG_TEXT("user", LOG_ANGLED, buf_span(&name)),
		LOG_TEXT("rip", LOG_PLAIN, buf_span(&origin)),
	};
	log_write_always(&event_login,
			 span_str(good ? "login" : "login failed"), fields,
			 sizeof(fields) / sizeof(fields[0]));
	s->counts[good ? METRICS_LOGINS_OK : METRICS_LOGINS_FAILED]++;
	buf_init(&words, line, sizeof(line));
	scmp_write_field(&words, "user", buf_span(&name));
	scmp_write_field(&words, "from", buf_span(&origin));
	scmp_write_field_str(&words, "verb", scmp_verbs[SCMP_PASS].name);
	scmp_write_field_str(
		&words, "result",
		scmp_code_name(good ? SCMP_CODE_OK : SCMP_CODE_AUTH));
	watch_tell(s, EVENTS_AUDIT, buf_span(&words));
}
