/* SPDX-License-Identifier: ISC */
#include "scmp/prepare.h"

#include "scmp/commands.h"

bool prepare_is_online(const struct scmp *s)
{
	return !scmp_given(s, OPTION_OFFLINE) &&
	       s->command->need != COMMAND_LOCAL &&
	       s->command->need != COMMAND_ALONE;
}

static int take_database(struct scmp *s)
{
	static const enum database_mode modes[] = {
		[COMMAND_READS] = DATABASE_READ,
		[COMMAND_WRITES] = DATABASE_WRITE,
	};
	enum command_need need = s->command->need;
	bool sets = s->words_n == s->command->most;
	int r;

	r = scmp_configure(s);
	if (r == STATUS_OK)
		r = scmp_locate(s);
	if (r != STATUS_OK || need == COMMAND_OPENS || need == COMMAND_LOCAL)
		return r;
	if (need == COMMAND_SETS)
		need = sets ? COMMAND_WRITES : COMMAND_READS;
	return scmp_open(s, modes[need]);
}

static int reach_daemon(struct scmp *s)
{
	uint64_t strange = s->options.given & s->command->offline;

	if (!s->command->online)
		return scmp_fail(s, STATUS_USAGE,
				 "works on the database itself, on its own "
				 "machine: with --offline");
	for (int i = 0; strange && i < OPTIONS; i++) {
		if (strange & OPTION_BIT(i))
			return scmp_fail(s, STATUS_USAGE,
					 "--%s is nothing that scmpd takes; it "
					 "works on the database itself: with "
					 "--offline",
					 option_rows[i].name);
	}
	return s->command->need == COMMAND_OPENS ? STATUS_OK
						 : client_open(s, CLIENT_ALL);
}

int prepare(struct scmp *s)
{
	const uint64_t places =
		OPTION_BIT(OPTION_SOCKET) | OPTION_BIT(OPTION_SERVER) |
		OPTION_BIT(OPTION_LOGIN) | OPTION_BIT(OPTION_LOGIN_FD);

	if (prepare_is_online(s))
		return reach_daemon(s);
	if (!s->command->run)
		return scmp_fail(s, STATUS_USAGE,
				 "is a question to scmpd, which the database "
				 "cannot answer: leave out --offline");
	if (s->options.given & places)
		return scmp_fail(s, STATUS_USAGE,
				 "--socket, --server and --login are for work "
				 "through scmpd, which this is not");
	return s->command->need == COMMAND_ALONE ? STATUS_OK : take_database(s);
}
