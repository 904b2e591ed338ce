#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# bats file_tags=server

load lib/common
load lib/scmp
load lib/scmpd

setup() {
	begin_scmpd
	account chief --role admin
	account helper --role operator
	account looker --role viewer
	account plain
}

teardown() { end_scmpd; }

# The least role for each verb, or `any`; as the protocol has it.
verbs() {
	cat <<-'END'
		CAPA any
		HELP any
		VERSION any
		NOOP any
		WHOAMI any
		PROFILE any
		CHANGE_PASSWORD any
		STATUS viewer
		ALL_CONNEC viewer
		CURR_CONNEC any
		BYTES_TRANS viewer
		SESSIONS any
		KICK any
		METRICS viewer
		EVENTS viewer
		WATCH viewer
		USERS viewer
		MAX_USERS viewer
		ADD_USER admin
		DELETE_USER admin
		RESET_USER_PASSWORD operator
		ENABLE_USER operator
		DISABLE_USER operator
		ROLE viewer
		ROLES viewer
		BAN operator
		UNBAN operator
		BANS viewer
		ALLOW admin
		UNALLOW admin
		ALLOWS viewer
		PENALTIES viewer
		FORGIVE operator
		POLICY viewer
		LIMITS viewer
		LOGLEVEL viewer
		MAILDIR viewer
		GET_MAILDIR viewer
		TRANSFORM viewer
		DRAIN admin
		RELOAD admin
	END
}

# Forms that want more than the least role of their verb.
forms() {
	cat <<-'END'
		MAX_USERS 5|admin
		ROLE plain user|admin
		ROLES ADD some users.read|admin
		ROLES SET some users.read|admin
		ROLES DEL some|admin
		POLICY min_length 8|admin
		LIMITS max_sessions 9|admin
		LOGLEVEL info|admin
		TRANSFORM OFF|admin
		DRAIN off|admin
	END
}

rank() {
	case $1 in
	any | user) echo 0 ;;
	viewer) echo 1 ;;
	operator) echo 2 ;;
	admin) echo 3 ;;
	esac
}

# With one quotation mark no arguments are right; for a verb that can be said
# alone, it is the form that asks least.
probe() {
	case $1 in
	STATUS | ALL_CONNEC | CURR_CONNEC | BYTES_TRANS | MAX_USERS | PROFILE | \
		ROLES | POLICY | LIMITS | LOGLEVEL | MAILDIR | GET_MAILDIR | \
		BANS | ALLOWS | NOOP | WHOAMI | VERSION) echo "$1" ;;
	ROLE) echo "ROLE plain" ;;
	TRANSFORM) echo "TRANSFORM LIST" ;;
	*) echo "$1 \"" ;;
	esac
}

# Every verb is refused, or not, as the table above says.
check_verbs() { # user role
	local verb least line
	while read -r verb least; do
		says "$1" "$(probe "$verb")"
		line=$(answer 1)
		if [ "$(rank "$2")" -ge "$(rank "$least")" ]; then
			[[ -n $line && $line != *'[PERM]'* ]]
		else
			[[ $line == '-ERR [PERM] '* ]]
		fi
	done < <(verbs)
}

check_forms() { # user role
	local form least line i=1
	local -a lines=() leasts=()
	while IFS='|' read -r form least; do
		lines+=("$form")
		leasts+=("$least")
	done < <(forms)
	says "$1" "${lines[@]}"
	for least in "${leasts[@]}"; do
		line=$(answer "$i")
		if [ "$(rank "$2")" -ge "$(rank "$least")" ]; then
			[[ $line != *'[PERM]'* ]]
		else
			[[ $line == '-ERR [PERM] '* ]]
		fi
		i=$((i + 1))
	done
}

# CAPA has just what does not answer [PERM].
check_capa() { # user role
	local verb least
	says "$1" CAPA
	while read -r verb least; do
		if [ "$(rank "$2")" -ge "$(rank "$least")" ]; then
			grep -q "^$verb [SM]" <<<"$SAID"
		else
			refute grep -q "^$verb [SM]" <<<"$SAID"
		fi
	done < <(verbs)
}

@test "each role may do what the protocol says, and CAPA shows just that" {
	start_scmpd
	local pair
	for pair in plain:user looker:viewer helper:operator chief:admin; do
		check_verbs "${pair%:*}" "${pair#*:}"
		check_forms "${pair%:*}" "${pair#*:}"
		check_capa "${pair%:*}" "${pair#*:}"
	done
}

@test "the verbs of the test are those of the server" {
	start_scmpd
	local_says CAPA
	diff <(verbs | cut -d' ' -f1 | grep -v CHANGE_PASSWORD | sort) \
		<(sed -n 's/^\([A-Z_]*\) [SM].*/\1/p' <<<"$SAID" |
			grep -vE '^(QUIT|SET_MAILDIR|CHANGE_PASSWORD)$' | sort)
}

@test "a role that is changed takes effect at the next command" {
	start_scmpd
	scmp_dialogue <<-'END'
		S~ ^\+OK SCMP/2 scmp\.test ready$
		C: USER plain
		S~ ^\+OK
		C: PASS correct horse
		S~ ^\+OK
		C: MAX_USERS
		S~ ^-ERR \[PERM\]
	END
	exec {one}<>"/dev/tcp/127.0.0.1/$SCMP_PORT"
	printf 'USER plain\r\nPASS %s\r\nMAX_USERS\r\n' "$PASSWORD" >&"$one"
	local i line
	for i in 1 2 3 4; do IFS= read -r -t 60 -u "$one" line; done
	[[ $line == '-ERR [PERM]'* ]]
	local_says 'ROLE plain viewer'
	answers_are '+OK role viewer*'
	printf 'MAX_USERS\r\n' >&"$one"
	IFS= read -r -t 60 -u "$one" line
	[[ $line == '+OK 0 users'* ]]
	local_says 'DISABLE_USER plain'
	IFS= read -r -t 60 -u "$one" line || line=ended
	[[ $line == ended || $line == '-ERR [AUTH]'* ]]
	exec {one}>&-
}

@test "a role of one's own has the rights that it was given, and no others" {
	start_scmpd
	local_says 'ROLES ADD desk users.read +users.password' \
		'ROLES ADD desk users.read' 'ROLES ADD admin users.read' \
		'ROLES ADD 9x users.read' 'ROLES ADD other no.right' \
		'ROLES SET nosuch users.read' 'ROLE plain desk' 'ROLES DEL desk'
	answers_are '+OK desk: users.read users.password' '-ERR [[]EXISTS] *' \
		'-ERR [[]CONFLICT] *' '-ERR [[]SYNTAX] *' '-ERR [[]RANGE] *' \
		'-ERR [[]NOTFOUND] *' '+OK*' '-ERR [[]CONFLICT] *'
	says plain 'ROLE looker' 'RESET_USER_PASSWORD looker' \
		'RESET_USER_PASSWORD helper' 'MAX_USERS' 'BANS'
	answers_are '+OK viewer' '-ERR [[]PERM] *may do more*' \
		'-ERR [[]PERM] *may do more*' '-ERR [[]PERM] *' '-ERR [[]PERM] *'
	account nobody-much
	says plain 'RESET_USER_PASSWORD nobody-much'
	answers_are '+OK [[]GENERATED *'
	local_says 'ROLES SET desk -users.password' 'ROLES desk'
	answers_are '+OK desk: users.read' '+OK*' \
		'role=desk fixed=no rights=users.read' .
	says plain 'RESET_USER_PASSWORD nobody-much'
	answers_are '-ERR [[]PERM] *'
}

@test "nobody acts on an account that may do more than himself" {
	start_scmpd
	says helper 'RESET_USER_PASSWORD chief' 'DISABLE_USER chief' \
		'BAN USER chief' 'RESET_USER_PASSWORD plain' 'BAN USER plain' \
		'DISABLE_USER plain' 'ENABLE_USER plain' 'UNBAN USER plain'
	answers_are '-ERR [[]PERM] *' '-ERR [[]PERM] *' '-ERR [[]PERM] *' \
		'+OK [[]GENERATED *' '+OK banned*' '+OK*' '+OK*' '+OK*'
}

@test "nobody makes an account that may do more than himself" {
	start_scmpd
	local_says 'ROLES ADD desk users.read users.write users.password' \
		'ROLE plain desk'
	says plain 'ADD_USER x goodenough1 role=admin' \
		'ADD_USER x goodenough1 role=viewer' 'ADD_USER x goodenough1 role=none' \
		'ROLE helper desk' 'ADD_USER x goodenough1 role=desk' 'ROLE x admin' \
		'ADD_USER y goodenough1'
	answers_are '-ERR [[]PERM] *' '-ERR [[]PERM] *' '-ERR [[]NOTFOUND] *' \
		'-ERR [[]PERM] *' '+OK*' '-ERR [[]PERM] *' '+OK*'
	audited 'user=plain .*verb=ADD_USER args="x \*\*\* role=admin" result=PERM'
}

@test "a listener's ceiling holds for everybody who comes by it" {
	LOCAL_CEILING=operator TCP_CEILING=viewer
	start_scmpd
	says chief WHOAMI 'MAX_USERS' 'MAX_USERS 5' 'BAN USER plain' BANS
	answers_are '+OK user=chief role=admin *' '+OK 0*' '-ERR [[]PERM] *' \
		'-ERR [[]PERM] *' '+OK*'
	local_says 'BAN USER plain' 'ADD_USER x goodenough1'
	answers_are '+OK banned*' '-ERR [[]PERM] *'
}

@test "members of the socket's group are operators, others log in" {
	need_root
	start_scmpd
	chmod 0777 "$WORLD/scmp.sock"
	SAID=$(printf 'WHOAMI\r\nQUIT\r\n' | setpriv --reuid 777 --regid 777 \
		--groups "$SCMP_OPERATORS" nc -N -U "$WORLD/scmp.sock" | tr -d '\r')
	HEAD_LINES=1
	answers_are '+OK user=- role=operator from=local'
	SAID=$(printf 'WHOAMI\r\nUSER chief\r\nPASS %s\r\nWHOAMI\r\nMAILDIR SET default\r\nQUIT\r\n' \
		"$PASSWORD" | setpriv --reuid 777 --regid 777 --clear-groups \
		nc -N -U "$WORLD/scmp.sock" | tr -d '\r')
	answers_are '-ERR [[]STATE] *' '+OK*' '+OK*' \
		'+OK user=chief role=admin from=local' '+OK*'
}

@test "members of the socket's group reach nothing else of the server" {
	need_root
	rmdir "$WORLD/run"
	start_scmpd
	[ "$(stat -c '%a %u %g' "$WORLD/run")" = "2751 0 $SCMP_UID" ]
	[ "$(stat -c '%a %g' "$WORLD/scmp.sock")" = "660 $SCMP_OPERATORS" ]
	refute grep -q 'scmp_group' "$WORLD/scmpd.log"
	chmod 0755 "$WORLD"
	operator() {
		setpriv --reuid 777 --regid 777 --groups "$SCMP_OPERATORS" "$@"
	}
	operator nc -N -U "$WORLD/scmp.sock" <<<QUIT | grep -q '^+OK \[PREAUTH\]'
	refute operator ls "$WORLD/run"
	local file
	for file in "$WORLD"/run/* "$DATABASE"; do
		refute operator test -r "$file"
		refute operator test -w "$file"
	done
	# Who makes them one is told.
	stop_scmpd
	start_scmpd -o "scmp_group=$SCMP_UID"
	grep -q 'scmp_group .* is the group of scmp_user, too' "$WORLD/scmpd.log"
}

@test "roles that cannot be read are not roles that there are not" {
	need sqlite3
	start_scmpd
	local_says 'ROLES ADD desk users.read' 'ROLE plain desk'
	bare sqlite3 "$DATABASE" 'ALTER TABLE roles RENAME TO hidden'
	local_says ROLES 'ROLES SET desk bans.read' 'ROLES ADD desk bans.read' \
		'ROLES DEL desk' 'ROLE helper desk'
	answers_are '-ERR [[]SYS/*' '-ERR [[]SYS/*' '-ERR [[]SYS/*' \
		'-ERR [[]SYS/*' '-ERR [[]SYS/*'
	bare sqlite3 "$DATABASE" 'ALTER TABLE hidden RENAME TO roles'
	local_says 'ROLES desk'
	answers_are '+OK*' 'role=desk fixed=no rights=users.read' .
	bare sqlite3 "$DATABASE" "UPDATE roles SET rights =
		'users.read ' || hex(zeroblob(400))"
	local_says 'ROLES SET desk bans.read' 'ROLES desk'
	answers_are '-ERR [[]SYS/*' '+OK*' 'role=desk *rights="users.read 0*' .
}
