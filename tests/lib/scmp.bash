# SPDX-License-Identifier: ISC
# shellcheck shell=bash
#
# What the tests of scmp share, besides common.bash.
#
#   begin_scmp             a world (begin) with a configuration in $WORLD/conf,
#                          whose database is $DATABASE (not made yet)
#   scmp WORD...           scmp --offline with that configuration; what it says
#                          on standard error goes to $WORLD/said, too
#   adds NAME [OPTION...]  a user with the password "correct horse"
#   person_answers [-m COMMAND] [PROMPT ANSWER]... -- WORD...
#                          the same as scmp on a terminal, with a person; -m:
#                          what somebody does before the first answer
#   exits STATUS COMMAND...  the command ends with just that exit status
#   said REGEX             the last scmp has said that on standard error
#   field NAME FIELD       a member of user show --json
#   online [OPTION...]     from now on scmp and person_answers go to scmpd, at
#                          $WORLD/scmp.sock unless the options say else
#   json EXPRESSION        of the JSON on standard input, the value of that
#                          expression of Python about `it`, as JSON

PASSWORD='correct horse'

begin_scmp() {
	begin
	DATABASE=$WORLD/db/users.db
	cat >"$WORLD/conf" <<-CONF
		users = {"sqlite:$DATABASE"}
		maildir = "$WORLD/mail/%u"
		mail_roots = {"$WORLD/mail"}
		mail_user = "$MAIL_UID:$MAIL_UID"
	CONF
	SCMP=("$BUILD/bin/scmp" --offline --config "$WORLD/conf")
}

scmp() {
	local status=0
	: >"$WORLD/said"
	bare timeout -k 5 120 "${SCMP[@]}" "$@" 2>"$WORLD/said" || status=$?
	cat "$WORLD/said" >&2
	return "$status"
}

adds() {
	local name=$1
	shift
	printf '%s\n' "$PASSWORD" |
		scmp -q user add "$name" --password-fd 0 --scheme SSHA512 "$@"
}

person_answers() {
	local -a dialogue=()
	while [ "$1" != -- ]; do
		dialogue+=("$1")
		shift
	done
	shift
	bare python3 "$REPOSITORY/tests/lib/answering.py" "${dialogue[@]}" -- \
		"${SCMP[@]}" "$@"
}

online() {
	SCMP=("$BUILD/bin/scmp" --config "$WORLD/conf")
	[ $# -gt 0 ] || set -- --socket "$WORLD/scmp.sock"
	SCMP+=("$@")
}

json() {
	python3 -c '
import json, sys
it = json.load(sys.stdin)
print(json.dumps(eval(sys.argv[1]), ensure_ascii=False))' "$1"
}

exits() {
	local wanted=$1 status=0
	shift
	"$@" || status=$?
	[ "$status" = "$wanted" ] && return
	echo "exit status $status, not $wanted: $*" >&2
	return 1
}

said() {
	grep -qE -- "$1" "$WORLD/said"
}

field() {
	scmp --json user show "$1" | python3 -c '
import json, sys
print(json.dumps(json.load(sys.stdin)[sys.argv[1]], ensure_ascii=False))' "$2"
}
