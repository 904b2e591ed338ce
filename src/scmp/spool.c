/* SPDX-License-Identifier: ISC */
#include "scmp/spool.h"

#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 64 * 1024 };

static int target = -1; /* the real standard output; -1: nothing is kept */

int spool_target(void)
{
	return target < 0 ? STDOUT_FILENO : target;
}

static int keep(void)
{
	int memory = memfd_create("scmp", MFD_CLOEXEC), failed = 0;

	if (memory < 0)
		return -errno;
	target = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (target < 0 || dup2(memory, STDOUT_FILENO) < 0)
		failed = -errno;
	if (failed && target >= 0) {
		close(target);
		target = -1;
	}
	close(memory);
	return failed;
}

int spool_hold(void)
{
	return keep();
}

void spool_begin(void)
{
	struct stat st;

	if (fstat(STDOUT_FILENO, &st) == 0 && !S_ISREG(st.st_mode))
		(void)keep();
}

/* From the beginning of the one to the other. */
static int copy(int from, int to)
{
	static char piece[PIECE];
	ssize_t n;
	int r = 0;

	if (lseek(from, 0, SEEK_SET) < 0)
		return -errno;
	while (r == 0 && (n = read(from, piece, sizeof(piece))) != 0) {
		if (n > 0)
			r = io_write_all(to, piece, (size_t)n);
		else if (errno != EINTR)
			r = -errno;
	}
	explicit_bzero(piece, sizeof(piece));
	return r;
}

/* Standard output is itself again. */
static int let_go(void)
{
	int r = dup2(target, STDOUT_FILENO) < 0 ? -errno : 0;

	close(target);
	target = -1;
	return r;
}

void spool_drop(void)
{
	__fpurge(stdout);
	if (target >= 0)
		(void)let_go();
}

int spool_end(void)
{
	int r = 0, end;

	if (target < 0)
		return 0;
	if (fflush(stdout) == EOF)
		r = -errno;
	if (r == 0)
		r = copy(STDOUT_FILENO, target);
	end = let_go();
	return r < 0 ? r : end;
}
