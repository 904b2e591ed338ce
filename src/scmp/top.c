/* SPDX-License-Identifier: ISC */
/*
 * Status and sessions on the whole of a terminal, again and again. The screen
 * is drawn with the few escapes that all terminals of today know (ECMA-48).
 */
#include "scmp/commands.h"
#include "scmp/online_sessions.h"
#include "sys/signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum {
	STATUS_LINES = 5, /* at most */
	INTERVAL_S = 2,
};

#define ESC "\033["
static const char open_screen[] = ESC "?1049h" ESC "?25l";
static const char close_screen[] = ESC "?25h" ESC "?1049l";
static const char clear_screen[] = ESC "H" ESC "2J";

static struct screen {
	struct termios before;
	unsigned rows, columns;
	bool is_open;
} screen;

/* --- the terminal --- */

static void measure(void)
{
	struct winsize size;

	screen.rows = 24;
	screen.columns = 80;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
		return;
	if (size.ws_row)
		screen.rows = size.ws_row;
	if (size.ws_col)
		screen.columns = size.ws_col;
}

static bool begin(void)
{
	struct termios keys;

	if (tcgetattr(STDIN_FILENO, &screen.before) < 0 ||
	    !isatty(STDOUT_FILENO))
		return false;
	keys = screen.before;
	keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &keys);
	fputs(open_screen, stdout);
	screen.is_open = true;
	return true;
}

/* Once: twice would put the cursor over what has been said meanwhile. */
static void end(void)
{
	if (!screen.is_open)
		return;
	screen.is_open = false;
	fputs(close_screen, stdout);
	fflush(stdout);
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &screen.before);
}

/* --- what it shows --- */

/* Names and values, one behind the other; how many lines they take. */
static unsigned print_status(json_t *status)
{
	json_t *sources = json_object_get(status, "sources");
	unsigned column = 0, lines = 1;
	const char *name;
	json_t *value;

	json_object_foreach(status, name, value)
	{
		char text[STATUS_TEXT];
		unsigned n;

		/* What is set changes seldom, and is looked up elsewhere. */
		if (json_is_object(value) || json_object_get(sources, name))
			continue;
		status_format(name, value, text);
		n = (unsigned)(strlen(name) + 1 + output_width(text));
		if (column && column + 2 + n > screen.columns) {
			if (lines == STATUS_LINES)
				break;
			putchar('\n');
			column = 0;
			lines++;
		}
		printf("%s%s " ESC "1m%s" ESC "0m", column ? "  " : "", name,
		       text);
		column += n + (column ? 2 : 0);
	}
	putchar('\n');
	return lines;
}

/* Who did something last is first, unless --sort says else. */
static int draw(struct scmp *s)
{
	unsigned used;
	struct request q;
	json_t *status;
	int r;

	measure();
	r = status_read(s, &status);
	if (r != STATUS_OK)
		return r;
	fputs(clear_screen, stdout);
	used = print_status(status) + 3; /* blank, header, and last */
	json_decref(status);
	putchar('\n');
	sessions_request(s, &q, used < screen.rows ? screen.rows - used : 1);
	if (!scmp_given(s, OPTION_SORT))
		request_add_key(&q, "sort", "idle");
	r = online_list(s, &q, &sessions_list, false);
	fflush(stdout);
	return r;
}

/* --- again and again --- */

/* Waits for the next look; false: a signal, or a q. */
static bool go_on(int signals, int interval_ms)
{
	struct pollfd p[] = {{.fd = STDIN_FILENO, .events = POLLIN},
			     {.fd = signals, .events = POLLIN}};
	char key = '\0';
	int ready;

	ready = poll(p, 2, interval_ms);
	if (ready < 0)
		return errno == EINTR;
	if (p[1].revents)
		return signals_next(signals) == SIGWINCH;
	if (p[0].revents && read(STDIN_FILENO, &key, 1) != 1)
		return false;
	return key != 'q' && key != 'Q' && key != 4; /* Ctrl-D */
}

static int check(struct scmp *s, int *interval_ms)
{
	uint64_t seconds = INTERVAL_S;
	char memory[256];
	struct buf error;

	buf_init(&error, memory, sizeof(memory));
	if (scmp_given(s, OPTION_JSON))
		return scmp_fail(s, STATUS_USAGE,
				 "is for people; status and sessions have "
				 "--json");
	if (scmp_given(s, OPTION_INTERVAL) &&
	    option_number(&s->options, OPTION_INTERVAL, 3600, &seconds,
			  &error) < 0)
		return scmp_fail_text(s, STATUS_USAGE, &error);
	*interval_ms = (int)(seconds ? seconds : 1) * 1000;
	return STATUS_OK;
}

int online_top(struct scmp *s)
{
	static const int wanted[] = {SIGINT, SIGTERM, SIGWINCH};
	int interval_ms, signals, r = check(s, &interval_ms);

	if (r != STATUS_OK)
		return r;
	signals = signals_open(wanted, sizeof(wanted) / sizeof(wanted[0]));
	if (signals < 0 || !begin())
		return scmp_fail(s, STATUS_USAGE,
				 "wants a terminal; status and sessions show "
				 "the same once");
	s->leave_screen = end;
	do
		r = draw(s);
	while (r == STATUS_OK && go_on(signals, interval_ms));
	end();
	close(signals);
	return r;
}
