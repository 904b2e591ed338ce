/* SPDX-License-Identifier: ISC */
#include "scmpd/audit.h"

#include "sys/log.h"

enum { AUDIT_NAME = 4 * USERS_NAME_SIZE, AUDIT_ARGS = 2048 };

static const struct log_event event_audit = {"audit", LOG_AT_INFO, "scmp"};
static const struct log_event event_login = {"scmp_login", LOG_AT_INFO, "scmp"};

void audit_call(const struct call *call)
{
	char names[AUDIT_NAME], origins[NETWORK_TEXT_MAX + 8], all[AUDIT_ARGS];
	struct buf name, origin, args;

	buf_init(&name, names, sizeof(names));
	buf_init(&origin, origins, sizeof(origins));
	buf_init(&args, all, sizeof(all));
	caller_add_name(&name, call->caller);
	caller_add_origin(&origin, call->caller);
	scmp_command_add_redacted(&args, call->command);
	const struct log_field fields[] = {
		LOG_TEXT("user", LOG_PLAIN, buf_span(&name)),
		LOG_TEXT("from", LOG_PLAIN, buf_span(&origin)),
		LOG_TEXT("verb", LOG_PLAIN,
			 span_str(scmp_verbs[call->command->verb].name)),
		LOG_TEXT("args", LOG_PLAIN, buf_span(&args)),
		LOG_TEXT("result", LOG_PLAIN,
			 span_str(scmp_code_name(call->code))),
	};
	log_write(&event_audit, span_str("audit"), fields,
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
