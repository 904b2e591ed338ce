/* SPDX-License-Identifier: ISC */
/*
 * Runs a server and measures it from outside.
 *
 *   meter run GROUP COMMAND…   in the foreground, until the command and all
 *                              that it started have ended
 *   meter cpu GROUP            CPU of the whole group so far: microseconds
 *   meter memory GROUP         processes, PSS and page tables in kB, and the
 *                              group's memory with the kernel's part or -1
 *
 * GROUP is a cgroup v2 folder (made by `run`, removed at its end) or, where
 * there is none to write to, the pid of `meter run` (`-` for `run` itself).
 * Then CPU comes from the process tree: `run` is the subreaper of all, so
 * that what ended is in somebody's cutime. Accurate to a clock tick for each
 * living process only, and blind to children that a parent ignores.
 *
 * METER_MEMORY in the environment names a cgroup v1 memory folder, likewise
 * made and removed, where the hierarchy of GROUP does not count memory.
 */
#include "bench.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct process {
	int pid, parent;
	unsigned long long ticks; /* own and of the children it has reaped */
	bool inside;
};

struct processes {
	struct process *rows;
	size_t count;
};

static volatile sig_atomic_t child;

static bool is_group(const char *group)
{
	return group[0] == '/';
}

static FILE *open_in(const char *folder, const char *name, const char *mode)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return fopen(path, mode);
}

static const char *memory_group(void)
{
	const char *group = getenv("METER_MEMORY");

	return group && *group ? group : NULL;
}

/* The number behind `key` in a file of lines "key number"; with a NULL key
 * the file's only number. -1 where there is none. */
static long long read_number(const char *folder, const char *name,
			     const char *key)
{
	FILE *in = open_in(folder, name, "r");
	char line[256];
	long long v = -1;
	size_t n = key ? strlen(key) : 0;

	if (!in)
		return -1;
	while (v < 0 && fgets(line, sizeof(line), in))
		if (!key || strncmp(line, key, n) == 0)
			sscanf(line + n, "%lld", &v);
	fclose(in);
	return v;
}

/* Fields 4, 14–17 of /proc/PID/stat; the name may hold anything. */
static bool read_process(const char *pid, struct process *p)
{
	char folder[300], line[1024];
	unsigned long long user, system;
	long long child_user, child_system;
	FILE *in;
	char *end = NULL;

	snprintf(folder, sizeof(folder), "/proc/%s", pid);
	in = open_in(folder, "stat", "r");
	if (!in)
		return false;
	if (fgets(line, sizeof(line), in))
		end = strrchr(line, ')');
	fclose(in);
	if (!end ||
	    sscanf(end + 1,
		   " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu "
		   "%lld %lld",
		   &p->parent, &user, &system, &child_user, &child_system) != 5)
		return false;
	p->pid = atoi(pid);
	p->ticks =
		user + system + (unsigned long long)(child_user + child_system);
	p->inside = false;
	return true;
}

static struct processes read_all(void)
{
	struct processes all = {NULL, 0};
	size_t cap = 0;
	DIR *d = opendir("/proc");
	struct dirent *e;

	while (d && (e = readdir(d))) {
		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		if (all.count == cap) {
			cap = cap ? 2 * cap : 256;
			all.rows = realloc(all.rows, cap * sizeof(*all.rows));
			if (!all.rows)
				die("no memory");
		}
		if (read_process(e->d_name, &all.rows[all.count]))
			all.count++;
	}
	if (d)
		closedir(d);
	return all;
}

static struct process *find(struct processes *all, int pid)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->rows[i].pid == pid)
			return &all->rows[i];
	return NULL;
}

/* Marks root and its descendants; repeated until nothing is added. */
static struct processes read_tree(int root)
{
	struct processes all = read_all();
	struct process *top = find(&all, root);
	bool again = top != NULL;

	if (top)
		top->inside = true;
	while (again) {
		again = false;
		for (size_t i = 0; i < all.count; i++) {
			struct process *p = &all.rows[i];
			struct process *up =
				p->inside ? NULL : find(&all, p->parent);

			if (up && up->inside)
				p->inside = again = true;
		}
	}
	return all;
}

static long long tree_cpu(int root)
{
	struct processes all = read_tree(root);
	unsigned long long ticks = 0;

	for (size_t i = 0; i < all.count; i++)
		if (all.rows[i].inside)
			ticks += all.rows[i].ticks;
	free(all.rows);
	return (long long)(ticks * 1000000u /
			   (unsigned long long)sysconf(_SC_CLK_TCK));
}

static long long cpu_once(const char *group)
{
	long long v;

	if (!is_group(group))
		return tree_cpu(atoi(group));
	v = read_number(group, "cpu.stat", "usage_usec");
	if (v < 0)
		die("%s/cpu.stat:", group);
	return v;
}

/* Sessions that have answered may still be on their way out: waits, 3 s at
 * most, until 50 ms go by with less than 0.5 ms of CPU. */
static int show_cpu(const char *group)
{
	long long before, now = cpu_once(group);

	for (int i = 0; i < 60; i++) {
		before = now;
		usleep(50000);
		now = cpu_once(group);
		if (now - before < 500)
			break;
	}
	printf("%lld\n", now);
	return 0;
}

struct memory {
	long long processes, pss, tables;
};

static void add_memory(struct memory *m, int pid)
{
	char folder[64];
	long long pss, tables;

	snprintf(folder, sizeof(folder), "/proc/%d", pid);
	pss = read_number(folder, "smaps_rollup", "Pss:");
	tables = read_number(folder, "status", "VmPTE:");
	if (pss < 0)
		return;
	m->processes++;
	m->pss += pss;
	m->tables += tables < 0 ? 0 : tables;
}

static int show_memory(const char *group)
{
	struct memory m = {0, 0, 0};
	long long whole = -1;
	int pid;

	if (is_group(group)) {
		FILE *in = open_in(group, "cgroup.procs", "r");

		while (in && fscanf(in, "%d", &pid) == 1)
			add_memory(&m, pid);
		if (in)
			fclose(in);
		whole = read_number(group, "memory.current", NULL);
		if (memory_group())
			whole = read_number(memory_group(),
					    "memory.usage_in_bytes", NULL);
	} else {
		struct processes all = read_tree(atoi(group));

		for (size_t i = 0; i < all.count; i++)
			if (all.rows[i].inside)
				add_memory(&m, all.rows[i].pid);
		free(all.rows);
	}
	printf("processes=%lld pss_kb=%lld tables_kb=%lld group_kb=%lld\n",
	       m.processes, m.pss, m.tables, whole < 0 ? -1 : whole / 1024);
	return 0;
}

static void forward(int signal_number)
{
	if (child > 0)
		kill((pid_t)child, signal_number);
}

static void enter(const char *group)
{
	FILE *out;

	if (mkdir(group, 0755) && errno != EEXIST)
		die("mkdir %s:", group);
	out = open_in(group, "cgroup.procs", "w");
	if (!out || fputs("0\n", out) < 0 || fclose(out))
		die("entering %s:", group);
}

static int run(const char *group, char **argv)
{
	struct sigaction action = {.sa_handler = forward};
	int status = 0, first = 0;
	pid_t pid;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	pid = fork();
	if (pid == 0) {
		if (is_group(group))
			enter(group);
		if (memory_group())
			enter(memory_group());
		execvp(argv[0], argv);
		die("%s:", argv[0]);
	}
	child = pid;
	for (;;) {
		pid_t ended = wait(&status);

		if (ended == pid) {
			first = status;
			child = 0;
		} else if (ended < 0 && errno != EINTR) {
			break;
		}
	}
	if (is_group(group))
		rmdir(group);
	if (memory_group())
		rmdir(memory_group());
	return WIFEXITED(first) ? WEXITSTATUS(first) : 1;
}

int main(int argc, char **argv)
{
	if (argc > 3 && strcmp(argv[1], "run") == 0)
		return run(argv[2], argv + 3);
	if (argc == 3 && strcmp(argv[1], "cpu") == 0)
		return show_cpu(argv[2]);
	if (argc == 3 && strcmp(argv[1], "memory") == 0)
		return show_memory(argv[2]);
	die("run GROUP COMMAND, cpu GROUP or memory GROUP");
}
