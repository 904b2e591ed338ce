/* SPDX-License-Identifier: ISC */
#include "pop3-session/service.h"

#include "config/password_check.h"
#include "config/places.h"
#include "config/run_dir.h"
#include "pop3-session/owner.h"
#include "store/place.h"
#include "store/users_each.h"
#include "sys/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int take_networks(const struct conf_list *list, const char *name,
			 struct service_networks *to, struct buf *error)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		if (to->n == SERVICE_NETWORKS ||
		    !network_parse(span_str(list->items[i]),
				   &to->items[to->n])) {
			buf_add_str(error, name);
			buf_add_str(error, ": ");
			buf_add_str(error, list->items[i]);
			buf_add_str(error, to->n == SERVICE_NETWORKS
						   ? ": more than 64 networks"
						   : ": not an address or a "
						     "network such as "
						     "192.0.2.0/24");
			return -EINVAL;
		}
		to->n++;
	}
	return 0;
}

static void take_penalties(struct service *s)
{
	s->penalty_rules = (struct penalty_rules){
		.free = (uint32_t)s->settings->penalty_free,
		.most_ms = (uint32_t)s->settings->penalty_delay * 1000,
		.refuse = (uint32_t)s->settings->penalty_refuse,
	};
}

static int take_methods(struct service *s, struct buf *error)
{
	const struct conf_list *list = &s->settings->auth_methods;
	size_t i;

	for (i = 0; i < list->n; i++) {
		if (strcmp(list->items[i], "user") == 0) {
			s->method_user = true;
		} else if (strcmp(list->items[i], "apop") == 0) {
			s->method_apop = true;
		} else {
			buf_add_str(error, "auth_methods: ");
			buf_add_str(error, list->items[i]);
			buf_add_str(error, ": not a method; there are user and "
					   "apop");
			return -EINVAL;
		}
	}
	return 0;
}

/*
 * A front must never be root.  Where its own account has not been made,
 * nobody serves; it owns nothing, but other programs may run as it.
 */
static int take_front_user(struct service *s, struct buf *error)
{
	const char *name = s->settings->front_user;

	if (identity_find(name, &s->front) == 0 && s->front.uid != 0)
		return 0;
	if (strcmp(name, "pop3-front") == 0 &&
	    identity_find("nobody", &s->front) == 0) {
		log_info("front_user: there is no account pop3-front; "
			 "nobody is taken (make the account, or set "
			 "front_user)");
		return 0;
	}
	buf_add_str(error, "front_user: ");
	buf_add_str(error, name);
	buf_add_str(error, ": no such account, or root; make one that owns "
			   "nothing");
	return -EINVAL;
}

static int take_identities(struct service *s, struct buf *error)
{
	s->roots = places_mail_roots(s->settings, s->privileged, &s->roots_n);
	if (!s->privileged)
		return 0;
	s->has_mail_user = identity_find(s->settings->mail_user, &s->mail) == 0;
	return take_front_user(s, error);
}

static int take_users(struct service *s, const struct configuration *c,
		      struct buf *error)
{
	const struct conf_list *list = &s->settings->users;
	size_t key = offsetof(struct settings, users);
	int r;

	s->has_users = list->n > 0;
	if (!s->has_users)
		return 0;
	r = users_open(&s->users, list->items, list->n, error);
	if (s->privileged)
		s->users.as_owner = owner_does;
	if (r == 0 && !conf_is_given(&c->conf, key) &&
	    access(s->users.stores[0].path, R_OK) < 0)
		s->users_missing = errno;
	return r;
}

static void take_names(struct service *s)
{
	struct span text = span_str(s->settings->greeting);
	struct buf out;
	size_t i;

	if (s->settings->hostname[0])
		strncpy(s->host, s->settings->hostname, sizeof(s->host) - 1);
	else if (gethostname(s->host, sizeof(s->host) - 1) < 0)
		strcpy(s->host, "localhost");
	buf_init(&out, s->greeting, sizeof(s->greeting) - 1);
	for (i = 0; i < text.n; i++) {
		if (text.p[i] == '%' && i + 1 < text.n && text.p[i + 1] == 'h')
			buf_add_str(&out, s->host), i++;
		else if ((unsigned char)text.p[i] >= ' ')
			buf_add_char(&out, text.p[i]);
	}
	s->greeting[out.n] = '\0';
}

/* What follows from settings that may change, also in the sandbox. */
static void derive(struct service *s)
{
	s->alive_ms = (uint32_t)(s->settings->idle_timeout * 1000 /
				 SERVICE_ALIVE_PARTS);
	s->hashes = s->settings->auth_hashes > 0
			    ? password_turns_of(s->settings->auth_hashes)
			    : s->processors;
	take_penalties(s);
}

int service_prepare(struct service *s, const struct configuration *c,
		    struct buf *error)
{
	int r;

	memset(s, 0, sizeof(*s));
	s->settings = &c->settings;
	s->admission.run_dirfd = -1;
	s->admission.fd = -1;
	s->penalty.fd = -1;
	s->statistics = STATISTICS_NONE;
	s->events.fd = -1;
	s->control.fd = -1;
	s->log_level = s->settings->log_level;
	s->privileged = identity_can_change();
	r = place_check_template(span_str(s->settings->maildir), error);
	if (r == 0)
		r = take_networks(&s->settings->trusted_networks,
				  "trusted_networks", &s->trusted, error);
	if (r == 0)
		r = take_networks(&s->settings->unlimited_networks,
				  "unlimited_networks", &s->unlimited, error);
	if (r == 0)
		r = take_methods(s, error);
	if (r == 0)
		r = take_identities(s, error);
	if (r == 0)
		r = take_users(s, c, error);
	take_names(s);
	/* As many passwords at once as there are processors for us. */
	s->processors = password_turns_of(0);
	derive(s);
	rulebook_find(&s->rulebook, s->settings);
	return r;
}

/* `failed`: what opening it has returned; `without`: what follows. */
static void warn_if_failed(const char *path, const char *name, int failed,
			   const char *without)
{
	bool is_newer = failed == -EPROTO;

	if (failed >= 0)
		return;
	log_warning("run_dir %s: the file %s: %s; %s (%s, or set run_dir)",
		    path, name,
		    is_newer ? "a newer version of this program has made it"
			     : strerror(-failed),
		    without,
		    is_newer		? "stop that version, remove the file"
		    : failed == -ENOSPC ? "make room there"
					: "remove the file");
}

static void open_files(struct service *s, const char *path, int run_dirfd)
{
	warn_if_failed(path, "admission",
		       admission_open(&s->admission, run_dirfd),
		       "sessions are not counted, nor limited");
	warn_if_failed(path, "penalty", penalty_open(&s->penalty, run_dirfd),
		       "failed logins are not slowed down");
	warn_if_failed(path, "stats",
		       statistics_open(&s->statistics, run_dirfd),
		       "there are no statistics");
	warn_if_failed(path, "events", events_open(&s->events, run_dirfd),
		       "nobody is told what happens");
	warn_if_failed(path, "control",
		       control_look_open(&s->control, run_dirfd),
		       "nothing is heard of scmpd");
}

void service_share(struct service *s)
{
	char memory[4096];
	struct buf path;
	int fd;

	buf_init(&path, memory, sizeof(memory));
	run_dir_add_path(&path, s->settings, s->privileged);
	if (!buf_str(&path))
		return;
	fd = run_dir_make(path.p, s->settings);
	if (fd < 0) {
		log_warning("run_dir %s: %s; sessions are not counted and "
			    "failed logins not slowed down (make the folder, "
			    "or set run_dir)",
			    path.p, strerror(-fd));
		return;
	}
	s->has_shared = true;
	open_files(s, path.p, fd);
	s->statistics.events = &s->events;
	s->admission.statistics = &s->statistics;
}

/* Mostly one behind the other, and then one system call. */
static void close_all(const int *fds, int n)
{
	bool is_row = fds[0] >= 0;
	int i;

	for (i = 1; i < n; i++)
		is_row = is_row && fds[i] == fds[0] + i;
	if (is_row &&
	    close_range((unsigned)fds[0], (unsigned)fds[n - 1], 0) == 0)
		return;
	for (i = 0; i < n; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
}

void service_unshare(const struct service *s)
{
	struct admission admission = s->admission;
	struct penalty penalty = s->penalty;
	struct statistics statistics = s->statistics;
	struct events_ring events = s->events;
	const int fds[] = {admission.run_dirfd, admission.fd, penalty.fd,
			   statistics.fd,	events.fd,    s->control.fd};

	if (!s->has_shared)
		return;
	admission.fd = penalty.fd = statistics.fd = events.fd = -1;
	admission_close(&admission);
	penalty_close(&penalty);
	statistics_close(&statistics);
	events_close(&events);
	close_all(fds, sizeof(fds) / sizeof(fds[0]));
}

static void warn_of(void *context, const char *text)
{
	(void)context;
	log_warning("users: %s", text);
}

void service_remark(const struct service *s)
{
	if (s->has_users)
		users_remarks(&s->users, warn_of, NULL);
}

void service_look(struct service *s)
{
	/* Also without APOP: what is read here no login has to read. */
	bool offers =
		s->has_users && users_offer_apop(&s->users) && s->method_apop;

	log_look();
	/* Written only where need be: the page is shared with monitors. */
	if (s->offers_apop != offers)
		s->offers_apop = offers;
}

/* Written only where need be, as above. */
static void take_log_level(struct service *s)
{
	int level = s->asked.has_log_level ? (int)s->asked.log_level
					   : s->settings->log_level;

	if (s->log_level == level)
		return;
	s->log_level = level;
	log_set_level((enum log_level)level);
}

void service_take_live(struct service *s, struct configuration *c)
{
	s->rulebook.live = c;
}

void service_read_rules(struct service *s, unsigned wait_ms)
{
	uint32_t readings = s->rulebook.readings;

	rulebook_look(&s->rulebook, wait_ms);
	if (s->rulebook.readings == readings)
		return;
	derive(s);
	take_log_level(s);
}

void service_hear(struct service *s)
{
	struct control_state asked;

	if (control_look(&s->control, &asked) &&
	    asked.changes != s->asked.changes)
		s->asked = asked;
	take_log_level(s);
}

static bool is_among(const struct service_networks *networks,
		     const struct network_address *address)
{
	size_t i;

	for (i = 0; i < networks->n; i++) {
		if (network_contains(&networks->items[i], address))
			return true;
	}
	return false;
}

bool service_trusts(const struct service *s, const struct peer *peer)
{
	return !peer->known || is_among(&s->trusted, &peer->address);
}

bool service_has_no_limit(const struct service *s, const struct peer *peer)
{
	return service_trusts(s, peer) ||
	       is_among(&s->unlimited, &peer->address);
}

bool service_allows_plaintext(const struct service *s, const struct peer *peer)
{
	if (s->settings->plaintext_login == PLAINTEXT_LOOPBACK)
		return !peer->known || network_is_loopback(&peer->address);
	return s->settings->plaintext_login == PLAINTEXT_YES;
}
