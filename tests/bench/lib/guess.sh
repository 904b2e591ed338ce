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
	local store report times ratios title="guess: $1, $2"
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
		lockout:wrong user030:wrong) || complain "$title did not end well"
	stop ours
	IFS=, read -r -a times <<<"$(value median_us "$report")"
	IFS=, read -r -a ratios <<<"$(value ratio "$report")"
	guess_row "$title, unknown user" "${times[1]}" "${times[0]}"
	guess_row "$title, disabled user" "${times[2]}" "${times[0]}"
	guess_row "$title, a second wrong password" "${times[3]}" "${times[0]}"
	guess_difference "$title, difference" le 2 "${ratios[@]:1:2}"
	guess_difference "$title, noise" none '' "${ratios[3]}"
}

# guess_row TITLE US WRONG-US
guess_row() {
	add_row "$1" us "$2" "wrong password" "$3" none ''
}

# guess_difference TITLE HOW TARGET RATIO…: the largest difference to a wrong
# password of the same round, in percent, of the medians of all rounds. That
# of two wrong passwords is what this machine cannot tell apart.
guess_difference() {
	add_absolute "$1" % "$(printf '%s\n' "${@:4}" | awk '
		{ x = 100 * ($1 - 1); x = x < 0 ? -x : x; if (x > most) most = x }
		END { print most + 0 }')" "$2" "$3"
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
