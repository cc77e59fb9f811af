// SPDX-License-Identifier: GPL-2.0
/*
 * Prefix URLs and request paths in their canonical form. Pure.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>

#include "field.h"
#include "url.h"

#define SCHEME "http://"
#define SCHEME_LEN (sizeof(SCHEME) - 1)
#define NAME_MAX_LEN 253
#define LABEL_MAX_LEN 63
#define GROUPS 8
#define HTTP_PORT 80

static const u8 mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

static bool is_digit(u8 c)
{
	return httpq_field_is(c, HTTPQ_BYTE_DIGIT);
}

static bool is_hex(u8 c)
{
	return httpq_field_is(c, HTTPQ_BYTE_HEX);
}

/* A number 0 to 255 without leading zeros. Returns digits read, 0 if none. */
static size_t parse_octet(const u8 *text, size_t len, u8 *out)
{
	unsigned int number = 0;
	size_t i;

	for (i = 0; i < len && i < 3 && is_digit(text[i]); i++)
		number = number * 10 + text[i] - '0';
	if (number > 255 || (i > 1 && text[0] == '0'))
		return 0;
	*out = number;
	return i;
}

/* Strict dotted quad: inet_aton()'s other forms are read differently. */
static int parse_ipv4(const u8 *text, size_t len, u8 out[4])
{
	size_t pos = 0;
	size_t used;
	int i;

	for (i = 0; i < 4; i++) {
		if (i && (pos == len || text[pos++] != '.'))
			return -EINVAL;
		used = parse_octet(text + pos, len - pos, &out[i]);
		if (!used)
			return -EINVAL;
		pos += used;
	}
	return pos == len ? 0 : -EINVAL;
}

/**
 * struct ipv6_text - an IPv6 literal while it is read
 * @text: the literal without brackets.
 * @len: its length.
 * @pos: bytes read.
 * @groups: the groups so far.
 * @nr: how many.
 * @gap: number of groups before "::", -1 if there was none.
 */
struct ipv6_text {
	const u8 *text;
	size_t len;
	size_t pos;
	u16 groups[GROUPS];
	int nr;
	int gap;
};

static int read_gap(struct ipv6_text *t)
{
	if (t->gap >= 0)
		return -EINVAL;
	t->gap = t->nr;
	t->pos += 2;
	return 0;
}

static bool at_gap(const struct ipv6_text *t)
{
	return t->len - t->pos >= 2 && t->text[t->pos] == ':' &&
	       t->text[t->pos + 1] == ':';
}

/* The last 32 bits as a dotted quad. */
static int read_quad(struct ipv6_text *t)
{
	u8 quad[4];

	if (t->nr > GROUPS - 2 ||
	    parse_ipv4(t->text + t->pos, t->len - t->pos, quad))
		return -EINVAL;
	t->groups[t->nr++] = quad[0] << 8 | quad[1];
	t->groups[t->nr++] = quad[2] << 8 | quad[3];
	t->pos = t->len;
	return 0;
}

static int read_group(struct ipv6_text *t)
{
	size_t start = t->pos;
	u16 group = 0;

	while (t->pos < t->len && t->pos - start < 4 && is_hex(t->text[t->pos]))
		group = group << 4 | httpq_field_hex(t->text[t->pos++]);
	if (t->pos < t->len && t->text[t->pos] == '.') {
		t->pos = start;
		return read_quad(t);
	}
	if (t->pos == start || t->nr == GROUPS)
		return -EINVAL;
	t->groups[t->nr++] = group;
	return 0;
}

/* One separator and the group behind it, or a gap. */
static int read_next(struct ipv6_text *t)
{
	if (at_gap(t))
		return read_gap(t);
	if (t->text[t->pos] == ':' && t->nr && t->gap != t->nr)
		t->pos++;
	else if (t->nr && t->gap != t->nr)
		return -EINVAL;
	return read_group(t);
}

static int expand_groups(const struct ipv6_text *t, u8 out[16])
{
	int skip = GROUPS - t->nr;
	int i;

	if (t->gap < 0 ? skip != 0 : skip < 1)
		return -EINVAL;
	memset(out, 0, 16);
	for (i = 0; i < t->nr; i++) {
		int to = t->gap >= 0 && i >= t->gap ? i + skip : i;

		out[2 * to] = t->groups[i] >> 8;
		out[2 * to + 1] = t->groups[i] & 0xff;
	}
	return 0;
}

/* RFC 4291 section 2.2, all three forms, no zone. */
static int parse_ipv6(const u8 *text, size_t len, u8 out[16])
{
	struct ipv6_text t = { .text = text, .len = len, .gap = -1 };
	int err;

	while (t.pos < t.len) {
		err = read_next(&t);
		if (err)
			return err;
	}
	return expand_groups(&t, out);
}

static bool is_bracketed(const u8 *text, size_t len)
{
	return len >= 2 && text[0] == '[' && text[len - 1] == ']';
}

/**
 * httpq_url_parse_addr - read an IP literal as it stands in a URL
 * @text: dotted quad, or IPv6 in brackets.
 * @len: its length.
 * @addr: the IPv6 address; IPv4 is mapped. Unspecified on error.
 *
 * Context: any.
 * Return: 0, or -EINVAL if it is something else.
 */
int httpq_url_parse_addr(const u8 *text, size_t len, u8 addr[16])
{
	if (is_bracketed(text, len))
		return parse_ipv6(text + 1, len - 2, addr);
	memcpy(addr, mapped_prefix, sizeof(mapped_prefix));
	return parse_ipv4(text, len, addr + sizeof(mapped_prefix));
}

/* Decimal digits up to 65535, or none; 0 would be taken for that. */
static int parse_port(const u8 *text, size_t len, u16 *port)
{
	u32 number = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		if (!is_digit(text[i]))
			return -EINVAL;
		number = number * 10 + text[i] - '0';
		if (number > U16_MAX)
			return -EINVAL;
	}
	if (len && !number)
		return -EINVAL;
	*port = number;
	return 0;
}

/* Where the host ends and ":port" begins, or @len. */
static size_t host_length(const u8 *text, size_t len)
{
	size_t i = 0;

	if (len && text[0] == '[')
		while (i < len && text[i] != ']')
			i++;
	while (i < len && text[i] != ':')
		i++;
	return i;
}

/* A reg-name without percent escapes; the caller dropped one trailing dot. */
static bool reg_name_valid(const u8 *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!httpq_field_is(text[i], HTTPQ_BYTE_HOST))
			return false;
	return len && text[len - 1] != '.';
}

/**
 * httpq_url_parse_authority - take host and optional port apart
 * @text: the value of Host, or the authority of an absolute form.
 * @len: its length.
 * @out: spans count from @text; not written on error.
 *
 * The grammar is uri-host [ ":" [ port ] ] without escapes and without user
 * information. Only a wholly empty text has an empty host.
 *
 * Context: any.
 * Return: 0, or -EINVAL.
 */
int httpq_url_parse_authority(const u8 *text, u16 len,
			      struct httpq_authority *out)
{
	size_t host = host_length(text, len);
	u8 addr[16];
	u16 port = 0;

	if (host < len && parse_port(text + host + 1, len - host - 1, &port))
		return -EINVAL;
	if (host && text[0] == '[') {
		if (!is_bracketed(text, host) ||
		    parse_ipv6(text + 1, host - 2, addr))
			return -EINVAL;
	} else if (len) {
		if (host && text[host - 1] == '.')
			host--;
		if (!reg_name_valid(text, host))
			return -EINVAL;
	}
	out->host.off = 0;
	out->host.len = host;
	out->port = port;
	return 0;
}

static bool bytes_equal(const u8 *a, const u8 *b, u16 len)
{
	u16 i;

	for (i = 0; i < len; i++)
		if (httpq_field_lower(a[i]) != httpq_field_lower(b[i]))
			return false;
	return true;
}

/* An IPv6 address can be written in many ways, anything else only in one. */
static bool hosts_equal(const u8 *a, u16 a_len, const u8 *b, u16 b_len)
{
	u8 a_addr[16], b_addr[16];

	if (a_len && b_len && a[0] == '[' && b[0] == '[')
		return !httpq_url_parse_addr(a, a_len, a_addr) &&
		       !httpq_url_parse_addr(b, b_len, b_addr) &&
		       !memcmp(a_addr, b_addr, sizeof(a_addr));
	return a_len == b_len && bytes_equal(a, b, a_len);
}

/**
 * httpq_url_authorities_agree - whether two texts name the same authority
 * @a: host and optional port, see httpq_url_parse_authority().
 * @a_len: its length.
 * @b: another one.
 * @b_len: its length.
 *
 * Context: any.
 * Return: true if both are valid, and host and port are the same.
 */
bool httpq_url_authorities_agree(const u8 *a, u16 a_len, const u8 *b,
				 u16 b_len)
{
	struct httpq_authority x;
	struct httpq_authority y;

	if (httpq_url_parse_authority(a, a_len, &x) ||
	    httpq_url_parse_authority(b, b_len, &y))
		return false;
	return (x.port ? x.port : HTTP_PORT) == (y.port ? y.port : HTTP_PORT) &&
	       hosts_equal(a + x.host.off, x.host.len, b + y.host.off,
			   y.host.len);
}

/* Is there a dot segment after the slash at @path[-1]? */
static bool is_dot_segment(const u8 *path, size_t len)
{
	if (!len || path[0] != '.')
		return false;
	if (len > 1 && path[1] == '.') {
		path++;
		len--;
	}
	return len == 1 || path[1] == '/';
}

/**
 * httpq_url_path_is_plain - is a path canonical as it stands?
 * @path: raw path, without query.
 * @len: its length.
 *
 * The common case, told by one scan.
 *
 * Context: any.
 * Return: true if it is valid and httpq_url_canonical_path() would copy it.
 * It can be false for a canonical path that has escapes.
 */
bool httpq_url_path_is_plain(const u8 *path, u16 len)
{
	u16 i;

	if (!len || path[0] != '/')
		return false;
	for (i = 0; i < len; i++) {
		if (!httpq_field_is(path[i], HTTPQ_BYTE_PATH))
			return false;
		if (path[i] == '/' && is_dot_segment(path + i + 1, len - i - 1))
			return false;
	}
	return true;
}

/* One escape. Returns bytes written, 1 or 3, or -EINVAL. */
static int copy_escape(const u8 *in, size_t len, u8 *out)
{
	u8 byte;

	if (len < 3 || !is_hex(in[1]) || !is_hex(in[2]))
		return -EINVAL;
	byte = httpq_field_hex(in[1]) << 4 | httpq_field_hex(in[2]);
	if (!byte || byte == '\\')
		return -EINVAL;
	if (httpq_field_is(byte, HTTPQ_BYTE_UNRESERVED)) {
		out[0] = byte;
		return 1;
	}
	out[0] = '%';
	out[1] = "0123456789ABCDEF"[byte >> 4];
	out[2] = "0123456789ABCDEF"[byte & 15];
	return 3;
}

/**
 * struct path_copy - a path while it is made canonical
 * @in: raw path.
 * @len: its length.
 * @pos: bytes read.
 * @out: canonical path.
 * @used: bytes written.
 */
struct path_copy {
	const u8 *in;
	u16 len;
	u16 pos;
	u8 *out;
	u16 used;
};

/* Decode up to the next slash (RFC 3986 section 6.2.2). */
static int copy_segment(struct path_copy *c)
{
	int used;

	while (c->pos < c->len && c->in[c->pos] != '/') {
		if (httpq_field_is(c->in[c->pos], HTTPQ_BYTE_PATH)) {
			c->out[c->used++] = c->in[c->pos++];
			continue;
		}
		if (c->in[c->pos] != '%')
			return -EINVAL;
		used = copy_escape(c->in + c->pos, c->len - c->pos,
				   c->out + c->used);
		if (used < 0)
			return used;
		c->used += used;
		c->pos += 3;
	}
	return 0;
}

/* Take back the last segment with its slash; there is nothing above root. */
static void drop_segment(struct path_copy *c)
{
	while (c->used && c->out[--c->used] != '/')
		;
}

/*
 * RFC 3986 section 5.2.4 for the segment that was written last; its slash is
 * at @start. A dot segment at the end leaves its slash.
 */
static void resolve_dots(struct path_copy *c, u16 start)
{
	u16 len = c->used - start - 1;

	if (!is_dot_segment(c->out + start + 1, len))
		return;
	c->used = start;
	if (len == 2)
		drop_segment(c);
	if (c->pos == c->len)
		c->out[c->used++] = '/';
}

/**
 * httpq_url_canonical_path - make a path canonical
 * @path: raw path, without query.
 * @len: its length.
 * @out: room for @len bytes; may not overlap @path.
 *
 * Escaped unreserved characters are decoded, other escapes written in upper
 * case; then dot segments are removed, also those that were escaped. "%2F" and
 * "//" stay. ".." above the root stays at the root.
 *
 * Context: any.
 * Return: length of the canonical path, never above @len; -EINVAL for NUL,
 * backslash, a broken escape, a byte that no path can hold, or no slash at the
 * beginning.
 */
int httpq_url_canonical_path(const u8 *path, u16 len, u8 *out)
{
	struct path_copy c = { .in = path, .len = len, .out = out };
	int err;

	if (!len || path[0] != '/')
		return -EINVAL;
	while (c.pos < c.len) {
		u16 start = c.used;

		c.out[c.used++] = c.in[c.pos++];
		err = copy_segment(&c);
		if (err)
			return err;
		resolve_dots(&c, start);
	}
	return c.used;
}

/**
 * struct url_text - a prefix URL while it is read
 * @text: the URL as it was given.
 * @len: its length.
 * @host: length of the host, that begins behind the scheme.
 * @path: where the path begins.
 * @out: what is made of it.
 */
struct url_text {
	const u8 *text;
	size_t len;
	size_t host;
	size_t path;
	struct httpq_url *out;
};

static void append(struct httpq_url *out, const void *bytes, size_t len)
{
	memcpy(out->text + out->text_len, bytes, len);
	out->text_len += len;
}

static void append_number(struct httpq_url *out, u32 number)
{
	char digits[10];
	size_t i = sizeof(digits);

	do {
		digits[--i] = '0' + number % 10;
		number /= 10;
	} while (number);
	append(out, digits + i, sizeof(digits) - i);
}

static void append_ipv4(struct httpq_url *out, const u8 addr[4])
{
	int i;

	for (i = 0; i < 4; i++) {
		if (i)
			append(out, ".", 1);
		append_number(out, addr[i]);
	}
}

static u16 group_at(const u8 addr[16], int i)
{
	return addr[2 * i] << 8 | addr[2 * i + 1];
}

/* The first of the longest runs of zero groups; returns its length. */
static int longest_run(const u8 addr[16], int *start)
{
	int best = 0;
	int run = 0;
	int i;

	for (i = 0; i < GROUPS; i++) {
		run = group_at(addr, i) ? 0 : run + 1;
		if (run > best) {
			best = run;
			*start = i - run + 1;
		}
	}
	return best;
}

static void append_group(struct httpq_url *out, u16 group)
{
	int shift = 12;

	while (shift && !(group >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		append(out, &"0123456789abcdef"[group >> shift & 15], 1);
}

/* RFC 5952 section 4, in brackets. */
static void append_ipv6(struct httpq_url *out, const u8 addr[16])
{
	int start = GROUPS;
	int run = longest_run(addr, &start);
	int i;

	if (run < 2)
		start = GROUPS;
	append(out, "[", 1);
	for (i = 0; i < GROUPS; i++) {
		if (i == start) {
			append(out, "::", 2);
			i += run - 1;
			continue;
		}
		if (i && i != start + run)
			append(out, ":", 1);
		append_group(out, group_at(addr, i));
	}
	append(out, "]", 1);
}

/* An address; a mapped one is written as what it is, IPv4. */
static void append_addr(struct httpq_url *out)
{
	if (memcmp(out->addr, mapped_prefix, sizeof(mapped_prefix)))
		append_ipv6(out, out->addr);
	else
		append_ipv4(out, out->addr + sizeof(mapped_prefix));
}

static bool label_valid(const u8 *label, size_t len)
{
	size_t i;

	if (!len || len > LABEL_MAX_LEN)
		return false;
	if (label[0] == '-' || label[len - 1] == '-')
		return false;
	for (i = 0; i < len; i++) {
		u8 c = httpq_field_lower(label[i]);

		if (!is_digit(c) && (c < 'a' || c > 'z') && c != '-' &&
		    c != '_')
			return false;
	}
	return true;
}

/* What a resolver takes for a number: decimal, or hexadecimal after 0x. */
static bool label_is_number(const u8 *label, size_t len)
{
	bool hex = len >= 2 && label[0] == '0' &&
		   httpq_field_lower(label[1]) == 'x';
	size_t i;

	for (i = hex ? 2 : 0; i < len; i++)
		if (hex ? !is_hex(label[i]) : !is_digit(label[i]))
			return false;
	return true;
}

static const char *check_name(const u8 *name, size_t len)
{
	size_t start = 0;
	size_t i;

	if (len > NAME_MAX_LEN)
		return "host name is too long";
	for (i = 0; i <= len; i++) {
		if (i < len && name[i] != '.')
			continue;
		if (!label_valid(name + start, i - start))
			return "host is not a valid name";
		if (i == len && label_is_number(name + start, i - start))
			return "host is a number but no IPv4 address";
		start = i + 1;
	}
	return NULL;
}

static const char *put_name(struct url_text *t, const u8 *host)
{
	struct httpq_url *out = t->out;
	size_t len = t->host;
	const char *problem;
	size_t i;

	if (host[len - 1] == '.')
		len--;
	problem = check_name(host, len);
	if (problem)
		return problem;
	for (i = 0; i < len; i++)
		out->text[out->text_len++] = httpq_field_lower(host[i]);
	out->bucket = HTTPQ_URL_NAME;
	out->loopback = httpq_field_bytes_equal(host, len, "localhost");
	return NULL;
}

static const char *put_host(struct url_text *t)
{
	const u8 *host = t->text + SCHEME_LEN;
	struct httpq_url *out = t->out;

	if (!t->host)
		return "host is missing";
	if (t->host == 1 && (host[0] == '+' || host[0] == '*')) {
		out->bucket = host[0] == '+' ? HTTPQ_URL_STRONG :
					       HTTPQ_URL_WEAK;
		append(out, host, 1);
		return NULL;
	}
	if (!httpq_url_parse_addr(host, t->host, out->addr)) {
		out->bucket = HTTPQ_URL_ADDRESS;
		append_addr(out);
		return NULL;
	}
	memset(out->addr, 0, sizeof(out->addr));
	if (host[0] == '[')
		return "host is not a valid IPv6 address";
	return put_name(t, host);
}

static const char *put_port(struct url_text *t)
{
	size_t start = SCHEME_LEN + t->host + 1;
	const u8 *port = t->text + start;

	if (start >= t->path)
		return "port is missing";
	if (port[0] == '0' || parse_port(port, t->path - start, &t->out->port))
		return "port must be a number from 1 to 65535";
	append(t->out, ":", 1);
	append_number(t->out, t->out->port);
	return NULL;
}

static const char *put_path(struct url_text *t)
{
	const u8 *path = t->text + t->path;
	size_t len = t->len - t->path;
	struct httpq_url *out = t->out;
	int used;

	if (!len || path[len - 1] != '/')
		return "path must end in '/'";
	used = httpq_url_canonical_path(path, len,
					(u8 *)out->text + out->text_len);
	if (used < 0)
		return "path has a broken escape or a byte that no path can hold";
	out->text_len += used;
	return NULL;
}

static bool has_scheme(const u8 *text, size_t len, const char *scheme)
{
	size_t scheme_len = strlen(scheme);

	return len >= scheme_len &&
	       httpq_field_bytes_equal(text, scheme_len, scheme);
}

/* Faults that can be named before the parts are looked at. */
static const char *check_whole(const struct url_text *t)
{
	if (has_scheme(t->text, t->len, "https://"))
		return "https is not supported";
	if (!has_scheme(t->text, t->len, SCHEME))
		return "URL must begin with http://";
	if (memchr(t->text, '?', t->len))
		return "a prefix has no query";
	if (memchr(t->text, '#', t->len))
		return "a prefix has no fragment";
	return NULL;
}

static const char *put_authority(struct url_text *t)
{
	const u8 *slash = memchr(t->text + SCHEME_LEN, '/',
				 t->len - SCHEME_LEN);
	struct httpq_url *out = t->out;
	const char *problem;

	t->path = slash ? slash - t->text : t->len;
	if (memchr(t->text, '@', t->path))
		return "a prefix has no user name";
	t->host = host_length(t->text + SCHEME_LEN, t->path - SCHEME_LEN);
	append(out, SCHEME, SCHEME_LEN);
	out->host.off = out->text_len;
	problem = put_host(t);
	out->host.len = out->text_len - out->host.off;
	return problem ? problem : put_port(t);
}

static const char *put_url(struct url_text *t)
{
	struct httpq_url *out = t->out;
	const char *problem;

	problem = check_whole(t);
	if (problem)
		return problem;
	problem = put_authority(t);
	if (problem)
		return problem;
	out->path.off = out->text_len;
	problem = put_path(t);
	out->path.len = out->text_len - out->path.off;
	return problem;
}

/**
 * httpq_url_parse - read a prefix and make it canonical
 * @url: "http://host:port/path/", not NUL-terminated.
 * @len: its length.
 * @out: the prefix; unspecified on error.
 * @problem: on error, a static phrase that says what is wrong.
 *
 * Context: any.
 * Return: 0; -EINVAL if it is no prefix; -ENAMETOOLONG if it is longer than
 * HTTPQ_URL_MAX.
 */
int httpq_url_parse(const char *url, size_t len, struct httpq_url *out,
		    const char **problem)
{
	struct url_text t = { .text = (const u8 *)url, .len = len, .out = out };

	if (len > HTTPQ_URL_MAX) {
		*problem = "URL is too long";
		return -ENAMETOOLONG;
	}
	memset(out, 0, offsetof(struct httpq_url, text));
	*problem = put_url(&t);
	if (*problem)
		return -EINVAL;
	out->text[out->text_len] = '\0';
	return 0;
}
