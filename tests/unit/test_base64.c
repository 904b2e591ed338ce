/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "proto/base64.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* RFC 4648, section 10 */
static const struct {
	const char *octets, *text, *bare;
} vectors[] = {
	{"", "", ""},
	{"f", "Zg==", "Zg"},
	{"fo", "Zm8=", "Zm8"},
	{"foo", "Zm9v", "Zm9v"},
	{"foob", "Zm9vYg==", "Zm9vYg"},
	{"fooba", "Zm9vYmE=", "Zm9vYmE"},
	{"foobar", "Zm9vYmFy", "Zm9vYmFy"},
	{"\xff\xef\xbe\xfb",
	 "/+++"
	 "+w==",
	 "/+++"
	 "+w"},
};

static bool decodes(const char *text, enum base64_padding padding,
		    const char *octets)
{
	char memory[100];
	struct buf out;

	buf_init(&out, memory, sizeof(memory));
	return base64_decode(span_str(text), padding, &out) &&
	       span_equal(buf_span(&out), span_str(octets));
}

static void test_vectors(void **state)
{
	char memory[100];
	struct buf out;

	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		struct span octets = span_str(vectors[i].octets);

		buf_init(&out, memory, sizeof(memory));
		base64_encode(octets, BASE64_PADDED, &out);
		assert_string_equal(buf_str(&out), vectors[i].text);
		buf_reset(&out);
		base64_encode(octets, BASE64_BARE, &out);
		assert_string_equal(buf_str(&out), vectors[i].bare);
		assert_true(decodes(vectors[i].text, BASE64_PADDED, octets.p));
		assert_true(decodes(vectors[i].text, BASE64_EITHER, octets.p));
		assert_true(decodes(vectors[i].bare, BASE64_BARE, octets.p));
		assert_true(decodes(vectors[i].bare, BASE64_EITHER, octets.p));
		if (strcmp(vectors[i].text, vectors[i].bare) == 0)
			continue;
		assert_false(decodes(vectors[i].text, BASE64_BARE, octets.p));
		assert_false(decodes(vectors[i].bare, BASE64_PADDED, octets.p));
	}
}

static void test_what_is_none(void **state)
{
	static const char *const texts[] = {
		"Z",
		"Zg=",
		"Zg===",
		"=",
		"==",
		"====",
		"Zg==Zg==",
		"Zm9v ",
		"Zm9\n",
		"Zm-v",
		"Zm_v",
		"Zh==",
		"Zm9=",
		"Z=g=",
		"Zm9vY",
		("\xc3\xa4"
		 "aa"),
	};
	char memory[100];
	struct buf out;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		print_message("%s\n", texts[i]);
		for (int padding = 0; padding <= BASE64_EITHER; padding++) {
			buf_init(&out, memory, sizeof(memory));
			assert_false(base64_decode(span_str(texts[i]),
						   (enum base64_padding)padding,
						   &out));
		}
	}
	buf_init(&out, memory, 2);
	assert_false(base64_decode(span_str("Zm9v"), BASE64_PADDED, &out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
