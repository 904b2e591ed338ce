#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Thunderbird, without a screen, with a profile that was made for it.

# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # variables of the library
load ../lib/common
load ../lib/processes

# bats file_tags=server

COUNT=200
LIBRARIES=/usr/lib/thunderbird

setup() {
	need thunderbird
	begin
	mailbox alice
	python3 "$REPOSITORY/tests/lib/letters.py" make \
		"$WORLD/mail/alice/new" "$COUNT"
	cp -R "$WORLD/mail/alice/new" "$WORLD/originals"
	as_mail_owner "$WORLD/mail/alice"
	mkdir "$WORLD/home" "$WORLD/profile"
	serve
}

none_left() {
	[ "$(left alice)" = 0 ]
}

@test "Thunderbird fetches all, octet for octet, and deletes it" {
	export HOME=$WORLD/home
	LD_LIBRARY_PATH=$LIBRARIES python3 \
		"$REPOSITORY/tests/lib/thunderbird.py" "$LIBRARIES" \
		"$WORLD/profile" "$PORT"
	become "$LIBRARIES/thunderbird" --headless --no-remote \
		--profile "$WORLD/profile" </dev/null >"$WORLD/said" 2>&1 &
	HELPERS+=($!)
	wait_for 240 none_left || { tail "$WORLD/said" >&2 && false; }
	wait_for 30 log_has "pop3\(alice\).*Logged out.*del=$COUNT/$COUNT"
	end_helpers
	python3 "$REPOSITORY/tests/lib/letters.py" compare "$WORLD/originals" \
		mbox "$WORLD/profile/Mail/account/Inbox" X-Account-Key X-UIDL \
		X-Mozilla-Status X-Mozilla-Status2 X-Mozilla-Keys
}
