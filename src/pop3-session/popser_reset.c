/* SPDX-License-Identifier: ISC */
#include "pop3-session/popser_reset.h"

#include "store/place.h"
#include "store/popser_undo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

const char *popser_log_place(const struct settings *settings,
			     struct buf *folder)
{
	struct span path = span_str(settings->popser_log);
	size_t slash = span_find_last(path, '/');

	if (slash == path.n || slash + 1 == path.n)
		return NULL;
	buf_add_span(folder, span_take(path, slash > 0 ? slash : 1));
	return buf_str(folder) ? settings->popser_log + slash + 1 : NULL;
}

/* Errors of the reset that mean something else than in general. */
static const char *reason(int error)
{
	switch (error) {
	case EWOULDBLOCK:
		return "a session is in it; try again when it has ended";
	case EEXIST:
		return "the original name is taken in new/";
	case ENOTUNIQ:
		return "there are several files of that name; leave one";
	case EBADMSG:
		return "the line is damaged; mend or remove it";
	case ETIMEDOUT:
		return "another process does not let go of it";
	default:
		return strerror(error);
	}
}

static void complain(void *context, const struct popser_fault *f)
{
	char memory[2 * PLACE_PATH_SIZE];
	const struct settings *settings = context;
	struct buf text;

	buf_init(&text, memory, sizeof(memory));
	if (f->maildir.n == 0) {
		buf_add_str(&text, settings->popser_log);
		if (f->line > 0) {
			buf_add_str(&text, ", line ");
			buf_add_u64(&text, f->line);
		}
	} else {
		buf_add_escaped(&text, f->maildir);
		if (f->name.n > 0) {
			buf_add_str(&text, "/cur/");
			buf_add_escaped(&text, f->name);
			buf_add_str(&text, " stays there");
		}
	}
	(void)fprintf(stderr, "popser: %s: %s\n",
		      buf_str(&text) ? memory : settings->popser_log,
		      reason(f->error));
}

int popser_reset(const struct settings *settings)
{
	char memory[PLACE_PATH_SIZE];
	struct popser_log log;
	struct buf folder;
	uint32_t faults;

	buf_init(&folder, memory, sizeof(memory));
	log.name = popser_log_place(settings, &folder);
	if (!log.name) {
		(void)fprintf(stderr, "popser: --popser-reset needs "
				      "-o popser_log=/PATH/popser.log\n");
		return EXIT_USAGE;
	}
	log.dir = open(memory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (log.dir < 0) {
		(void)fprintf(stderr, "popser: %s: %s\n", memory,
			      strerror(errno));
		return 1;
	}
	faults = popser_undo(&log, complain, (void *)(uintptr_t)settings);
	close(log.dir);
	if (faults > 0)
		(void)fprintf(stderr,
			      "popser: reset: %u could not be undone; "
			      "%s is kept for another try\n",
			      faults, settings->popser_log);
	return faults > 0 ? 1 : 0;
}
