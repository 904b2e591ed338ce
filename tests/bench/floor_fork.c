/* SPDX-License-Identifier: ISC */
/* The least that a server with a fresh process for each connection can do:
 * accept, fork, canned answers.   floor_fork PORT */
#include "bench.h"
#include "canned.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	int listener;

	if (argc != 2)
		die("which port?");
	listener = bench_listen((uint16_t)bench_number(argv[1]));
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			continue;
		if (fork() == 0) {
			canned_session(fd, fd);
			_exit(0);
		}
		close(fd);
	}
}
