/* SPDX-License-Identifier: ISC */
#include "scmpd/audit.h"

#include "sys/log.h"

enum { AUDIT_NAME = 4 * USERS_NAME_SIZE, AUDIT_ARGS = 2048 };

static const struct log_event event_audit = {"audit", LOG_AT_INFO, "scmp"};
static const struct log_event event_login = {"scmp_login", LOG_AT_INFO, "scmp"};

/* The whole event as one line of words, and for other formats by fields. */
void audit_call(const struct call *call)
{
	char names[AUDIT_NAME], origins[NETWORK_TEXT_MAX + 8], all[AUDIT_ARGS];
	char line[2 * AUDIT_ARGS];
	const char *verb = scmp_verbs[call->command->verb].name;
	const char *result = scmp_code_name(call->code);
	struct buf name, origin, args, words;

	buf_init(&name, names, sizeof(names));
	buf_init(&origin, origins, sizeof(origins));
	buf_init(&args, all, sizeof(all));
	buf_init(&words, line, sizeof(line));
	caller_add_name(&name, call->caller);
	caller_add_origin(&origin, call->caller);
	scmp_command_add_redacted(&args, call->command);
	buf_add_str(&words, "audit");
	scmp_write_field(&words, "user", buf_span(&name));
	scmp_write_field(&words, "from", buf_span(&origin));
	scmp_write_field_str(&words, "verb", verb);
	scmp_write_field(&words, "args", buf_span(&args));
	scmp_write_field_str(&words, "result", result);
	const struct log_field fields[] = {
		LOG_TEXT("user", LOG_HIDDEN, buf_span(&name)),
		LOG_TEXT("from", LOG_HIDDEN, buf_span(&origin)),
		LOG_TEXT("verb", LOG_HIDDEN, span_str(verb)),
		LOG_TEXT("args", LOG_HIDDEN, buf_span(&args)),
		LOG_TEXT("result", LOG_HIDDEN, span_str(result)),
	};
	log_write(&event_audit, buf_span(&words), fields,
		  sizeof(fields) / sizeof(fields[0]));
}

void audit_login(const struct caller *caller, struct span user, const char *how)
{
	char names[AUDIT_NAME], origins[NETWORK_TEXT_MAX + 8];
	struct buf name, origin;

	buf_init(&name, names, sizeof(names));
	buf_init(&origin, origins, sizeof(origins));
	buf_add_escaped(&name, user);
	caller_add_origin(&origin, caller);
	const struct log_field fields[] = {
		LOG_TEXT("user", LOG_ANGLED, buf_span(&name)),
		LOG_TEXT("rip", LOG_PLAIN, buf_span(&origin)),
	};
	log_write(&event_login, span_str(how), fields,
		  sizeof(fields) / sizeof(fields[0]));
}
