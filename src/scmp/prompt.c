/* SPDX-License-Identifier: ISC */
#include "scmp/prompt.h"

#include <bsd/readpassphrase.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { TRIES = 3 };

void secret_clear(struct secret *secret)
{
	explicit_bzero(secret, sizeof(*secret));
}

int secret_ask(const struct scmp *s, const char *prompt, const char *again,
	       const char *instead, struct secret *out)
{
	struct secret second;
	bool equal = false;

	fflush(stdout);
	for (int i = 0; i < TRIES && !equal; i++) {
		if (!readpassphrase(prompt, out->text, sizeof(out->text),
				    RPP_REQUIRE_TTY | RPP_ECHO_OFF))
			return scmp_fail(s, STATUS_FAILED,
					 "there is no terminal to ask for the "
					 "password; %s",
					 instead);
		if (!again)
			return STATUS_OK;
		if (!readpassphrase(again, second.text, sizeof(second.text),
				    RPP_REQUIRE_TTY | RPP_ECHO_OFF))
			second.text[0] = '\0';
		equal = strcmp(out->text, second.text) == 0;
		secret_clear(&second);
		if (!equal)
			scmp_fail(s, STATUS_REFUSED, "the two differ%s",
				  i + 1 < TRIES ? "; once more" : "");
	}
	if (equal)
		return STATUS_OK;
	secret_clear(out);
	return STATUS_REFUSED;
}

int secret_read_fd(const struct scmp *s, int fd, const char *what,
		   struct secret *out)
{
	size_t n = 0;
	ssize_t r;
	char c;

	do {
		r = read(fd, &c, 1);
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0 || c == '\n')
			break;
		if (!c || n == sizeof(out->text) - 1) {
			secret_clear(out);
			return scmp_fail(s, STATUS_REFUSED,
					 "%s: has a NUL, or is over %zu octets",
					 what, sizeof(out->text) - 1);
		}
		out->text[n++] = c;
	} while (true);
	if (n && out->text[n - 1] == '\r')
		n--;
	out->text[n] = '\0';
	if (r < 0)
		return scmp_fail(s, STATUS_FAILED, "%s: descriptor %d: %s",
				 what, fd, strerror(errno));
	if (!n)
		return scmp_fail(s, STATUS_REFUSED,
				 "%s: descriptor %d has no line, or an empty "
				 "one",
				 what, fd);
	return STATUS_OK;
}

int secret_read(const struct scmp *s, enum option_id id, struct secret *out)
{
	char memory[512];
	struct buf error;
	uint64_t fd;

	buf_init(&error, memory, sizeof(memory));
	if (option_number(&s->options, id, OPTION_FD_MAX, &fd, &error) < 0)
		return scmp_fail_text(s, STATUS_USAGE, &error);
	buf_reset(&error);
	option_add_name(&error, id);
	return secret_read_fd(s, (int)fd, buf_str(&error) ? memory : "", out);
}

bool confirm(const struct scmp *s, const char *question)
{
	char answer[16];

	if (scmp_given(s, OPTION_YES))
		return true;
	fflush(stdout);
	if (!readpassphrase(question, answer, sizeof(answer),
			    RPP_REQUIRE_TTY | RPP_ECHO_ON)) {
		scmp_fail(s, STATUS_REFUSED,
			  "there is no terminal to ask; --yes does it without "
			  "a question");
		return false;
	}
	return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}

int secret_take_new(const struct scmp *s, struct secret *secret)
{
	if (scmp_given(s, OPTION_PASSWORD_FD))
		return secret_read(s, OPTION_PASSWORD_FD, secret);
	return secret_ask(s, "New password: ", "The same again: ",
			  "--password-fd 0 reads it from standard input, "
			  "--generate makes one",
			  secret);
}
