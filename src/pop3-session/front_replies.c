/* SPDX-License-Identifier: ISC */
/* The fixed answers, with the response codes of RFC 2449 and RFC 3206. */
#include "pop3-session/front.h"

#include <string.h>

static const char *const texts[REPLIES] = {
	[REPLY_NONE] = "",
	[REPLY_OK] = "+OK\r\n",
	[REPLY_SEND_PASS] = "+OK send PASS\r\n",
	[REPLY_USER_FIRST] = "-ERR send USER first\r\n",
	[REPLY_LOGGED_IN] = "+OK logged in\r\n",
	[REPLY_NO_METHOD] = "-ERR this way of logging in is not offered here; "
			    "see CAPA\r\n",
	[REPLY_NO_SUCH] = "-ERR no such message\r\n",
	[REPLY_DELETED] = "-ERR message is deleted\r\n",
	[REPLY_MARKED] = "+OK marked to be deleted\r\n",
	[REPLY_GONE] = "-ERR message is gone: another program removed it\r\n",
	[REPLY_UNREADABLE] = "-ERR [SYS/TEMP] message cannot be read now\r\n",
	[REPLY_NO_MEMORY] = "-ERR [SYS/TEMP] out of memory; try later\r\n",
	[REPLY_DAMAGED] = "-ERR [SYS/TEMP] the list of messages changed under "
			  "the session; connect again\r\n",
	[REPLY_UNCONFIRMED] = "-ERR [SYS/TEMP] the disk did not confirm the "
			      "change\r\n",
	[REPLY_BYE] = "+OK bye\r\n",
	[REPLY_CLEARTEXT] = "-ERR passwords are not accepted in clear text "
			    "from this network\r\n",
	[REPLY_AUTH] = "-ERR [AUTH] wrong name or password\r\n",
	[REPLY_AUTH_LAST] = "-ERR [AUTH] too many failed logins\r\n",
	[REPLY_REFUSED] = "-ERR [SYS/TEMP] too many failed logins from your "
			  "network; try later\r\n",
	/* The password was right, so not [AUTH]; and what is in the way is
	 * the user's own, so not [SYS/TEMP]. */
	[REPLY_USER_FULL] = "-ERR [IN-USE] you have as many sessions as you "
			    "may; try later\r\n",
	[REPLY_USER_NETWORK_FULL] =
		"-ERR [IN-USE] you have as many sessions as you may from one "
		"network; try later\r\n",
	[REPLY_SYS_TEMP] = "-ERR [SYS/TEMP] mail cannot be reached now; try "
			   "later\r\n",
	[REPLY_SYS_PERM] = "-ERR [SYS/PERM] this account is not set up right; "
			   "tell the administrator\r\n",
	[REPLY_EMPTY_LINE] = "-ERR empty line\r\n",
	[REPLY_UNKNOWN] = "-ERR unknown command\r\n",
	[REPLY_WRONG_STATE] = "-ERR not now: ",
	[REPLY_TOO_LONG] = "-ERR line too long\r\n",
	[REPLY_MALFORMED] = "-ERR malformed line: NUL or bare CR\r\n",
	[REPLY_TOO_MANY_ERRORS] = "-ERR too many errors in a row; bye\r\n",
};

const char *front_reply_text(enum front_reply reply)
{
	return texts[reply];
}

enum front_reply front_reply_of(uint32_t answer)
{
	static const enum front_reply replies[CHANNEL_ANSWERS] = {
		[CHANNEL_WELCOME] = REPLY_LOGGED_IN,
		[CHANNEL_BAD_CREDENTIALS] = REPLY_AUTH,
		[CHANNEL_TOO_MANY] = REPLY_AUTH_LAST,
		[CHANNEL_TEMPORARY] = REPLY_SYS_TEMP,
		[CHANNEL_PERMANENT] = REPLY_SYS_PERM,
		[CHANNEL_CLEARTEXT] = REPLY_CLEARTEXT,
		[CHANNEL_NO_METHOD] = REPLY_NO_METHOD,
		[CHANNEL_REFUSED] = REPLY_REFUSED,
		[CHANNEL_USER_FULL] = REPLY_USER_FULL,
		[CHANNEL_USER_NETWORK_FULL] = REPLY_USER_NETWORK_FULL,
	};

	return answer < CHANNEL_ANSWERS ? replies[answer] : REPLY_SYS_TEMP;
}

void front_add_in_use(struct buf *out, int64_t seconds)
{
	buf_add_str(out, "-ERR [IN-USE] maildrop is locked by another session");
	if (seconds >= 0) {
		buf_add_str(out, " for ");
		buf_add_u64(out, (uint64_t)seconds);
		buf_add_str(out, " seconds");
	}
	buf_add_str(out, "; try again later\r\n");
}

void front_reply(struct front *front, enum front_reply reply)
{
	front->is_error = front->is_error || texts[reply][0] == '-';
	output_add_str(&front->out, texts[reply]);
	if (reply != REPLY_WRONG_STATE)
		return;
	output_add_str(&front->out, front->state == POP3_AUTHORIZATION
					    ? "log in first\r\n"
					    : "you are logged in already\r\n");
}

size_t front_reply_octets(enum front_reply reply)
{
	return strlen(texts[reply]);
}

void front_reply_usage(struct front *front, enum pop3_verb verb)
{
	front->is_error = true;
	output_add_str(&front->out, "-ERR usage: ");
	output_add_str(&front->out, pop3_verb_usage(verb));
	output_add_str(&front->out, "\r\n");
}
