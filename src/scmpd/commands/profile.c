/* SPDX-License-Identifier: ISC */
/* What a user may set for itself. */
#include "scmpd/accounts.h"
#include "scmpd/handlers.h"

#include <string.h>

static const char only[] = "display_name";

static bool is_known(struct call *call)
{
	if (span_equal_nocase(scmp_command_word(call->command, 0),
			      span_str(only)))
		return true;
	call_answer(call, SCMP_CODE_NOTFOUND,
		    "there is no such value; PROFILE lists them");
	return false;
}

static bool open_own(struct call *call, struct account *a,
		     enum database_mode mode)
{
	return account_open(call, a, span_str(call->caller->name), mode);
}

void profile_list(struct call *call)
{
	struct account a;

	if (call->caller->trust != CALLER_ACCOUNT) {
		call_begin(call, "nothing");
		call_end(call);
		return;
	}
	if (!open_own(call, &a, DATABASE_READ))
		return;
	call_begin(call, "yours");
	scmp_write_field_str(call_record(call), only, a.user.display_name);
	call_send(call);
	call_end(call);
	account_close(&a);
}

void profile_show(struct call *call)
{
	struct account a;

	if (!is_known(call))
		return;
	if (call->caller->trust != CALLER_ACCOUNT) {
		call_answer(call, SCMP_CODE_STATE, "you have no account here");
		return;
	}
	if (!open_own(call, &a, DATABASE_READ))
		return;
	call_answer(call, SCMP_CODE_OK, "%s", a.user.display_name);
	account_close(&a);
}

static void set(struct call *call, struct account *a)
{
	struct span value = scmp_command_word(call->command, 1);
	struct buf out;

	if (span_equal(value, span_str(a->user.display_name))) {
		call_answer(call, SCMP_CODE_NOCHANGE, "%s", only);
		return;
	}
	buf_init(&out, a->user.display_name, sizeof(a->user.display_name));
	buf_add_span(&out, value);
	if (!buf_str(&out))
		call_answer(call, SCMP_CODE_RANGE, "too long");
	else if (account_store(call, a, DATABASE_DISPLAY_NAME))
		call_answer(call, SCMP_CODE_OK, "%s", only);
}

void profile_set(struct call *call)
{
	struct account a;

	if (!is_known(call) || !open_own(call, &a, DATABASE_WRITE))
		return;
	set(call, &a);
	account_close(&a);
}
