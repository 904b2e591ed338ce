/* SPDX-License-Identifier: ISC */
/* The lines about connections that do not become sessions. */
#include "pop3-session/events.h"

#include "pop3-session/events_line.h"

#include <errno.h>
#include <string.h>

static void begin(struct events_line *l, enum events_kind kind,
		  const struct peer *peer)
{
	events_line_begin(l, kind);
	events_line_rip(l, LOG_PLAIN, peer);
	events_line_lip(l, peer);
}

void event_refused(const struct peer *peer, const char *setting, int64_t limit)
{
	struct events_line line;

	begin(&line, EVENT_REFUSED, peer);
	events_line_limit(&line, setting, limit);
	events_line_write(&line);
}

void event_ruled_out(const struct peer *peer, const struct network *ban)
{
	struct events_line line;

	begin(&line, EVENT_REFUSED, peer);
	buf_add_str(&line.words, ban ? "Refused: a ban of "
				     : "Refused: not on the allow list");
	if (ban)
		network_format(ban, &line.words);
	events_line_text(&line, "setting", LOG_HIDDEN, ban ? "ban" : "allow");
	events_line_write(&line);
}

void event_draining(const struct peer *peer)
{
	struct events_line line;

	begin(&line, EVENT_REFUSED, peer);
	buf_add_str(&line.words, "Refused: the server is drained (scmp drain "
				 "off ends that)");
	events_line_text(&line, "setting", LOG_HIDDEN, "drain");
	events_line_write(&line);
}

/* Which of a unit's limits is to be raised, or NULL. */
static const char *resource(int error)
{
	switch (error) {
	case EAGAIN:
		return "TasksMax";
	case EMFILE:
		return "LimitNOFILE";
	case ENFILE:
		return "fs.file-max";
	case ENOMEM:
	case ENOBUFS:
		return "MemoryMax";
	default:
		return NULL;
	}
}

void event_unserved(const struct peer *peer, const char *what, int error)
{
	const char *setting = resource(error);
	struct events_line line;

	begin(&line, EVENT_UNSERVED, peer);
	buf_add_str(&line.words, "Cannot serve a connection: ");
	buf_add_str(&line.words, what);
	buf_add_str(&line.words, ": ");
	buf_add_str(&line.words, strerror(error));
	if (setting) {
		buf_add_str(&line.words, " (see ");
		buf_add_str(&line.words, setting);
		buf_add_char(&line.words, ')');
		events_line_text(&line, "setting", LOG_HIDDEN, setting);
	}
	events_line_write(&line);
}
