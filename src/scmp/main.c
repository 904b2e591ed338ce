/* SPDX-License-Identifier: ISC */
#include "scmp/scmp.h"

int main(int argc, char **argv)
{
	return scmp_main(argc, argv);
}
