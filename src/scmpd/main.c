/* SPDX-License-Identifier: ISC */
#include "scmpd/scmpd.h"

int main(int argc, char **argv)
{
	return scmpd_main(argc, argv);
}
