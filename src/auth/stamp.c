/* SPDX-License-Identifier: ISC */
/* The challenge of APOP. */
#include "auth/auth.h"

#include <errno.h>
#include <stdint.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"

enum {
	AUTH_STAMP_RANDOM = 26, /* letters of 5 bits each */
	AUTH_HOST_MAX = 128,
};

static bool auth_is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       num_is_digit(c);
}

/* Letters, digits and single dots between them; something in any case. */
static void auth_add_host(struct span host, struct buf *out)
{
	size_t start = out->n;
	bool dot = false;

	for (size_t i = 0; i < host.n && out->n - start < AUTH_HOST_MAX; i++) {
		if (host.p[i] == '.')
			dot = out->n > start;
		if (!auth_is_alnum(host.p[i]))
			continue;
		if (dot)
			buf_add_char(out, '.');
		dot = false;
		buf_add_char(out, host.p[i]);
	}
	if (out->n == start)
		buf_add_str(out, "localhost");
}

static int auth_add_random(struct buf *out)
{
	static const char letters[32] = "abcdefghijklmnopqrstuvwxyz234567";
	uint8_t random[AUTH_STAMP_RANDOM];
	ssize_t n;

	do
		n = getrandom(random, sizeof(random), 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n != sizeof(random))
		return -EIO;
	for (size_t i = 0; i < sizeof(random); i++)
		buf_add_char(out, letters[random[i] & 31]);
	return 0;
}

int auth_make_stamp(struct buf *out, struct span host)
{
	int failed;

	buf_add_char(out, '<');
	failed = auth_add_random(out);
	if (failed)
		return failed;
	buf_add_char(out, '.');
	buf_add_u64(out, (uint64_t)time(NULL));
	buf_add_char(out, '.');
	buf_add_u64(out, (uint64_t)getpid());
	buf_add_char(out, '@');
	auth_add_host(host, out);
	buf_add_char(out, '>');
	return out->overflow ? -ENOBUFS : 0;
}
