/* SPDX-License-Identifier: ISC */
/*
 * The encoder of messages once more, one octet after the other as the rules
 * are written: what proto/wire.c is compared with.
 */
#ifndef FUZZ_WIRE_REFERENCE_H
#define FUZZ_WIRE_REFERENCE_H

#include "base/buf.h"

/* All that is sent, put into out; returns the octets that count. */
static inline uint64_t wire_reference(struct span s, uint64_t lines,
				      struct buf *out)
{
	uint64_t stuffed = 0;
	bool in_body = false, is_done = false;
	size_t line = 0; /* octets of it, without its end */
	char last = '\n';

	for (size_t i = 0; i < s.n && !is_done; last = s.p[i++]) {
		char c = s.p[i];
		bool is_blank = line == 0 || (line == 1 && last == '\r');

		if (last == '\n' && c == '.') {
			buf_add_char(out, '.');
			stuffed++;
		}
		if (c == '\n' && last != '\r')
			buf_add_char(out, '\r');
		buf_add_char(out, c);
		line++;
		if (c != '\n')
			continue;
		line = 0;
		if (in_body)
			lines--;
		in_body = in_body || is_blank;
		is_done = in_body && lines == 0;
	}
	if (last != '\n')
		buf_add_str(out, "\r\n");
	buf_add_str(out, ".\r\n");
	return out->n - 3 - stuffed;
}

#endif
