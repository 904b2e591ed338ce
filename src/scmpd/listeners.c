/* SPDX-License-Identifier: ISC */
#include "scmpd/listeners.h"

#include "config/roles.h"
#include "net/listen.h"
#include "net/local.h"
#include "sys/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LOCAL_MODE = 0660 };

static const char local_prefix[] = "unix:";

/* What goes on while they are opened. */
struct opening {
	gid_t operators;
	const char *origin; /* for messages: whose list it is */
	struct buf *error;
};

static int refuse(const struct opening *o, struct span what, const char *why)
{
	buf_add_str(o->error, o->origin);
	buf_add_char(o->error, ' ');
	buf_add_span(o->error, what);
	buf_add_str(o->error, ": ");
	buf_add_str(o->error, why);
	return -EINVAL;
}

static struct listener *room(const struct opening *o, struct listeners *all)
{
	if (all->n == LISTENERS_MAX) {
		refuse(o, span_str("(all of it)"), "at most 16 are possible");
		return NULL;
	}
	all->items[all->n] = (struct listener){.fd = -1};
	return &all->items[all->n];
}

/* --- from text ------------------------------------------------------------ */

/* Whatever comes in clear must not cross a network. */
static int check_address(const struct opening *o, const struct listener *l)
{
	if (listen_is_loopback(&l->address))
		return 0;
	return refuse(o, span_str(l->text),
		      "is not on loopback, and SCMP in clear would cross the "
		      "network; use 127.0.0.1, [::1] or unix:/PATH (a tunnel "
		      "of ssh reaches them)");
}

static int take_place(const struct opening *o, struct span text,
		      struct listener *l)
{
	struct buf kept;
	int failed;

	buf_init(&kept, l->text, sizeof(l->text));
	buf_add_span(&kept, text);
	if (!buf_str(&kept))
		return refuse(o, text, "is too long");
	l->is_local =
		strncmp(l->text, local_prefix, sizeof(local_prefix) - 1) == 0;
	if (l->is_local) {
		snprintf(l->path, sizeof(l->path), "%s",
			 l->text + sizeof(local_prefix) - 1);
		return 0;
	}
	buf_add_str(o->error, o->origin);
	buf_add_char(o->error, ' ');
	failed = listen_parse(text, &l->address, o->error);
	if (failed < 0)
		return failed;
	buf_reset(o->error);
	return check_address(o, l);
}

static int take_word(const struct opening *o, struct span word,
		     struct listener *l)
{
	struct buf role;

	if (span_equal(word, span_str("local"))) {
		l->may_be_local = true;
		return 0;
	}
	if (l->role[0])
		return refuse(o, word,
			      "there is a role before it; one is the "
			      "limit");
	buf_init(&role, l->role, sizeof(l->role));
	buf_add_span(&role, word);
	if (buf_str(&role) && role_is_fixed(l->role))
		return 0;
	return refuse(o, word,
		      "is no role that a listener can be limited to; user, "
		      "viewer, operator or admin");
}

static struct span next_word(struct span *text)
{
	struct span word;
	size_t n;

	while (text->n && text->p[0] == ' ')
		*text = span_drop(*text, 1);
	n = span_find(*text, ' ');
	word = span_take(*text, n);
	*text = span_drop(*text, n);
	return word;
}

/* "unix:/PATH [ROLE] [local]" or "ADDRESS:PORT [ROLE] [local]" */
static int parse(const struct opening *o, struct span text, struct listener *l)
{
	int failed = take_place(o, next_word(&text), l);
	struct span word;

	while (failed == 0 && (word = next_word(&text)).n)
		failed = take_word(o, word, l);
	return failed;
}

static int parse_all(const struct opening *o, const struct conf_list *texts,
		     struct listeners *all)
{
	int failed = 0;

	for (size_t i = 0; failed == 0 && i < texts->n; i++) {
		struct listener *l = room(o, all);

		failed = l ? parse(o, span_str(texts->items[i]), l) : -EINVAL;
		all->n += failed == 0;
	}
	return failed;
}

/* --- sockets of our own --------------------------------------------------- */

static int open_one(const struct opening *o, struct listener *l)
{
	l->fd = l->is_local ? local_listen(l->path, LOCAL_MODE, o->operators,
					   o->error)
			    : listen_open(&l->address, o->error);
	l->is_made = l->is_local && l->fd >= 0;
	return l->fd < 0 ? l->fd : 0;
}

static int open_all(const struct opening *o, struct listeners *all)
{
	int failed = 0;

	for (size_t i = 0; failed == 0 && i < all->n; i++)
		failed = open_one(o, &all->items[i]);
	return failed;
}

static int open_defaults(const struct opening *o, const char *run_dir,
			 struct listeners *all)
{
	char local[LISTENERS_TEXT];
	const char *texts[] = {local, "127.0.0.1:9109", "[::1]:9109"};
	const struct conf_list list = {texts, sizeof(texts) / sizeof(texts[0])};
	int failed;

	snprintf(local, sizeof(local), "%s%s/scmp.sock", local_prefix, run_dir);
	failed = parse_all(o, &list, all);
	for (size_t i = 0; failed == 0 && i < 2; i++)
		failed = open_one(o, &all->items[i]);
	/* A machine may have no IPv6; the others are enough then. */
	if (failed == 0 && open_one(o, &all->items[2]) < 0) {
		buf_reset(o->error);
		all->n--;
	}
	return failed;
}

/* --- systemd's ------------------------------------------------------------ */

static bool is_same_place(const struct listener *a, const struct listener *b)
{
	if (a->is_local != b->is_local)
		return false;
	return a->is_local ? a->path[0] && strcmp(a->path, b->path) == 0
			   : listen_is_same(&a->address, &b->address);
}

static int find_place(const struct opening *o, int fd, struct listener *l)
{
	struct buf text, path;
	int failed = listen_local(fd, &l->address);

	buf_init(&text, l->text, sizeof(l->text));
	buf_init(&path, l->path, sizeof(l->path));
	if (failed == -EAFNOSUPPORT) {
		failed = local_add_path(fd, &path);
		l->is_local = failed == 0;
		buf_add_str(&text, local_prefix);
		buf_add_str(&text, buf_str(&path) ? l->path : "?");
	} else if (failed == 0) {
		listen_format(&l->address, &text);
	}
	(void)buf_str(&text);
	if (failed < 0)
		return refuse(o, span_str("of the service"),
			      strerrordesc_np(-failed));
	return l->is_local ? 0 : check_address(o, l);
}

static int take_over(const struct opening *o, int fd, struct listeners *all)
{
	struct listener *l = room(o, all);
	int failed, accepts = 0;
	socklen_t n = sizeof(accepts);

	if (!l)
		return -EINVAL;
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &n) < 0 ||
	    !accepts)
		return refuse(o, span_str("of the service"),
			      "handed over something that does not listen "
			      "(it needs Accept=no and ListenStream=)");
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	failed = find_place(o, fd, l);
	if (failed < 0)
		return failed;
	l->fd = fd;
	all->n++;
	return 0;
}

/* What scmp_listen says of the places that the sockets have. */
static int take_roles(const struct opening *o, const struct listeners *said,
		      struct listeners *all)
{
	for (size_t i = 0; i < said->n; i++) {
		const struct listener *one = &said->items[i];
		bool is_found = false;

		for (size_t k = 0; k < all->n; k++) {
			struct listener *l = &all->items[k];

			if (!is_same_place(l, one))
				continue;
			is_found = true;
			l->may_be_local = one->may_be_local;
			memcpy(l->role, one->role, sizeof(l->role));
		}
		/* Better no service than one without the limit. */
		if (!is_found && one->role[0])
			return refuse(o, span_str(one->text),
				      "has a role, and systemd hands over no "
				      "such socket that it could hold for; "
				      "name the ListenStream= of scmpd.socket "
				      "as they are there");
	}
	return 0;
}

static int take_over_all(const struct opening *o, size_t handed,
			 const struct conf_list *said, struct listeners *all)
{
	struct opening theirs = *o;
	struct listeners wanted = {0};
	int failed = parse_all(o, said, &wanted);

	theirs.origin = "scmpd.socket";
	for (size_t i = 0; failed == 0 && i < handed; i++)
		failed = take_over(&theirs, NOTIFY_FIRST_FD + (int)i, all);
	return failed < 0 ? failed : take_roles(o, &wanted, all);
}

int listeners_open(struct listeners *l, const struct settings *settings,
		   const char *run_dir, gid_t operators, struct buf *error)
{
	const struct opening o = {operators, "scmp_listen", error};
	size_t handed = notify_take_sockets();
	int failed;

	memset(l, 0, sizeof(*l));
	if (handed > 0) {
		failed = take_over_all(&o, handed, &settings->scmp_listen, l);
	} else if (settings->scmp_listen.n == 0) {
		failed = open_defaults(&o, run_dir, l);
	} else {
		failed = parse_all(&o, &settings->scmp_listen, l);
		if (failed == 0)
			failed = open_all(&o, l);
	}
	if (failed < 0)
		listeners_close(l);
	return failed;
}

void listeners_close(struct listeners *l)
{
	while (l->n > 0) {
		const struct listener *last = &l->items[--l->n];

		if (last->fd >= 0)
			close(last->fd);
		if (last->is_made)
			(void)unlink(last->path);
	}
}
