#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# bats file_tags=server

load lib/common
load lib/scmp
load lib/scmpd

setup() {
	need python3
	begin_scmpd
	account chief --role admin
	start_scmpd
}

teardown() { end_scmpd; }

# What is sent as it is, escapes of printf read; the answers without CRs.
sends() {
	SAID=$(printf '%b' "$1" | bare timeout 60 nc -N -U "$WORLD/scmp.sock" |
		tr -d '\r')
	HEAD_LINES=1
}

@test "the greeting tells who is trusted, and a port trusts nobody" {
	local_says NOOP
	[ "$(head -n 1 <<<"$SAID")" = '+OK [PREAUTH] SCMP/2 scmp.test ready' ]
	says chief NOOP
	[ "$(head -n 1 <<<"$SAID")" = '+OK SCMP/2 scmp.test ready' ]
}

@test "lines end in CRLF or LF, verbs come in any case, blanks are as many as one likes" {
	sends 'noop\nNoOp\r\nHELP   noop   \r\nbans\nQuit\r\n'
	answers_are '+OK still here' '+OK still here' '+OK*' 'NOOP: *' . '+OK*' . \
		'+OK bye'
}

@test "an empty line, a blank first, a bare CR, a NUL and controls are SYNTAX" {
	sends '\r\n\n NOOP\nNO\rOP\nNOOP\r\r\nNOOP \0\nNOOP \t\nNOOP \x7f\nHELP \xff\nHELP \xc2\x85\nNOOP\n'
	answers_are '-ERR [[]SYNTAX]*' '-ERR [[]SYNTAX]*' '-ERR [[]SYNTAX]*' \
		'-ERR [[]SYNTAX]*' '-ERR [[]SYNTAX]*' '-ERR [[]SYNTAX]*' \
		'-ERR [[]SYNTAX]*' '-ERR [[]SYNTAX]*' '-ERR [[]SYNTAX]*' \
		'-ERR [[]SYNTAX]*' '+OK still here' ''
}

@test "what is no verb is UNKNOWN, in every state, and a known one is not" {
	local_says XYZZY NOOPS 'MAIL FROM'
	answers_are '-ERR [[]UNKNOWN] *' '-ERR [[]UNKNOWN] *' '-ERR [[]UNKNOWN] *'
	lines_to 127.0.0.1 "$SCMP_PORT" -- XYZZY STATUS
	answers_are '-ERR [[]UNKNOWN] *' '-ERR [[]STATE] *'
}

@test "what is wrong with arguments is SYNTAX for each command, and says how it is written" {
	local verb i=0
	local -a wrong
	mapfile -t wrong <<-'END'
		NOOP x
		VERSION x
		QUIT x
		CAPA x
		HELP a b
		WHOAMI x
		STATUS x
		ALL_CONNEC x
		ALL_CONNEC LIST x
		CURR_CONNEC LIST x
		CURR_CONNEC a b
		CURR_CONNEC .dot
		BYTES_TRANS x
		SESSIONS x
		SESSIONS ip=nowhere
		SESSIONS state=asleep
		SESSIONS limit=many
		SESSIONS color=red
		SESSIONS user=a user=b
		KICK
		KICK now
		KICK id=1 later
		KICK ip=nowhere
		METRICS a b
		EVENTS nonsense
		EVENTS 5 nonsense
		WATCH nonsense
		USERS a b
		USERS limit=x
		USERS na/me
		MAX_USERS x
		MAX_USERS -1
		MAX_USERS 1 2
		ADD_USER
		ADD_USER bob
		ADD_USER .bob secret-enough
		ADD_USER -bob secret-enough
		ADD_USER b/b secret-enough
		ADD_USER bob secret-enough more
		ADD_USER bob secret-enough role=
		ADD_USER bob "secret-enough
		ADD_USER bob se"cret
		ADD_USER bob "a"b
		ADD_USER bob "a\n"
		ADD_USER xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx secret-enough
		DELETE_USER
		DELETE_USER a b
		RESET_USER_PASSWORD
		RESET_USER_PASSWORD a b c
		ENABLE_USER
		DISABLE_USER a b
		ROLE
		ROLE a b c
		ROLES ADD x
		ROLES SET
		ROLES DEL
		ROLES DEL a b
		BAN ip
		UNBAN user
		UNBAN 192.0.2.1
		BANS x
		ALLOW ip nowhere
		ALLOW user bob
		UNALLOW ip
		ALLOWS x
		PENALTIES x
		PENALTIES ip=x
		FORGIVE
		FORGIVE nowhere
		FORGIVE ip 192.0.2.1
		POLICY a b c
		LIMITS a b c
		LIMITS a b force more
		LOGLEVEL loud
		LOGLEVEL info debug
		TRANSFORM SET
		MAILDIR SET
		MAILDIR x
		GET_MAILDIR x
		SET_MAILDIR
		DRAIN maybe
		RELOAD x
	END
	local_says "${wrong[@]}" NOOP
	for verb in "${wrong[@]}"; do
		i=$((i + 1))
		[[ $(answer $i) == '-ERR [SYNTAX] '* ]] || {
			echo "$verb: $(answer $i)" >&2
			return 1
		}
	done
	[ "$(answer $((i + 1)))" = '+OK still here' ]
	[[ $(answer 3) == '-ERR [SYNTAX] it is QUIT'* ]]
	says chief 'PROFILE a b c' CHANGE_PASSWORD 'CHANGE_PASSWORD a' \
		'CHANGE_PASSWORD a b c'
	answers_are '-ERR [[]SYNTAX] *' '-ERR [[]SYNTAX] *' '-ERR [[]SYNTAX] *' \
		'-ERR [[]SYNTAX] *'
	# Each command that takes what can be wrong is among them.
	local_says CAPA
	while read -r verb; do
		printf '%s\n' "${wrong[@]}" | grep -q "^$verb\b" && continue
		# (It wants an account to be changed.)
		[ "$verb" = PROFILE ] || {
			echo "$verb has no case" >&2
			return 1
		}
	done < <(sed -n '/^FEATURES/q; s/ .*//; /^[A-Z_]*$/p' <<<"$SAID")
}

@test "a line of 1024 octets with its end is a line, one more is TOOLONG, the third closes" {
	run peer local lines 2 1024
	[ "${lines[1]}" != "${lines[1]#-ERR \[UNKNOWN\]}" ]
	[[ ${lines[3]} == '+OK bye'* ]]
	run peer local lines 2 1025
	[[ ${lines[1]} == '-ERR [TOOLONG] '* && ${lines[2]} == '-ERR [TOOLONG] '* ]]
	[[ ${lines[3]} == '+OK bye'* ]]
	run peer tcp lines 5 1025
	[ "${#lines[@]}" = 4 ]
	[[ ${lines[3]} == '-ERR [TOOLONG] '* ]]
	# They need not follow each other.
	local long
	long=$(printf '%01100d' 0)
	local_says "$long" NOOP "$long" NOOP NOOP "$long" NOOP
	answers_are '-ERR [[]TOOLONG] *' '+OK*' '-ERR [[]TOOLONG] *' '+OK*' '+OK*' \
		'-ERR [[]TOOLONG] *' ''
}

@test "however the input is cut, the answers are the same" {
	printf '%s\r\n' NOOP 'HELP noop' 'ROLE chief' 'ROLE "chief"' 'role  chief ' \
		'' XYZZY 'LIMITS idle_timeout' 'SESSIONS limit="3"' 'KICK user=nobody' \
		'BAN user "chief" reason="a \"b\" \\ c"' 'NOOP x' "$(printf '%01023d' 0)" \
		'HELP é' QUIT 'NOOP' >"$WORLD/script"
	peer local cuts "$WORLD/script" >"$WORLD/answers"
	grep -q '^+OK admin' "$WORLD/answers"
	grep -q 'TOOLONG' "$WORLD/answers"
	[[ $(tail -n 1 "$WORLD/answers") == '+OK bye'* ]]
}

@test "pipelined commands are answered in their order, and none behind QUIT" {
	local i
	local -a many=()
	for ((i = 0; i < 3000; i++)); do many+=("ROLE u$i" NOOP); done
	local_says "${many[@]}" QUIT NOOP
	[ "$(grep -c NOTFOUND <<<"$SAID")" = 3000 ]
	[ "$(grep -c 'still here' <<<"$SAID")" = 3000 ]
	[ "$(tail -n 1 <<<"$SAID")" = '+OK bye' ]
	sed -n '2,6001p' <<<"$SAID" | awk 'NR % 2 == (/NOTFOUND/ ? 0 : 1) { exit 1 }'
}

@test "what comes before a half-close is answered whole" {
	local_says 'HELP'
	local whole=$SAID
	SAID=$(printf 'HELP\r\nNOOP' | bare timeout 60 nc -N -U "$WORLD/scmp.sock" |
		tr -d '\r')
	[ "$SAID" = "${whole%$'\n'+OK bye}" ]
}

@test "a quotation is no keyword and no key, and holds marks and blanks" {
	local_says 'CURR_CONNEC "list"' 'CURR_CONNEC LIST' \
		'ADD_USER bob "a \"quoted\" \\ word"' \
		'LIMITS "max_sessions" "99"' 'LIMITS max_sessions' \
		'BAN user "x" reason=""' 'SESSIONS "user=x"'
	answers_are '-ERR [[]NOTFOUND] *' '+OK 0 *' . '+OK*' '+OK*' '+OK 99*' \
		'+OK*' '-ERR [[]SYNTAX] *'
	lines_to 127.0.0.1 "$SCMP_PORT" -- 'USER bob' 'PASS a "quoted" \ word'
	[[ $SAID == *'+OK welcome'* ]]
}

@test "HTTP is hung up on without a word, on both sockets and in every state" {
	local where line
	for where in local tcp; do
		for line in 'GET / HTTP/1.1' 'POST /x HTTP/1.0' 'OPTIONS * HTTP/1.1' \
			'GET http://127.0.0.1/ HTTP/1.1' 'PUT /' 'Host: 127.0.0.1' \
			'Content-Type:text/plain' 'X-Forwarded-For: x' 'BREW /' \
			'NOOP HTTP/1.1'; do
			peer "$where" silent "$line\\r\\n"
			peer "$where" silent "$line\\r\\nNOOP\\r\\nQUIT\\r\\n"
		done
		# As soon as it can be seen.
		peer "$where" silent 'GET /'
		peer "$where" silent 'Host:'
	done
	# Behind commands of ours nothing of it is answered, and nothing behind it.
	SAID=$(printf 'NOOP\r\nHost: x\r\nMAX_USERS 5\r\n' |
		bare timeout 60 nc -N -U "$WORLD/scmp.sock" | tr -d '\r')
	[[ $SAID != *users* && $SAID != *-ERR* ]]
	SAID=$(printf 'WATCH\r\nGET / HTTP/1.0\r\nSTOP\r\nNOOP\r\n' |
		bare timeout 60 nc -N -U "$WORLD/scmp.sock" | tr -d '\r')
	[[ $SAID != *'still here'* ]]
	local_says MAX_USERS
	answers_are '+OK 0*'
}

@test "TLS is hung up on without a word, on both sockets and in every state" {
	local where
	for where in local tcp; do
		peer "$where" silent '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'
		peer "$where" silent '\x80\x2e\x01\x00\x02'
		peer "$where" silent '\x16'
		peer "$where" silent '\xff'
	done
	SAID=$(printf 'WATCH\r\n\x16\x03\x01' |
		bare timeout 60 nc -U "$WORLD/scmp.sock" | tr -d '\r')
	[[ $SAID != *$'\n.' ]]
}

@test "a real browser's tool gets nothing from the port" {
	need curl
	run bare curl -s --max-time 30 --http1.1 "http://127.0.0.1:$SCMP_PORT/" \
		--data 'ADD_USER evil goodenough1'
	[ "$status" != 0 ]
	run bare curl -sk --max-time 30 "https://127.0.0.1:$SCMP_PORT/"
	[ "$status" != 0 ]
	local_says 'ROLE evil'
	answers_are '-ERR [[]NOTFOUND] *'
}

@test "every reply keeps the grammar, whatever is in it" {
	local -a commands=(NOOP CAPA HELP VERSION WHOAMI STATUS USERS SESSIONS METRICS \
		'ADD_USER bob *' 'BAN user bob reason="] [OK] \"x\" = \\ é"' BANS ALLOWS \
		'ROLES' 'ROLES admin' POLICY 'POLICY min_length' LIMITS \
		'LIMITS max_sessions' PROFILE ALL_CONNEC 'ALL_CONNEC LIST' CURR_CONNEC \
		'CURR_CONNEC LIST' BYTES_TRANS MAILDIR TRANSFORM 'TRANSFORM LIST' \
		'ROLES SET x ]' 'ROLES ADD x "] [y]"' 'HELP "]"' 'LIMITS "]" x' \
		'POLICY max_length "]"' 'MAILDIR SET relative]' 'XYZZY ]' 'KICK id=0' \
		EVENTS LOGLEVEL DRAIN 'DELETE_USER bob' 'NOOP x' QUIT)
	peer local replies "${commands[@]}" >"$WORLD/replies"
	[ "$(wc -l <"$WORLD/replies")" = "${#commands[@]}" ]
	grep -qE '^\+OK \[GENERATED [A-Za-z0-9_-]{20,}\] ' "$WORLD/replies"
}

@test "in STREAM only STOP and QUIT are heard" {
	local_says 'WATCH audit' NOOP XYZZY '' 'MAX_USERS 7' 'QUIT x' 'STOP x' STOP NOOP
	answers_are '+OK*' . '+OK still here'
	local_says MAX_USERS
	answers_are '+OK 0*'
	local_says 'WATCH audit' QUIT NOOP
	answers_are '+OK*' . '+OK bye' ''
	local_says STOP
	answers_are '-ERR [[]STATE] *'
}

@test "checks come in the order of the protocol" {
	lines_to 127.0.0.1 "$SCMP_PORT" -- $'ADD_USER \x01' 'ADD_USERS' 'ADD_USER'
	HEAD_LINES=1
	answers_are '-ERR [[]SYNTAX]*' '-ERR [[]UNKNOWN]*' '-ERR [[]STATE]*'
	account plain
	says plain 'ADD_USER' 'BAN nothing right' 'TRANSFORM SET' 'TRANSFORM cat'
	answers_are '-ERR [[]PERM] *' '-ERR [[]PERM] *' '-ERR [[]PERM] *' \
		'-ERR [[]PERM] *'
	says chief 'TRANSFORM SET' 'MAILDIR SET' 'ADD_USER plain x role=none' \
		'ADD_USER new x role=none' 'ADD_USER new x maildir=relative' 'MAX_USERS 2' \
		'ADD_USER new x' 'ADD_USER new goodenough1'
	answers_are '-ERR [[]PERM/LOCAL] *' '-ERR [[]PERM/LOCAL] *' \
		'-ERR [[]EXISTS] *' '-ERR [[]NOTFOUND] *' '-ERR [[]RANGE] *' '+OK*' \
		'-ERR [[]POLICY] *' '-ERR [[]LIMIT] *'
}

@test "refused attempts are in the audit, and their secrets are not" {
	account plain
	says plain 'ADD_USER x very-secret-word' 'CHANGE_PASSWORD very-secret-word other-secret-word' \
		'CHANGE_PASSWORD very-secret-word'
	says chief 'ADD_USER x "very-secret-word' 'RESET_USER_PASSWORD nosuch very-secret-word'
	audited 'user=plain from=127.0.0.1 verb=ADD_USER .*result=PERM'
	audited 'user=plain from=127.0.0.1 verb=CHANGE_PASSWORD args="\*\*\* \*\*\*" result=AUTH'
	audited 'user=plain from=127.0.0.1 verb=CHANGE_PASSWORD args="?\*\*\*"? result=SYNTAX'
	audited 'user=chief from=127.0.0.1 verb=ADD_USER args="?\*\*\*"? result=SYNTAX'
	audited 'user=chief from=127.0.0.1 verb=RESET_USER_PASSWORD args="nosuch \*\*\*" result=NOTFOUND'
	refute grep -q 'secret-word' "$WORLD/scmpd.log"
}
