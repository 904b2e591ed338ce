/* SPDX-License-Identifier: ISC */
#include "store/maildrop_claims.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "store/index.h"
#include "store/maildrop_relist.h"
#include "store/maildrop_seek.h"

int maildrop_claims_lied(struct maildrop *d)
{
	if (d->lied)
		return -ESTALE;
	d->lied = true;
	index_drop(maildrop_index_dir(d));
	if (maildrop_relist(d, MAILDROP_EXACT) != 0)
		d->claims = false; /* the next login lists */
	return -ESTALE;
}

/* Where it is not under the name that was listed, a later session checks. */
static int check(struct maildrop *d, uint32_t number)
{
	struct maildrop_file f;
	struct stat st;
	int error = maildrop_seek(d, number, &f);

	if (error || !f.claimed)
		return error;
	if (fstatat(d->folders[f.folder], f.name, &st, AT_SYMLINK_NOFOLLOW) !=
		    0 ||
	    !S_ISREG(st.st_mode)) {
		d->claims_unsure = true;
		return 0;
	}
	return (uint64_t)st.st_size == f.file_size ? 0
						   : maildrop_claims_lied(d);
}

static void confirm(struct maildrop *d)
{
	int fds[INDEX_FILES];
	size_t n = maildrop_tables(d, fds);

	d->claims = false;
	for (size_t i = 0; i < n && !d->claims_unsure; i++)
		index_confirm(maildrop_index_dir(d), (int)i, fds[i]);
}

int maildrop_claims_check(struct maildrop *d, uint32_t most)
{
	if (d->lied)
		return -ESTALE;
	for (uint32_t i = 0; i < most && d->claims; i++) {
		int error;

		if (d->claims_checked == d->count) {
			confirm(d);
			break;
		}
		error = check(d, ++d->claims_checked);
		if (error == -ESTALE)
			return error;
		if (error) { /* damage: whoever reads next will meet it */
			d->claims = false;
			break;
		}
	}
	return d->claims;
}
