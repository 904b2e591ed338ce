/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/network.h"

/* Text in storage that is exact, for the sanitizers. */
static struct span exact(const char *text, char **mem)
{
	size_t n = strlen(text);

	*mem = malloc(n ? n : 1);
	memcpy(*mem, text, n);
	return span_make(*mem, n);
}

static bool parse_address(const char *text, struct network_address *a)
{
	char *mem;
	bool valid = network_address_parse(exact(text, &mem), a);

	free(mem);
	return valid;
}

static bool parse_network(const char *text, struct network *n)
{
	char *mem;
	bool valid = network_parse(exact(text, &mem), n);

	free(mem);
	return valid;
}

static struct network_address address(const char *text)
{
	struct network_address a;

	assert_true(parse_address(text, &a));
	return a;
}

static struct network network(const char *text)
{
	struct network n;

	assert_true(parse_network(text, &n));
	return n;
}

static const char *text_of(const struct network_address *a,
			   const struct network *n)
{
	static char text[NETWORK_TEXT_MAX];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	if (a)
		network_address_format(a, &b);
	else
		network_format(n, &b);
	return buf_str(&b);
}

static void test_addresses(void **state)
{
	static const struct {
		const char *text;
		uint8_t octets[16];
		const char *formatted; /* NULL: as it was */
	} cases[] = {
#define V4(...) {[10] = 0xff, 0xff, __VA_ARGS__}
		{"0.0.0.0", V4(0, 0, 0, 0), NULL},
		{"127.0.0.1", V4(127, 0, 0, 1), NULL},
		{"255.255.255.255", V4(255, 255, 255, 255), NULL},
		{"192.0.2.10", V4(192, 0, 2, 10), NULL},
		{"::ffff:192.0.2.10", V4(192, 0, 2, 10), "192.0.2.10"},
		{"::FFFF:c000:20a", V4(192, 0, 2, 10), "192.0.2.10"},
		{"0:0:0:0:0:ffff:192.0.2.10", V4(192, 0, 2, 10), "192.0.2.10"},
#undef V4
		{"::", {0}, NULL},
		{"::1", {[15] = 1}, NULL},
		{"1::", {[1] = 1}, NULL},
		{"0:0:0:0:0:0:0:0", {0}, "::"},
		{"0::0", {0}, "::"},
		{"::192.0.2.10", {[12] = 192, 0, 2, 10}, "::c000:20a"},
		{"::0.0.0.1", {[15] = 1}, "::1"},
		{"64:ff9b::1.2.3.4",
		 {0, 0x64, 0xff, 0x9b, [12] = 1, 2, 3, 4},
		 "64:ff9b::102:304"},
		{"1:2:3:4:5:6:7:8",
		 {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8},
		 NULL},
		{"1:2:3:4:5:6:1.2.3.4",
		 {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 1, 2, 3, 4},
		 "1:2:3:4:5:6:102:304"},
		/* a gap of one group is read, not written */
		{"1:2:3::5:6:7:8",
		 {0, 1, 0, 2, 0, 3, 0, 0, 0, 5, 0, 6, 0, 7, 0, 8},
		 "1:2:3:0:5:6:7:8"},
		{"::2:3:4:5:6:7:8",
		 {0, 0, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8},
		 "0:2:3:4:5:6:7:8"},
		{"1:2:3:4:5:6:7::",
		 {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 0},
		 "1:2:3:4:5:6:7:0"},
		{"2001:DB8::A",
		 {0x20, 1, 0x0d, 0xb8, [15] = 0xa},
		 "2001:db8::a"},
		{"2001:0db8:0000:0000:0000:0000:0000:000a",
		 {0x20, 1, 0x0d, 0xb8, [15] = 0xa},
		 "2001:db8::a"},
		/* RFC 5952: the longest gap, of two alike the first */
		{"2001:db8:0:0:1:0:0:1",
		 {0x20, 1, 0x0d, 0xb8, [9] = 1, [15] = 1},
		 "2001:db8::1:0:0:1"},
		{"2001:0:0:1:0:0:0:1",
		 {0x20, 1, [7] = 1, [15] = 1},
		 "2001:0:0:1::1"},
		{"1:0:0:0:0:0:2:0", {0, 1, [13] = 2}, "1::2:0"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		 {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		  0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		 NULL},
		{"fe80::1000:200:30:4",
		 {0xfe, 0x80, [8] = 0x10, 0, 0x02, 0, 0, 0x30, 0, 4},
		 NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct network_address a = address(cases[i].text), again;
		const char *formatted = cases[i].formatted;

		assert_memory_equal(a.octets, cases[i].octets, 16);
		assert_string_equal(text_of(&a, NULL),
				    formatted ? formatted : cases[i].text);
		again = address(text_of(&a, NULL));
		assert_true(network_address_equal(&a, &again));
	}
}

static void test_no_addresses(void **state)
{
	static const char *const cases[] = {
		"",
		" ",
		"localhost",
		"1",
		"1.2.3",
		"1.2.3.",
		"1.2.3.4.",
		".1.2.3.4",
		"1.2.3.4.5",
		"1..2.3",
		"1.2.3.256",
		"1.2.3.1000",
		"01.2.3.4",
		"1.2.3.00",
		"1.2.3.0x4",
		"1.2.3.-4",
		"1.2.3.+4",
		"1.2.3. 4",
		" 1.2.3.4",
		"1.2.3.4 ",
		"1.2.3.4:110",
		":",
		":::",
		"::::",
		"1:",
		":1",
		"1::2:",
		":1::2",
		"::1:",
		":::1",
		"1:::2",
		"1::2::3",
		"1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:",
		"1:2:3:4:5:6:7:8:",
		":1:2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7:8:9",
		"1:2:3:4::5:6:7:8", /* a gap of nothing */
		"::1:2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7:8::",
		"1:2:3:4:5:6:7:1.2.3.4",
		"1:2:3:4:5:1.2.3.4",
		"1:2:3:4:5:6:7:8:1.2.3.4",
		"::1:2:3:4:5:6:1.2.3.4",
		"1.2.3.4::",
		"1.2.3.4::1",
		"::1.2.3.4:5",
		"::1.2.3.4.5",
		"::1.2.3",
		"::01.2.3.4",
		"::12345",
		"::00001",
		"::g",
		"::-1",
		"[::1]",
		"::1%lo",
		"::1/128",
	};
	struct network_address before, a;

	(void)state;
	memset(&before, 42, sizeof(before));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		a = before;
		assert_false(parse_address(cases[i], &a));
		assert_true(network_address_equal(&a, &before));
	}
	assert_false(network_address_parse(span_str(NULL), &a));
	assert_false(network_address_parse(span_make("1.2.3.4\0", 8), &a));
}

static void test_networks(void **state)
{
	static const struct {
		const char *text;
		unsigned bits;
		const char *formatted;
	} cases[] = {
		{"10.0.0.0/8", 104, "10.0.0.0/8"},
		{"10.1.2.3/8", 104, "10.0.0.0/8"},
		{"10.1.2.3", 128, "10.1.2.3/32"},
		{"10.255.255.255/9", 105, "10.128.0.0/9"},
		{"10.255.255.255/31", 127, "10.255.255.254/31"},
		{"0.0.0.0/0", 96, "0.0.0.0/0"},
		{"255.255.255.255/0", 96, "0.0.0.0/0"},
		{"127.0.0.1/008", 104, "127.0.0.0/8"},
		{"::ffff:10.1.2.3/104", 104, "10.0.0.0/8"},
		{"::ffff:0:0/96", 96, "0.0.0.0/0"},
		{"::ffff:0:0/95", 95, "::fffe:0:0/95"},
		{"::/0", 0, "::/0"},
		{"ffff::/0", 0, "::/0"},
		{"::1", 128, "::1/128"},
		{"::1/128", 128, "::1/128"},
		{"2001:db8:1:2:3:4:5:6/64", 64, "2001:db8:1:2::/64"},
		{"2001:db8::/32", 32, "2001:db8::/32"},
		{"ffff:ffff::/13", 13, "fff8::/13"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct network n = network(cases[i].text), again;

		assert_int_equal(n.bits, cases[i].bits);
		assert_string_equal(text_of(NULL, &n), cases[i].formatted);
		again = network(cases[i].formatted);
		assert_int_equal(again.bits, n.bits);
		assert_true(network_address_equal(&again.base, &n.base));
	}
}

static void test_no_networks(void **state)
{
	static const char *const cases[] = {
		"",
		"/",
		"/8",
		"10.0.0.0/",
		"10.0.0.0/33",
		"10.0.0.0/-1",
		"10.0.0.0/8/8",
		"10.0.0.0/8 ",
		"10.0.0.0 /8",
		"10.0.0/8",
		"10/8",
		"::/",
		"::/129",
		"::/x",
		"10.0.0.0/255.0.0.0",
		"::/99999999999999999999999",
	};
	struct network n = {.bits = 42};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_false(parse_network(cases[i], &n));
		assert_int_equal(n.bits, 42);
	}
	assert_false(network_parse(span_str(NULL), &n));
}

static void test_contains(void **state)
{
	static const struct {
		const char *network, *address;
		bool contains;
	} cases[] = {
		{"10.0.0.0/8", "10.255.0.1", true},
		{"10.0.0.0/8", "11.0.0.0", false},
		{"10.0.0.0/8", "9.255.255.255", false},
		{"10.0.0.0/8", "::ffff:10.0.0.1", true},
		{"10.0.0.0/8", "::10.0.0.1", false},
		{"10.0.0.1", "10.0.0.1", true},
		{"10.0.0.1", "10.0.0.0", false},
		{"10.0.0.0/31", "10.0.0.1", true},
		{"10.0.0.0/31", "10.0.0.2", false},
		{"0.0.0.0/0", "255.255.255.255", true},
		{"0.0.0.0/0", "::1", false},
		{"::/0", "::1", true},
		{"::/0", "ffff::", true},
		{"::/0", "1.2.3.4", false}, /* the other family */
		{"::/80", "1.2.3.4", false},
		{"::ffff:0:0/96", "1.2.3.4", true},
		{"::1", "::1", true},
		{"::1", "::2", false},
		{"2001:db8::/33", "2001:db8:7fff::1", true},
		{"2001:db8::/33", "2001:db8:8000::", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct network n = network(cases[i].network);
		struct network_address a = address(cases[i].address);

		assert_int_equal(network_contains(&n, &a), cases[i].contains);
	}
}

static void test_every_prefix_length(void **state)
{
	static const char *const all[] = {
		"255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"};

	(void)state;
	for (int family = 0; family < 2; family++) {
		struct network_address a = address(all[family]);
		unsigned first = family ? 0 : NETWORK_V4_BITS;

		for (unsigned bits = first; bits <= NETWORK_BITS; bits++) {
			struct network n =
				network_of(&a, bits - first, bits - first);
			struct network_address other = a;

			assert_int_equal(n.bits, bits);
			assert_true(network_contains(&n, &a));
			/* The last bit of the prefix counts, the next not. */
			if (bits > first) {
				unsigned last = bits - 1;

				other.octets[last / 8] ^=
					(uint8_t)(0x80 >> last % 8);
				assert_false(network_contains(&n, &other));
				other = a;
			}
			if (bits < NETWORK_BITS) {
				other.octets[bits / 8] ^=
					(uint8_t)(0x80 >> bits % 8);
				assert_true(network_contains(&n, &other));
			}
		}
	}
}

static void test_network_of(void **state)
{
	struct network_address v4 = address("192.0.2.77");
	struct network_address v6 = address("2001:db8:1:2:3:4:5:6");
	struct network n;

	(void)state;
	n = network_of(&v4, 24, 64);
	assert_string_equal(text_of(NULL, &n), "192.0.2.0/24");
	n = network_of(&v4, 32, 64);
	assert_string_equal(text_of(NULL, &n), "192.0.2.77/32");
	n = network_of(&v4, 33, 64);
	assert_string_equal(text_of(NULL, &n), "192.0.2.77/32");
	n = network_of(&v6, 32, 64);
	assert_string_equal(text_of(NULL, &n), "2001:db8:1:2::/64");
	n = network_of(&v6, 32, UINT32_MAX);
	assert_string_equal(text_of(NULL, &n), "2001:db8:1:2:3:4:5:6/128");
}

static void test_loopback(void **state)
{
	static const struct {
		const char *text;
		bool loopback, v4;
	} cases[] = {
		{"127.0.0.1", true, true},
		{"127.255.255.255", true, true},
		{"::ffff:127.0.0.1", true, true},
		{"126.255.255.255", false, true},
		{"128.0.0.0", false, true},
		{"::1", true, false},
		{"::2", false, false},
		{"::", false, false},
		{"1::1", false, false},
		{"::127.0.0.1", false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct network_address a = address(cases[i].text);

		assert_int_equal(network_is_loopback(&a), cases[i].loopback);
		assert_int_equal(network_address_is_v4(&a), cases[i].v4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_no_addresses),
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_no_networks),
		cmocka_unit_test(test_contains),
		cmocka_unit_test(test_every_prefix_length),
		cmocka_unit_test(test_network_of),
		cmocka_unit_test(test_loopback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
