/* SPDX-License-Identifier: ISC */
#include "scmpd/setting.h"

#include "config/live.h"

enum { SETTING_TEXT = USERS_PATH_SIZE + 32 };

bool setting_look(struct scmpd *s)
{
	char memory[USERS_ERROR_SIZE];
	struct database db;
	struct buf error;
	int failed;

	buf_init(&error, memory, sizeof(memory));
	if (!s->database[0] || database_open(&db, s->database, DATABASE_READ,
					     RULES_WAIT_MS, &error) < 0)
		return false;
	failed = live_read(&s->configuration, &db, &error);
	database_close(&db);
	return failed == 0;
}

bool setting_look_at(struct call *call, struct account *a)
{
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int failed;

	buf_init(&error, memory, sizeof(memory));
	failed = live_read(&call->scmpd->configuration, &a->db, &error);
	if (failed < 0)
		call_database_failed(call, failed, &error);
	return failed == 0;
}

bool setting_open(struct call *call, struct account *a, enum database_mode mode)
{
	if (!account_open_database(call, a, mode))
		return false;
	if (setting_look_at(call, a))
		return true;
	account_close(a);
	return false;
}

void setting_add(struct buf *out, const struct scmpd *s, const char *name)
{
	const struct conf *conf = &s->configuration.conf;
	size_t before = out->n;

	(void)conf_add_value(conf, span_str(name), out);
	if (out->n == before)
		buf_add_char(out, '-');
	buf_add_str(out, " source=");
	buf_add_str(out, conf_source(conf, span_str(name)));
}

void setting_send(struct call *call, const char *name)
{
	const struct conf *conf = &call->scmpd->configuration.conf;
	char memory[SETTING_TEXT];
	struct buf value, *record = call_record(call);

	buf_init(&value, memory, sizeof(memory));
	(void)conf_add_value(conf, span_str(name), &value);
	scmp_write_field(record, name, buf_span(&value));
	scmp_write_field_str(record, "source",
			     conf_source(conf, span_str(name)));
	call_send(call);
}

/* --- changing --- */

static bool try_value(struct call *call, const char *name, const char *value)
{
	char memory[256];
	struct buf expected;

	buf_init(&expected, memory, sizeof(memory));
	if (live_try(&call->scmpd->configuration, name, value, &expected) == 0)
		return true;
	call_answer(call, SCMP_CODE_RANGE, "it is " SPAN_FMT "%s",
		    SPAN_ARG(buf_span(&expected)),
		    call->command->verb == SCMP_MAX_USERS ? ""
							  : ", or default");
	return false;
}

static bool store(struct call *call, struct account *a, const char *name,
		  const char *value)
{
	char memory[USERS_ERROR_SIZE];
	struct buf error;
	int failed;

	buf_init(&error, memory, sizeof(memory));
	failed = live_store(&a->db, name, value, &error);
	if (failed == 0)
		return account_commit(call, a);
	call_database_failed(call, failed, &error);
	return false;
}

/* What the database says is in force again, or at least not what was tried. */
static bool undo(struct call *call, struct account *a)
{
	if (setting_look_at(call, a))
		return true;
	conf_restore(&call->scmpd->configuration.conf);
	return false;
}

static bool change(struct call *call, struct account *a, const char *name,
		   const char *value, setting_check *may_be, bool *same)
{
	char before[SETTING_TEXT], after[SETTING_TEXT], memory[128];
	struct scmpd *s = call->scmpd;
	struct buf old, new, error;
	bool may;

	buf_init(&old, before, sizeof(before));
	setting_add(&old, s, name);
	may = try_value(call, name, value) && (!may_be || may_be(call, a));
	buf_init(&new, after, sizeof(after));
	setting_add(&new, s, name);
	*same = span_equal(buf_span(&old), buf_span(&new));
	/* It is not in force before it is stored for good. */
	if (!undo(call, a) || !may || !store(call, a, name, value))
		return false;
	/* (Where it cannot be read just now, it will be.) */
	buf_init(&error, memory, sizeof(memory));
	(void)!live_read(&s->configuration, &a->db, &error);
	return true;
}

bool setting_change(struct call *call, const char *name, const char *value,
		    setting_check *may_be, bool *same)
{
	struct account a;
	bool is_done;

	if (!setting_open(call, &a, DATABASE_WRITE))
		return false;
	is_done = change(call, &a, name, value, may_be, same);
	account_close(&a);
	return is_done;
}
