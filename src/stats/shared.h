/* SPDX-License-Identifier: ISC */
/*
 * A file of fixed size in run_dir that processes share by mapping it. It is
 * made by whoever comes first: written under a temporary name and then linked,
 * so that nobody ever sees half of one. It begins with a header that tells
 * what it is.
 */
#ifndef STATS_SHARED_H
#define STATS_SHARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/span.h"

struct shared_header {
	char magic[8];
	uint32_t version;
	uint32_t
		header_size; /* of this structure, so it tells the byte order */
	uint64_t file_size;
	uint64_t key[2]; /* random, for hashes that nobody can foresee */
};

/* What a file must be; `magic` has 8 octets. */
struct shared_kind {
	const char *name;
	const char *magic;
	uint32_t version;
	uint64_t size;
	/* So much of it gets its storage when it is made; what is behind is
	 * sparse and must not be touched before shared_back(). */
	uint64_t backed;
	uint64_t mapped; /* so much is mapped from its beginning; 0: all */
};

/*
 * Opens the file in the directory, or makes it. A file that is not of this
 * kind or size or is of an older version, or that others than root and our own
 * uid could have written, is replaced; one of a newer version is left alone:
 * -EPROTO. Returns the mapping (shared, for reading and writing) with *fd set
 * (CLOEXEC), or NULL with *fd set to a negative errno.
 */
__attribute__((warn_unused_result)) void *
shared_open(int dirfd, const struct shared_kind *kind, int *fd);

/*
 * The same for somebody who only looks: the file must be there (-ENOENT) and
 * right (-EBADMSG; -EPROTO as above), is mapped for reading alone, and nothing
 * is made or replaced. Writing to the mapping kills.
 */
__attribute__((warn_unused_result)) void *
shared_look(int dirfd, const struct shared_kind *kind, int *fd);

/* The same without a mapping, for somebody who reads by system calls: the
 * descriptor (CLOEXEC), or a negative errno as above. */
__attribute__((warn_unused_result)) int
shared_look_fd(int dirfd, const struct shared_kind *kind);

/*
 * Is the mapped file still whole, and still the one that others find under the
 * name? 0; -ESTALE: removed or replaced; -EBADMSG: cut or overwritten. To be
 * asked before each use; one fstat.
 */
__attribute__((warn_unused_result)) int
shared_verify(int fd, const void *map, const struct shared_kind *kind);

/*
 * The same of the file alone: it may be touched, and what was found in it when
 * it was opened is believed. For who only writes: reading has the kernel map
 * much of what is around, in each process that does it once.
 */
__attribute__((warn_unused_result)) int
shared_is_whole(int fd, const struct shared_kind *kind);

/*
 * Gives storage to a part of the file that was never touched, so that using it
 * through the mapping cannot fail (with SIGBUS) when the disk is full. The part
 * is filled with zeros. 0 or a negative errno such as -ENOSPC.
 */
__attribute__((warn_unused_result)) int shared_back(int fd, uint64_t from,
						    uint64_t n);

/* Both arguments as shared_open() left them; also after its failure. */
void shared_close(int fd, void *map, const struct shared_kind *kind);

/*
 * fcntl() of a lock of one octet, by F_SETLK, F_OFD_SETLK or F_OFD_GETLK. 0,
 * -EAGAIN: somebody else has it, or another negative errno; *locked (if not
 * NULL), for the command that asks: does somebody hold it?
 */
int shared_lock_octet(int fd, int command, short type, off_t octet,
		      bool *locked);

/* A hash of 16 octets that depends on the file's key. */
uint64_t shared_hash(const struct shared_header *h, const uint8_t octets[16]);

/* The same of a text of any length, such as a user's name. */
uint64_t shared_hash_text(const struct shared_header *h, struct span text);

#endif
