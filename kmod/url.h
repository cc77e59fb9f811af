/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Prefix URLs and request paths in their canonical form. Pure.
 */
#ifndef _HTTPQ_URL_H
#define _HTTPQ_URL_H

#include <linux/types.h>

#include <linux/httpq.h>

/* Host buckets in the order in which routing looks at them. */
enum httpq_url_bucket {
	HTTPQ_URL_STRONG,	/* + */
	HTTPQ_URL_NAME,		/* an explicit host name */
	HTTPQ_URL_ADDRESS,	/* an IP literal: the connection's local address */
	HTTPQ_URL_WEAK,		/* * */
	HTTPQ_URL_BUCKETS,
};

/* The longest canonical text: a mapped literal may grow a little. */
#define HTTPQ_URL_TEXT_MAX	(HTTPQ_URL_MAX + 64)

/**
 * struct httpq_url - a prefix, taken apart
 * @text: the canonical URL, host in lower case, path canonical, ends in '/'.
 *	NUL-terminated.
 * @text_len: its length.
 * @host: host within @text: '+', '*', a name without trailing dot, or a
 *	literal (IPv6 with brackets).
 * @path: path within @text, from the first to the last '/'.
 * @bucket: enum httpq_url_bucket.
 * @loopback: the host is "localhost": loopback addresses only.
 * @port: 1 to 65535.
 * @addr: the address if @bucket is HTTPQ_URL_ADDRESS, IPv4 mapped.
 */
struct httpq_url {
	u16 text_len;
	u16 port;
	struct httpq_span host;
	struct httpq_span path;
	u8 bucket;
	bool loopback;
	u8 addr[16];
	char text[HTTPQ_URL_TEXT_MAX + 1];
};

/**
 * struct httpq_authority - host and port of a Host field or an absolute form
 * @host: span of the host in the input, brackets kept, trailing dot dropped.
 * @port: 0 if none was given.
 */
struct httpq_authority {
	struct httpq_span host;
	u16 port;
};

int httpq_url_parse(const char *url, size_t len, struct httpq_url *out,
		    const char **problem);
int httpq_url_parse_authority(const u8 *text, u16 len,
			      struct httpq_authority *out);
bool httpq_url_authorities_agree(const u8 *a, u16 a_len, const u8 *b,
				 u16 b_len);
int httpq_url_parse_addr(const u8 *text, size_t len, u8 addr[16]);
bool httpq_url_path_is_plain(const u8 *path, u16 len);
int httpq_url_canonical_path(const u8 *path, u16 len, u8 *out);

#endif /* _HTTPQ_URL_H */
