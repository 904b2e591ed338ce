/* SPDX-License-Identifier: ISC */
/* pop3-session from its command line to the shape it serves in. */
#ifndef POP3_SESSION_PROGRAM_H
#define POP3_SESSION_PROGRAM_H

#define POP3_SESSION_VERSION "0.1.0"

/* Returns the exit status. */
int program_main(int argc, char **argv);

#endif
