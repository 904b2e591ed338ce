/* SPDX-License-Identifier: ISC */
#include "sys/log_time.h"

#include <stdint.h>

enum { QUARTER_S = 900, DAY_S = 86400, MINUTE_S = 60 };

/* What holds from a quarter's beginning on. */
static struct {
	bool is_known;
	int64_t quarter;
	int64_t shift; /* from the clock to local time, leap seconds included */
	int64_t offset; /* from UTC, as it is shown */
} zone;

/* The quarter of an hour that a second is in, also before 1970. */
static int64_t quarter_of(int64_t second)
{
	int64_t q = second / QUARTER_S;

	return second % QUARTER_S < 0 ? q - 1 : q;
}

void log_time_look(time_t now)
{
	int64_t quarter = quarter_of(now);
	struct tm tm;

	if (zone.is_known && zone.quarter == quarter)
		return;
	zone.shift = 0;
	zone.offset = 0;
	if (localtime_r(&now, &tm)) {
		zone.offset = tm.tm_gmtoff;
		zone.shift = timegm(&tm) - now;
	}
	zone.quarter = quarter;
	zone.is_known = true;
}

static void add_digits(struct buf *b, int64_t value, int64_t power)
{
	for (; power > 0; power /= 10)
		buf_add_char(b, (char)('0' + value / power % 10));
}

struct moment {
	int64_t year, month, day; /* from 1 */
	int64_t second;		  /* of the day */
};

/*
 * Years are counted from March, so that the day that comes and goes is their
 * last, in eras of 400, which are all of the same length.
 */
static struct moment moment_of(int64_t second)
{
	enum { ERA = 146097, TO_MARCH_OF_0 = 719468 };
	int64_t days = (second - (second < 0 ? DAY_S - 1 : 0)) / DAY_S;
	struct moment m = {.second = second - days * DAY_S};
	int64_t era, day, month;

	days += TO_MARCH_OF_0;
	era = (days - (days < 0 ? ERA - 1 : 0)) / ERA;
	day = days - era * ERA;
	m.year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	day -= 365 * m.year + m.year / 4 - m.year / 100;
	month = (5 * day + 2) / 153; /* from March: 31 30 31 30 31, again */
	m.day = day - (153 * month + 2) / 5 + 1;
	m.month = month < 10 ? month + 3 : month - 9;
	m.year += era * 400 + (m.month <= 2);
	return m;
}

static struct moment local_moment(time_t t)
{
	log_time_look(t);
	return moment_of(t + zone.shift);
}

static void add_clock(struct buf *b, int64_t second)
{
	add_digits(b, second / 3600, 10);
	buf_add_char(b, ':');
	add_digits(b, second / MINUTE_S % 60, 10);
	buf_add_char(b, ':');
	add_digits(b, second % MINUTE_S, 10);
}

static void add_offset(struct buf *b, int64_t offset)
{
	int64_t minutes = (offset < 0 ? -offset : offset) / MINUTE_S;

	buf_add_char(b, offset < 0 ? '-' : '+');
	add_digits(b, minutes / 60 * 100 + minutes % 60, 1000);
}

void log_time_add(struct buf *b, const struct timespec *t, bool local)
{
	struct moment m =
		local ? local_moment(t->tv_sec) : moment_of(t->tv_sec);

	add_digits(b, m.year, 1000);
	buf_add_char(b, '-');
	add_digits(b, m.month, 10);
	buf_add_char(b, '-');
	add_digits(b, m.day, 10);
	buf_add_char(b, 'T');
	add_clock(b, m.second);
	buf_add_char(b, '.');
	add_digits(b, t->tv_nsec / 1000000, 100);
	if (local)
		add_offset(b, zone.offset);
	else
		buf_add_char(b, 'Z');
}

void log_time_add_syslog(struct buf *b, time_t t)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct moment m = local_moment(t);

	buf_add(b, months + 3 * (m.month - 1), 3);
	buf_add_str(b, m.day < 10 ? "  " : " ");
	add_digits(b, m.day, m.day < 10 ? 1 : 10);
	buf_add_char(b, ' ');
	add_clock(b, m.second);
	buf_add_char(b, ' ');
}
