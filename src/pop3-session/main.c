/* SPDX-License-Identifier: ISC */
#include "pop3-session/program.h"

int main(int argc, char **argv)
{
	return program_main(argc, argv);
}
