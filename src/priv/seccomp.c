/* SPDX-License-Identifier: ISC */
#include "priv/sandbox.h"
#include "priv/steps.h"

#include "priv_filters.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define FILTER(array, n)                                                       \
	{                                                                      \
		.program = (array), .length = COUNT(array), .calls = (n)       \
	}

static const struct filter {
	const struct sock_filter *program;
	unsigned short length, calls;
} filters[] = {
	[FILTER_FRONT] = FILTER(filter_front, filter_front_calls),
	[FILTER_FRONT_PARENT] =
		FILTER(filter_front_parent, filter_front_parent_calls),
	[FILTER_FRONT_PARENT_ROOT] = FILTER(filter_front_parent_root,
					    filter_front_parent_root_calls),
	[FILTER_CHILD] = FILTER(filter_child, 0),
	[FILTER_MONITOR] = FILTER(filter_monitor, filter_monitor_calls),
	[FILTER_DAEMON] = FILTER(filter_daemon, filter_daemon_calls),
};

int seccomp_install(enum filter_name name)
{
	struct sock_fprog program = {
		.len = filters[name].length,
		.filter =
			(struct sock_filter *)(uintptr_t)filters[name].program,
	};

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		return -errno;
	return 0;
}

unsigned seccomp_count(enum filter_name name)
{
	return filters[name].calls;
}

int seccomp_available(void)
{
	uint32_t action = SECCOMP_RET_TRAP;

	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) < 0)
		return -errno;
	return 0;
}

/* The C library has the kernel's name for this si_code in no version alike. */
enum { CODE_SECCOMP = 1 };

/* --- what a forbidden call does ------------------------------------------- */

static void (*trap_report)(int nr);

/* SIGSYS is blocked here, so that a second forbidden call cannot be handled
 * and kills. execve(NULL) is forbidden everywhere, and harmless elsewhere. */
__attribute__((noreturn)) static void die_by_sigsys(void)
{
	(void)syscall(SYS_execve, NULL, NULL, NULL);
	_exit(128 + SIGSYS); /* only if there was no filter */
}

static void on_sigsys(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	if (info->si_code == CODE_SECCOMP && trap_report)
		trap_report(info->si_syscall);
	die_by_sigsys();
}

int sandbox_trap_report(void (*report)(int nr))
{
	struct sigaction act = {.sa_sigaction = on_sigsys,
				.sa_flags = SA_SIGINFO};

	trap_report = report;
	(void)sigfillset(&act.sa_mask);
	return sigaction(SIGSYS, &act, NULL) < 0 ? -errno : 0;
}

const char *sandbox_call_name(int nr)
{
	if (nr < 0 || (size_t)nr >= COUNT(call_places) || !call_places[nr])
		return NULL;
	return call_names + call_places[nr];
}
