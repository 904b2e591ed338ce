/* SPDX-License-Identifier: ISC */
/* What an import says while it goes on, and at its end. */
#include "scmp/import.h"

#include <string.h>

enum {
	PROGRESS_LINES = 4096, /* between two looks at the clock */
};

/* --- progress --- */

static void show_progress(struct import *im)
{
	off_t at = ftello(im->from);

	fprintf(stderr, "%s%llu lines", im->is_terminal ? "\r" : "",
		(unsigned long long)im->lines);
	if (im->size > 0 && at > 0)
		fprintf(stderr, ", %d %%", (int)(100 * at / im->size));
	fputs(im->is_terminal ? "\033[K" : "\n", stderr);
}

/* Once a second at most. */
void import_progress(struct import *im)
{
	time_t now;

	if (!im->shows || im->lines % PROGRESS_LINES)
		return;
	now = time(NULL);
	if (now == im->shown)
		return;
	im->shown = now;
	show_progress(im);
}

/* What is written next has the line for itself. */
static void clear_progress(const struct import *im)
{
	if (im->shows && im->is_terminal && im->shown)
		fputs("\r\033[K", stderr);
}

void import_progress_end(struct import *im)
{
	if (im->shows && !im->is_terminal)
		show_progress(im);
	clear_progress(im);
}

void import_refuse(struct import *im, const char *name, const char *why)
{
	char memory[1024];
	struct buf out;

	clear_progress(im);
	buf_init(&out, memory, sizeof(memory));
	buf_add_escaped(&out, span_str(im->file));
	buf_add_str(&out, ": line ");
	buf_add_u64(&out, im->lines);
	if (name[0]) {
		buf_add_str(&out, " (user ");
		buf_add_escaped(&out, span_str(name));
		buf_add_str(&out, ")");
	}
	buf_add_str(&out, " ");
	buf_add_str(&out, why);
	im->refused++;
	(void)scmp_fail_text(im->s, STATUS_REFUSED, &out);
}

/* Each word that has no effect here is told of once. */
void import_name_ignored(struct import *im, const struct passwd_ignored *words)
{
	for (size_t i = 0; i < words->n; i++) {
		struct span word = words->names[i];
		bool is_known = false;

		for (size_t k = 0; k < im->named_n && !is_known; k++)
			is_known = span_equal(word, span_str(im->named[k]));
		if (is_known || im->named_n == IMPORT_NAMED_MAX ||
		    word.n >= sizeof(im->named[0]))
			continue;
		memcpy(im->named[im->named_n], word.p, word.n);
		im->named[im->named_n++][word.n] = '\0';
		clear_progress(im);
		(void)scmp_fail(im->s, STATUS_OK,
				"%s: line %llu has the word " SPAN_FMT
				", which has no effect here (others are not "
				"told of)",
				im->file, (unsigned long long)im->lines,
				SPAN_ARG(word));
	}
}

void import_tell(const struct import *im, bool changed)
{
	const struct scmp *s = im->s;

	if (scmp_given(s, OPTION_JSON)) {
		json_t *sums = json_pack(
			"{sI sI sI sI sb sI sI}", "added",
			(json_int_t)im->added, "updated",
			(json_int_t)im->updated, "skipped",
			(json_int_t)im->skipped, "refused",
			(json_int_t)im->refused, "changed", (int)changed,
			"enabled", (json_int_t)im->enabled, "left_disabled",
			(json_int_t)im->left_disabled);

		json_dumpf(sums, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(sums);
		return;
	}
	scmp_say(s, "%s%llu added, %llu updated, %llu skipped, %llu refused.",
		 changed ? "" : "Nothing was changed. Would be: ",
		 (unsigned long long)im->added, (unsigned long long)im->updated,
		 (unsigned long long)im->skipped,
		 (unsigned long long)im->refused);
	if (im->enabled)
		scmp_say(s, "Of those updated, %llu can log in again.",
			 (unsigned long long)im->enabled);
	if (im->left_disabled)
		scmp_say(s,
			 "Of those updated, %llu were disabled, and stay so "
			 "(user enable lets them log in).",
			 (unsigned long long)im->left_disabled);
}
