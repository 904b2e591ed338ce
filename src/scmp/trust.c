/* SPDX-License-Identifier: ISC */
#include "scmp/trust.h"

#include "base/num.h"
#include "net/local.h"
#include "net/peer.h"
#include "priv/identity.h"
#include "scmp/scmp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* --- who is trusted --- */

/* The configuration may not have been read yet: --socket does not need it. */
static bool is_scmp_user(const struct scmp *s, uid_t uid)
{
	static struct configuration own;
	const struct settings *settings = &s->configuration.settings;
	char memory[1024];
	struct identity who;
	struct buf error;

	buf_init(&error, memory, sizeof(memory));
	if (!settings->scmp_user) {
		if (settings_read(&own, scmp_value(s, OPTION_CONFIG),
				  s->options.assignments,
				  s->options.assignments_n, &error) < 0)
			return false;
		settings = &own.settings;
	}
	return identity_find(settings->scmp_user, &who) == 0 && who.uid == uid;
}

static int judge(const struct scmp *s, const struct client_place *place,
		 uid_t uid)
{
	if (uid == 0 || uid == geteuid() || is_scmp_user(s, uid))
		return STATUS_OK;
	return scmp_fail(s, STATUS_DENIED,
			 "%s: the user with the number %lu listens there, who "
			 "is neither root nor you nor scmp_user; nothing was "
			 "sent (if it is to be so: as that user, or with "
			 "-o scmp_user=%lu)",
			 place->text, (unsigned long)uid, (unsigned long)uid);
}

/* --- loopback: the tables of the kernel --- */

enum { TCP_LISTENING = 0x0a };

/* One that listens there, and whose it is. */
struct listening {
	const struct peer *peer; /* the address and port that were reached */
	unsigned found;
	uid_t uid; /* the first that is not root, if there is one */
};

static bool take_hex(struct span digits, uint32_t *out)
{
	uint32_t value = 0;

	for (size_t i = 0; i < digits.n; i++) {
		int digit = num_hex_digit(digits.p[i]);

		if (digit < 0)
			return false;
		value = value << 4 | (uint32_t)digit;
	}
	*out = value;
	return digits.n >= 1 && digits.n <= 8;
}

/* "0100007F:238F": words of 32 bits as the machine has them. */
static bool take_address(struct span text, struct network_address *address,
			 uint32_t *port)
{
	static const uint8_t of_v4[12] = {[10] = 0xff, [11] = 0xff};
	struct span digits = span_take(text, span_find(text, ':'));
	size_t at = digits.n == 8 ? sizeof(of_v4) : 0;

	if (digits.n != 8 && digits.n != 32)
		return false;
	memcpy(address->octets, of_v4, sizeof(of_v4));
	for (; at < sizeof(address->octets); at += sizeof(uint32_t)) {
		uint32_t word;

		if (!take_hex(span_take(digits, 8), &word))
			return false;
		memcpy(address->octets + at, &word, sizeof(word));
		digits = span_drop(digits, 8);
	}
	return take_hex(span_drop(text, span_find(text, ':') + 1), port);
}

/* 0.0.0.0 takes IPv4; :: takes both, if it is so set: no harm if it is not. */
static bool is_any(const struct network_address *a,
		   const struct network_address *reached)
{
	static const uint8_t zeros[16];

	if (network_address_is_v4(a))
		return network_address_is_v4(reached) &&
		       memcmp(a->octets + 12, zeros, 4) == 0;
	return memcmp(a->octets, zeros, sizeof(zeros)) == 0;
}

/* The next of the words that are set off by blanks; empty: no more. */
static struct span next_word(struct span *row)
{
	struct span word;

	while (row->n && *row->p == ' ')
		*row = span_drop(*row, 1);
	word = span_take(*row, span_find(*row, ' '));
	*row = span_drop(*row, word.n);
	return word;
}

static void look_at_row(struct span row, struct listening *l)
{
	/* sl local remote st queues timer retransmits uid */
	enum { LOCAL = 1, STATE = 3, UID = 7, WORDS };
	struct network_address address;
	struct span words[WORDS];
	uint32_t state, port;
	uint64_t uid;

	for (size_t i = 0; i < WORDS; i++)
		words[i] = next_word(&row);
	if (!take_hex(words[STATE], &state) || state != TCP_LISTENING ||
	    !take_address(words[LOCAL], &address, &port) ||
	    port != l->peer->port ||
	    (!network_address_equal(&address, &l->peer->address) &&
	     !is_any(&address, &l->peer->address)) ||
	    !num_parse_u64(words[UID], UINT32_MAX, &uid))
		return;
	if (!l->found++ || l->uid == 0)
		l->uid = (uid_t)uid;
}

static void look_at_table(const char *path, struct listening *l)
{
	FILE *f = fopen(path, "re");
	char row[512];

	while (f && fgets(row, sizeof(row), f))
		look_at_row(span_str(row), l);
	if (f)
		fclose(f);
}

static int judge_loopback(const struct scmp *s,
			  const struct client_place *place, int fd)
{
	struct peer peer;
	struct listening l = {.peer = &peer};

	if (peer_of(fd, &peer) == 0 && peer.known) {
		look_at_table("/proc/net/tcp", &l);
		look_at_table("/proc/net/tcp6", &l);
	}
	if (l.found)
		return judge(s, place, l.uid);
	return scmp_fail(s, STATUS_DENIED,
			 "%s: /proc/net/tcp does not say who listens there, so "
			 "nothing was sent; the Unix socket of scmpd is the "
			 "other way (--socket FILE)",
			 place->text);
}

int trust_server(const struct scmp *s, const struct client_place *place, int fd)
{
	uid_t uid = 0;
	gid_t gid;
	int failed;

	if (!place->is_local)
		return judge_loopback(s, place, fd);
	failed = local_peer(fd, &uid, &gid);
	if (failed < 0)
		return scmp_fail(s, STATUS_DENIED,
				 "%s: who listens there is not known: %s",
				 place->text, strerror(-failed));
	return judge(s, place, uid);
}
