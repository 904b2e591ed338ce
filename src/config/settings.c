/* SPDX-License-Identifier: ISC */
#include "config/settings.h"

#include "priv/sandbox.h"
#include "sys/log.h"

#include <stddef.h>

#define AT(member) offsetof(struct settings, member)
#define DAYS(n)	   ((n)*24 * 3600)

static const char *const plaintext_words[] = {"no", "yes", "loopback", NULL};
static const char *const case_words[] = {"keep", "lower", NULL};
static const char *const new_mail_words[] = {"move", "keep", NULL};

static const struct conf_key keys[] = {
	{.name = "users",
	 .type = CONF_LIST,
	 .offset = AT(users),
	 .def = "sqlite:/var/lib/pop3-session/users.db",
	 .help = "Where users are looked up, in this order; the first store "
		 "that knows a name decides. A store is "
		 "sqlite:/path (a database, which scmp makes), "
		 "passwd-file:/path (Dovecot's format) or authfile:/path "
		 "(one user). As long as there is no file at the default's "
		 "place, logins fail, and the log says what to do."},
	{.name = "maildir",
	 .type = CONF_STRING,
	 .flags = CONF_LIVE,
	 .offset = AT(maildir),
	 .def = "/var/vmail/%u/Maildir",
	 .help = "Where a user's Maildir is: %u is the user name, %n the "
		 "part before the @, %d the part behind it, %h the home "
		 "folder. %Lu is in lower case, %1n the first octet, %2Mu two "
		 "hexadecimal digits of a hash."},
	{.name = "mail_user",
	 .type = CONF_STRING,
	 .offset = AT(mail_user),
	 .def = "vmail",
	 .help = "The account (or uid:gid) that owns the mail of users whose "
		 "row in the store names no uid. Without the right to change "
		 "the uid it is not used."},
	{.name = "mail_roots",
	 .type = CONF_LIST,
	 .offset = AT(mail_roots),
	 .help = "Folders that a Maildir must be in; one that leads "
		 "elsewhere is refused. As root the default is /var/vmail, "
		 "/var/mail, /home and /srv; else every folder is allowed."},
	{.name = "min_uid",
	 .type = CONF_INTEGER,
	 .offset = AT(min_uid),
	 .min = 1,
	 .max = UINT32_MAX - 1,
	 .def = "500",
	 .help = "Rows of the user store with a smaller uid are refused, and "
		 "so is such a mail_user."},
	{.name = "front_user",
	 .type = CONF_STRING,
	 .offset = AT(front_user),
	 .def = "pop3-front",
	 .help = "The account (or uid:gid) of the processes that speak with "
		 "the network; it should own nothing. If it does not exist, "
		 "nobody is taken, with a warning."},
	{.name = "username_case",
	 .type = CONF_WORD,
	 .offset = AT(username_case),
	 .words = case_words,
	 .def = "keep",
	 .help = "Whether user names are taken as sent or in lower case."},
	{.name = "default_domain",
	 .type = CONF_STRING,
	 .offset = AT(default_domain),
	 .help = "Added with an @ to user names that have none."},
	{.name = "auth_methods",
	 .type = CONF_LIST,
	 .offset = AT(auth_methods),
	 .def = "user,apop",
	 .help = "Ways to log in: user (USER and PASS), apop (where the "
		 "store keeps a plain secret; it is offered to all as soon as "
		 "one user has it)."},
	{.name = "auth_tries",
	 .type = CONF_INTEGER,
	 .flags = CONF_LIVE,
	 .offset = AT(auth_tries),
	 .min = 1,
	 .max = 100,
	 .def = "5",
	 .help = "Failed logins that end a connection."},
	{.name = "auth_hashes",
	 .type = CONF_INTEGER,
	 .flags = CONF_LIVE,
	 .offset = AT(auth_hashes),
	 .min = 0,
	 .max = 1024,
	 .def = "0",
	 .help = "Most passwords that are checked at once, over all processes "
		 "that share run_dir; 0: as many as processors. The hash of "
		 "one may take a whole processor and much memory."},
	{.name = "auth_hashes_wait",
	 .type = CONF_INTEGER,
	 .flags = CONF_LIVE,
	 .offset = AT(auth_hashes_wait),
	 .min = 0,
	 .max = 60,
	 .unit = "seconds",
	 .def = "3",
	 .help = "How long a login waits for others' passwords to be checked. "
		 "Then its client is told to come later ([SYS/TEMP])."},
	{.name = "plaintext_login",
	 .type = CONF_WORD,
	 .offset = AT(plaintext_login),
	 .words = plaintext_words,
	 .def = "loopback",
	 .help = "Whether USER and PASS are taken without encryption: no, "
		 "yes, or from this machine only."},
	{.name = "listen",
	 .type = CONF_LIST,
	 .flags = CONF_GATHER,
	 .offset = AT(listen),
	 .help = "Addresses to listen on when started with no socket and "
		 "with --listen without a value, such as \"192.0.2.1:110\", "
		 "\"[2001:db8::1]:110\" or \"*:110\"."},
	{.name = "login_timeout",
	 .type = CONF_INTEGER,
	 .flags = CONF_LIVE,
	 .offset = AT(login_timeout),
	 .min = 1,
	 .max = DAYS(1),
	 .unit = "seconds",
	 .def = "180",
	 .help = "A connection that has not logged in by then is closed."},
	{.name = "idle_timeout",
	 .type = CONF_INTEGER,
	 .flags = CONF_LIVE,
	 .offset = AT(idle_timeout),
	 .min = 1,
	 .max = DAYS(1),
	 .unit = "seconds",
	 .def = "600",
	 .help = "A session without a complete command for so long is closed "
		 "without a word and without UPDATE; so is one that does not "
		 "read what it asked for. RFC 1939 wants 600 at least."},
	{.name = "max_sessions",
	 .type = CONF_INTEGER,
	 .flags = CONF_LIVE,
	 .offset = AT(max_sessions),
	 .min = 1,
	 .max = 60000,
	 .def = "1000",
	 .help = "Most sessions at once, over all processes that share "
		 "run_dir."},
	{.name = "max_sessions_per_network",
	 .type = CONF_INTEGER,
	 .flags = CONF_LIVE,
	 .offset = AT(max_sessions_per_network),
	 .min = 0,
	 .max = 60000,
	 .def = "100",
	 .help = "Most sessions at once from one IPv4 address or IPv6 /64; "
		 "0: no limit."},
	{.name = "max_sessions_per_user",
	 .type = CONF_INTEGER,
	 .flags = CONF_LIVE,
	 .offset = AT(max_sessions_per_user),
	 .min = 0,
	 .max = 60000,
	 .def = "0",
	 .help = "Most connections at once on which one user has given the "
		 "right password; 0: no limit. A limit in the user's row of "
		 "the store wins."},
	{.name = "max_sessions_per_user_and_network",
	 .type = CONF_INTEGER,
	 .flags = CONF_LIVE,
	 .offset = AT(max_sessions_per_user_and_network),
	 .min = 0,
	 .max = 60000,
	 .def = "20",
	 .help = "The same for one user and one IPv4 address or IPv6 /64; 0: "
		 "no limit."},
	{.name = "unlimited_networks",
	 .type = CONF_LIST,
	 .offset = AT(unlimited_networks),
	 .help = "Networks without max_sessions_per_network and "
		 "max_sessions_per_user_and_network, such as the address that "
		 "a large office comes from. Failed logins have penalties "
		 "there as everywhere."},
	{.name = "trusted_networks",
	 .type = CONF_LIST,
	 .offset = AT(trusted_networks),
	 .def = "127.0.0.0/8,::1/128",
	 .help = "Networks without penalties for failed logins (but those of "
		 "SCMP) and without the limits that unlimited_networks lifts: "
		 "machines that "
		 "log in for others, such as a webmail server."},
	{.name = "penalty_free",
	 .type = CONF_INTEGER,
	 .flags = CONF_LIVE,
	 .offset = AT(penalty_free),
	 .min = 0,
	 .max = 1000,
	 .def = "3",
	 .help = "Failed logins of one IPv4 address or IPv6 /64 that cost "
		 "nothing. An IPv6 /48 has four times as many, here and in "
		 "penalty_refuse. Each is forgotten in two minutes."},
	{.name = "penalty_delay",
	 .type = CONF_INTEGER,
	 .flags = CONF_LIVE,
	 .offset = AT(penalty_delay),
	 .min = 0,
	 .max = 60,
	 .unit = "seconds",
	 .def = "15",
	 .help = "Longest delay of the logins that follow; it begins with a "
		 "second and doubles with each failure. 0: no delays."},
	{.name = "penalty_refuse",
	 .type = CONF_INTEGER,
	 .flags = CONF_LIVE,
	 .offset = AT(penalty_refuse),
	 .min = 0,
	 .max = 10000,
	 .def = "20",
	 .help = "Failed logins after which a network is not listened to "
		 "until some are forgotten, but for users who were logged in "
		 "from there in the last two weeks. 0: never."},
	{.name = "proxy_networks",
	 .type = CONF_LIST,
	 .flags = CONF_LATER,
	 .offset = AT(proxy_networks),
	 .help = "Networks whose proxies may tell the client's address."},
	{.name = "run_dir",
	 .type = CONF_STRING,
	 .offset = AT(run_dir),
	 .help = "Folder of what the processes share while they run. As root "
		 "/run/pop3-session; else pop3-session in XDG_RUNTIME_DIR or, "
		 "without that, /tmp/pop3-session-UID."},
	{.name = "state_dir",
	 .type = CONF_STRING,
	 .offset = AT(state_dir),
	 .def = "/var/lib/pop3-session",
	 .help = "Folder of what is to survive a restart: scmpd keeps there "
		 "who logged in last."},
	{.name = "index_dir",
	 .type = CONF_STRING,
	 .offset = AT(index_dir),
	 .help = "A folder (template as in maildir) for the index of a "
		 "maildrop; default: the Maildir itself."},
	{.name = "new_mail",
	 .type = CONF_WORD,
	 .offset = AT(new_mail),
	 .words = new_mail_words,
	 .def = "move",
	 .help = "What becomes of listed mail in new/ at QUIT: moved to cur/, "
		 "or kept."},
	{.name = "mark_seen",
	 .type = CONF_BOOLEAN,
	 .offset = AT(mark_seen),
	 .def = "no",
	 .help = "Whether messages that were retrieved get the flag S at "
		 "QUIT."},
	{.name = "popser_log",
	 .type = CONF_STRING,
	 .offset = AT(popser_log),
	 .help = "Serve as popser did: mail moves to cur/ at login, recorded "
		 "first in this file, which is also the index. For "
		 "scripts/popser."},
	{.name = "hostname",
	 .type = CONF_STRING,
	 .offset = AT(hostname),
	 .help = "The host's name in the greeting and the APOP timestamp; "
		 "default: what the system says."},
	{.name = "greeting",
	 .type = CONF_STRING,
	 .offset = AT(greeting),
	 .def = "%h POP3 server ready",
	 .help = "The text of the greeting; %h is the host's name."},
	{.name = "sandbox",
	 .type = CONF_WORD,
	 .offset = AT(sandbox),
	 .words = sandbox_mode_words,
	 .def = "required",
	 .help = "What happens where a step of the sandbox cannot be taken, "
		 "as in some containers: no service, or service and a "
		 "warning (best-effort). off is for debugging on a terminal "
		 "or pipe only."},
	{.name = "log",
	 .type = CONF_STRING,
	 .offset = AT(log),
	 .help = "stderr, syslog or the path of a file. Default: stderr in "
		 "the listening shape and on a terminal or pipe, else "
		 "syslog."},
	{.name = "log_format",
	 .type = CONF_WORD,
	 .offset = AT(log_format),
	 .words = log_format_words,
	 .def = "dovecot",
	 .help = "The form of log lines: the words of Dovecot's, or the same "
		 "fields as logfmt or JSON."},
	{.name = "log_level",
	 .type = CONF_WORD,
	 .flags = CONF_LIVE,
	 .offset = AT(log_level),
	 .words = log_level_words,
	 .def = "info",
	 .help = "What is less important than this is not logged."},
	{.name = "log_ident",
	 .type = CONF_STRING,
	 .offset = AT(log_ident),
	 .def = "pop3-session",
	 .help = "The program's name in the log; dovecot for parsers that "
		 "want it."},
	{.name = "tls_cert",
	 .type = CONF_STRING,
	 .flags = CONF_LATER,
	 .offset = AT(tls_cert),
	 .help = "Certificate chain (PEM)."},
	{.name = "tls_key",
	 .type = CONF_STRING,
	 .flags = CONF_LATER,
	 .offset = AT(tls_key),
	 .help = "Private key (PEM)."},
	{.name = "tls_profile",
	 .type = CONF_STRING,
	 .flags = CONF_LATER,
	 .offset = AT(tls_profile),
	 .def = "intermediate",
	 .help = "Protocol versions and ciphers."},
	{.name = "transform",
	 .type = CONF_STRING,
	 .flags = CONF_LATER,
	 .offset = AT(transform),
	 .help = "A program that retrieved messages pass through."},
	{.name = "scmp_listen",
	 .type = CONF_LIST,
	 .flags = CONF_GATHER,
	 .offset = AT(scmp_listen),
	 .help = "Where scmpd listens: unix:/PATH or an address of loopback "
		 "with a port, each with the name of a fixed role behind it "
		 "if nobody may do more there, such as \"127.0.0.1:9109 "
		 "operator\". The word local behind that: what is for the Unix "
		 "socket alone is taken there, too, unless a user default has "
		 "the password default. Where systemd hands over the sockets, "
		 "what is behind an address holds for the socket that has it. "
		 "Default: unix:RUN_DIR/scmp.sock, "
		 "127.0.0.1:9109 and [::1]:9109."},
	{.name = "scmp_user",
	 .type = CONF_STRING,
	 .offset = AT(scmp_user),
	 .def = "pop3-scmp",
	 .help = "The account (or uid:gid) that scmpd becomes where it was "
		 "started as root. Its group may write the users' database and "
		 "look at what is in run_dir: it is for nobody else."},
	{.name = "scmp_group",
	 .type = CONF_STRING,
	 .offset = AT(scmp_group),
	 .def = "pop3-operators",
	 .help = "The group of scmpd's Unix socket. Its members are operators "
		 "there without a password; root is an administrator. It must "
		 "not be the group of scmp_user, whose members can do more "
		 "than operators by writing the database themselves."},
	{.name = "scmp_connections",
	 .type = CONF_INTEGER,
	 .offset = AT(scmp_connections),
	 .min = 10,
	 .max = 1000,
	 .def = "64",
	 .help = "Most connections to scmpd at once, 8 of which are kept for "
		 "root on the Unix socket."},
	{.name = "max_users",
	 .type = CONF_INTEGER,
	 .flags = CONF_LIVE,
	 .offset = AT(max_users),
	 .max = UINT32_MAX,
	 .def = "0",
	 .help = "Most users that scmpd lets there be, until MAX_USERS says "
		 "else; 0 is no limit."},
	{.name = "metrics_listen",
	 .type = CONF_STRING,
	 .offset = AT(metrics_listen),
	 .help = "An address of loopback with a port, such as 127.0.0.1:9110, "
		 "where scmpd serves metrics for Prometheus over HTTP, as "
		 "/metrics. Default: nowhere."},
};

enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

int settings_read(struct configuration *c, const char *file,
		  const char *const *assignments, size_t n, struct buf *error)
{
	size_t i;
	int r = conf_init(&c->conf, keys, KEYS, &c->settings, error);

	if (r == 0)
		r = conf_load(&c->conf, file ? file : SETTINGS_FILE,
			      file != NULL, error);
	for (i = 0; r == 0 && i < n; i++)
		r = conf_set(&c->conf, assignments[i], error);
	if (r < 0)
		conf_free(&c->conf);
	return r;
}

void settings_print(const struct configuration *c, FILE *to)
{
	conf_print(&c->conf, to);
}

void settings_print_manual(FILE *to)
{
	conf_print_mdoc(keys, KEYS, to);
}
