/* SPDX-License-Identifier: ISC
 *
 * Build-time program: writes the seccomp filters of table.h, for the
 * architecture named by its argument ("x86_64", "aarch64", "native"), as a C
 * header on standard output. The server itself needs no libseccomp, and spends
 * no time on making filters.
 */
#include "priv/filters/table.h"

#include <errno.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A kernel's highest call number is far below. */
enum { CALL_NUMBERS = 1024 };

static uint32_t arch;

static void fail(const char *what, const char *name, int error)
{
	fprintf(stderr, "filters: unable to %s %s: %s\n", what, name,
		strerror(error));
	exit(1);
}

static scmp_filter_ctx make_filter(uint32_t default_action)
{
	scmp_filter_ctx f = seccomp_init(default_action);
	uint32_t native = seccomp_arch_native();
	int r = f ? 0 : -ENOMEM;

	if (r == 0 && arch != native) {
		r = seccomp_arch_add(f, arch);
		if (r == 0)
			r = seccomp_arch_remove(f, native);
	}
	if (r == 0)
		r = seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH,
				     SCMP_ACT_KILL_PROCESS);
	/* 2: a binary tree over the numbers of calls */
	if (r == 0)
		r = seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r < 0)
		fail("begin", "a filter", -r);
	return f;
}

static bool exists(const char *call)
{
	return seccomp_syscall_resolve_name_arch(arch, call) >= 0;
}

/* libseccomp takes this machine's numbers, and numbers of its own for what
 * this machine does not have. */
static int number(const char *call)
{
	int n = seccomp_syscall_resolve_name(call);

	if (n == __NR_SCMP_ERROR)
		fail("find", call, ENOSYS);
	return n;
}

static enum scmp_compare op_of(enum filter_test test)
{
	switch (test) {
	case IS:
		return SCMP_CMP_EQ;
	case NOT_LESS:
		return SCMP_CMP_GE;
	default:
		return SCMP_CMP_MASKED_EQ;
	}
}

static void add_row(scmp_filter_ctx f, uint32_t action,
		    const struct filter_row *row)
{
	struct scmp_arg_cmp cmp[COUNT(row->conditions)];
	unsigned n = 0;
	int r;

	for (size_t i = 0; i < COUNT(row->conditions); i++) {
		const struct filter_condition *c = &row->conditions[i];

		if (c->test == ANY)
			continue;
		cmp[n].arg = c->argument;
		cmp[n].op = op_of(c->test);
		cmp[n].datum_a = c->mask ? c->mask : c->value;
		cmp[n].datum_b = c->test == MASKED ? c->value : 0;
		n++;
	}
	r = seccomp_rule_add_exact_array(f, action, number(row->call), n, cmp);
	if (r < 0)
		fail("add", row->call, -r);
}

static void print_filter(const char *name, scmp_filter_ctx f)
{
	FILE *tmp = tmpfile();
	struct sock_filter in;
	int r;

	if (!tmp)
		fail("make", "a temporary file", errno);
	r = seccomp_export_bpf(f, fileno(tmp));
	if (r < 0)
		fail("export", name, -r);
	rewind(tmp);
	printf("\nstatic const struct sock_filter %s[] = {\n", name);
	while (fread(&in, sizeof(in), 1, tmp) == 1)
		printf("\t{0x%02x, %u, %u, 0x%08x},\n", (unsigned)in.code,
		       (unsigned)in.jt, (unsigned)in.jf, (unsigned)in.k);
	printf("};\n");
	if (ferror(tmp))
		fail("read", name, EIO);
	fclose(tmp);
	seccomp_release(f);
}

/* Whether a row before this one is about the same call. */
static bool is_alternative(size_t row, unsigned which)
{
	for (size_t i = 0; i < row; i++)
		if ((filter_rows[i].filters & which) &&
		    strcmp(filter_rows[i].call, filter_rows[row].call) == 0)
			return true;
	return false;
}

static void print_allow_list(const char *name, unsigned which)
{
	scmp_filter_ctx f = make_filter(SCMP_ACT_TRAP);
	unsigned calls = 0;

	for (size_t i = 0; i < COUNT(filter_rows); i++) {
		const struct filter_row *row = &filter_rows[i];

		if (!(row->filters & which) || !exists(row->call))
			continue;
		add_row(f, SCMP_ACT_ALLOW, row);
		calls += !is_alternative(i, which);
	}
	for (size_t i = 0; i < COUNT(filter_absent); i++)
		if ((filter_absent[i].filters & which) &&
		    exists(filter_absent[i].call))
			add_row(f, SCMP_ACT_ERRNO(ENOSYS), &filter_absent[i]);
	print_filter(name, f);
	printf("enum { %s_calls = %u };\n", name, calls);
}

static void print_deny_list(const char *name)
{
	scmp_filter_ctx f = make_filter(SCMP_ACT_ALLOW);

	for (size_t i = 0; i < COUNT(filter_denied_to_child); i++) {
		const struct filter_row row = {
			.call = filter_denied_to_child[i]};

		if (exists(row.call))
			add_row(f, SCMP_ACT_TRAP, &row);
	}
	print_filter(name, f);
}

/* Names of calls: one string and places in it, which needs no relocation. */
static void print_names(void)
{
	char *names[CALL_NUMBERS];
	unsigned place = 1, last = 0;

	for (int i = 0; i < CALL_NUMBERS; i++) {
		names[i] = seccomp_syscall_resolve_num_arch(arch, i);
		if (names[i])
			last = (unsigned)i;
	}
	printf("\nstatic const char call_names[] =\n\t\"\\0\"\n");
	for (unsigned i = 0; i <= last; i++)
		if (names[i])
			printf("\t\"%s\\0\"\n", names[i]);
	printf("\t\"\";\n\nstatic const unsigned short call_places[] = {\n");
	for (unsigned i = 0; i <= last; i++) {
		printf("\t%u,\n", names[i] ? place : 0);
		if (names[i])
			place += (unsigned)strlen(names[i]) + 1;
		free(names[i]);
	}
	printf("};\n");
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "native";

	/* What libseccomp may make must not depend on this kernel. */
	(void)seccomp_api_set(6);
	arch = strcmp(name, "native") == 0 ? seccomp_arch_native()
					   : seccomp_arch_resolve_name(name);
	if (arch != SCMP_ARCH_X86_64 && arch != SCMP_ARCH_AARCH64)
		fail("make filters for", name, ENOTSUP);
	printf("/* Made by filters/gen.c from filters/table.h. */\n"
	       "#include <linux/filter.h>\n\n"
	       "#ifndef %s\n#error \"made for another machine\"\n#endif\n",
	       arch == SCMP_ARCH_X86_64 ? "__x86_64__" : "__aarch64__");
	print_allow_list("filter_front", FRONT);
	print_allow_list("filter_front_parent", PARENT);
	print_allow_list("filter_front_parent_root", ROOT);
	print_allow_list("filter_monitor", MONITOR);
	print_allow_list("filter_daemon", DAEMON);
	print_deny_list("filter_child");
	print_names();
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
