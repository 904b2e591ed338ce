/* SPDX-License-Identifier: ISC */
#include "stats/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	SHARED_TRIES = 4,
	SHARED_MODE = 0640, /* the group may look */
};

int shared_back(int fd, uint64_t from, uint64_t n)
{
	static const char zeros[4096];

	while (n) {
		size_t some = n < sizeof(zeros) ? n : sizeof(zeros);
		ssize_t done = pwrite(fd, zeros, some, (off_t)from);

		if (done <= 0)
			return done < 0 ? -errno : -ENOSPC;
		from += (uint64_t)done;
		n -= (uint64_t)done;
	}
	return 0;
}

/* Writes a header and gives the file its size. 0 or a negative errno. */
static int shared_fill(int fd, const struct shared_kind *kind)
{
	struct shared_header h = {
		.version = kind->version,
		.header_size = sizeof(h),
		.file_size = kind->size,
	};
	int failed;

	memcpy(h.magic, kind->magic, sizeof(h.magic));
	if (getrandom(h.key, sizeof(h.key), 0) != sizeof(h.key))
		return -EIO;
	failed = shared_back(fd, 0, kind->backed);
	if (failed)
		return failed;
	if (pwrite(fd, &h, sizeof(h), 0) != sizeof(h))
		return -EIO;
	return ftruncate(fd, (off_t)kind->size) < 0 ? -errno : 0;
}

/*
 * Makes the file under a temporary name and puts it in place, over what is
 * there if `replace`. 0, -EEXIST, or another negative errno.
 */
static int shared_make(int dirfd, const struct shared_kind *kind, bool replace)
{
	char name[64];
	uint64_t random;
	int fd, failed;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return -EIO;
	snprintf(name, sizeof(name), ".%s.%016llx", kind->name,
		 (unsigned long long)random);
	fd = openat(dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
		    SHARED_MODE);
	if (fd < 0)
		return -errno;
	/* Whatever the umask. */
	failed = fchmod(fd, SHARED_MODE) < 0 ? -errno : shared_fill(fd, kind);
	close(fd);
	if (!failed && replace)
		failed = renameat(dirfd, name, dirfd, kind->name) < 0 ? -errno
								      : 0;
	else if (!failed)
		failed = linkat(dirfd, name, dirfd, kind->name, 0) < 0 ? -errno
								       : 0;
	if (failed || !replace)
		unlinkat(dirfd, name, 0);
	return failed;
}

/* 0; -EBADMSG: not what it should be; -EPROTO: of a version to come. */
static int shared_judge(const struct shared_header *h,
			const struct shared_kind *kind)
{
	if (memcmp(h->magic, kind->magic, sizeof(h->magic)) != 0 ||
	    h->header_size != sizeof(*h))
		return -EBADMSG;
	if (h->version > kind->version)
		return -EPROTO;
	return h->version == kind->version && h->file_size == kind->size
		       ? 0
		       : -EBADMSG;
}

static int shared_judge_file(int fd, const struct shared_kind *kind)
{
	struct shared_header h;
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || (st.st_mode & (S_IWGRP | S_IWOTH)) ||
	    (st.st_uid && st.st_uid != geteuid()))
		return -EBADMSG;
	n = pread(fd, &h, sizeof(h), 0);
	if (n != sizeof(h))
		return n < 0 ? -errno : -EBADMSG;
	if (shared_judge(&h, kind) == -EPROTO)
		return -EPROTO;
	if (st.st_size != (off_t)kind->size)
		return -EBADMSG;
	return shared_judge(&h, kind);
}

/* One try: the descriptor, -EAGAIN: try again, or another negative errno. */
static int shared_open_once(int dirfd, const struct shared_kind *kind)
{
	int fd, failed;

	fd = openat(dirfd, kind->name,
		    O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && errno == ENOENT) {
		failed = shared_make(dirfd, kind, false);
		return failed && failed != -EEXIST ? failed : -EAGAIN;
	}
	failed = fd < 0 ? -errno : shared_judge_file(fd, kind);
	if (!failed)
		return fd;
	if (fd >= 0)
		close(fd);
	if (failed != -EBADMSG && failed != -ELOOP && failed != -ENXIO)
		return failed;
	failed = shared_make(dirfd, kind, true);
	return failed ? failed : -EAGAIN;
}

static size_t shared_mapped(const struct shared_kind *kind)
{
	return kind->mapped ? kind->mapped : kind->size;
}

/* NULL, with *fd closed and set to a negative errno. */
static void *shared_map(int *fd, const struct shared_kind *kind, int rights)
{
	void *map = mmap(NULL, shared_mapped(kind), rights, MAP_SHARED, *fd, 0);

	if (map != MAP_FAILED)
		return map;
	close(*fd);
	*fd = -ENOMEM;
	return NULL;
}

void *shared_open(int dirfd, const struct shared_kind *kind, int *fd)
{
	*fd = -EAGAIN;
	for (int i = 0; i < SHARED_TRIES && *fd == -EAGAIN; i++)
		*fd = shared_open_once(dirfd, kind);
	return *fd < 0 ? NULL : shared_map(fd, kind, PROT_READ | PROT_WRITE);
}

int shared_look_fd(int dirfd, const struct shared_kind *kind)
{
	int fd = openat(dirfd, kind->name,
			O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK |
				O_NOCTTY);
	int failed = fd < 0 ? -errno : shared_judge_file(fd, kind);

	if (failed && fd >= 0)
		close(fd);
	return failed ? failed : fd;
}

void *shared_look(int dirfd, const struct shared_kind *kind, int *fd)
{
	*fd = shared_look_fd(dirfd, kind);
	return *fd < 0 ? NULL : shared_map(fd, kind, PROT_READ);
}

int shared_is_whole(int fd, const struct shared_kind *kind)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size != (off_t)kind->size)
		return -EBADMSG;
	return st.st_nlink ? 0 : -ESTALE;
}

int shared_verify(int fd, const void *map, const struct shared_kind *kind)
{
	int failed = shared_is_whole(fd, kind);

	return failed ? failed : shared_judge(map, kind);
}

void shared_close(int fd, void *map, const struct shared_kind *kind)
{
	if (map)
		munmap(map, shared_mapped(kind));
	if (fd >= 0)
		close(fd);
}

int shared_lock_octet(int fd, int command, short type, off_t octet,
		      bool *locked)
{
	struct flock lock = {
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = octet,
		.l_len = 1,
	};

	if (fcntl(fd, command, &lock) < 0)
		return errno == EACCES ? -EAGAIN : -errno;
	if (locked)
		*locked = lock.l_type != F_UNLCK;
	return 0;
}

/* Every bit of the outcome depends on every bit of x. */
static uint64_t shared_mix(uint64_t x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93;
	return x ^ x >> 32;
}

uint64_t shared_hash(const struct shared_header *h, const uint8_t octets[16])
{
	uint64_t half[2];

	memcpy(half, octets, sizeof(half));
	return shared_mix(shared_mix(half[0] ^ h->key[0]) + half[1] +
			  h->key[1]);
}

uint64_t shared_hash_text(const struct shared_header *h, struct span text)
{
	uint64_t block[2], hash = text.n;
	uint8_t octets[sizeof(block)];

	do {
		struct span some = span_take(text, sizeof(uint64_t));

		block[0] = hash;
		block[1] = 0;
		if (some.n)
			memcpy(&block[1], some.p, some.n);
		memcpy(octets, block, sizeof(block));
		hash = shared_hash(h, octets);
		text = span_drop(text, some.n);
	} while (text.n);
	return hash;
}
