/* SPDX-License-Identifier: ISC */
/*
 * Settings that were changed while the server runs, through SCMP: they stand in
 * the database's table `settings` under the names of their keys, and win over
 * configuration files and options, whose values are the defaults.
 */
#ifndef CONFIG_LIVE_H
#define CONFIG_LIVE_H

#include "base/buf.h"
#include "config/settings.h"
#include "store/database.h"

/*
 * Puts into c->settings what the database says now, and what the configuration
 * says of everything else. A row that is unknown or has an impossible value is
 * passed over: *error then has a text about the first of them (and the result
 * is 0). 0, or a negative errno, after which all is as it was.
 */
__attribute__((warn_unused_result)) int
live_read(struct configuration *c, struct database *db, struct buf *error);

#endif
