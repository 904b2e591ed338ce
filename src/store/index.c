/* SPDX-License-Identifier: ISC */
#include "store/index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/index_write.h"
#include "store/table.h"
#include "sys/io.h"

static const char *const names[INDEX_FILES] = {
	[INDEX_BASE] = "pop3-session.index",
	[INDEX_TAIL] = "pop3-session.index.tail",
};

/* Of the lock's holder, and of others, who may meet each other there. */
static const char *const temporary[2] = {
	"pop3-session.index.tmp",
	"pop3-session.index.tmp2",
};

/* A descriptor, or -1 if it is no file of the right size with a header. */
static int open_file(int dirfd, const char *name, struct index_header *head)
{
	struct stat st;
	uint64_t octets;
	int fd = openat(dirfd, name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    table_read_header(fd, head) == 0) {
		octets = head->count ? index_end(head) * INDEX_BLOCK
				     : INDEX_HEADER;
		if ((uint64_t)st.st_size == octets)
			return fd;
	}
	close(fd);
	return -1;
}

void index_find(int dirfd, struct index_files *f)
{
	int *fds = f->fds;

	f->n = 0;
	fds[INDEX_TAIL] = -1;
	fds[INDEX_BASE] =
		open_file(dirfd, names[INDEX_BASE], &f->heads[INDEX_BASE]);
	if (fds[INDEX_BASE] < 0)
		return;
	if (f->heads[INDEX_BASE].base_id != 0) {
		index_close(f);
		return;
	}
	f->n = 1;
	fds[INDEX_TAIL] =
		open_file(dirfd, names[INDEX_TAIL], &f->heads[INDEX_TAIL]);
	if (fds[INDEX_TAIL] < 0)
		return;
	if (index_header_continues(&f->heads[INDEX_TAIL],
				   &f->heads[INDEX_BASE])) {
		f->n = 2;
		return;
	}
	close(fds[INDEX_TAIL]);
	fds[INDEX_TAIL] = -1;
}

const struct index_stamp *index_stamps(const struct index_files *f)
{
	return f->heads[f->n - 1].stamps;
}

static int set_header(struct index_header *head,
		      const struct index_stamp stamps[INDEX_FOLDERS],
		      const struct index_header *base)
{
	*head = (struct index_header){0};
	for (size_t i = 0; i < INDEX_FOLDERS; i++)
		head->stamps[i] = stamps[i];
	if (base) {
		head->base_id = base->id;
		head->base_count = base->count;
		head->base_octets = base->octets;
	}
	while (head->id == 0 || head->id == head->base_id) {
		int error = io_random(&head->id, sizeof(head->id));

		if (error)
			return error;
	}
	return 0;
}

/* What an earlier session left half-done is in the way. */
static int create(int dirfd, const char *name)
{
	enum { FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC };
	int fd = openat(dirfd, name, FLAGS, 0600);

	if (fd < 0 && errno == EEXIST && unlinkat(dirfd, name, 0) == 0)
		fd = openat(dirfd, name, FLAGS, 0600);
	return fd < 0 ? -errno : fd;
}

static bool is_same_file(int a, int b)
{
	struct stat sa, sb;

	return fstat(a, &sa) == 0 && fstat(b, &sb) == 0 &&
	       sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

/*
 * Gives the file its name. With the lock there is nothing to replace then:
 * ext4 sends a file that takes another's place to the disk at once, which
 * takes milliseconds, and a crash in between costs an index and nothing else.
 * Without the lock nobody waits for us, but somebody may be looking.
 */
static int name_file(int dirfd, const char *name, int which, bool unlocked)
{
	if (!unlocked)
		unlinkat(dirfd, names[which], 0);
	return renameat(dirfd, name, dirfd, names[which]) == 0 ? 0 : -errno;
}

/* Opens the file that was written for reading and gives it its name. */
static int publish(int dirfd, int written, int which, bool unlocked)
{
	const char *name = temporary[unlocked];
	int error = -ESTALE;
	int fd = openat(dirfd, name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (is_same_file(fd, written))
		error = name_file(dirfd, name, which, unlocked);
	if (error == 0)
		return fd;
	close(fd);
	return error;
}

/* Returns a descriptor. */
static int put_file(int dirfd, int which, const struct maildrop_list *list,
		    uint32_t from, struct index_header *head, bool unlocked)
{
	const char *name = temporary[unlocked];
	int result, fd = create(dirfd, name);

	if (fd < 0)
		return fd;
	result = index_write(fd, list, from, head);
	if (result == 0)
		result = publish(dirfd, fd, which, unlocked);
	close(fd);
	if (result < 0)
		unlinkat(dirfd, name, 0);
	return result;
}

static int put_memory(int which, const struct maildrop_list *list,
		      uint32_t from, struct index_header *head)
{
	enum {
		SEALS = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL
	};
	int error, fd = memfd_create(names[which],
				     MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	error = index_write(fd, list, from, head);
	if (error == 0 && fcntl(fd, F_ADD_SEALS, SEALS) != 0)
		error = -errno;
	if (error == 0)
		return fd;
	close(fd);
	return error;
}

static void forget(struct index_files *f, size_t which)
{
	if (f->fds[which] >= 0)
		close(f->fds[which]);
	f->fds[which] = -1;
}

int index_put(int dirfd, int which, const struct maildrop_list *list,
	      uint32_t from, const struct index_stamp stamps[INDEX_FOLDERS],
	      struct index_files *f)
{
	bool is_tail = which == INDEX_TAIL;
	struct index_header head;
	int fd, error = set_header(&head, stamps,
				   is_tail ? &f->heads[INDEX_BASE] : NULL);

	if (error)
		return error;
	fd = dirfd < 0 ? put_memory(which, list, from, &head)
		       : put_file(dirfd, which, list, from, &head, f->unlocked);
	if (fd < 0)
		return fd;
	if (!is_tail && f->fds[INDEX_TAIL] >= 0) {
		if (dirfd >= 0)
			unlinkat(dirfd, names[INDEX_TAIL], 0);
		forget(f, INDEX_TAIL);
	}
	forget(f, (size_t)which);
	f->fds[which] = fd;
	f->heads[which] = head;
	f->n = (size_t)which + 1;
	return 0;
}

void index_confirm(int dirfd, int which, int fd)
{
	unsigned char octets[INDEX_HEADER];
	struct index_header head;
	int out;

	if (table_read_header(fd, &head) != 0 || head.claimed == 0)
		return;
	out = openat(dirfd, names[which],
		     O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (out < 0)
		return;
	head.claimed = 0;
	index_header_encode(&head, octets);
	/* A torn header is no index. */
	if (is_same_file(out, fd) &&
	    pwrite(out, octets, sizeof(octets), 0) != INDEX_HEADER)
		index_drop(dirfd);
	close(out);
}

void index_drop(int dirfd)
{
	unlinkat(dirfd, names[INDEX_BASE], 0);
}

static void remove_files(int dirfd, const char *const *files, size_t n,
			 int *failed)
{
	for (size_t i = 0; i < n; i++) {
		if (unlinkat(dirfd, files[i], 0) < 0 && errno != ENOENT)
			*failed = -errno;
	}
}

int index_remove(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int failed = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	remove_files(fd, names, INDEX_FILES, &failed);
	remove_files(fd, temporary, 2, &failed);
	close(fd);
	if (!failed && rmdir(folder) < 0 && errno != ENOENT &&
	    errno != ENOTEMPTY && errno != EEXIST)
		failed = -errno;
	return failed;
}

void index_close(struct index_files *f)
{
	for (size_t i = 0; i < INDEX_FILES; i++)
		forget(f, i);
	f->n = 0;
}
