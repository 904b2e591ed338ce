/* SPDX-License-Identifier: ISC */
/*
 * The reset of popser: undoes the moves that popser.log records, as far as
 * they still apply, the last one first, and then removes popser.log and
 * popser.dupl.log.
 *
 *  - A message that has been removed since, or is in new/ again, is nothing to
 *    undo. One whose flags have changed is found by its base name.
 *  - Nothing is overwritten; what popser has not moved stays where it is.
 *  - Anything that could not be undone is a fault. Then the files stay, with
 *    the lines that are not undone.
 *
 * Locks each Maildir while it works in it; one in use is a fault.
 */
#ifndef STORE_POPSER_UNDO_H
#define STORE_POPSER_UNDO_H

#include <stdint.h>

#include "base/span.h"
#include "store/popser_log.h"

/* What a fault is about: a Maildir, or a name in its cur/. */
struct popser_fault {
	struct span maildir; /* its path; empty: popser.log itself */
	struct span name;    /* of the file; empty: the whole Maildir */
	uint32_t line;	     /* of popser.log, from 1; 0: none */
	int error;	     /* errno */
};

typedef void popser_complaint(void *context, const struct popser_fault *);

/*
 * Returns the number of faults, each of which has been told to `complain`; 0:
 * all is undone and the files are gone.
 */
uint32_t popser_undo(const struct popser_log *, popser_complaint *complain,
		     void *context);

#endif
