/* SPDX-License-Identifier: ISC */
/* Where mail may be and whose it is, as the settings say or by default. */
#ifndef CONFIG_PLACES_H
#define CONFIG_PLACES_H

#include "config/settings.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The folders that every Maildir must be in, *n of them; none: any folder will
 * do. `privileged`: for who can become other users.
 */
const char *const *places_mail_roots(const struct settings *settings,
				     bool privileged, size_t *n);

#endif
