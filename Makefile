# SPDX-License-Identifier: ISC
#
# One non-recursive Makefile; `make help` lists the targets. Each layer of
# src/ becomes an archive, $(BUILD)/lib/<layer>.a, and everything that is made
# lies under $(BUILD). The sanitizer, coverage and fuzzing builds are this
# file again with another BUILD and other flags.
#
#   CC=clang        another compiler (a change of flags rebuilds)
#   BUILD=DIR       another place for everything that is made
#   WERROR=1        warnings are errors (for CI)
#   STATIC=no       link shared libraries (a fresh process starts slower)
#   V=1             print whole commands
#   CFLAGS, CPPFLAGS, LDFLAGS   are yours and come last
#   MICROHTTPD=     without libmicrohttpd: no metrics over HTTP
#   BENCH=OPTIONS   for `make bench`, such as BENCH="--quick --only logins"
#   DESTDIR, PREFIX, SYSCONFDIR for `make install`

VERSION = 0.1.0

CC ?= cc
AR ?= ar
BUILD ?= build
PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/pop3-session
# systemd reads these three under /usr/local/lib as well as under /usr/lib.
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
# Debian's zsh looks in the one below /usr and in the other below /usr/local.
ZSHDIR ?= $(PREFIX)/share/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
SYSCONFDIR ?= /etc
FUZZ_SECONDS ?= 10
BATS ?= bats
BATS_FLAGS ?=

CFLAGS ?= -O2 -g
FORTIFY ?= -D_FORTIFY_SOURCE=2
LDLIBS = -lconfuse -lcrypt -lnettle -largon2
LDLIBS += -lsqlite3 -lm
SCMP_LDLIBS = -ljansson -lbsd -ledit
SCMPD_LDLIBS = -levent_core
# Metrics over HTTP, where that library is there (MICROHTTPD= to do without).
ifeq ($(origin MICROHTTPD),undefined)
MICROHTTPD := $(shell pkg-config --exists libmicrohttpd 2>/dev/null && echo yes)
endif
SCMPD_LDLIBS += $(if $(MICROHTTPD),-lmicrohttpd)

# --- flags -----------------------------------------------------------------

WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wwrite-strings -Wvla -Wformat=2 \
	$(if $(filter 1,$(WERROR)),-Werror)

# What the compiler for this machine knows: control-flow marks have different
# names on amd64 and arm64.
cc_option = $(shell printf 'int main(void){return 0;}' | \
	$(CC) -Werror $(1) -x c -c -o /dev/null - 2>/dev/null && echo '$(1)')
ifeq ($(filter clean help dist uninstall,$(MAKECMDGOALS)),)
HARDEN_CPU := $(call cc_option,-fstack-clash-protection) \
	$(call cc_option,-fcf-protection=full) \
	$(call cc_option,-mbranch-protection=standard)
endif
HARDEN = -fPIE -fstack-protector-strong $(HARDEN_CPU) $(FORTIFY)

ALL_CPPFLAGS = -D_GNU_SOURCE -DPOP3_SESSION_VERSION='"$(VERSION)"' \
	$(if $(MICROHTTPD),-DHAVE_MICROHTTPD) -Isrc -I$(BUILD)/gen $(CPPFLAGS)
ALL_CFLAGS = -std=gnu11 $(WARN) $(HARDEN) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed \
	$(CFLAGS) $(LDFLAGS)

# Each connection may be a fresh process, and the dynamic linker costs one a
# fifth of its life (docs/decisions.md). Sanitizers cannot be linked like that.
STATIC ?= $(if $(findstring -fsanitize,$(CFLAGS)),no,yes)
# What each session's processes run lies together (LAYOUT= for a linker that
# cannot do that).
LAYOUT ?= -Wl,-z,max-page-size=0x10000 -Wl,-T,src/layout.ld
# (The linker's warnings are about libconfuse's ~ expansion, which is not used.)
LINK_PROGRAM = $(if $(filter yes,$(STATIC)),-static-pie -Wl$(comma)--no-warnings \
	$(LAYOUT) $(filter-out -pie,$(ALL_LDFLAGS)),$(ALL_LDFLAGS))
comma = ,

# --- what there is ---------------------------------------------------------

# What the programs share, and all with the parts of each.
SHARED = base proto sys store auth net stats priv config
LAYERS = $(SHARED) pop3-session scmp scmpd
PURE = base proto
lib_of = $(BUILD)/lib/$(1).a
# The program's parts are an archive, too, without main(), for the tests.
objs_of = $(patsubst src/%.c,$(BUILD)/obj/%.o, \
	$(filter-out src/%/main.c,$(sort \
	$(wildcard src/$(1)/*.c src/$(1)/commands/*.c))))
ARCHIVES = $(foreach l,$(LAYERS),$(call lib_of,$(l)))
LINK_LAYERS = -Wl,--start-group $(ARCHIVES) -Wl,--end-group \
	$(SCMP_LDLIBS) $(SCMPD_LDLIBS) $(LDLIBS)
# What a program is linked from: $(1) is its own layer.
archives_of = $(foreach l,$(SHARED) $(1),$(call lib_of,$(l)))
link_of = -Wl,--start-group $(call archives_of,$(1)) -Wl,--end-group

PROGRAM = $(BUILD)/bin/pop3-session
SCMP = $(BUILD)/bin/scmp
SCMPD = $(BUILD)/bin/scmpd
UNIT_SOURCES = $(sort $(wildcard tests/unit/test_*.c))
UNIT_TESTS = $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT_SOURCES))
FUZZ_TARGETS = $(patsubst fuzz/%.c,%,$(sort $(wildcard fuzz/fuzz_*.c)))
FUZZ_HEADERS = $(wildcard fuzz/*.h)
# What they look at and work on run_dir with, and a clock that is put forward.
TEST_HELPERS = $(BUILD)/tests/pretend $(BUILD)/tests/run_dir \
	$(BUILD)/tests/clock.so
BATS_TESTS = $(sort $(wildcard tests/*.bats))
SYSTEM_TESTS = $(sort $(wildcard tests/system/*.bats))

MADE_PAGES = $(patsubst man/%.in,$(BUILD)/man/%,$(wildcard man/*.in))
MANPAGES = $(wildcard man/*.[1578]) $(MADE_PAGES)

# Of each command one short line; the whole with V=1, nothing with make -s.
Q = $(if $(filter 1,$(V)),,@)
quiet = $(filter 1,$(V))$(findstring s,$(filter-out -%,$(firstword $(MAKEFLAGS))))
say = $(if $(quiet),,@printf '  %-5s %s\n' '$(1)' '$(patsubst $(BUILD)/%,%,$@)')

SCRIPTS = $(wildcard scripts/popser scripts/pop3d)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

all: $(PROGRAM) $(SCMP) $(SCMPD) $(SCRIPTS:scripts/%=$(BUILD)/bin/%) $(MADE_PAGES) ## build everything into $(BUILD) (the default)

# --- building --------------------------------------------------------------

# A change of compiler or flags rebuilds what was built with the old ones.
# (Where that lies is no difference; two that make at once do not meet.)
FLAGS_NOW = $(subst $(BUILD)/,,$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) / \
	$(ALL_LDFLAGS) $(LINK_PROGRAM))
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@new=$@.$$$$; printf '%s\n' '$(subst ','\'',$(FLAGS_NOW))' >$$new; \
		if cmp -s $$new $@; then rm $$new; else mv $$new $@; fi

define layer_rule
$(call lib_of,$(1)): $(call objs_of,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(call say,AR)
	$$(Q)$$(AR) rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rule,$(l))))

$(BUILD)/obj/%.o: src/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# The seccomp filters are made here, by a program of this machine; a cross
# build names the machine that they are for (FILTER_ARCH=aarch64).
FILTER_ARCH ?= $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
BUILD_CC ?= cc
FILTERS = $(BUILD)/gen/priv_filters.h
$(BUILD)/gen/make_filters: src/priv/filters/gen.c src/priv/filters/table.h
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(BUILD_CC) -std=gnu11 -D_GNU_SOURCE -Isrc $(WARN) -O1 -o $@ $< \
		-lseccomp
$(FILTERS): $(BUILD)/gen/make_filters $(BUILD)/flags
	$(call say,GEN)
	$(Q)$< $(FILTER_ARCH) >$@
$(BUILD)/obj/priv/seccomp.o: $(FILTERS)

$(PROGRAM): $(BUILD)/obj/pop3-session/main.o $(call archives_of,pop3-session) \
		src/layout.ld
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(ALL_CFLAGS) $(LINK_PROGRAM) -o $@ $< \
		$(call link_of,pop3-session) $(LDLIBS)

# Administrators wait for people, not for the dynamic linker.
$(SCMP): $(BUILD)/obj/scmp/main.o $(call archives_of,scmp)
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(call link_of,scmp) \
		$(SCMP_LDLIBS) $(LDLIBS)

$(SCMPD): $(BUILD)/obj/scmpd/main.o $(call archives_of,scmpd)
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(call link_of,scmpd) \
		$(SCMPD_LDLIBS) $(LDLIBS)

# The keys of the configuration, from the program's own table.
$(BUILD)/man/%: man/%.in $(PROGRAM)
	@mkdir -p $(@D)
	$(call say,GEN)
	$(Q)$(PROGRAM) --print-manual | sed 's/\. \([A-Z%]\)/.\n\1/g' >$@.keys
	$(Q)sed -e '/^@KEYS@$$/{r $@.keys' -e 'd' -e '}' $< >$@

# The commands of SCMP, from their table.
$(BUILD)/man/scmp.7: man/scmp.7.in $(SCMPD)
	@mkdir -p $(@D)
	$(call say,GEN)
	$(Q)$(SCMPD) --print-manual >$@.commands
	$(Q)sed -e '/^@COMMANDS@$$/{r $@.commands' -e 'd' -e '}' $< >$@

# Commands, options and exit statuses, from the tables of scmp: each part
# stands where its own line is.
$(BUILD)/man/scmp.1: man/scmp.1.in $(SCMP)
	@mkdir -p $(@D)
	$(call say,GEN)
	$(Q)$(SCMP) --print-manual | awk '/^@[A-Z]+@$$/ { \
		part = "$@" "." substr($$0, 2, length($$0) - 2); \
		printf "" >part; next } { print >>part }'
	$(Q)sed $(foreach p,COMMANDS OPTIONS STATUSES,-e '/^@$(p)@$$/{r $@.$(p)' \
		-e 'd' -e '}') $< >$@

$(BUILD)/bin/pop%: scripts/pop%
	@mkdir -p $(@D)
	$(call say,COPY)
	$(Q)$(INSTALL) -m 755 $< $@

$(BUILD)/unit/%: tests/unit/%.c $(ARCHIVES) $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -o $@ $< \
		$(LINK_LAYERS) -lcmocka

# Fuzz targets linked to a main() that replays files.
$(BUILD)/replay/%: fuzz/%.c fuzz/replay.c $(FUZZ_HEADERS) $(ARCHIVES) $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< \
		fuzz/replay.c $(LINK_LAYERS)

# Fuzz targets linked to libFuzzer: only in the build that `fuzz` starts.
$(BUILD)/fuzzer/%: fuzz/%.c $(FUZZ_HEADERS) $(ARCHIVES) $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) \
		-fsanitize=fuzzer -o $@ $< $(LINK_LAYERS)

# What the tests in containers visit a server with.
$(BUILD)/tests/%: tests/system/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $<

# The same, with parts of ours.
$(BUILD)/tests/%: tests/lib/%.c $(ARCHIVES) $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< \
		$(LINK_LAYERS)

# To be loaded into a program (LD_PRELOAD).
$(BUILD)/tests/%.so: tests/lib/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(CC) $(ALL_CPPFLAGS) -std=gnu11 -O2 -Wall -Wextra -fPIC -shared \
		-o $@ $<

# --- testing ---------------------------------------------------------------

check: unit fuzz-replay bats ## test without root, network or installing

check-all: lint check asan tsan coverage fuzz system ## every test (some need root)

helpers: $(TEST_HELPERS) $(BUILD)/tests/crowd ## what the tests run besides

programs: all helpers $(UNIT_TESTS) $(FUZZ_TARGETS:%=$(BUILD)/replay/%)

unit: $(UNIT_TESTS) ## run the unit tests (cmocka)
	@scripts/run-all unit $(UNIT_TESTS)

bats: $(PROGRAM) $(SCMP) $(SCMPD) $(TEST_HELPERS) ## run the behaviour tests (tests/*.bats)
	BUILD=$(abspath $(BUILD)) BATS_TEST_TIMEOUT=300 \
		$(BATS) $(BATS_FLAGS) $(BATS_TESTS)

fuzz-replay: $(FUZZ_TARGETS:%=$(BUILD)/replay/%) ## replay the fuzz corpora
	@scripts/run-all replay $^

system: $(PROGRAM) $(SCMP) $(SCMPD) $(BUILD)/tests/crowd $(TEST_HELPERS) ## tests that need root: containers, namespaces
	BUILD=$(abspath $(BUILD)) BATS_TEST_TIMEOUT=600 \
		$(BATS) $(BATS_FLAGS) $(SYSTEM_TESTS)

SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all
# The sanitizers' own calls are not on the lists of the sandbox: of the
# behaviour tests, those of single sessions run without it, and its own tests
# not at all. (--no-as-needed: they define crypt_r(), too, and need the real.)
ASAN_BUILD = BUILD=$(BUILD)/asan FORTIFY= LDFLAGS='-Wl,--no-as-needed' \
	CFLAGS='-O1 -g -fno-omit-frame-pointer $(SANITIZE)' \
	UNIT_SOURCES='$(filter-out tests/unit/test_sandbox.c,$(UNIT_SOURCES))'
asan: ## the tests against a build with sanitizers
	$(MAKE) $(ASAN_BUILD) programs
	POP3_TEST_OPTIONS='-o sandbox=off' $(MAKE) -j1 $(ASAN_BUILD) BATS_FLAGS="$$BATS_FLAGS \
		--filter-tags '!sandbox,!server,!limits'" unit fuzz-replay bats

# What processes do at once with shared memory, done by threads.
tsan: ## statistics and events with the thread sanitizer (clang)
	$(MAKE) BUILD=$(BUILD)/tsan CC=clang FORTIFY= \
		CFLAGS='-O1 -g -fsanitize=thread' \
		UNIT_SOURCES=tests/unit/test_stats_threads.c unit

fuzz: ## fuzz each target for FUZZ_SECONDS (clang)
	$(MAKE) BUILD=$(BUILD)/fuzz CC=clang FORTIFY= \
		CFLAGS='-O1 -g -fsanitize=fuzzer-no-link $(SANITIZE)' fuzz-run

fuzz-run: $(FUZZ_TARGETS:%=$(BUILD)/fuzzer/%)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) scripts/run-all fuzz $^

COVERAGE_BUILD = BUILD=$(BUILD)/coverage FORTIFY= CC=gcc CFLAGS='-O0 -g --coverage'
coverage: ## line coverage of the pure layers, at least 95 %
	$(MAKE) $(COVERAGE_BUILD) programs
	$(MAKE) -j1 $(COVERAGE_BUILD) unit fuzz-replay
	@scripts/coverage $(BUILD)/coverage 95 $(PURE)

bench: $(PROGRAM) $(SCMP) $(SCMPD) $(BUILD)/tests/living ## measure against Dovecot and two floors
	BUILD=$(abspath $(BUILD)) tests/bench/run $(BENCH)

lint: all ## layers, format, static analysis, man pages, units
	@BUILD=$(BUILD) CC='$(CC)' \
		LINT_FLAGS='$(subst ','\'',$(ALL_CPPFLAGS)) -std=gnu11' \
		scripts/lint

# --- installing ------------------------------------------------------------

INSTALL = install
COMPLETED = pop3-session scmp
UNITS = $(notdir $(sort $(wildcard systemd/*.socket systemd/*.service)))
# To be copied to /etc/fail2ban by whoever has it.
FAIL2BAN = $(sort $(wildcard fail2ban/*/*.conf))
man_place = $(MANDIR)/man$(subst .,,$(suffix $(1)))/$(notdir $(1))

# The shipped files name the program where it is by default.
PLACED = sed 's|/usr/local/sbin/|$(SBINDIR)/|g; s|/usr/local/bin/|$(BINDIR)/|g'

install: all ## put everything in place (DESTDIR, PREFIX)
	$(INSTALL) -D -m 755 $(PROGRAM) $(DESTDIR)$(SBINDIR)/pop3-session
	$(INSTALL) -D -m 755 $(SCMPD) $(DESTDIR)$(SBINDIR)/scmpd
	$(INSTALL) -D -m 755 $(SCMP) $(DESTDIR)$(BINDIR)/scmp
	$(foreach s,$(SCRIPTS),$(INSTALL) -D -m 755 $(s) \
		$(DESTDIR)$(BINDIR)/$(notdir $(s)) &&) true
	$(foreach m,$(MANPAGES),$(INSTALL) -D -m 644 $(m) \
		$(DESTDIR)$(call man_place,$(m)) &&) true
	$(INSTALL) -d $(DESTDIR)$(UNITDIR) $(DESTDIR)$(SYSCONFDIR)/xinetd.d
	for unit in $(UNITS); do \
		$(PLACED) systemd/$$unit >$(DESTDIR)$(UNITDIR)/$$unit && \
		chmod 644 $(DESTDIR)$(UNITDIR)/$$unit || exit 1; \
	done
	$(INSTALL) -D -m 644 systemd/pop3-accept.conf \
		$(DESTDIR)$(DOCDIR)/pop3-accept.conf
	$(foreach f,$(FAIL2BAN),$(INSTALL) -d $(DESTDIR)$(DOCDIR)/$(dir $(f)) && \
		$(PLACED) $(f) >$(DESTDIR)$(DOCDIR)/$(f) && \
		chmod 644 $(DESTDIR)$(DOCDIR)/$(f) &&) true
	$(INSTALL) -D -m 644 systemd/pop3-session.sysusers \
		$(DESTDIR)$(SYSUSERSDIR)/pop3-session.conf
	$(INSTALL) -D -m 644 systemd/pop3-session.tmpfiles \
		$(DESTDIR)$(TMPFILESDIR)/pop3-session.conf
	$(foreach c,$(COMPLETED),$(INSTALL) -D -m 644 completions/bash/$(c) \
		$(DESTDIR)$(COMPLETIONDIR)/$(c) && \
		$(INSTALL) -D -m 644 completions/zsh/_$(c) \
		$(DESTDIR)$(ZSHDIR)/_$(c) &&) true
	test -e $(DESTDIR)$(SYSCONFDIR)/xinetd.d/pop3 || \
		$(PLACED) xinetd.d/pop3 >$(DESTDIR)$(SYSCONFDIR)/xinetd.d/pop3
	@test -n '$(DESTDIR)' || printf '%s\n' \
		'Next, as root: systemd-sysusers && systemd-tmpfiles --create' \
		'then systemctl daemon-reload && systemctl enable --now pop3.socket' \
		'or disable = no in $(SYSCONFDIR)/xinetd.d/pop3;' \
		'to watch and steer it: systemctl enable --now scmpd.socket'

uninstall: ## remove what install put in place (no configuration, no mail)
	rm -f $(DESTDIR)$(SBINDIR)/pop3-session $(DESTDIR)$(SBINDIR)/scmpd \
		$(DESTDIR)$(BINDIR)/scmp \
		$(SCRIPTS:scripts/%=$(DESTDIR)$(BINDIR)/%) \
		$(foreach m,$(MANPAGES),$(DESTDIR)$(call man_place,$(m))) \
		$(UNITS:%=$(DESTDIR)$(UNITDIR)/%) \
		$(DESTDIR)$(DOCDIR)/pop3-accept.conf \
		$(FAIL2BAN:%=$(DESTDIR)$(DOCDIR)/%) \
		$(COMPLETED:%=$(DESTDIR)$(COMPLETIONDIR)/%) \
		$(COMPLETED:%=$(DESTDIR)$(ZSHDIR)/_%) \
		$(DESTDIR)$(SYSUSERSDIR)/pop3-session.conf \
		$(DESTDIR)$(TMPFILESDIR)/pop3-session.conf
	-rmdir $(sort $(dir $(FAIL2BAN:%=$(DESTDIR)$(DOCDIR)/%))) \
		$(DESTDIR)$(DOCDIR)/fail2ban $(DESTDIR)$(DOCDIR) 2>/dev/null

dist: ## a source archive of HEAD in $(BUILD)
	@mkdir -p $(BUILD)
	git archive --prefix=pop3-session-$(VERSION)/ HEAD | \
		xz >$(BUILD)/pop3-session-$(VERSION).tar.xz

clean: ## remove everything that was made
	rm -rf $(BUILD)

help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):[^#]*## */\1\t/p' Makefile | \
		while IFS='	' read -r target text; do \
			printf '  %-12s %s\n' "$$target" "$$text"; done

-include $(shell find $(BUILD)/obj $(BUILD)/unit -name '*.d' 2>/dev/null)
.PHONY: all check check-all programs helpers unit bats fuzz-replay system asan tsan fuzz fuzz-run \
	coverage bench lint install uninstall dist clean help FORCE
