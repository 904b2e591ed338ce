/* SPDX-License-Identifier: ISC */
/* The least that a superserver can start: libc and canned answers. */
#include "canned.h"

int main(void)
{
	canned_session(0, 1);
	return 0;
}
