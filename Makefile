# SPDX-License-Identifier: ISC
# One non-recursive Makefile. Layers are archives: build/lib/<layer>.a

CC ?= cc
BUILD ?= build
CFLAGS ?= -O2 -g
WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wwrite-strings -Wvla -Wformat=2
HARDEN = -fstack-protector-strong -fPIE -D_FORTIFY_SOURCE=2
ALL_CPPFLAGS = -D_GNU_SOURCE -Isrc -I$(BUILD)/gen $(CPPFLAGS)
ALL_CFLAGS = -std=gnu11 $(WARN) $(HARDEN) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(LDFLAGS)

LAYERS = base proto sys store auth net stats priv
lib_of = $(BUILD)/lib/$(1).a
objs_of = $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/$(1)/*.c))
# Linked from the top layer to the ground.
LIBS_UP = priv stats net auth store sys proto base
ARCHIVES = $(foreach l,$(LIBS_UP),$(call lib_of,$(l)))
LDLIBS = -lconfuse -lcrypt -lmd

PROGRAM = $(BUILD)/bin/pop3-session
UNIT_TESTS = $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))

all: $(PROGRAM)

define layer_rule
$(call lib_of,$(1)): $(call objs_of,$(1))
	@mkdir -p $$(@D)
	rm -f $$@
	ar rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rule,$(l))))

$(BUILD)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(PROGRAM): $(call objs_of,pop3-session) $(ARCHIVES)
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $(call objs_of,pop3-session) \
		-Wl,--start-group $(ARCHIVES) -Wl,--end-group $(LDLIBS)

$(BUILD)/unit/%: tests/unit/%.c $(ARCHIVES)
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -o $@ $< \
		-Wl,--start-group $(ARCHIVES) -Wl,--end-group $(LDLIBS) -lcmocka

unit: $(UNIT_TESTS)
	@for t in $(UNIT_TESTS); do $$t || exit 1; done

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
.PHONY: all unit clean
