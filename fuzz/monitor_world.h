/* SPDX-License-Identifier: ISC */
/*
 * A monitor in a small world of its own: a user `u` with the password `p`, and
 * a Maildir of a few messages, made whole again before each session. Nothing
 * is confined and nobody becomes another user.
 */
#ifndef FUZZ_MONITOR_WORLD_H
#define FUZZ_MONITOR_WORLD_H

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "pop3-session/monitor.h"
#include "sys/log.h"

enum {
	WORLD_MAILS = 11,
	WORLD_MARKS = (WORLD_MAILS + 7) / 8, /* octets of a bitmap */
};

static struct {
	char path[256];
	struct configuration configuration;
	struct service service;
} world;

static void world_put(const char *name, const char *text)
{
	char path[512];
	size_t n = strlen(text);
	int fd;

	snprintf(path, sizeof(path), "%s/%s", world.path, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	REQUIRE(fd >= 0);
	REQUIRE(write(fd, text, n) == (ssize_t)n);
	close(fd);
}

/* Which messages are there, as bits from 1 on; under whatever flags. */
static unsigned world_present(void)
{
	unsigned present = 0;
	char path[512];
	const struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/u/cur", world.path);
	dir = opendir(path);
	REQUIRE(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] != '.')
			present |= 1U << strtoul(entry->d_name + 7, NULL, 10);
	}
	closedir(dir);
	return present;
}

static void world_mend(void)
{
	unsigned present = world_present();
	char name[64];

	for (unsigned i = 1; i <= WORLD_MAILS; i++) {
		if (present & 1U << i)
			continue;
		snprintf(name, sizeof(name), "u/cur/1600000%03u.M.host:2,", i);
		world_put(name, "Subject: one\n\nText.\n");
	}
}

static void world_remove(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	char name[1024];

	while (dir && (entry = readdir(dir)) != NULL) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (unlink(name) < 0)
			world_remove(name);
	}
	if (dir)
		closedir(dir);
	(void)rmdir(path);
}

static void world_end(void)
{
	world_remove(world.path);
}

static void world_make_folders(void)
{
	static const char *const names[] = {"u", "u/cur", "u/new", "u/tmp"};
	const char *tmp = getenv("TMPDIR");
	char path[512];

	snprintf(world.path, sizeof(world.path), "%s/fuzz-monitor.XXXXXX",
		 tmp ? tmp : "/tmp");
	REQUIRE(mkdtemp(world.path));
	atexit(world_end);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", world.path, names[i]);
		REQUIRE(mkdir(path, 0700) == 0);
	}
	world_put("users", "u:{PLAIN}p:::::\n");
}

static void world_begin(void)
{
	static char users[512], maildir[512];
	const char *assignments[] = {users, maildir, "sandbox=off",
				     "hostname=pop.test"};
	char memory[1024];
	struct buf error;

	if (world.path[0])
		return;
	world_make_folders();
	snprintf(users, sizeof(users), "users=passwd-file:%s/users",
		 world.path);
	snprintf(maildir, sizeof(maildir), "maildir=%s/%%u", world.path);
	buf_init(&error, memory, sizeof(memory));
	log_close();
	REQUIRE(settings_read(&world.configuration, "/dev/null", assignments, 4,
			      &error) == 0);
	REQUIRE(service_prepare(&world.service, &world.configuration, &error) ==
		0);
	service_look(&world.service);
	world.service.privileged = false;
	world.service.roots = NULL;
	world.service.roots_n = 0;
}

/* The monitor of one session, from its beginning to its end. */
static void world_serve(struct monitor *monitor, int channel,
			const char *preauth)
{
	static struct admission_ticket ticket;
	const struct monitor_setup setup = {
		.service = &world.service,
		.client = -1,
		.channel = channel,
		.signals = -1,
		.ticket = &ticket,
		.preauth = preauth,
	};

	ticket = ADMISSION_NO_TICKET;
	memset(monitor, 0, sizeof(*monitor));
	monitor_run(monitor, &setup);
	monitor_close(monitor);
	/* What its process would leave to the kernel. */
	for (int i = 0; i < CHANNEL_BITMAPS; i++) {
		if (monitor->marks[i])
			munmap(monitor->marks[i], WORLD_MARKS);
	}
}

#endif
