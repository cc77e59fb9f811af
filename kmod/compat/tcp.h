/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages into a TCP stream. Up to 6.4 one by one with tcp_sendpage_locked();
 * since 6.5 all at once with MSG_SPLICE_PAGES. The flag alone says nothing:
 * 6.1 stable has it and copies.
 */
#ifndef _HTTPQ_COMPAT_TCP_H
#define _HTTPQ_COMPAT_TCP_H

#include <linux/bvec.h>
#include <linux/socket.h>
#include <linux/uio.h>
#include <net/tcp.h>

#ifdef HTTPQ_HAVE_TCP_SENDPAGE_LOCKED
static inline int httpq_compat_send_pages(struct sock *sk, struct bio_vec *vec,
					  unsigned int nr, size_t len,
					  int flags)
{
	int sent = 0;

	for (; nr; nr--, vec++) {
		int more = nr > 1 ? MSG_MORE | MSG_SENDPAGE_NOTLAST : 0;
		int n = tcp_sendpage_locked(sk, vec->bv_page, vec->bv_offset,
					    vec->bv_len, flags | more);

		if (n <= 0)
			return sent ? sent : n;
		sent += n;
		if (n < vec->bv_len)
			break;
	}
	return sent;
}
#else
static inline int httpq_compat_send_pages(struct sock *sk, struct bio_vec *vec,
					  unsigned int nr, size_t len,
					  int flags)
{
	struct msghdr msg = { .msg_flags = flags | MSG_SPLICE_PAGES };

	iov_iter_bvec(&msg.msg_iter, WRITE, vec, nr, len);
	return tcp_sendmsg_locked(sk, &msg, len);
}
#endif

#endif /* _HTTPQ_COMPAT_TCP_H */
