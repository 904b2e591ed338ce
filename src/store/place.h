/* SPDX-License-Identifier: ISC */
/*
 * Where a user's Maildir is: from the name and a template to a path, and from
 * the path to an open directory, without ever leaving the mail root.
 *
 * Template: an absolute path with
 *
 *	%u  the whole user name, user@domain or user
 *	%n  the name before the first @, or the whole if there is none
 *	%d  the domain behind the first @
 *	%h  the user's home
 *	%%  a percent sign
 *
 * Between the percent sign and the letter may stand, in this order, for
 * folders that are hashed or cut:
 *
 *	WIDTH or OFFSET.WIDTH  decimal; that many octets only, from that octet
 *	                       on (0 is the first); what is not there is left
 *	                       out: with the name bob, %1n is b, %1.2n is ob
 *	L  in lower case (ASCII)
 *	U  in upper case (ASCII)
 *	M  the MD5 of the whole value as 32 hexadecimal digits; the octets are
 *	   taken from these: %2Mu makes 256 folders
 *
 * %h takes none of them and can only be at the beginning.
 */
#ifndef STORE_PLACE_H
#define STORE_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/span.h"

enum {
	PLACE_USER_MAX = 255,	/* octets of a user name */
	PLACE_PATH_SIZE = 4096, /* room that every path fits into, with NUL */
};

/*
 * Is this a user name that can be used in a path: 1 to 255 octets; no control
 * octet (0 to 31, 127) and no slash; no part (the whole, before and behind the
 * first @) empty or beginning with a dot. So ".", "..", the mail root's own
 * hidden files and "user@" are refused, while "-", blanks, dots elsewhere and
 * 8-bit octets are allowed: nothing here reaches a shell. Pure.
 */
bool place_name_is_safe(struct span user);

/*
 * The name that a user is known by: what the client sent, in lower case
 * (ASCII) if `lower`, with @default_domain behind it if it has no @ and the
 * domain is not empty. Adds to *out.
 * 0; -EINVAL: not safe in the above sense; -ENOBUFS: *out is too small.
 */
__attribute__((warn_unused_result)) int
place_normalise_user(struct span name, bool lower, struct span default_domain,
		     struct buf *out);

/* Is the template of the grammar above? Pure. */
bool place_template_is_valid(struct span template);

/*
 * For the start: will the template do? 0, or -EINVAL with a text in
 * *error that says what is wrong and the remedy. Pure.
 */
__attribute__((warn_unused_result)) int
place_check_template(struct span template, struct buf *error);

/*
 * Is the path absolute, without a folder named "." or ".." or nothing? A slash
 * alone is not. Pure.
 */
bool place_path_is_plain(struct span path);

/*
 * Puts the path into *out (buf_str() makes a C string of it). `home` may be
 * empty if there is none. The result is an absolute path none of whose folders
 * is "." or ".." or empty, whatever name and template are; a slash at the end
 * is dropped. Pure, except that it computes an MD5 for %M.
 *
 * 0, or nothing useful in *out and
 *	-EPERM         the name is not safe, or the path would have a folder
 *	               named "." or ".." or nothing
 *	-EINVAL        the template is malformed
 *	-EDOM          %d is wanted and the name has no domain
 *	-ENOENT        %h is wanted and there is no home, or it is not absolute
 *	-ENAMETOOLONG  *out is too small
 */
__attribute__((warn_unused_result)) int place_expand(struct span template,
						     struct span user,
						     struct span home,
						     struct buf *out);

/*
 * Is the path the root or does it lie beneath it, by their names alone (no
 * symbolic link is looked at)? Pure.
 */
bool place_is_beneath(const char *path, const char *root);

/*
 * Opens a Maildir as the caller's uid, who is to be the mail's owner already:
 * a descriptor of the directory (O_RDONLY | O_CLOEXEC) that can be locked,
 * listed and given to Landlock; the caller closes it.
 *
 * With roots, the path must be one of them or lie beneath one; the root's own
 * path may lead through symbolic links, and below it links are followed only
 * as long as they stay beneath (on a kernel without openat2, not at all).
 * Without roots any path will do.
 *
 * `create` makes the Maildir itself if it is missing, and cur, new and tmp in
 * it, with mode 0700 and the caller's uid; folders above it are not made. In a
 * Maildir that is there they are made unless it has three folders or more. That
 * a folder in it cannot be made is no error.
 *
 * The descriptor, or
 *	-EXDEV         not beneath a root
 *	-ENOENT        missing (and not to be made, or the folder above is
 *	               missing, too)
 *	-EACCES, -EPERM, -EROFS, -ENOSPC, -EDQUOT …
 *	               missing and could not be made, or may not be opened
 *	-ENOTDIR, -ELOOP, -EINVAL (path not absolute), other negative errno
 *
 * With an error *missing says (if the pointer is not NULL) whether the Maildir
 * is simply not there, so that an empty maildrop can be served.
 */
__attribute__((warn_unused_result)) int place_open(const char *path,
						   const char *const *roots,
						   size_t nroots, bool create,
						   bool *missing);

#endif
