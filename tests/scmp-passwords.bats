#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Passwords of scmp: from a terminal or a descriptor, held to the policy, never
# from the command line.

load lib/common
load lib/scmp

setup() {
	begin_scmp
	need python3
	scmp -q db init
}

fits() { # name password
	printf '%s\n' "$2" | scmp -q pw check "$1" --password-fd 0
}

@test "a password is asked for twice on the terminal, and not shown" {
	person_answers 'New password: ' 'staple battery' 'again: ' 'staple battery' -- \
		user add alice >"$WORLD/shown"
	refute grep -q staple "$WORLD/shown"
	fits alice 'staple battery'
	exits 3 fits alice 'staple batterx'
}

@test "two passwords that differ are asked for again, three times at most" {
	local -a differ=('New password: ' 'staple battery' 'again: ' 'stable battery')
	person_answers "${differ[@]}" 'New password: ' 'second thought' \
		'again: ' 'second thought' -- user add alice
	fits alice 'second thought'
	exits 3 person_answers "${differ[@]}" "${differ[@]}" "${differ[@]}" -- \
		user add bob
	exits 4 scmp user show bob
}

@test "the terminal is asked though standard input is something else" {
	bare python3 "$REPOSITORY/tests/lib/answering.py" \
		'New password: ' 'staple battery' 'again: ' 'staple battery' -- \
		sh -c '"$@" </dev/null' - "${SCMP[@]}" user add alice
	fits alice 'staple battery'
}

@test "without a terminal the remedy is told" {
	exits 1 bare setsid -w "${SCMP[@]}" user add alice </dev/null \
		2>"$WORLD/said"
	said '--password-fd 0.*--generate'
	exits 4 scmp user show alice
}

@test "a password on the command line is refused, and not repeated" {
	for words in 'alice hunter2hunter2' '--password hunter2hunter2 alice' \
		'--password=hunter2hunter2 alice' '--pass=hunter2hunter2 alice' \
		'alice --secret=hunter2hunter2'; do
		# shellcheck disable=SC2086 # words
		exits 2 scmp user add $words
		said 'never taken|can be seen'
		refute said hunter2
	done
	exits 2 scmp pw check '{PLAIN}hunter2'
	refute said hunter2
	exits 4 scmp user show alice
}

@test "password, stored form and secret are lines of one descriptor, or of several" {
	printf 'staple battery\nfor apop alone\n' |
		scmp user add alice --password-fd 0 --secret-fd 0
	fits alice 'staple battery'
	[ "$(scmp user export alice | grep -c '"secret":"for apop alone"')" = 1 ]
	printf 'staple battery\r\n' >"$WORLD/password"
	scmp user add bob --password-fd 7 7<"$WORLD/password" || true
	# (Descriptors of bats are closed: this one, too.)
	sh -c '"$@" 5<"$0"' "$WORLD/password" "${SCMP[@]}" user add bob \
		--password-fd 5
	fits bob 'staple battery'
}

@test "a descriptor that is not open, empty or with a NUL is refused" {
	exits 1 bare "${SCMP[@]}" user add alice --password-fd 9
	exits 3 scmp user add alice --password-fd 0 </dev/null
	printf 'a\0b\n' | exits 3 scmp user add alice --password-fd 0
	exits 4 scmp user show alice
}

@test "a made password is shown once, and fits" {
	local password
	password=$(scmp -q user add alice --generate)
	[ "${#password}" -ge 20 ]
	fits alice "$password"
	password=$(scmp --json user passwd alice --generate |
		python3 -c 'import json,sys; print(json.load(sys.stdin)["password"])')
	fits alice "$password"
	refute grep -q "$password" <(scmp user show alice)
}

@test "the policy refuses with reasons in words; root and owner may pass it over" {
	printf 'short\n' | exits 3 scmp user add alice --password-fd 0
	said 'shorter than 8'
	refute said 'short;'
	printf 'my alice password\n' | exits 3 scmp user add alice --password-fd 0
	printf 'short\n' | scmp user add alice --password-fd 0 --no-policy
	fits alice short
}

@test "the policy is changed in the database, and holds" {
	scmp policy set min_length 20
	scmp policy list --json | grep -q '"value":"20","source":"database"'
	printf 'staple battery\n' | exits 3 scmp user add alice --password-fd 0
	scmp policy unset min_length
	printf 'staple battery\n' | scmp user add alice --password-fd 0
	exits 4 scmp policy set length 3
	exits 3 scmp policy set classes 5
	exits 3 scmp policy set forbid_name perhaps
	exits 3 scmp policy set deny_list words
}

@test "a deny list refuses its words" {
	echo 'staple battery' >"$WORLD/words"
	scmp policy set deny_list "$WORLD/words"
	printf 'staple battery\n' | exits 3 scmp user add alice --password-fd 0
	printf 'stable battery\n' | scmp user add alice --password-fd 0
}

@test "user passwd changes the password, the secret, or both" {
	adds alice --must-change
	printf 'another one\n' | scmp user passwd alice --password-fd 0
	fits alice 'another one'
	[ "$(field alice must_change)" = false ]
	scmp -q user change alice --must-change
	printf 'apop\n' | scmp user passwd alice --secret-fd 0
	fits alice 'another one'
	[ "$(field alice apop_secret)" = true ]
	[ "$(field alice must_change)" = true ]
	scmp user passwd alice --no-secret
	[ "$(field alice apop_secret)" = false ]
	scmp user passwd alice --no-password
	[ "$(field alice scheme)" = null ]
	exits 4 scmp user passwd nobody --generate
}

@test "a stored form is taken as it is, if it can be used" {
	printf '{PLAIN}from elsewhere\n' | scmp user add alice --hash-fd 0
	fits alice 'from elsewhere'
	printf '{ROT13}frperg\n' | exits 3 scmp user add bob --hash-fd 0
	printf 'bareword\n' | exits 3 scmp user add bob --hash-fd 0
	exits 2 scmp user add bob --generate --no-password
}

@test "pw make and pw check agree for every scheme that can be made" {
	local scheme stored
	local -a names
	mapfile -t names < <(scmp pw schemes --json | python3 -c '
import json, sys
for s in json.load(sys.stdin):
    if s["make"]:
        print(s["name"], s["cost_least"] or "")')
	[ "${#names[@]}" -ge 10 ]
	for line in "${names[@]}"; do
		read -r scheme cost <<<"$line"
		stored=$(echo 'staple battery' | bare "$BUILD/bin/scmp" pw make \
			--scheme "$scheme" ${cost:+--cost "$cost"} --password-fd 0)
		printf '%s\nstaple battery\n' "$stored" | bare "$BUILD/bin/scmp" \
			-q pw check --hash-fd 0 --password-fd 0
		printf '%s\nstaple batterx\n' "$stored" |
			exits 3 bare "$BUILD/bin/scmp" -q pw check --hash-fd 0 \
				--password-fd 0
	done
}

@test "pw make refuses an unknown scheme and a cost out of range" {
	echo 'staple battery' | exits 3 scmp pw make --scheme ROT13 --password-fd 0
	echo 'staple battery' |
		exits 3 scmp pw make --scheme BLF-CRYPT --cost 31 --password-fd 0
}

@test "a stored form is asked for on the terminal, too" {
	person_answers 'Stored form: ' '{PLAIN}staple' 'Password: ' staple -- \
		pw check >"$WORLD/shown"
	grep -q 'fits' "$WORLD/shown"
}
