/* SPDX-License-Identifier: ISC */
#include "store/place.h"

#include <errno.h>
#include <nettle/md5.h>
#include <stdint.h>
#include <string.h>

#include "base/num.h"

/* --- names --- */

static bool place_part_is_safe(struct span part)
{
	return part.n && part.p[0] != '.';
}

bool place_name_is_safe(struct span user)
{
	size_t at = span_find(user, '@');

	if (user.n > PLACE_USER_MAX || !place_part_is_safe(user))
		return false;
	for (size_t i = 0; i < user.n; i++) {
		unsigned char c = (unsigned char)user.p[i];

		if (c < ' ' || c == 0x7f || c == '/')
			return false;
	}
	return place_part_is_safe(span_take(user, at)) &&
	       (at == user.n || place_part_is_safe(span_drop(user, at + 1)));
}

static char place_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static char place_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c + 'A' - 'a') : c;
}

int place_normalise_user(struct span name, bool lower,
			 struct span default_domain, struct buf *out)
{
	size_t start = out->n;

	/* Also bounds the name: one that is too long is unsafe, not -ENOBUFS */
	if (!place_name_is_safe(name))
		return -EINVAL;
	for (size_t i = 0; i < name.n; i++)
		buf_add_char(out, lower ? place_lower(name.p[i]) : name.p[i]);
	if (default_domain.n && span_find(name, '@') == name.n) {
		buf_add_char(out, '@');
		buf_add_span(out, default_domain);
	}
	if (out->overflow)
		return -ENOBUFS;
	return place_name_is_safe(span_drop(buf_span(out), start)) ? 0
								   : -EINVAL;
}

/* --- templates --- */

/* One `%…` of a template. */
struct place_item {
	char letter;
	bool lower, upper, md5, is_cut;
	size_t offset, width;
};

static bool place_number(struct span *s, size_t *out)
{
	uint64_t v;
	size_t n = 0;

	while (n < s->n && num_is_digit(s->p[n]))
		n++;
	if (!num_parse_u64(span_take(*s, n), PLACE_PATH_SIZE, &v))
		return false;
	*out = (size_t)v;
	*s = span_drop(*s, n);
	return true;
}

/* Takes WIDTH or OFFSET.WIDTH off the front, if there is one. */
static bool place_cut_parse(struct span *s, struct place_item *item)
{
	if (!s->n || !num_is_digit(s->p[0]))
		return true;
	item->is_cut = true;
	if (!place_number(s, &item->width))
		return false;
	if (!s->n || s->p[0] != '.')
		return item->width > 0;
	*s = span_drop(*s, 1);
	item->offset = item->width;
	return place_number(s, &item->width) && item->width > 0;
}

/* Takes an item, which follows a percent sign, off the front. */
static bool place_item_parse(struct span *s, struct place_item *item)
{
	*item = (struct place_item){0};
	if (!place_cut_parse(s, item))
		return false;
	for (; s->n; *s = span_drop(*s, 1)) {
		if (s->p[0] == 'L')
			item->lower = true;
		else if (s->p[0] == 'U')
			item->upper = true;
		else if (s->p[0] == 'M')
			item->md5 = true;
		else
			break;
	}
	if (!s->n)
		return false;
	item->letter = s->p[0];
	*s = span_drop(*s, 1);
	if (item->letter == '%' || item->letter == 'h')
		return !item->is_cut && !item->lower && !item->upper &&
		       !item->md5;
	return strchr("und", item->letter) && !(item->lower && item->upper);
}

bool place_path_is_plain(struct span path)
{
	if (!path.n || path.p[0] != '/')
		return false;
	while (path.n) {
		struct span part;

		path = span_drop(path, 1);
		part = span_take(path, span_find(path, '/'));
		path = span_drop(path, part.n);
		if (!part.n || span_equal(part, span_str(".")) ||
		    span_equal(part, span_str("..")))
			return false;
	}
	return true;
}

static int place_template_wrong(struct span template, const char *what,
				struct buf *error)
{
	buf_add_str(error, "maildir template ");
	buf_add_escaped(error, template);
	buf_add_str(error, ": ");
	buf_add_str(error, what);
	return -EINVAL;
}

/* Only these are absolute whatever the user's name is. */
static bool place_has_start(struct span template)
{
	return span_starts(template, span_str("/")) ||
	       span_starts(template, span_str("%h"));
}

bool place_template_is_valid(struct span template)
{
	struct place_item item;
	bool first = true;

	if (!template.n || template.n >= PLACE_PATH_SIZE)
		return false;
	if (!place_has_start(template))
		return false;
	for (;; first = false) {
		size_t percent = span_find(template, '%');

		if (percent == template.n)
			return true;
		template = span_drop(template, percent + 1);
		if (!place_item_parse(&template, &item))
			return false;
		if (item.letter == 'h' && (!first || percent))
			return false;
	}
}

int place_check_template(struct span template, struct buf *error)
{
	/* long enough for every WIDTH and OFFSET that makes sense */
	static const char user[] = "a-user-with-a-name-of-some-length@"
				   "a.domain.with.a.name.of.some.length";
	char sample[2 * PLACE_PATH_SIZE];
	struct buf out;

	if (!template.n)
		return place_template_wrong(template, "is empty", error);
	if (template.n >= PLACE_PATH_SIZE)
		return place_template_wrong(span_take(template, 80),
					    "is over 4095 octets", error);
	if (!place_has_start(template))
		return place_template_wrong(
			template, "must begin with a slash or %h", error);
	buf_init(&out, sample, sizeof(sample));
	switch (place_expand(template, span_str(user), span_str("/h"), &out)) {
	case -EINVAL:
		return place_template_wrong(
			template,
			"has a % that is none of %u %n %d %h %%, with WIDTH, "
			"OFFSET.WIDTH, L, U or M before u, n or d; %h can "
			"only be at the beginning",
			error);
	case -EPERM:
		return place_template_wrong(
			template, "has an empty folder, \".\" or \"..\"",
			error);
	default:
		return 0;
	}
}

/* --- expansion --- */

static struct span place_value(char letter, struct span user)
{
	size_t at = span_find(user, '@');

	if (letter == 'n')
		return span_take(user, at);
	return letter == 'd' ? span_drop(user, at + 1) : user;
}

/* As hexadecimal digits, which lie in `hex`. */
static struct span place_md5(struct span value, char hex[2 * MD5_DIGEST_SIZE])
{
	unsigned char digest[MD5_DIGEST_SIZE];
	struct md5_ctx md5;
	struct buf out;

	md5_init(&md5);
	md5_update(&md5, value.n, (const uint8_t *)value.p);
	md5_digest(&md5, sizeof(digest), digest);
	buf_init(&out, hex, 2 * sizeof(digest));
	buf_add_hex(&out, digest, sizeof(digest));
	return buf_span(&out);
}

static void place_add_item(const struct place_item *item, struct span value,
			   struct buf *out)
{
	char hex[2 * MD5_DIGEST_SIZE];

	if (item->md5)
		value = place_md5(value, hex);
	if (item->is_cut)
		value = span_take(span_drop(value, item->offset), item->width);
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];

		if (item->lower)
			c = place_lower(c);
		else if (item->upper)
			c = place_upper(c);
		buf_add_char(out, c);
	}
}

static int place_expand_item(struct span *template, struct span user,
			     struct span home, bool first, struct buf *out)
{
	struct place_item item;
	struct span value;

	if (!place_item_parse(template, &item))
		return -EINVAL;
	if (item.letter == '%') {
		buf_add_char(out, '%');
		return 0;
	}
	if (item.letter == 'h') {
		if (!first)
			return -EINVAL;
		if (!home.n || home.p[0] != '/')
			return -ENOENT;
		while (home.n && home.p[home.n - 1] == '/')
			home.n--;
		buf_add_span(out, home);
		return 0;
	}
	value = place_value(item.letter, user);
	if (!value.n)
		return -EDOM;
	place_add_item(&item, value, out);
	return 0;
}

int place_expand(struct span template, struct span user, struct span home,
		 struct buf *out)
{
	size_t start = out->n;
	struct span rest = template;
	struct span path;
	int failed;

	if (!place_name_is_safe(user))
		return -EPERM;
	if (!place_has_start(template))
		return -EINVAL;
	while (rest.n) {
		struct span literal = span_take(rest, span_find(rest, '%'));
		bool first = rest.n == template.n && !literal.n;

		buf_add_span(out, literal);
		rest = span_drop(rest, literal.n);
		if (!rest.n)
			break;
		rest = span_drop(rest, 1);
		failed = place_expand_item(&rest, user, home, first, out);
		if (failed)
			return failed;
	}
	if (out->overflow)
		return -ENAMETOOLONG;
	path = span_drop(buf_span(out), start);
	if (path.n > 1 && path.p[path.n - 1] == '/') {
		out->n--;
		path.n--;
	}
	if (span_find(path, '\0') < path.n || !place_path_is_plain(path))
		return -EPERM;
	return path.n < PLACE_PATH_SIZE ? 0 : -ENAMETOOLONG;
}
