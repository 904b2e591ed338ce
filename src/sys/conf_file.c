/* SPDX-License-Identifier: ISC
 *
 * Files, through libconfuse: it knows the grammar; every value is taken as
 * text, in its callback for values, and checked by our own table, as those of
 * the command line are.
 */
#include "sys/conf_value.h"

#include <confuse.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX_OCTETS = 1 << 20 };

/* What the callbacks, which libconfuse gives no pointer of ours, work on. One
 * at a time: libconfuse's scanner has global state itself. */
static struct reading {
	struct conf *conf;
	cfg_t *cfg;
	const char *path;
	struct buf *error;
	bool complained; /* error has its text */
	int result;
} reading;

/* Begins "FILE:LINE: "; only the first complaint counts. */
static bool complain(int line)
{
	struct buf *b = reading.error;

	if (reading.complained)
		return false;
	reading.complained = true;
	buf_add_str(b, reading.path);
	buf_add_char(b, ':');
	buf_add_u64(b, (uint64_t)(line > 0 ? line : 1));
	buf_add_str(b, ": ");
	return true;
}

__attribute__((format(printf, 2, 0))) static void
on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	char text[256];

	if (!complain(cfg ? cfg->line : 0))
		return;
	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	buf_add_escaped(reading.error, span_str(text));
}

static int refuse(cfg_t *cfg, const struct conf_key *key, const char *value,
		  int r)
{
	struct buf *b = reading.error;

	reading.result = r;
	if (!complain(cfg->line))
		return -1;
	buf_add_str(b, key->name);
	if (r == -ENOMEM) {
		buf_add_str(b, ": out of memory");
	} else if (r == -EEXIST) {
		buf_add_str(b, " is given twice in this file");
		reading.result = -EINVAL;
	} else {
		if (!(key->flags & CONF_SECRET)) {
			buf_add_str(b, " = ");
			buf_add_escaped(b, span_take(span_str(value), 64));
		}
		buf_add_str(b, ": expected ");
		conf_value_expected(key, b);
	}
	return -1;
}

/* Takes a value. libconfuse counts a list's values: the first after `=` is
 * number one, those that follow in braces or after `+=` count on. */
static int take(struct conf *c, const struct conf_key *key,
		struct conf_origin *origin, const char *value, unsigned nth)
{
	bool again = origin->nth == c->nfiles;

	if (key->type != CONF_LIST)
		return again ? -EEXIST : conf_value_store(c, key, value);
	if (nth == 1 && again && !(key->flags & CONF_GATHER))
		return -EEXIST;
	if (nth == 1 && !again)
		conf_list_empty(c, key);
	return conf_list_append(c, key, value);
}

static int on_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	struct conf *c = reading.conf;
	size_t i = (size_t)(opt - cfg->opts);
	struct conf_origin *origin = &c->origins[i];
	int r = take(c, &c->keys[i], origin, value, opt->nvalues);

	if (r < 0)
		return refuse(cfg, &c->keys[i], value, r);
	if (origin->nth != c->nfiles)
		*origin = (struct conf_origin){.file = reading.path,
					       .line = cfg->line,
					       .nth = c->nfiles};
	/* Wants some text to copy; what it keeps is not used. */
	*(const char **)result = "";
	return 0;
}

/* `key = {}` calls nothing: the mark of `=` is left on the option. */
static void take_empty_lists(void)
{
	struct conf *c = reading.conf;

	for (size_t i = 0; i < c->nkeys; i++) {
		cfg_opt_t *opt = &reading.cfg->opts[i];

		if (c->keys[i].type != CONF_LIST || !(opt->flags & CFGF_RESET))
			continue;
		opt->flags &= ~CFGF_RESET;
		conf_list_empty(c, &c->keys[i]);
		c->origins[i] = (struct conf_origin){
			.file = reading.path, .line = 1, .nth = c->nfiles};
	}
}

/* libconfuse 3.3 counts a comment as several lines, and drops an asterisk
 * outside quotes without a word. So comments are blanked out before it sees
 * them, and asterisks refused. */
static int prepare(char *text, size_t n)
{
	char quote = '\0';
	int line = 1, quote_line = 0;

	for (size_t i = 0; i < n; i++) {
		char c = text[i];

		if (c == '\n')
			line++;
		if (quote) {
			if (c == '\\' && i + 1 < n && text[i + 1] != '\n')
				i++;
			else if (c == quote)
				quote = '\0';
		} else if (c == '"' || c == '\'') {
			quote = c;
			quote_line = line;
		} else if (c == '#') {
			while (i < n && text[i] != '\n')
				text[i++] = ' ';
			i--; /* the newline is looked at again */
		} else if ((c == '*' || c == '\0') && complain(line)) {
			buf_add_str(reading.error,
				    c ? "text with * needs quotes"
				      : "this is not a text file");
			return -EINVAL;
		}
	}
	if (quote && complain(quote_line)) {
		buf_add_str(reading.error, "the quotes are not closed");
		return -EINVAL;
	}
	return 0;
}

/* Reads the file whole: the scanner's own way with a failing read is to exit.
 * *text is allocated. */
static int slurp(const char *path, char **text, size_t *n)
{
	int r = 0, fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;
	size_t cap;

	if (fd < 0)
		return -errno;
	*text = NULL;
	*n = 0;
	if (fstat(fd, &st) < 0) {
		r = -errno;
		goto out;
	}
	/* A pipe tells no size. One octet more shows the end at once. */
	cap = S_ISREG(st.st_mode) ? (size_t)st.st_size + 1 : FILE_MAX_OCTETS;
	if (st.st_size >= FILE_MAX_OCTETS) {
		r = -EFBIG;
		goto out;
	}
	*text = malloc(cap);
	if (!*text)
		r = -ENOMEM;
	while (r == 0 && *n < cap) {
		ssize_t got = read(fd, *text + *n, cap - *n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			r = -errno;
		if (got <= 0)
			break;
		*n += (size_t)got;
	}
	if (r == 0 && *n == cap)
		r = -EFBIG;
	if (r < 0) {
		free(*text);
		*text = NULL;
	}
out:
	(void)close(fd);
	return r;
}

static int parse(char *text, size_t n)
{
	char *name;
	FILE *f;
	int verdict;

	if (n == 0) /* fmemopen may not like it */
		return 0;
	name = strdup(reading.path);
	f = name ? fmemopen(text, n, "r") : NULL;
	if (!f) {
		free(name);
		return -ENOMEM;
	}
	free(reading.cfg->filename);
	reading.cfg->filename = name;
	verdict = cfg_parse_fp(reading.cfg, f);
	(void)fclose(f);
	if (verdict == CFG_SUCCESS) {
		take_empty_lists();
		return 0;
	}
	if (complain(reading.cfg->line))
		buf_add_str(reading.error, "cannot be understood");
	return reading.result < 0 ? reading.result : -EINVAL;
}

static int read_one(const char *path, bool required)
{
	char *text = NULL;
	size_t n = 0;
	int r;

	reading.path = path;
	reading.complained = false;
	reading.result = 0;
	r = slurp(path, &text, &n);
	if (r == -ENOENT && !required)
		return 0;
	if (r < 0) {
		buf_add_str(reading.error, path);
		buf_add_str(reading.error, ": ");
		buf_add_str(reading.error, strerror(-r));
		return r;
	}
	reading.conf->nfiles++;
	r = prepare(text, n);
	if (r == 0)
		r = parse(text, n);
	free(text);
	return r;
}

/* cfg_init() takes the environment's locale for the whole process, with files
 * to open and translated errors: keep it from that. */
static cfg_t *init_in_c_locale(cfg_opt_t *opts)
{
	const char *value = getenv("LC_ALL");
	char *saved = value ? strdup(value) : NULL;
	cfg_t *cfg = NULL;

	if ((value && !saved) || setenv("LC_ALL", "C", 1) < 0)
		goto out;
	cfg = cfg_init(opts, CFGF_NONE);
	if (saved)
		(void)setenv("LC_ALL", saved, 1);
	else
		(void)unsetenv("LC_ALL");
out:
	free(saved);
	return cfg;
}

/* The table as libconfuse wants it: every value is text to it. */
static cfg_t *make_cfg(const struct conf_key *keys, size_t n)
{
	static const cfg_opt_t text =
		CFG_STR_CB("", NULL, CFGF_NODEFAULT, on_value);
	static const cfg_opt_t end = CFG_END();
	cfg_opt_t *opts = calloc(n + 1, sizeof(*opts));
	cfg_t *cfg;

	if (!opts)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		opts[i] = text;
		opts[i].name = keys[i].name;
		if (keys[i].type == CONF_LIST)
			opts[i].flags |= CFGF_LIST;
	}
	opts[n] = end;
	cfg = init_in_c_locale(opts); /* copies them */
	free(opts);
	if (cfg)
		(void)cfg_set_error_function(cfg, on_error);
	return cfg;
}

int conf_file_read(struct conf *c, const char *const *paths, size_t n,
		   bool required, struct buf *error)
{
	int r = 0;

	reading = (struct reading){.conf = c, .error = error};
	reading.cfg = make_cfg(c->keys, c->nkeys);
	if (!reading.cfg)
		return -ENOMEM;
	for (size_t i = 0; i < n && r == 0; i++)
		r = read_one(paths[i], i == 0 ? required : false);
	(void)cfg_free(reading.cfg);
	reading = (struct reading){0};
	return r;
}
