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

# Each form that there is, from the table that the manual is made of: how it is
# written, the least role that may say it (any: everybody), and whether others
# may about themselves (own) or nobody from elsewhere (local). By tabulators.
forms() {
	"$BUILD/bin/scmpd" --print-manual | awk '
		function out() {
			if (usage)
				printf "%s\t%s\t%s\n", usage, least, how
		}
		/^\.It Li "/ {
			out()
			usage = substr($0, 9, length($0) - 9)
			least = "any"
			how = "-"
		}
		/^For the role / {
			least = $4
			sub(/[.;]$/, "", least)
			if (/about oneself/)
				how = "own"
			if (/over the Unix socket/)
				how = "local"
		}
		END { out() }' | grep -vE '^(QUIT|STOP|STARTTLS|(USER|PASS) [a-z]*)	'
}

# A command of that form: what may be left out is, the first of several is
# taken, and nothing that it names is there, or it is the one who says it.
command_of() { # usage name
	local word said='' nth=0
	for word in $1; do
		case $word in
		'['*) break ;;
		esac
		word=${word%%|*}
		word=${word%...}
		nth=$((nth + 1))
		case $nth-$word in
		1-* | [2-9]-[A-Z]*) ;;
		*-n) word=1 ;;
		*-cidr) word=192.0.2.0/24 ;;
		*-name) word=$2 ;;
		*-on | *-error) ;;
		*-id=*) word=id=1 ;;
		*=*) word=${word%%=*}=nosuch ;;
		*) word=nosuch ;;
		esac
		said+="${said:+ }$word"
	done
	echo "$said"
}

rank() {
	case $1 in
	any | user) echo 0 ;;
	viewer) echo 1 ;;
	operator) echo 2 ;;
	admin) echo 3 ;;
	*) return 1 ;;
	esac
}

# What each form is answered, in the order of forms: their first lines. (STOP
# ends a WATCH, and NOOP tells where the answer to the next one is.)
answers_of() { # user, or nothing: over the Unix socket
	local usage least how name
	local -a lines=(NOOP)
	while IFS=$'\t' read -r usage least how; do
		name=nosuch
		[ "$how" != own ] || name=${1:-nosuch}
		lines+=("$(command_of "$usage" "$name")" STOP NOOP)
	done < <(forms)
	if [ -n "$1" ]; then
		says "$1" "${lines[@]}"
	else
		local_says "${lines[@]}"
	fi
	awk 'is_next { print; is_next = 0; next }
		{ is_next = /^\+OK still here$/ }' <<<"$SAID" | sed '$d'
}

# Is that the answer for this role? PLACE is here (local), or elsewhere.
is_right() { # answer role place least how
	if [ "$5" != own ] && [ "$(rank "$2")" -lt "$(rank "$4")" ]; then
		[[ $1 == '-ERR [PERM] '* ]]
	elif [ "$5" = local ] && [ "$3" != local ]; then
		[[ $1 == '-ERR [PERM/LOCAL] '* ]]
	else
		[[ $1 == [+-]* && $1 != *'[PERM'* && $1 != *'[SYNTAX]'* &&
			$1 != *'[UNKNOWN]'* ]]
	fi
}

check_role() { # role place [user]
	local usage least how answer status=0
	answers_of "${3:-}" >"$WORLD/answers"
	[ "$(wc -l <"$WORLD/answers")" = "$(forms | wc -l)" ]
	while IFS=$'\t' read -r usage least how answer; do
		is_right "$answer" "$1" "$2" "$least" "$how" || {
			echo "$1, $usage ($least, $how): $answer" >&2
			status=1
		}
	done < <(paste <(forms) "$WORLD/answers")
	return "$status"
}

# Verbs in CAPA, and forms in HELP, are those that were not refused.
check_lists() { # role user
	paste <(forms) "$WORLD/answers" | grep -v '\[PERM' | cut -f1 \
		>"$WORLD/may"
	says "$2" CAPA
	diff <(cut -d' ' -f1 "$WORLD/may" | uniq) <(sed -n \
		's/^\([A-Z_]*\) [SM].*/\1/p' <<<"$SAID" | grep -vx QUIT)
	says "$2" HELP
	diff "$WORLD/may" <(sed -n 's/^\([A-Z_]*\( [^:]*\)*\): .*/\1/p' \
		<<<"$SAID" | grep -vx QUIT)
}

@test "each role may say what the table has for it, from elsewhere, and CAPA and HELP show just that" {
	start_scmpd
	forms | cut -f1 >"$WORLD/usages"
	grep -qx 'TRANSFORM TEST command' "$WORLD/usages"
	local pair
	for pair in plain:user looker:viewer helper:operator chief:admin; do
		check_role "${pair#*:}" elsewhere "${pair%:*}"
		check_lists "${pair#*:}" "${pair%:*}"
	done
}

@test "each role may say what the table has for it over the Unix socket" {
	for LOCAL_CEILING in viewer operator admin; do
		start_scmpd
		check_role "$LOCAL_CEILING" local
		stop_scmpd
	done
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
