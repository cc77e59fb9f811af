// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "peer.h"
#include "worker.h"

void worker_say(int fd, int value)
{
	if (write(fd, &value, sizeof(value)) != sizeof(value))
		_exit(1);
}

int worker_hear(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	int value;

	if (poll(&pfd, 1, PEER_TIMEOUT) <= 0)
		return -ETIMEDOUT;
	return read(fd, &value, sizeof(value)) == sizeof(value) ? value :
								  -EPIPE;
}

struct httpq_request *worker_take(struct httpq *h)
{
	struct httpq_request *req = NULL;

	if (httpq_receive(h, &req))
		_exit(2);
	return req;
}

static void worker_main(int fd, work_fn fn, struct pair *pair)
{
	struct httpq *h = NULL;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (pair && pair_enter_far(pair))
		_exit(3);
	if (httpq_open(&h, "test", 0))
		_exit(4);
	if (pair && (pair_enter_near(pair) || close(pair->far)))
		_exit(5);
	fn(h, fd);
	for (;;)
		pause();
}

int worker_start(struct worker *w, work_fn fn, struct pair *pair)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		return -errno;
	w->pid = fork();
	if (!w->pid) {
		close(fds[0]);
		worker_main(fds[1], fn, pair);
	}
	close(fds[1]);
	w->fd = fds[0];
	return w->pid < 0 ? -errno : 0;
}

void worker_kill(struct worker *w)
{
	if (w->pid <= 0)
		return;
	kill(w->pid, SIGKILL);
	waitpid(w->pid, NULL, 0);
	close(w->fd);
	w->pid = 0;
}

static char process_state(pid_t pid)
{
	char path[64], state = '?';
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (!f)
		return state;
	if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = '?';
	fclose(f);
	return state;
}

bool worker_wait_asleep(pid_t pid)
{
	int64_t end = host_now() + PEER_TIMEOUT;

	while (process_state(pid) != 'S') {
		if (host_now() > end)
			return false;
		usleep(1000);
	}
	return true;
}

void *worker_fault_page(size_t size)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	reg.range.start = (uintptr_t)at;
	reg.range.len = size;
	if (at == MAP_FAILED || fd < 0 || ioctl(fd, UFFDIO_API, &api) ||
	    ioctl(fd, UFFDIO_REGISTER, &reg))
		_exit(4);
	return at;
}

int worker_send_fd(int sock, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = {};
	struct iovec iov = { .iov_base = "f", .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(sock, &msg, 0) == 1 ? 0 : -errno;
}

int worker_receive_fd(int sock)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) != 1 || !CMSG_FIRSTHDR(&msg))
		return -EBADMSG;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}
