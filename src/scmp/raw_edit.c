/* SPDX-License-Identifier: ISC */
#include "scmp/raw_edit.h"

#include "proto/scmp_verbs.h"

#include <histedit.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { LINES_KEPT = 200 };

struct raw_edit {
	EditLine *line;
	History *history;
	HistEvent event;
	const char *last;
};

static char *prompt(EditLine *line)
{
	static char text[] = "scmp> ";

	(void)line;
	return text;
}

/* The verb that begins as typed; of several, what they have in common. */
static unsigned char complete(EditLine *line, int key)
{
	const LineInfo *info = el_line(line);
	struct span typed =
		span_make(info->buffer, (size_t)(info->cursor - info->buffer));
	char common[64] = "";
	size_t found = 0;

	(void)key;
	for (int v = 0; v < SCMP_VERBS; v++) {
		const char *name = scmp_verbs[v].name;
		size_t same = 0;

		if (strncasecmp(name, typed.p, typed.n) != 0)
			continue;
		if (!found++)
			snprintf(common, sizeof(common), "%s", name);
		while (common[same] && common[same] == name[same])
			same++;
		common[same] = '\0';
	}
	if (!found)
		return CC_ERROR;
	el_deletestr(line, (int)typed.n);
	if (el_insertstr(line, common) < 0 ||
	    (found == 1 && el_insertstr(line, " ") < 0))
		return CC_ERROR;
	return CC_REFRESH;
}

struct raw_edit *raw_edit_open(void)
{
	struct raw_edit *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->line = el_init("scmp", stdin, stdout, stderr);
	e->history = history_init();
	if (!e->line || !e->history) {
		raw_edit_close(e);
		return NULL;
	}
	(void)history(e->history, &e->event, H_SETSIZE, LINES_KEPT);
	(void)history(e->history, &e->event, H_SETUNIQUE, 1);
	(void)el_set(e->line, EL_PROMPT, prompt);
	(void)el_set(e->line, EL_EDITOR, "emacs");
	(void)el_set(e->line, EL_SIGNAL, 1);
	(void)el_set(e->line, EL_HIST, history, e->history);
	/* As wide texts they are not copied, which nobody would free. */
	(void)el_wset(e->line, EL_ADDFN, L"scmp-verb", L"Complete a verb",
		      complete);
	(void)el_set(e->line, EL_BIND, "^I", "scmp-verb", NULL);
	return e;
}

void raw_edit_close(struct raw_edit *e)
{
	if (!e)
		return;
	if (e->line)
		el_end(e->line);
	if (e->history)
		history_end(e->history);
	free(e);
}

bool raw_edit_line(struct raw_edit *e, struct span *line)
{
	int n;

	e->last = el_gets(e->line, &n);
	if (!e->last || n <= 0)
		return false;
	*line = span_make(e->last, (size_t)n);
	while (line->n &&
	       (line->p[line->n - 1] == '\n' || line->p[line->n - 1] == '\r'))
		line->n--;
	return true;
}

void raw_edit_keep(struct raw_edit *e)
{
	(void)history(e->history, &e->event, H_ENTER, e->last);
}
