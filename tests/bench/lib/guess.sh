# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2034,SC2154
# What the time of a refused login tells: nothing, if an unknown user, a
# disabled one and a wrong password take as long. Delays are off (the client
# is on loopback, which is trusted); the names are as long as each other.

guess_schemes="YESCRYPT SHA512-CRYPT PLAIN"
guess_stores="passwd-file sqlite"

# guess_form SCHEME: a new stored form
guess_form() {
	echo 'correct horse 7' | "$build/bin/scmp" pw make --password-fd 0 \
		--scheme "$1"
}

# guess_users SCHEME: a hundred that can log in, some that cannot. The one who
# is tried is in the middle.
guess_users() {
	local i form
	form=$(guess_form "$1") || return
	for ((i = 0; i < 100; i++)); do
		printf 'user%03d:%s:%d:%d::::\n' "$i" "$form" "$uid" "$uid"
		[ "$i" -ne 50 ] || printf 'lockout:%s:%d:%d::::nologin\n' \
			"$form" "$uid" "$uid"
	done >"$work/users-guess"
}

# guess_store STORE: the value of the setting
guess_store() {
	local base=$work/guess.db
	if [ "$1" = passwd-file ]; then
		echo "passwd-file:$work/users-guess"
		return
	fi
	rm -f "$base"
	"$build/bin/scmp" --offline --database "$base" db init >/dev/null &&
		"$build/bin/scmp" --offline --database "$base" user import \
			"$work/users-guess" >/dev/null || return
	echo "sqlite:$base"
}

# guess_one STORE SCHEME
guess_one() {
	local store report times title="guess: $1, $2"
	guess_users "$2" && store=$(guess_store "$1")
	[ -n "$store" ] || {
		complain "no users for $title"
		return
	}
	write_our_config
	start ours "$server" --config "$work/ours.conf" -o "users=$store" \
		--listen "127.0.0.1:${ports[ours]}" || return
	report=$("$tools/guess" --port "${ports[ours]}" \
		--tries "$(pick 500 100)" user070:wrong nobody0:wrong \
		lockout:wrong) || complain "$title did not end well"
	stop ours
	IFS=, read -r -a times <<<"$(value median_us "$report")"
	add_row "$title, unknown user" us "${times[1]}" "wrong password" \
		"${times[0]}" none ''
	add_row "$title, disabled user" us "${times[2]}" "wrong password" \
		"${times[0]}" none ''
	guess_difference "$title" "${times[@]}"
}

# The largest difference to a wrong password, in percent.
guess_difference() {
	add_absolute "$1, difference" % "$(awk -v a="$2" -v b="$3" -v c="$4" '
		function off(x) { x = 100 * (x - a) / a; return x < 0 ? -x : x }
		BEGIN { x = off(b); y = off(c); print (x > y ? x : y) }')" le 2
}

group_guess() {
	local store scheme
	[ -n "$have_ours" ] || return 0
	for store in $guess_stores; do
		for scheme in $guess_schemes; do
			guess_one "$store" "$scheme"
		done
	done
}
