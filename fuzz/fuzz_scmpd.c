/* SPDX-License-Identifier: ISC */
/*
 * Any octets on a connection of scmpd, however they are cut, with the real
 * handlers and a database of its own, which is made whole again before each
 * input. Whatever comes, what goes out are whole lines of printable characters,
 * the first one a greeting, and the connection ends when the client's side has.
 * Parameters: who is there (bits 0 and 1) and how large the pieces are.
 */
#include "fuzz.h"

#include <event2/event.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/command_line.h"
#include "proto/scmp_text.h"
#include "scmpd/connection.h"
#include "scmpd/scmpd.h"
#include "scmpd/server.h"
#include "store/database_users.h"
#include "sys/log.h"

enum {
	SAID_MAX = 1 << 24,
	DATABASE_MAX = 1 << 20,
	INPUT_MAX = 1000, /* each password that is set costs its time */
};

static struct {
	char path[128], database[160];
	struct command_line line;
	struct scmpd scmpd;
	char kept[DATABASE_MAX];
	ssize_t kept_n;
	char said[SAID_MAX];
	size_t said_n;
} world;

/* --- the world --- */

static int remove_one(const char *path, const struct stat *st, int kind,
		      struct FTW *ftw)
{
	(void)st, (void)kind, (void)ftw;
	return remove(path);
}

static void end_world(void)
{
	enum { FOLDERS_OPEN = 8 };

	REQUIRE(nftw(world.path, remove_one, FOLDERS_OPEN,
		     FTW_DEPTH | FTW_PHYS) == 0);
}

static void add_user(struct database *db, const char *name, const char *role)
{
	static struct database_user user;
	char memory[USERS_ERROR_SIZE];
	struct buf error;

	buf_init(&error, memory, sizeof(memory));
	memset(&user, 0, sizeof(user));
	(void)snprintf(user.row.name, sizeof(user.row.name), "%s", name);
	(void)snprintf(user.row.role, sizeof(user.row.role), "%s", role);
	(void)snprintf(user.row.password, sizeof(user.row.password),
		       "{PLAIN}secret");
	user.row.enabled = true;
	REQUIRE(database_user_add(db, &user, &error) == 0);
}

static void make_database(void)
{
	char memory[USERS_ERROR_SIZE];
	struct database db;
	struct buf error;
	int fd;

	buf_init(&error, memory, sizeof(memory));
	REQUIRE(database_open(&db, world.database, DATABASE_CREATE, 0,
			      &error) == 0);
	add_user(&db, "chief", "admin");
	add_user(&db, "looker", "viewer");
	add_user(&db, "plain", "user");
	database_close(&db);
	fd = open(world.database, O_RDONLY | O_CLOEXEC);
	world.kept_n = read(fd, world.kept, sizeof(world.kept));
	REQUIRE(world.kept_n > 0 && world.kept_n < DATABASE_MAX);
	close(fd);
}

static void mend_database(void)
{
	int fd = open(world.database, O_WRONLY | O_CLOEXEC);

	REQUIRE(pwrite(fd, world.kept, (size_t)world.kept_n, 0) ==
		world.kept_n);
	REQUIRE(ftruncate(fd, world.kept_n) == 0);
	close(fd);
}

static void assign(const char *key, const char *value, const char *tail)
{
	char *text = fuzz_alloc(300);

	(void)snprintf(text, 300, "%s=%s%s", key, value, tail);
	world.line.assignments[world.line.assignments_n++] = text;
}

static void begin_world(void)
{
	const char *tmp = getenv("TMPDIR");
	struct scmpd *s = &world.scmpd;
	char memory[USERS_ERROR_SIZE];
	struct buf error;

	if (world.path[0])
		return;
	buf_init(&error, memory, sizeof(memory));
	(void)snprintf(world.path, sizeof(world.path), "%s/fuzz-scmpd.XXXXXX",
		       tmp ? tmp : "/tmp");
	REQUIRE(mkdtemp(world.path));
	atexit(end_world);
	(void)snprintf(world.database, sizeof(world.database), "%s/users.db",
		       world.path);
	make_database();
	log_close();
	world.line.config = "/dev/null";
	assign("users", "sqlite:", world.database);
	assign("maildir", world.path, "/%u");
	assign("hostname", "scmp.test", "");
	s->line = &world.line;
	s->operators = (gid_t)-1;
	REQUIRE(scmpd_configure(s, &error) == 0);
	s->run_dirfd = open(world.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	REQUIRE(s->run_dirfd >= 0);
	REQUIRE(penalty_open(&s->penalty, s->run_dirfd) == 0);
	REQUIRE(control_open(&s->control, s->run_dirfd) == 0);
	statistics_look_init(&s->statistics, s->run_dirfd);
	s->base = event_base_new();
	REQUIRE(s->base && server_start(s) == 0);
}

/* --- a connection --- */

static void take_output(int fd)
{
	ssize_t n;

	do {
		REQUIRE(world.said_n < SAID_MAX);
		n = recv(fd, world.said + world.said_n, SAID_MAX - world.said_n,
			 MSG_DONTWAIT);
		if (n > 0)
			world.said_n += (size_t)n;
	} while (n > 0);
}

static void turn(int client)
{
	REQUIRE(event_base_loop(world.scmpd.base,
				EVLOOP_ONCE | EVLOOP_NONBLOCK) >= 0);
	take_output(client);
}

static void serve(int client, struct span in, size_t piece)
{
	while (in.n && !LIST_EMPTY(&world.scmpd.connections)) {
		struct span some = span_take(in, piece);
		ssize_t n = send(client, some.p, some.n,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0)
			in = span_drop(in, (size_t)n);
		turn(client);
	}
	(void)shutdown(client, SHUT_WR);
	/* A login takes its ten milliseconds. */
	while (!LIST_EMPTY(&world.scmpd.connections)) {
		turn(client);
		if (!LIST_EMPTY(&world.scmpd.connections))
			(void)usleep(200);
	}
	take_output(client);
}

static void check_output(void)
{
	struct span said = span_make(world.said, world.said_n);

	/* Who speaks HTTP or TLS at once may not even be greeted. */
	REQUIRE(said.n == 0 || span_starts(said, span_str("+OK ")));
	while (said.n) {
		size_t n = span_find(said, '\n');
		struct span line = span_take(said, n);

		REQUIRE(n < said.n && n > 0 && line.p[n - 1] == '\r');
		REQUIRE(n < SCMP_REPLY_LIMIT);
		REQUIRE(scmp_text_is_printable(span_take(line, n - 1)));
		said = span_drop(said, n + 1);
	}
}

/* By the Unix socket of who started it: [PREAUTH], unless it is to log in. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const roles[] = {"", "viewer", "operator", ""};
	struct span in = span_make(data, size);
	unsigned who = fuzz_take_octet(&in) % 4;
	size_t piece = 1 + 16 * fuzz_take_octet(&in);
	struct listener listener = {.is_local = true};
	struct connection *c;
	int pair[2];

	begin_world();
	mend_database();
	listener.scmpd = &world.scmpd;
	(void)snprintf(listener.role, sizeof(listener.role), "%s", roles[who]);
	REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			   0, pair) == 0);
	world.said_n = 0;
	connection_accept(&world.scmpd, &listener, pair[1]);
	c = LIST_FIRST(&world.scmpd.connections);
	REQUIRE(c);
	if (who == 3) {
		c->caller.trust = CALLER_NOBODY;
		c->caller.rights = 0;
		c->caller.role[0] = '\0';
		c->state = SCMP_STATE_AUTHORIZATION;
	}
	serve(pair[0], span_take(in, INPUT_MAX), piece);
	REQUIRE(world.scmpd.connections_n == 0);
	check_output();
	close(pair[0]);
	return 0;
}
