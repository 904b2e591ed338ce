/* SPDX-License-Identifier: ISC */
/*
 * The configuration that all programs read: one table of keys gives name,
 * type, range, default and help; files, options, --print-config and the manual
 * pop3-session.conf(5) come from it.
 */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include "base/buf.h"
#include "sys/conf.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define SETTINGS_FILE "/etc/pop3-session.conf"

enum settings_plaintext { PLAINTEXT_NO, PLAINTEXT_YES, PLAINTEXT_LOOPBACK };
enum settings_case { CASE_KEEP, CASE_LOWER };
enum settings_new_mail { NEW_MAIL_MOVE, NEW_MAIL_KEEP };

struct settings {
	struct conf_list users;
	const char *maildir;
	const char *mail_user;
	struct conf_list mail_roots;
	int64_t min_uid;
	const char *front_user;
	int username_case; /* enum settings_case */
	const char *default_domain;
	struct conf_list auth_methods;
	int64_t auth_tries;
	int64_t auth_hashes;	  /* 0: as many as processors */
	int64_t auth_hashes_wait; /* seconds */
	int plaintext_login;	  /* enum settings_plaintext */
	struct conf_list listen;
	int64_t login_timeout; /* seconds, as the next */
	int64_t idle_timeout;
	int64_t max_sessions;
	int64_t max_sessions_per_network;
	int64_t max_sessions_per_user;
	int64_t max_sessions_per_user_and_network;
	struct conf_list unlimited_networks;
	struct conf_list trusted_networks;
	int64_t penalty_free;
	int64_t penalty_delay; /* seconds */
	int64_t penalty_refuse;
	struct conf_list proxy_networks;
	const char *run_dir;
	const char *state_dir;
	const char *index_dir;
	int new_mail; /* enum settings_new_mail */
	bool mark_seen;
	const char *popser_log;
	const char *hostname;
	const char *greeting;
	int sandbox; /* enum sandbox_mode */
	const char *log;
	int log_format; /* enum log_format */
	int log_level;	/* enum log_level */
	const char *log_ident;
	const char *tls_cert;
	const char *tls_key;
	const char *tls_profile;
	const char *transform;
	struct conf_list scmp_listen;
	const char *scmp_user;
	const char *scmp_group;
	int64_t scmp_connections;
	int64_t max_users;
	const char *metrics_listen;
};

/* A configuration as it was read; the strings in settings are its own. */
struct configuration {
	struct settings settings;
	struct conf conf;
};

/*
 * Defaults, then the file (NULL: SETTINGS_FILE if it is there), then the
 * assignments in their order. 0: *c is the caller's, to be freed with
 * conf_free(&c->conf). Or a negative errno, with text in error that names file,
 * line and remedy; nothing is to be freed then, and nothing in *c to be used.
 */
__attribute__((warn_unused_result)) int
settings_read(struct configuration *c, const char *file,
	      const char *const *assignments, size_t n, struct buf *error);

void settings_print(const struct configuration *c, FILE *to);
void settings_print_manual(FILE *to);

#endif
