/* SPDX-License-Identifier: ISC */
#include "pop3-session/transcript.h"

#include "base/buf.h"
#include "proto/pop3.h"

#include <unistd.h>

enum { SHOWN = 250, /* octets of a line */ LINE_OCTETS = 4 * SHOWN + 16 };

static void put(struct buf *line)
{
	ssize_t ignored;

	/* Room for the line end was kept back. */
	line->p[line->n++] = '\n';
	ignored = write(STDERR_FILENO, line->p, line->n);
	(void)ignored;
}

void transcript_input(struct span line)
{
	char memory[LINE_OCTETS];
	struct buf out;

	buf_init(&out, memory, sizeof(memory) - 1);
	buf_add_str(&out, "C: ");
	pop3_redact(line, &out);
	put(&out);
}

static void show_output(struct span line)
{
	char memory[LINE_OCTETS];
	struct buf out;

	buf_init(&out, memory, sizeof(memory) - 1);
	buf_add_str(&out, "S: ");
	buf_add_escaped(&out, span_take(line, SHOWN));
	if (line.n > SHOWN)
		buf_add_str(&out, " ...");
	put(&out);
}

void transcript_output(struct span octets)
{
	while (octets.n > 0) {
		size_t end = span_find(octets, '\n');
		struct span line = span_take(octets, end);

		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		show_output(line);
		octets = span_drop(octets, end + 1);
	}
}
