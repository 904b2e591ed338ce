/* SPDX-License-Identifier: ISC */
/* --transcript: both directions on fd 2, line by line, secrets masked. */
#include "pop3-session/front.h"

#include "base/buf.h"

#include <unistd.h>

static void show(const char *who, struct span text, bool is_secret)
{
	char memory[1200];
	struct buf line;
	ssize_t ignored;

	buf_init(&line, memory, sizeof(memory) - 1);
	buf_add_str(&line, who);
	if (is_secret)
		pop3_redact(text, &line);
	else
		buf_add_escaped(&line, span_take(text, 250));
	line.p[line.n++] = '\n';
	ignored = write(STDERR_FILENO, line.p, line.n);
	(void)ignored;
}

void front_show_input(struct front *front, struct span line)
{
	(void)front;
	show("C: ", line, true);
}

void front_show_output(struct span octets)
{
	while (octets.n > 0) {
		size_t end = span_find(octets, '\n');
		struct span line = span_take(octets, end);

		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		show("S: ", line, false);
		octets = span_drop(octets, end + 1);
	}
}
