/* SPDX-License-Identifier: ISC */
/*
 * Addresses in text are those that the C library reads, and what is written
 * can be read again. Parameters: prefix lengths.
 */
#include <arpa/inet.h>

#include "fuzz.h"
#include "proto/network.h"

/* The C library's reader, brought to our form. */
static bool parse_reference(struct span text, struct network_address *a)
{
	char c[64];

	if (text.n >= sizeof(c) || span_find(text, '\0') < text.n)
		return false;
	if (text.n)
		memcpy(c, text.p, text.n);
	c[text.n] = '\0';
	memset(a, 0, sizeof(*a));
	a->octets[10] = a->octets[11] = 0xff;
	return inet_pton(AF_INET, c, a->octets + 12) == 1 ||
	       inet_pton(AF_INET6, c, a->octets) == 1;
}

static struct span format(const struct network_address *a,
			  const struct network *n)
{
	static char text[NETWORK_TEXT_MAX];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	if (a)
		network_address_format(a, &b);
	else
		network_format(n, &b);
	REQUIRE(buf_str(&b));
	return buf_span(&b);
}

static void check_address(const struct network_address *a, unsigned v4_bits,
			  unsigned v6_bits)
{
	struct network n = network_of(a, v4_bits, v6_bits), m;
	struct network_address again;

	REQUIRE(network_address_parse(format(a, NULL), &again));
	REQUIRE(network_address_equal(a, &again));
	REQUIRE(network_contains(&n, a));
	REQUIRE(network_contains(&n, &n.base));
	REQUIRE(network_parse(format(NULL, &n), &m));
	REQUIRE(m.bits == n.bits && network_address_equal(&m.base, &n.base));
}

/* Any 16 octets are an address, and glibc writes most of them as we do. */
static void check_octets(struct span in)
{
	char text[INET6_ADDRSTRLEN];
	struct network_address a;

	memcpy(a.octets, in.p, sizeof(a.octets));
	check_address(&a, 32, 128);
	if (network_address_is_v4(&a))
		inet_ntop(AF_INET, a.octets + 12, text, sizeof(text));
	else
		inet_ntop(AF_INET6, a.octets, text, sizeof(text));
	if (network_address_is_v4(&a) || !strchr(text, '.'))
		REQUIRE(span_equal(format(&a, NULL), span_str(text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_make(data, size), text;
	unsigned v4_bits = fuzz_take_octet(&in) % 34;
	unsigned v6_bits = fuzz_take_octet(&in) % 130;
	char *mem = fuzz_copy(in);
	struct network_address a, reference;
	struct network n;

	text = span_make(mem, in.n);
	if (network_address_parse(text, &a)) {
		REQUIRE(parse_reference(text, &reference));
		REQUIRE(network_address_equal(&a, &reference));
		check_address(&a, v4_bits, v6_bits);
		REQUIRE(network_parse(text, &n) && n.bits == NETWORK_BITS);
	} else {
		REQUIRE(!parse_reference(text, &reference));
	}
	if (network_parse(text, &n))
		check_address(&n.base, v4_bits, v6_bits);
	if (text.n == 16)
		check_octets(text);
	free(mem);
	return 0;
}
