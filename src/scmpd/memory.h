/* SPDX-License-Identifier: ISC */
/*
 * Memory of libevent: what it keeps of connections is passwords, too, those
 * that clients send and those that are made for them.
 */
#ifndef SCMPD_MEMORY_H
#define SCMPD_MEMORY_H

/* From now on whatever libevent gives back is cleared first. To be called
 * before anything else of libevent is. */
void memory_clear_of_events(void);

#endif
