#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Other people's clients fetch a mailbox, whose octets are compared with what
# was put there, and delete it.

# shellcheck disable=SC2030,SC2031,SC2034,SC2153 # variables of the library
load ../lib/common
load ../lib/processes

# bats file_tags=server

COUNT=200

setup_file() {
	python3 "$BATS_TEST_DIRNAME/../lib/letters.py" make \
		"$BATS_FILE_TMPDIR" "$COUNT"
}

letters_come() {
	rm -f "$WORLD/mail/alice"/{cur,new}/*
	cp "$BATS_FILE_TMPDIR"/*.host "$WORLD/mail/alice/new/"
	as_mail_owner "$WORLD/mail/alice"
}

setup() {
	begin
	mailbox alice
	letters_come
	mkdir "$WORLD/home" "$WORLD/got"
	export HOME=$WORLD/home
	serve
}

same() { # files|mbox place [field...]
	python3 "$REPOSITORY/tests/lib/letters.py" compare "$BATS_FILE_TMPDIR" \
		"$@"
}

# All of it was fetched and deleted, and the log says so.
all_gone() {
	wait_for 30 log_has "pop3\(alice\).*Logged out.*del=$COUNT/$COUNT"
	[ "$(left alice)" = 0 ]
}

none_gone() {
	[ "$(left alice)" = "$COUNT" ]
}

@test "curl" {
	need curl
	local i url="pop3://alice:secret@127.0.0.1:$PORT"
	curl -sS --max-time 300 -o "$WORLD/got/#1" "$url/[1-$COUNT]"
	same files "$WORLD/got"
	none_gone
	for ((i = 1; i <= COUNT; i++)); do
		[ "$i" = 1 ] || echo next
		printf 'url = "%s/"\nrequest = "DELE %d"\nhead\n' "$url" "$i"
	done >"$WORLD/curlrc"
	curl -sS --max-time 300 -K "$WORLD/curlrc" >/dev/null
	all_gone
}

@test "fetchmail" {
	need fetchmail
	cat >"$WORLD/fetchmailrc" <<-END
		set no bouncemail
		set invisible
		poll 127.0.0.1 service $PORT protocol pop3 auth password
		  user alice password secret sslproto ''
		  no rewrite fetchall nokeep
		  mda "$WORLD/mda"
	END
	printf '#!/bin/sh\nexec cat >"%s"\n' "\$(mktemp $WORLD/got/XXXXXXXX)" \
		>"$WORLD/mda"
	chmod 700 "$WORLD/fetchmailrc" "$WORLD/mda"
	FETCHMAILHOME=$HOME bare timeout 300 fetchmail -f "$WORLD/fetchmailrc" \
		--nosyslog >"$WORLD/said" 2>&1 || { tail "$WORLD/said"; false; }
	same files "$WORLD/got" Received X-Fetchmail-Warning
	all_gone
}

@test "mpop" {
	need mpop
	mkdir -p "$WORLD/got"/{cur,new,tmp}
	cat >"$WORLD/mpoprc" <<-END
		account default
		host 127.0.0.1
		port $PORT
		user alice
		password secret
		tls off
		auth user
		keep off
		received_header off
		uidls_file $WORLD/uidls
		delivery maildir $WORLD/got
	END
	chmod 600 "$WORLD/mpoprc"
	bare timeout 300 mpop -C "$WORLD/mpoprc" -q
	same files "$WORLD/got"
	all_gone
}

as_nobody() {
	local -a drop=()
	[ "$EUID" != 0 ] || drop=(setpriv --reuid nobody --regid nogroup
		--clear-groups)
	bare timeout 300 "${drop[@]}" "$@"
}

@test "getmail6" {
	need getmail
	mkdir -p "$WORLD/got"/{cur,new,tmp}
	cat >"$WORLD/getmailrc" <<-END
		[retriever]
		type = SimplePOP3Retriever
		server = 127.0.0.1
		port = $PORT
		username = alice
		password = secret
		timeout = 30
		[destination]
		type = Maildir
		path = $WORLD/got/
		[options]
		delete = true
		delivered_to = false
		received = false
		verbose = 0
	END
	# It does not deliver as root.
	[ "$EUID" != 0 ] || chown -R nobody "$HOME" "$WORLD/got" \
		"$WORLD/getmailrc"
	# On a busy machine it can lose sight of a child of its own and give up.
	local tries=0
	until as_nobody getmail --getmaildir "$HOME" \
		--rcfile "$WORLD/getmailrc"; do
		[ "$((++tries))" -lt 5 ]
		rm -f "$WORLD/got"/{cur,new,tmp}/*
		wait_for 30 log_has 'pop3\(alice\).*Disconnected'
		letters_come
	done
	same files "$WORLD/got" Return-Path X-getmail-retrieved-from-mailbox
	all_gone
}

@test "Python's poplib" {
	python3 - "$PORT" "$WORLD/got" <<-'END'
		import poplib, sys
		poplib._MAXLINE = 4096
		box = poplib.POP3("127.0.0.1", int(sys.argv[1]), 60)
		assert "UIDL" in box.capa()
		box.user("alice")
		box.pass_("secret")
		count, octets = box.stat()
		sizes = [int(line.split()[1]) for line in box.list()[1]]
		assert len(sizes) == count and sum(sizes) == octets
		assert len(set(box.uidl()[1])) == count
		total = 0
		for number in range(1, count + 1):
		    _, lines, got = box.retr(number)
		    text = b"".join(line + b"\r\n" for line in lines)
		    assert len(text) == sizes[number - 1], number
		    with open("%s/%d" % (sys.argv[2], number), "wb") as f:
		        f.write(text)
		    box.dele(number)
		box.quit()
	END
	same files "$WORLD/got"
	all_gone
}

@test "Perl's Net::POP3" {
	need perl
	perl - "$PORT" "$WORLD/got" <<-'END'
		use strict;
		use Net::POP3;
		my ($port, $to) = @ARGV;
		my $box = Net::POP3->new("127.0.0.1", Port => $port, Timeout => 60)
			or die "no connection";
		my $count = $box->login("alice", "secret") or die "no login";
		my $sizes = $box->list;
		my $ids = $box->uidl;
		for my $n (1 .. $count) {
			my $lines = $box->get($n) or die "no message $n";
			open my $f, ">:raw", "$to/$n" or die;
			print $f @$lines;
			close $f;
			$box->delete($n) or die "no DELE $n";
		}
		die "ids" unless keys %$ids == $count;
		$box->quit or die "no QUIT";
	END
	same files "$WORLD/got"
	all_gone
}

@test "neomutt" {
	need neomutt script
	mkdir -p "$WORLD/got"/{cur,new,tmp}
	cat >"$WORLD/neomuttrc" <<-END
		set mbox_type = Maildir
		set folder = "$WORLD/got"
		set spool_file = "$WORLD/got"
		set header_cache = ""
		set pop_host = "pop://127.0.0.1:$PORT"
		set pop_user = alice
		set pop_pass = secret
		set pop_authenticators = user
		set pop_delete = yes
		set pop_last = no
		set ssl_starttls = no
		set ssl_force_tls = no
		set abort_key = "\\Ca"
		push "<fetch-mail><quit>"
	END
	TERM=xterm bare timeout 300 script -qec \
		"neomutt -n -F '$WORLD/neomuttrc'" /dev/null \
		</dev/null >"$WORLD/said" 2>&1
	tail -c 300 "$WORLD/said" | cat -v
	same files "$WORLD/got" Status Content-Length Lines
	all_gone
}
