/* SPDX-License-Identifier: ISC */
/* The least that a server with a fresh process for each connection can do:
 * accept, fork, canned answers.   floor_fork PORT */
#include "bench.h"
#include "canned.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>

int main(int argc, char **argv)
{
	int listener;

	if (argc != 2)
		die("which port?");
	listener = bench_listen((uint16_t)bench_number(argv[1]));
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (fd < 0)
			continue;
		if (fork() == 0) {
			canned_session(fd, fd);
			_exit(0);
		}
		close(fd);
	}
}
