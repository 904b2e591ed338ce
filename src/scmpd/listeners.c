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
	struct listeners *listeners;
	gid_t operators;
	struct buf *error;
};

static int refuse(const struct opening *o, struct span what, const char *why)
{
	buf_add_span(o->error, what);
	buf_add_str(o->error, ": ");
	buf_add_str(o->error, why);
	return -EINVAL;
}

static bool is_loopback(const struct listen_address *a)
{
	static const struct span networks[] = {SPAN_LITERAL("127.0.0.0/8"),
					       SPAN_LITERAL("::1/128")};

	for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++) {
		struct network n;

		if (a->family != LISTEN_BOTH &&
		    network_parse(networks[i], &n) &&
		    network_contains(&n, &a->address))
			return true;
	}
	return false;
}

/* Whatever comes in clear must not cross a network. */
static int check_address(const struct opening *o, struct span text,
			 const struct listen_address *a)
{
	if (is_loopback(a))
		return 0;
	return refuse(o, text,
		      "is not on loopback, and SCMP in clear would cross the "
		      "network; use 127.0.0.1, [::1] or unix:/PATH (a tunnel "
		      "of ssh reaches them)");
}

static int open_inet(const struct opening *o, struct span text,
		     struct listener *l)
{
	struct listen_address address;
	int failed = listen_parse(text, &address, o->error);

	if (failed == 0)
		failed = check_address(o, text, &address);
	if (failed < 0)
		return failed;
	l->fd = listen_open(&address, o->error);
	return l->fd < 0 ? l->fd : 0;
}

static int open_local(const struct opening *o, const char *path,
		      struct listener *l)
{
	l->is_local = true;
	l->fd = local_listen(path, LOCAL_MODE, o->operators, o->error);
	if (l->fd < 0)
		return l->fd;
	snprintf(l->path, sizeof(l->path), "%s", path);
	return 0;
}

static struct listener *room(const struct opening *o)
{
	struct listeners *all = o->listeners;

	if (all->n == LISTENERS_MAX) {
		refuse(o, span_str("scmp_listen"), "at most 16 of them");
		return NULL;
	}
	all->items[all->n] = (struct listener){.fd = -1};
	return &all->items[all->n];
}

static int take_role(const struct opening *o, struct span role,
		     struct listener *l)
{
	struct buf text;

	if (!role.n)
		return 0;
	buf_init(&text, l->role, sizeof(l->role));
	buf_add_span(&text, role);
	if (!buf_str(&text) || !role_is_fixed(l->role))
		return refuse(o, role,
			      "is no role that a listener can be limited to; "
			      "user, viewer, operator or admin");
	return 0;
}

/* "unix:/PATH [ROLE]" or "ADDRESS:PORT [ROLE]" */
static int open_text(const struct opening *o, struct span text)
{
	size_t blank = span_find(text, ' ');
	struct span where = span_take(text, blank);
	struct span role = span_drop(text, blank);
	struct listener *l = room(o);
	struct buf kept;
	int failed;

	while (role.n && role.p[0] == ' ')
		role = span_drop(role, 1);
	failed = l ? take_role(o, role, l) : -EINVAL;
	if (failed < 0)
		return failed;
	buf_init(&kept, l->text, sizeof(l->text));
	buf_add_span(&kept, where);
	if (!buf_str(&kept))
		return refuse(o, where, "is too long");
	if (strncmp(l->text, local_prefix, strlen(local_prefix)) == 0)
		failed = open_local(o, l->text + strlen(local_prefix), l);
	else
		failed = open_inet(o, where, l);
	o->listeners->n += failed == 0;
	return failed;
}

static int open_defaults(const struct opening *o, const char *run_dir)
{
	char text[LISTENERS_TEXT];
	int failed;

	snprintf(text, sizeof(text), "%s%s/scmp.sock", local_prefix, run_dir);
	failed = open_text(o, span_str(text));
	if (failed == 0)
		failed = open_text(o, span_str("127.0.0.1:9109"));
	if (failed < 0)
		return failed;
	/* A machine may have no IPv6; the others are enough then. */
	if (open_text(o, span_str("[::1]:9109")) < 0)
		buf_reset(o->error);
	return 0;
}

static int open_configured(const struct opening *o, const struct settings *s)
{
	int failed = 0;

	for (size_t i = 0; failed == 0 && i < s->scmp_listen.n; i++)
		failed = open_text(o, span_str(s->scmp_listen.items[i]));
	return failed;
}

/* A socket that systemd made. */
static int take_over(const struct opening *o, int fd)
{
	struct listener *l = room(o);
	struct listen_address address;
	struct buf text;
	int failed, accepts = 0;
	socklen_t n = sizeof(accepts);

	if (!l)
		return -EINVAL;
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &n) < 0 ||
	    !accepts)
		return refuse(o, span_str("scmpd.socket"),
			      "handed over something that does not listen "
			      "(it needs Accept=no and ListenStream=)");
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	buf_init(&text, l->text, sizeof(l->text));
	failed = listen_local(fd, &address);
	if (failed == -EAFNOSUPPORT) {
		l->is_local = true;
		buf_add_str(&text, "unix socket of the service manager");
		failed = 0;
	} else if (failed == 0) {
		listen_format(&address, &text);
		failed = check_address(o, buf_span(&text), &address);
	}
	if (failed < 0)
		return failed;
	(void)buf_str(&text);
	l->fd = fd;
	o->listeners->n++;
	return 0;
}

int listeners_open(struct listeners *l, const struct settings *settings,
		   const char *run_dir, gid_t operators, struct buf *error)
{
	const struct opening o = {l, operators, error};
	size_t handed = notify_take_sockets();
	int failed = 0;

	memset(l, 0, sizeof(*l));
	for (size_t i = 0; failed == 0 && i < handed; i++)
		failed = take_over(&o, NOTIFY_FIRST_FD + (int)i);
	if (failed == 0 && handed == 0)
		failed = settings->scmp_listen.n ? open_configured(&o, settings)
						 : open_defaults(&o, run_dir);
	if (failed < 0)
		listeners_close(l);
	return failed;
}

void listeners_close(struct listeners *l)
{
	while (l->n > 0) {
		const struct listener *last = &l->items[--l->n];

		close(last->fd);
		if (last->path[0])
			(void)unlink(last->path);
	}
}
