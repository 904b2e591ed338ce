/* SPDX-License-Identifier: ISC */
#include "proto/crypt_cost.h"

#include "base/num.h"

static const char memory_unit[] = "KiB of memory";
static const char bcrypt_unit[] = "as cost";

/* Value of one of crypt(3)'s 64 letters, or -1. */
static int crypt_letter(char c)
{
	if (c >= '.' && c <= '9')
		return c - '.';
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 12;
	return c >= 'a' && c <= 'z' ? c - 'a' + 38 : -1;
}

/* The number of n letters, the lowest first. */
static bool crypt_letters(struct span letters, size_t n, uint64_t *number)
{
	*number = 0;
	if (letters.n < n)
		return false;
	for (size_t i = n; i-- > 0;) {
		int value = crypt_letter(letters.p[i]);

		if (value < 0)
			return false;
		*number = *number << 6 | (uint64_t)value;
	}
	return true;
}

/* 128 * r << log2_n octets, in KiB; saturating. */
static uint64_t crypt_blocks(uint64_t log2_n, uint64_t r)
{
	return log2_n > 30 || r > 1 << 30 ? UINT64_MAX
					  : ((r << log2_n) + 7) / 8;
}

/*
 * One letter each for flavour, the logarithm of N, and r. Settings with more
 * letters (other parameters, or large values) are made by no tool.
 */
static bool crypt_cost_yescrypt(struct span rest, struct crypt_cost *cost)
{
	enum { LAST_SINGLE = 47 };
	uint64_t value[3];

	for (size_t i = 0; i < 3; i++) {
		if (!crypt_letters(span_drop(rest, i), 1, &value[i]) ||
		    value[i] > LAST_SINGLE)
			return false;
	}
	if (!span_starts(span_drop(rest, 3), span_str("$")))
		return false;
	cost->asked = crypt_blocks(value[1] + 1, value[2] + 1);
	return true;
}

/* A letter for the logarithm of N, five each for r and p. */
static bool crypt_cost_scrypt(struct span rest, struct crypt_cost *cost)
{
	uint64_t log2_n, r, p;

	if (!crypt_letters(rest, 1, &log2_n) ||
	    !crypt_letters(span_drop(rest, 1), 5, &r) ||
	    !crypt_letters(span_drop(rest, 6), 5, &p))
		return false;
	cost->asked = crypt_blocks(log2_n, r);
	/* p times the work is as bad as p times the memory. */
	if (p > 1)
		cost->asked = cost->asked > UINT64_MAX / p ? UINT64_MAX
							   : cost->asked * p;
	return true;
}

static bool crypt_cost_bcrypt(struct span rest, struct crypt_cost *cost)
{
	if (rest.n < 5 || rest.p[0] < 'a' || rest.p[0] > 'y' ||
	    rest.p[1] != '$' || rest.p[4] != '$')
		return false;
	return num_parse_u64(span_take(span_drop(rest, 2), 2), 99,
			     &cost->asked);
}

/* Digits up to a `$`. */
static bool crypt_number(struct span rest, uint64_t *number)
{
	return num_parse_u64(span_take(rest, span_find(rest, '$')), UINT64_MAX,
			     number) &&
	       span_find(rest, '$') < rest.n;
}

static bool crypt_cost_sha2(struct span rest, struct crypt_cost *cost)
{
	static const struct span rounds = SPAN_LITERAL("rounds=");

	cost->asked = 5000;
	return !span_starts(rest, rounds) ||
	       crypt_number(span_drop(rest, rounds.n), &cost->asked);
}

static bool crypt_cost_sha1(struct span rest, struct crypt_cost *cost)
{
	return crypt_number(rest, &cost->asked);
}

static bool crypt_cost_sun(struct span rest, struct crypt_cost *cost)
{
	static const struct span rounds = SPAN_LITERAL(",rounds=");

	cost->asked = 4096;
	if (span_starts(rest, span_str("$")))
		return true;
	return span_starts(rest, rounds) &&
	       crypt_number(span_drop(rest, rounds.n), &cost->asked);
}

static bool crypt_cost_bsdi(struct span rest, struct crypt_cost *cost)
{
	return rest.n == 19 && crypt_letters(rest, 4, &cost->asked);
}

static bool crypt_cost_none(struct span rest, struct crypt_cost *cost)
{
	(void)cost;
	return rest.n > 0;
}

/* Two letters of salt, eleven of hash. */
static bool crypt_cost_des(struct span rest, struct crypt_cost *cost)
{
	uint64_t any;

	(void)cost;
	for (size_t i = 0; i < rest.n; i++) {
		if (!crypt_letters(span_drop(rest, i), 1, &any))
			return false;
	}
	return rest.n == 13;
}

static const struct {
	struct span prefix;
	bool (*read)(struct span rest, struct crypt_cost *cost);
	uint64_t limit;
	const char *unit;
	bool is_cheap;
} methods[] = {
	{SPAN_LITERAL("$y$"), crypt_cost_yescrypt, 262144, memory_unit, false},
	{SPAN_LITERAL("$gy$"), crypt_cost_yescrypt, 262144, memory_unit, false},
	{SPAN_LITERAL("$7$"), crypt_cost_scrypt, 262144, memory_unit, false},
	{SPAN_LITERAL("$2"), crypt_cost_bcrypt, 15, bcrypt_unit, false},
	{SPAN_LITERAL("$6$"), crypt_cost_sha2, 2000000, "rounds", false},
	{SPAN_LITERAL("$5$"), crypt_cost_sha2, 2000000, "rounds", false},
	{SPAN_LITERAL("$sha1$"), crypt_cost_sha1, 2000000, "rounds", false},
	{SPAN_LITERAL("$md5"), crypt_cost_sun, 1000000, "rounds", false},
	{SPAN_LITERAL("$1$"), crypt_cost_none, 0, "", false},
	{SPAN_LITERAL("$3$"), crypt_cost_none, 0, "", true},
	{SPAN_LITERAL("$"), NULL, 0, "", false},
	{SPAN_LITERAL("_"), crypt_cost_bsdi, 4000000, "rounds", false},
	{SPAN_LITERAL(""), crypt_cost_des, 0, "", true},
};

/* A third `$` stands before the hash, or before salt and hash. */
static bool crypt_has_hash(struct span form)
{
	unsigned dollars = 0;

	if (!span_starts(form, span_str("$")))
		return true;
	for (size_t i = 0; i < form.n; i++)
		dollars += form.p[i] == '$';
	return dollars >= 3 && form.p[form.n - 1] != '$';
}

bool crypt_cost(struct span form, struct crypt_cost *cost)
{
	size_t i = 0;

	while (!span_starts(form, methods[i].prefix))
		i++;
	cost->asked = 0;
	cost->limit = methods[i].limit;
	cost->unit = methods[i].unit;
	cost->is_costly = !methods[i].is_cheap;
	return methods[i].read && crypt_has_hash(form) &&
	       methods[i].read(span_drop(form, methods[i].prefix.n), cost);
}

uint32_t crypt_work_us(const struct crypt_cost *cost)
{
	enum { MD5_US = 300, CHEAP_US = 2 };

	if (!cost->limit)
		return cost->is_costly ? MD5_US : CHEAP_US;
	if (cost->asked >= cost->limit)
		return CRYPT_WORK_MOST_US;
	/* The one unit that is a logarithm. */
	if (cost->unit == bcrypt_unit)
		return CRYPT_WORK_MOST_US >> (cost->limit - cost->asked);
	return (uint32_t)(CRYPT_WORK_MOST_US * cost->asked / cost->limit);
}
