/* SPDX-License-Identifier: ISC */
#include "store/place_overlap.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

_Static_assert(PATH_MAX <= PLACE_PATH_SIZE, "realpath() wants that room");

/* Cuts the last part off; false: it is the root. */
static bool go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash || !slash[1])
		return false;
	slash[slash == path] = '\0';
	return true;
}

/* The real path of the nearest that is there. 0, or a negative errno. */
static int find_real(const char *path, bool *is_whole,
		     char real[PLACE_PATH_SIZE])
{
	char part[PLACE_PATH_SIZE];

	if (path[0] != '/')
		return -EINVAL;
	if (strlen(path) >= sizeof(part))
		return -ENAMETOOLONG;
	memcpy(part, path, strlen(path) + 1);
	for (*is_whole = true; !realpath(part, real); *is_whole = false) {
		if ((errno != ENOENT && errno != ENOTDIR) || !go_up(part))
			return -errno;
	}
	return 0;
}

int place_chain_look(const char *path, struct place_chain *chain)
{
	char real[PLACE_PATH_SIZE];
	struct stat st;
	int failed = find_real(path, &chain->is_whole, real);

	if (failed)
		return failed;
	chain->n = 0;
	do {
		if (stat(real, &st) < 0)
			return -errno;
		chain->links[chain->n++] =
			(struct place_link){st.st_dev, st.st_ino};
	} while (go_up(real));
	return 0;
}

/* Does the chain lead to, or over, where the other one ends? */
static bool leads_over(const struct place_chain *chain,
		       const struct place_chain *end)
{
	for (size_t i = 0; end->is_whole && i < chain->n; i++) {
		if (chain->links[i].device == end->links[0].device &&
		    chain->links[i].inode == end->links[0].inode)
			return true;
	}
	return false;
}

bool place_chains_overlap(const struct place_chain *a,
			  const struct place_chain *b)
{
	return leads_over(a, b) || leads_over(b, a);
}
