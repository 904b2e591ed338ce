/* SPDX-License-Identifier: ISC */
#include "config/places.h"

const char *const *places_mail_roots(const struct settings *settings,
				     bool privileged, size_t *n)
{
	static const char *const usual[] = {"/var/vmail", "/var/mail", "/home",
					    "/srv"};

	*n = settings->mail_roots.n;
	if (*n || !privileged)
		return settings->mail_roots.items;
	*n = sizeof(usual) / sizeof(usual[0]);
	return usual;
}
