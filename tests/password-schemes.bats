#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Stored passwords: what Dovecot makes lets people in here, and what is made
# here is right to Dovecot.

# shellcheck disable=SC2016,SC2030,SC2031,SC2153 # $ in stored forms; variables
# shellcheck disable=SC2034 # of the library
load lib/common

PASSWORD='correct horse 7'

setup() {
	begin
}

# Adds a user whose stored form this is.
stored() { # user form
	echo "$1:$2:::::" >>"$WORLD/users"
	mkdir -p "$WORLD/mail/$1"/{cur,new,tmp}
	as_mail_owner "$WORLD/mail/$1"
}

logs_in() { # user password
	printf 'USER %s\r\nPASS %s\r\nQUIT\r\n' "$1" "$2" | pop3 |
		grep -q '^+OK logged in'
}

is_refused() { # user password
	printf 'USER %s\r\nPASS %s\r\nQUIT\r\n' "$1" "$2" | pop3 |
		grep -q '^-ERR \[AUTH\] wrong'
}

# With braces, a colon ends no field of a passwd-file.
schemes_of_dovecot() {
	local scheme suffix
	for scheme in SSHA SSHA256 SSHA512 SMD5 SHA SHA1 SHA256 SHA512 \
		PLAIN-MD5 LDAP-MD5 MD5 MD5-CRYPT SHA256-CRYPT SHA512-CRYPT \
		BLF-CRYPT DES-CRYPT CRYPT PBKDF2 ARGON2I ARGON2ID PLAIN \
		CLEARTEXT CLEAR; do
		for suffix in "" .b64 .hex; do
			echo "$scheme$suffix"
		done
	done
}

@test "what Dovecot makes, of every scheme and in every encoding, lets in" {
	need doveadm
	local scheme n=0 form
	while read -r scheme; do
		form=$(doveadm pw -s "$scheme" -p "$PASSWORD")
		[[ $form == "{"* ]]
		n=$((n + 1))
		stored "user$n" "$form"
		logs_in "user$n" "$PASSWORD" || { echo "$form"; false; }
		is_refused "user$n" "Correct horse 7" || { echo "$form"; false; }
	done < <(schemes_of_dovecot)
	[ "$n" = 69 ]
}

made() { # scheme [option...]: the stored form
	printf '%s\n' "$PASSWORD" | bare "$BUILD/bin/scmp" pw make \
		--password-fd 0 --scheme "$@"
}

fits_in_dovecot() { # form
	doveadm pw -t "$1" -p "$PASSWORD" >/dev/null &&
		refute doveadm pw -t "$1" -p "wrong horse 7"
}

@test "what is made here, of every scheme and in every encoding, fits in Dovecot" {
	need doveadm
	local scheme n=0 form
	while read -r scheme; do
		case $scheme in
		# None are made.
		MD5 | MD5.* | DES-CRYPT*) continue ;;
		esac
		form=$(made "$scheme")
		n=$((n + 1))
		fits_in_dovecot "$form" || { echo "$form"; false; }
	done < <(schemes_of_dovecot)
	for scheme in YESCRYPT GOST-YESCRYPT YESCRYPT.hex; do
		form=$(made "$scheme")
		fits_in_dovecot "$form" || { echo "$form"; false; }
	done
	[ "$n" = 63 ]
}

@test "a cost that is asked for is in the form, and right to Dovecot" {
	need doveadm
	local form
	form=$(made SHA512-CRYPT --cost 7777)
	[[ $form == '{SHA512-CRYPT}$6$rounds=7777$'* ]]
	fits_in_dovecot "$form"
	form=$(made BLF-CRYPT --cost 6)
	[[ $form == '{BLF-CRYPT}$2y$06$'* ]]
	fits_in_dovecot "$form"
	form=$(made PBKDF2 --cost 1234)
	[[ $form == '{PBKDF2}$1$'*'$1234$'* ]]
	fits_in_dovecot "$form"
	form=$(made ARGON2ID --cost 2 --memory 8192)
	[[ $form == '{ARGON2ID}$argon2id$v=19$m=8192,t=2,p=1$'* ]]
	fits_in_dovecot "$form"
}

@test "a form that would cost too much is refused at once, and the log says why" {
	stored ann '{SHA512-CRYPT}$6$rounds=999999999$salt$hash'
	stored ben '$y$jFT$salt$hash'
	stored eve '{ARGON2ID}$argon2id$v=19$m=4194304,t=3,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'
	is_refused ann "$PASSWORD"
	log_has 'user ann: the stored password cannot be used: SHA512-CRYPT asks for 999999999 rounds, over the limit of 2000000'
	is_refused ben "$PASSWORD"
	log_has 'user ben: .* CRYPT asks for 1048576 KiB of memory, over the limit of 262144'
	is_refused eve "$PASSWORD"
	log_has 'user eve: .* ARGON2ID asks for 4194304 KiB of memory'
}

@test "an unknown scheme or encoding fails closed, with a word in the log" {
	stored ann '{ROT13}pbeerpg ubefr 7'
	stored ben '{PLAIN.b32}MNXXE4TFMN2CA2DPOJZWKIBX'
	is_refused ann "$PASSWORD"
	log_has 'user ann: the stored password cannot be used: an unknown scheme'
	is_refused ben "$PASSWORD"
}

@test "APOP takes a secret in any encoding" {
	stored ann '{PLAIN.hex}736563726574'
	pop3_apop() {
		coproc { pop3; }
		# bash closes its own when the session has ended.
		exec {from}<&"${COPROC[0]}"
		read -r -u "$from" greeting
		stamp=$(grep -o '<.*>' <<<"${greeting%$'\r'}")
		digest=$(printf '%s%s' "$stamp" secret | md5sum)
		printf 'APOP ann %s\r\nQUIT\r\n' "${digest%% *}" >&"${COPROC[1]}"
		read -r -u "$from" answer
		exec {from}<&-
	}
	local greeting stamp digest answer from
	pop3_apop
	[[ $answer == '+OK logged in'* ]]
}
