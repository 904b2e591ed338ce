/* SPDX-License-Identifier: ISC
 *
 * Landlock by its three system calls. The definitions are those of Linux's
 * interface, written out here since the headers of a stable distribution are
 * older than the kernels that it is run on.
 */
#include "priv/steps.h"

#include <errno.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule	    445
#define SYS_landlock_restrict_self  446
#endif

enum { CREATE_RULESET_VERSION = 1, RULE_PATH_BENEATH = 1 };

/* Rights to files; the ABI from which each exists where that is not 1. */
enum {
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_DIR = 1 << 7,
	FS_MAKE_REG = 1 << 8,
	FS_ABI_1 = (1 << 13) - 1,
	FS_REFER = 1 << 13,    /* 2: rename and link between folders */
	FS_TRUNCATE = 1 << 14, /* 3 */
	FS_IOCTL_DEV = 1 << 15 /* 5 */
};

enum {
	NET_ALL = 3,   /* ABI 4: bind, connect (TCP) */
	SCOPED_ALL = 3 /* ABI 6: abstract sockets, signals */
};

struct ruleset {
	uint64_t fs, net, scoped;
};

struct path_beneath {
	uint64_t allowed;
	int32_t dirfd;
} __attribute__((packed));

static const uint64_t read_rights = FS_READ_FILE | FS_READ_DIR;
static const uint64_t all_rights = FS_READ_FILE | FS_WRITE_FILE | FS_READ_DIR |
				   FS_REMOVE_FILE | FS_MAKE_REG | FS_MAKE_DIR |
				   FS_REFER | FS_TRUNCATE;

int landlock_abi(void)
{
	static int known;

	if (known == 0) {
		known = (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
				     CREATE_RULESET_VERSION);
		if (known < 0)
			known = -errno;
	}
	return known;
}

/* All that this kernel can deny. Members that an older kernel does not know
 * are allowed to be there as long as they are 0. */
static struct ruleset everything(int abi)
{
	struct ruleset all = {.fs = FS_ABI_1};

	if (abi >= 2)
		all.fs |= FS_REFER;
	if (abi >= 3)
		all.fs |= FS_TRUNCATE;
	if (abi >= 4)
		all.net = NET_ALL;
	if (abi >= 5)
		all.fs |= FS_IOCTL_DEV;
	if (abi >= 6)
		all.scoped = SCOPED_ALL;
	return all;
}

static int add_rules(int ruleset, uint64_t rights, const int *dirfds, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct path_beneath rule = {.allowed = rights,
					    .dirfd = dirfds[i]};

		if (syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH,
			    &rule, 0) < 0)
			return -errno;
	}
	return 0;
}

static int restrict_self(int abi, const struct sandbox_folders *folders)
{
	struct ruleset all = everything(abi);
	int r, fd = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all),
				 0);

	if (fd < 0)
		return -errno;
	r = add_rules(fd, all_rights & all.fs, folders->own, folders->own_n);
	if (r == 0)
		r = add_rules(fd, read_rights, folders->read, folders->read_n);
	if (r == 0 && syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		r = -errno;
	(void)close(fd);
	return r;
}

int landlock_nothing(void)
{
	static const struct sandbox_folders none;
	int abi = landlock_abi();

	return abi < 0 ? abi : restrict_self(abi, &none);
}

int landlock_beneath(const struct sandbox_folders *folders)
{
	int abi = landlock_abi();

	if (abi < 0)
		return abi;
	return abi < 2 ? -ENOTSUP : restrict_self(abi, folders);
}
