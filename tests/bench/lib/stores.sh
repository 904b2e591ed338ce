# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2034,SC2154
# What a login costs by user store, and by scheme. One server for each store,
# at once and by turns; ten users log in, of ten or of a million (one, where the
# store has no more).

stores_schemes="PLAIN SSHA SSHA256 PBKDF2 SHA256-CRYPT SHA512-CRYPT BLF-CRYPT
	YESCRYPT ARGON2ID"

# stores_database FILE PASSWD-FILE…: a database of these users
stores_database() {
	local base=$1 file
	shift
	rm -f "$base"
	"$build/bin/scmp" --offline --database "$base" db init >/dev/null ||
		return
	for file in "$@"; do
		"$build/bin/scmp" --offline --database "$base" user import \
			"$file" >/dev/null || return
	done
}

# Users who never log in, up to that many with the ten.
stores_crowd() {
	seq -f %07.0f 11 "$1" | awk -v u="$uid" '{
		printf "crowd%s:$6$saltsaltsaltsalt$%086d:%d:%d::::\n",
			$1, 0, u, u }'
}

# start_store WHO STORE OPTION…; with as many users as store_users says
store_users=10
start_store() {
	local n=${#pids[@]} who=$1 store=$2
	shift 2
	ports[$who]=$((base_port + 20 + n))
	mkdir -p "$work/$who-run"
	write_our_config
	start "$who" "$server" --config "$work/ours.conf" -o "users=$store" \
		-o "run_dir=$work/$who-run" "$@" \
		--listen "127.0.0.1:${ports[$who]}" &&
		store_logins "$who" 20 >/dev/null
}

# store_logins WHO TOTAL: two at once, who never have the same user
store_logins() {
	client "$1" logins --at-once $((store_users > 1 ? 2 : 1)) \
		--users "$store_users" --total "$2"
}

# store_rounds FIGURE LOGINS WHO…
store_rounds() {
	local figure=$1 logins=$2 who round
	shift 2
	for ((round = 0; round < $(pick 9 3); round++)); do
		for who in "$@"; do
			cpu_around "$who" "$figure" "$logins" store_logins \
				"$who" "$logins"
		done
	done
}

stores_by_kind() {
	local many started ten=$work/users-ten
	many=$(pick 1000000 100000)
	head -n 10 "$work/users-ours" >"$ten"
	stores_crowd "$many" >"$work/users-crowd"
	stores_database "$work/ten.db" "$ten"
	started=$(date +%s%N)
	stores_database "$work/many.db" "$ten" "$work/users-crowd" || {
		complain "no database of $many users"
		return
	}
	add_absolute "import of $many users" s \
		"$(calc "($(date +%s%N) - $started) / 1e9")" none ''
	rm "$work/users-crowd"
	start_store ours-file "passwd-file:$ten" &&
		start_store ours-ten "sqlite:$work/ten.db" &&
		start_store ours-many "sqlite:$work/many.db" || return
	store_rounds store_cpu "$(pick 1000 300)" ours-file ours-ten ours-many
	add_row "CPU per login, sqlite, 10 users" ms \
		"$(median store_cpu ours-ten)" passwd-file \
		"$(median store_cpu ours-file)" none ''
	add_absolute "sqlite above passwd-file" ms "$(calc \
		"$(median store_cpu ours-ten) - $(median store_cpu ours-file)")" \
		le 0.3
	add_row "CPU per login, sqlite, $many users" ms \
		"$(median store_cpu ours-many)" "10 users" \
		"$(median store_cpu ours-ten)" le 1.05
	servers_stop_all
	rm "$work/many.db"
}

# The store of one user, beside a passwd-file that has no more.
stores_of_one() {
	local file=$work/users-one store_users=1 owner=()
	head -n 1 "$work/users-ten" >"$file"
	awk -F : '{ sub(/^{PLAIN}/, "", $2)
		printf "username = %s\npassword = %s\n", $1, $2 }' "$file" \
		>"$work/authfile"
	chmod 600 "$work/authfile"
	[ "$(id -u)" -ne 0 ] || owner=(-o "mail_user=$uid:$uid")
	start_store ours-file "passwd-file:$file" &&
		start_store ours-one "authfile:$work/authfile" "${owner[@]}" ||
		return
	store_rounds one_cpu "$(pick 500 100)" ours-file ours-one
	add_row "CPU per login, authfile" ms "$(median one_cpu ours-one)" \
		"passwd-file, 1 user" "$(median one_cpu ours-file)" none ''
	servers_stop_all
}

stores_by_scheme() {
	local scheme form
	for scheme in $stores_schemes; do
		form=$(echo secret | "$build/bin/scmp" pw make --no-policy \
			--password-fd 0 --scheme "$scheme") || {
			complain "no password of scheme $scheme"
			continue
		}
		awk -F : -v f="$form" 'BEGIN { OFS = ":" } { $2 = f; print }' \
			"$work/users-ten" >"$work/users-scheme"
		stores_database "$work/scheme.db" "$work/users-scheme"
		start_store ours-scheme "sqlite:$work/scheme.db" || continue
		store_rounds "scheme_$scheme" "$(pick 40 20)" ours-scheme
		stop ours-scheme
		add_absolute "CPU per login, $scheme" ms \
			"$(median "scheme_$scheme" ours-scheme)" none ''
	done
}

group_stores() {
	[ -n "$have_ours" ] || return 0
	make_boxes ours --boxes 10 --count 20
	stores_by_kind
	stores_of_one
	stores_by_scheme
}
