/* SPDX-License-Identifier: ISC */
#include "scmp/spool.h"

#include "sys/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
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

void spool_begin(void)
{
	struct stat st;
	int memory;

	if (fstat(STDOUT_FILENO, &st) < 0 || S_ISREG(st.st_mode))
		return;
	memory = memfd_create("scmp", MFD_CLOEXEC);
	if (memory < 0)
		return;
	target = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (target >= 0 && dup2(memory, STDOUT_FILENO) < 0) {
		close(target);
		target = -1;
	}
	close(memory);
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

int spool_end(void)
{
	int r = 0;

	if (target < 0)
		return 0;
	if (fflush(stdout) == EOF)
		r = -errno;
	if (r == 0)
		r = copy(STDOUT_FILENO, target);
	if (dup2(target, STDOUT_FILENO) < 0 && r == 0)
		r = -errno;
	close(target);
	target = -1;
	return r;
}
