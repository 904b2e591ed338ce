/* SPDX-License-Identifier: ISC */
/*
 * The parent of the fronts: enters their sandbox once (which costs as much as
 * a fork) and clones them from within it.  The clones are children of the
 * acceptor, which alone can reap and kill them.
 */
#include "pop3-session/listening.h"

#include "pop3-session/refusal.h"
#include "pop3-session/session.h"
#include "priv/sandbox.h"
#include "sys/io.h"
#include "sys/log.h"
#include "sys/stack.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

/*
 * The ticket's descriptor is held open and nothing else: as long as some
 * process of the session has it, its place is not given to another one.
 */
enum { ORDERS = 3, CLIENT = 0, CHANNEL = 1, LIFE = 2, ORDERED = 3 };

/* On the page of the stack that each front has anyway. */
struct parent {
	const struct service *service;
	struct statistics_region pages; /* of all sessions */
};

static void close_all(const int *fds, size_t n)
{
	while (n > 0)
		close(fds[--n]);
}

static struct statistics_counters *own_page(struct statistics_counters *page,
					    const struct front_order *order)
{
	return page && counters_get(&page->serial) == order->serial ? page
								    : NULL;
}

static _Noreturn void be_front(const struct parent *parent,
			       const struct front_order *order, const int *fds,
			       struct statistics_counters *page)
{
	const struct service *service = parent->service;
	const struct session_front front = {
		.in = fds[CLIENT],
		.out = fds[CLIENT],
		.channel = fds[CHANNEL],
		.is_socket = true,
		.counters = own_page(page, order),
	};
	struct sandbox_report report;

	close(ORDERS);
	if (sandbox_front_child((enum sandbox_mode)service->settings->sandbox,
				&report) < 0)
		_exit(1);
	session_front(service, &front);
}

static int obey_order(const struct parent *parent,
		      const struct front_order *order, const int *fds)
{
	struct front_report report = {.session = order->session};
	struct statistics_counters *page = statistics_lend(
		&parent->pages, order->serial ? order->slot : SLOTS_NONE);
	pid_t pid = sandbox_clone_front();
	int r;

	if (pid == 0)
		be_front(parent, order, fds, page);
	r = statistics_take_back(page);
	if (r < 0)
		return r;
	if (pid < 0) {
		refusal_apologise(fds[CLIENT]);
		refusal_end(fds[CLIENT]);
	}
	report.pid = pid;
	return (int)io_send_fds(ORDERS, &report, sizeof(report), NULL, 0, 0);
}

/* Only the order socket is left; what is logged goes through the monitors. */
static bool keep_orders_only(int orders)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
		return false;
	return dup2(orders, ORDERS) == ORDERS && close_range(4, ~0U, 0) == 0;
}

static void obey_orders(void *context)
{
	const struct parent parent = *(const struct parent *)context;
	struct front_order order;
	int fds[ORDERED];
	size_t n;

	while (io_recv_fds(ORDERS, &order, sizeof(order), fds, ORDERED, &n,
			   0) == (ssize_t)sizeof(order)) {
		if (n >= LIFE && obey_order(&parent, &order, fds) < 0)
			_exit(1);
		close_all(fds, n);
	}
}

/*
 * So that no front has to map its page, which their filter forbids: it is lent
 * one of these.  What else is shared goes.
 *
 * This is more than the limit of addresses that the sandbox sets, which stops
 * no process that has them already: the parent can have no more, and a front
 * has one page of it.
 */
static struct statistics_region map_pages(const struct service *service)
{
	struct statistics_region pages = statistics_map_region(
		&service->statistics,
		(uint32_t)service->settings->max_sessions);

	/* If it cannot be handled, a file that is cut ends the fronts. */
	(void)!statistics_survive_region(&pages);
	service_unshare(service);
	return pages;
}

_Noreturn void front_parent_run(const struct service *service, int orders)
{
	enum sandbox_mode mode = (enum sandbox_mode)service->settings->sandbox;
	struct front_ready ready = {.sandbox.complete = true};
	struct parent parent = {.service = service};
	int r = 0;

	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	log_close();
	parent.pages = map_pages(service);
	if (!keep_orders_only(orders))
		_exit(1);
	if (service->privileged)
		r = identity_become(&service->front);
	if (r == 0)
		session_front_trap();
	if (r == 0)
		r = sandbox_front_parent(mode, &ready.sandbox);
	ready.result = r;
	if (io_send_fds(ORDERS, &ready, sizeof(ready), NULL, 0, 0) < 0 || r < 0)
		_exit(1);
	stack_run_on_page(obey_orders, &parent);
	_exit(0);
}
