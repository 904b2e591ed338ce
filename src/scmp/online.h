/* SPDX-License-Identifier: ISC */
/* What commands through scmpd share: asking, listing, telling. */
#ifndef SCMP_ONLINE_H
#define SCMP_ONLINE_H

#include "scmp/output.h"
#include "scmp/record.h"
#include "scmp/scmp.h"

/*
 * Asks, and tells what scmpd says to it: "ABOUT: TEXT." (about may be NULL).
 * STATUS_OK, or a status after a message; so all here.
 */
__attribute__((warn_unused_result)) int
online_do(struct scmp *s, struct request *q, const char *about);

/* Runs `one` for each word; the first status that is not STATUS_OK. */
__attribute__((warn_unused_result)) int
online_each(struct scmp *s, int (*one)(struct scmp *s, const char *word));

struct online_list {
	const struct record_member *members;
	size_t members_n;
	const struct output_column *columns;
	size_t columns_n;
};

/* Asks for lines, and calls `take` with each. */
__attribute__((warn_unused_result)) int
online_read(struct scmp *s, struct request *q,
	    void (*take)(struct span record, void *context), void *context);

/* Asks for records, all of which are shown, but for --offset and --limit where
 * `cuts` says that scmpd was not asked for that. */
__attribute__((warn_unused_result)) int
online_list(struct scmp *s, struct request *q, const struct online_list *list,
	    bool cuts);

/* Of a setting by itself, in a table of them: name, value, source. */
enum { SETTING_COLUMNS = 3 };
extern const struct output_column setting_columns[SETTING_COLUMNS];

/* Its value, or all of it in JSON. Takes it over. STATUS_OK. */
int setting_show(struct scmp *s, json_t *setting);

/* "NAME is VALUE now." and the like. */
void setting_tell(const struct scmp *s, const char *name, const char *value,
		  bool is_same);

/* Asks for records of settings, and shows them: name, value, source. */
__attribute__((warn_unused_result)) int
online_settings(struct scmp *s, struct request *q, const char *title);

/* Asks for one setting, and shows its value, or all of it in JSON. */
__attribute__((warn_unused_result)) int
online_setting(struct scmp *s, struct request *q, const char *name);

#endif
