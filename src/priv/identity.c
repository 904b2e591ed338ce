/* SPDX-License-Identifier: ISC */
#include "priv/identity.h"

#include "base/num.h"
#include "priv/accounts.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	NAME_MAX_OCTETS = 255,
	CAPABILITIES_END = 64 /* more than any kernel has */
};

/* The last value means "leave as it is" to the kernel. */
static const uint64_t highest_id = UINT32_MAX - 1;

/* --- names ---------------------------------------------------------------- */

static const char passwd[] = "/etc/passwd", group[] = "/etc/group";

struct wanted {
	const char *name; /* NULL: by number */
	uint32_t id;
	struct account found;
};

static bool is_wanted(void *context, const struct account *a)
{
	struct wanted *w = context;

	if (w->name ? !span_equal(a->name, span_str(w->name)) : a->id != w->id)
		return false;
	w->found = *a;
	return true;
}

/* One account, by name or, where that is NULL, by uid. */
static int find_account(const char *name, uid_t uid, struct identity *out)
{
	struct wanted w = {.name = name, .id = uid};
	int r = accounts_find(passwd, false, is_wanted, &w);

	if (r == 0)
		*out = (struct identity){w.found.id, w.found.gid};
	return r;
}

struct own_name {
	char *name;
	size_t size;
	bool fits;
};

static bool is_own(void *context, const struct account *a)
{
	struct own_name *own = context;

	if (a->id != getuid())
		return false;
	own->fits = a->name.n < own->size;
	if (own->fits) {
		memcpy(own->name, a->name.p, a->name.n);
		own->name[a->name.n] = '\0';
	}
	return true;
}

int identity_own_name(char *name, size_t size)
{
	struct own_name own = {name, size, false};
	int r = accounts_find(passwd, false, is_own, &own);

	return r == 0 && !own.fits ? -ENAMETOOLONG : r;
}

static int find_group(const char *name, gid_t *out)
{
	struct wanted w = {.name = name};
	int r = accounts_find(group, true, is_wanted, &w);

	if (r == 0)
		*out = w.found.id;
	return r;
}

static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

static int parse_id(const char *text, uint32_t *out)
{
	uint64_t value;

	if (!num_parse_u64(span_str(text), highest_id, &value))
		return -EINVAL;
	*out = (uint32_t)value;
	return 0;
}

int identity_find_group(const char *spec, gid_t *out)
{
	if (!*spec)
		return -EINVAL;
	return is_number(spec) ? parse_id(spec, out) : find_group(spec, out);
}

static int find_user(const char *spec, struct identity *out)
{
	uint32_t uid;
	int r;

	if (!is_number(spec))
		return *spec ? find_account(spec, 0, out) : -EINVAL;
	r = parse_id(spec, &uid);
	if (r < 0)
		return r;
	/* A number needs no account, nor a file of accounts. */
	if (find_account(NULL, uid, out) < 0)
		*out = (struct identity){uid, uid};
	return 0;
}

int identity_find(const char *spec, struct identity *out)
{
	char user[NAME_MAX_OCTETS + 1];
	size_t n = strcspn(spec, ":");
	struct identity found;
	int r;

	if (n > NAME_MAX_OCTETS)
		return -EINVAL;
	memcpy(user, spec, n);
	user[n] = '\0';
	r = find_user(user, &found);
	if (r == 0 && spec[n] == ':')
		r = identity_find_group(spec + n + 1, &found.gid);
	if (r == 0)
		*out = found;
	return r;
}

/* --- capabilities --------------------------------------------------------- */

/* Version 3 of the kernel's interface: two words of 32 each. */
struct capabilities {
	struct __user_cap_data_struct word[2];
};

static int get_capabilities(struct capabilities *c)
{
	struct __user_cap_header_struct h = {
		.version = _LINUX_CAPABILITY_VERSION_3};

	return syscall(SYS_capget, &h, c->word) < 0 ? -errno : 0;
}

static int set_capabilities(const struct capabilities *c)
{
	struct __user_cap_header_struct h = {
		.version = _LINUX_CAPABILITY_VERSION_3};

	return syscall(SYS_capset, &h, c->word) < 0 ? -errno : 0;
}

static bool has_permitted(const struct capabilities *c)
{
	return c->word[0].permitted || c->word[1].permitted;
}

/* -EINVAL comes for the first number that this kernel does not have. */
static int empty_bounding_set(void)
{
	for (unsigned long i = 0; i < CAPABILITIES_END; i++)
		if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0)
			return errno == EINVAL ? 0 : -errno;
	return 0;
}

int identity_keep_capabilities(bool drop_bounding)
{
	const uint32_t keep = 1u << CAP_SETUID | 1u << CAP_SETGID |
			      1u << CAP_KILL | 1u << CAP_DAC_READ_SEARCH;
	struct capabilities now, then = {0};
	int r = get_capabilities(&now);

	if (r < 0)
		return r;
	if (getuid() == 0) {
		then.word[0].permitted = now.word[0].permitted & keep;
		then.word[0].effective = then.word[0].permitted;
	}
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 &&
	    errno != EINVAL) /* before Linux 4.3 */
		return -errno;
	if (drop_bounding && (now.word[0].effective & 1u << CAP_SETPCAP)) {
		r = empty_bounding_set();
		if (r < 0)
			return r;
	}
	return set_capabilities(&then);
}

bool identity_can_change(void)
{
	const uint32_t need = 1u << CAP_SETUID | 1u << CAP_SETGID;
	struct capabilities now;

	return get_capabilities(&now) == 0 &&
	       (now.word[0].effective & need) == need;
}

/* --- becoming somebody ---------------------------------------------------- */

static bool is_throughout(const struct identity *id)
{
	uid_t ru, eu, su;
	gid_t rg, eg, sg;

	return getresuid(&ru, &eu, &su) == 0 && ru == id->uid &&
	       eu == id->uid && su == id->uid &&
	       getresgid(&rg, &eg, &sg) == 0 && rg == id->gid &&
	       eg == id->gid && sg == id->gid;
}

static int change(const struct identity *id)
{
	if (setgroups(0, NULL) < 0 ||
	    setresgid(id->gid, id->gid, id->gid) < 0 ||
	    setresuid(id->uid, id->uid, id->uid) < 0)
		return -errno;
	return 0;
}

/* Nothing that was given up can be had again. */
static int check(const struct identity *id)
{
	struct capabilities now;

	if (!is_throughout(id) || get_capabilities(&now) < 0 ||
	    has_permitted(&now))
		return -EPERM;
	if (setresuid((uid_t)-1, 0, (uid_t)-1) == 0)
		return -EPERM;
	if (id->gid != 0 && setresgid((gid_t)-1, 0, (gid_t)-1) == 0)
		return -EPERM;
	return 0;
}

int identity_become(const struct identity *id)
{
	const struct capabilities none = {0};
	int r;

	if (id->uid == 0)
		return -EINVAL;
	if (identity_can_change())
		r = change(id);
	else
		r = is_throughout(id) ? 0 : -EPERM;
	if (r == 0)
		r = set_capabilities(&none);
	if (r == 0)
		r = check(id);
	/* The kernel may set it anew where ids change. */
	if (r == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		r = -errno;
	return r;
}
