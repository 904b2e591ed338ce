/* SPDX-License-Identifier: ISC */
/* What passwords that are set here must be like. */
#include "config/policy.h"

#include "scmpd/accounts.h"
#include "scmpd/handlers.h"
#include "store/database_settings.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool open_policy(struct call *call, struct account *a,
			struct policy *policy, enum database_mode mode)
{
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int failed;

	if (!account_open_database(call, a, mode))
		return false;
	buf_init(&error, memory, sizeof(memory));
	failed = policy_read(policy, &a->db, &error);
	if (failed == 0)
		return true;
	call_database_failed(call, failed, &error);
	account_close(a);
	return false;
}

static const char *source_of(const struct policy *policy,
			     const struct policy_rule *rule)
{
	return policy->given[rule - policy_rules] ? "scmp" : "default";
}

void policy_show_all(struct call *call)
{
	struct policy policy;
	struct account a;

	if (!open_policy(call, &a, &policy, DATABASE_READ))
		return;
	account_close(&a);
	call_begin(call, "the policy for passwords");
	for (size_t i = 0; i < POLICY_RULES; i++) {
		const struct policy_rule *rule = &policy_rules[i];
		char memory[USERS_PATH_SIZE];
		struct buf value, *record;

		buf_init(&value, memory, sizeof(memory));
		policy_add_value(&value, &policy, rule);
		record = call_record(call);
		scmp_write_field(record, rule->name, buf_span(&value));
		scmp_write_field_str(record, "source",
				     source_of(&policy, rule));
		call_send(call);
	}
	call_end(call);
}

static const struct policy_rule *find(struct call *call)
{
	const struct policy_rule *rule =
		policy_rule_find(scmp_command_word(call->command, 0).p);

	if (!rule)
		call_answer(call, SCMP_CODE_NOTFOUND,
			    "there is no such rule; POLICY lists them");
	return rule;
}

void policy_show(struct call *call)
{
	const struct policy_rule *rule = find(call);
	char memory[USERS_PATH_SIZE];
	struct policy policy;
	struct buf value;
	struct account a;

	if (!rule || !open_policy(call, &a, &policy, DATABASE_READ))
		return;
	account_close(&a);
	buf_init(&value, memory, sizeof(memory));
	policy_add_value(&value, &policy, rule);
	call_answer(call, SCMP_CODE_OK, "%s source=%s",
		    buf_str(&value) && value.n ? memory : "-",
		    source_of(&policy, rule));
}

static bool may_be(struct call *call, const struct policy *policy,
		   const struct policy_rule *rule, const char *value)
{
	struct policy changed = *policy;
	char memory[128];
	struct buf expected;

	if (strcmp(value, "default") == 0 || policy_take(&changed, rule, value))
		return true;
	buf_init(&expected, memory, sizeof(memory));
	policy_add_expected(&expected, rule);
	call_answer(call, SCMP_CODE_RANGE, "it is " SPAN_FMT ", or default",
		    SPAN_ARG(buf_span(&expected)));
	return false;
}

/* What is outside of the folders that this daemon may look into would make
 * every later password fail. */
static bool can_use(struct call *call, const struct policy_rule *rule,
		    const char *value)
{
	struct stat st;
	int fd;
	bool is_file;

	if (rule->kind != POLICY_PATH || !value[0] ||
	    strcmp(value, "default") == 0)
		return true;
	fd = open(value, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	is_file = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	if (fd >= 0)
		close(fd);
	if (!is_file)
		call_answer(call, SCMP_CODE_REFUSED,
			    "scmpd cannot read that file; it has to lie in the "
			    "folder of the database or of the configuration");
	return is_file;
}

static void set(struct call *call, struct account *a,
		const struct policy_rule *rule, const char *value)
{
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int failed;

	buf_init(&error, memory, sizeof(memory));
	if (strcmp(value, "default") == 0)
		failed = database_text_delete(&a->db, DATABASE_POLICY,
					      rule->name, &error);
	else
		failed = database_text_set(&a->db, DATABASE_POLICY, rule->name,
					   value, &error);
	if (failed == -ENOENT)
		call_answer(call, SCMP_CODE_NOCHANGE, "%s", rule->name);
	else if (failed < 0)
		call_database_failed(call, failed, &error);
	else if (account_commit(call, a))
		call_answer(call, SCMP_CODE_OK, "%s", rule->name);
}

void policy_change(struct call *call)
{
	const char *value = scmp_command_word(call->command, 1).p;
	const struct policy_rule *rule = find(call);
	struct policy policy;
	struct account a;

	if (!rule || !open_policy(call, &a, &policy, DATABASE_WRITE))
		return;
	if (may_be(call, &policy, rule, value) && can_use(call, rule, value))
		set(call, &a, rule, value);
	account_close(&a);
}
