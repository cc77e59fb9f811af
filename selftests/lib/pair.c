// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <unistd.h>

#include "host.h"
#include "pair.h"

static int open_own(void)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int enter(int fd)
{
	return setns(fd, CLONE_NEWNET) ? -errno : 0;
}

static int wire(struct pair *p)
{
	int err;

	err = host_run("ip link add near type veth peer name far "
		       "netns /proc/%d/fd/%d && ip address add %s/24 dev near "
		       "&& ip link set near up", getpid(), p->far, PAIR_NEAR);
	if (err)
		return -EIO;
	err = pair_enter_far(p);
	if (err)
		return err;
	err = host_run("ip address add %s/24 dev far && ip link set far up",
		       PAIR_FAR) ? -EIO : 0;
	return pair_enter_near(p) ?: err;
}

static void pair_close(struct pair *p)
{
	close(p->near);
	close(p->far);
}

int pair_create(struct pair *p)
{
	int err;

	p->near = open_own();
	if (p->near < 0)
		return p->near;
	err = host_unshare();
	if (err) {
		close(p->near);
		return err;
	}
	p->far = open_own();
	err = enter(p->near);
	if (!err)
		err = p->far < 0 ? p->far : wire(p);
	if (err)
		pair_close(p);
	return err;
}

int pair_enter_far(struct pair *p)
{
	return enter(p->far);
}

int pair_enter_near(struct pair *p)
{
	return enter(p->near);
}

static int end_netem(int ns, const char *dev, const char *how)
{
	const char *format = *how ? "nsenter --net=/proc/%d/fd/%d "
				    "tc qdisc replace dev %s root netem %s" :
				    "nsenter --net=/proc/%d/fd/%d "
				    "tc qdisc del dev %s root %s";

	return host_run(format, getpid(), ns, dev, how) ? -EIO : 0;
}

int pair_netem(struct pair *p, const char *how)
{
	return end_netem(p->near, "near", how) ?:
	       end_netem(p->far, "far", how);
}

static bool end_has_lost(int ns, const char *dev)
{
	return !host_run("nsenter --net=/proc/%d/fd/%d tc -s qdisc show dev %s "
			 "| grep -q 'dropped [1-9]'", getpid(), ns, dev);
}

bool pair_has_lost(struct pair *p)
{
	return end_has_lost(p->near, "near") || end_has_lost(p->far, "far");
}

int pair_connect(struct pair *p, struct peer *peer, uint16_t port)
{
	int err = pair_enter_far(p), back;

	if (err)
		return err;
	err = peer_connect(peer, PAIR_NEAR, port);
	back = pair_enter_near(p);
	return err ?: back;
}

long long pair_stat(struct pair *p, const char *name)
{
	long long value;

	if (enter(p->far))
		return -1;
	value = host_stat(name);
	return enter(p->near) ? -1 : value;
}

int pair_lines(struct pair *p, const char *table, const char *text)
{
	int n;

	if (enter(p->far))
		return -1;
	n = host_lines(table, text);
	return enter(p->near) ? -1 : n;
}

bool pair_wait_lines(struct pair *p, const char *table, const char *text,
		     int n, int timeout_ms)
{
	bool came;

	if (enter(p->far))
		return false;
	came = host_wait_lines(table, text, n, timeout_ms);
	return !enter(p->near) && came;
}

static bool wait_unplugged(const char *name, int64_t end)
{
	while (if_nametoindex(name)) {
		if (host_now() > end)
			return false;
		usleep(2000);
	}
	return true;
}

/*
 * A namespace loses its devices before httpq hears of its end, so their going
 * proves little. But the kernel deletes namespaces in one thread: when one
 * that was let go after the devices went loses its own, the first is done.
 */
int pair_delete(struct pair *p, int timeout_ms)
{
	int64_t begin = host_now(), end = begin + timeout_ms;
	struct pair canary;

	pair_close(p);
	if (!wait_unplugged("near", end))
		return -ETIMEDOUT;
	if (pair_create(&canary))
		return -EIO;
	pair_close(&canary);
	return wait_unplugged("near", end) ? host_now() - begin : -ETIMEDOUT;
}
