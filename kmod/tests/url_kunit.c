// SPDX-License-Identifier: GPL-2.0
#include <kunit/test.h>

#include "../url.c"

#define TEXT(s) (s), sizeof(s) - 1

/* The name of a test: printable and without what means something in TAP. */
static void print_text(char *desc, const char *text, size_t len)
{
	size_t i;

	len = min_t(size_t, len, KUNIT_PARAM_DESC_SIZE - 1);
	for (i = 0; i < len; i++)
		desc[i] = text[i] > ' ' && text[i] < 0x7f && text[i] != '#' ?
			  text[i] : '?';
	desc[len] = '\0';
}

struct prefix_case {
	const char *url;
	const char *text;
	const char *host;
	const char *path;
	u8 bucket;
	u16 port;
	bool loopback;
};

#define NAME_CASE(url, text, host, path) \
	{ url, text, host, path, HTTPQ_URL_NAME, 80 }
#define ADDR_CASE(url, text, host) \
	{ url, text, host, "/", HTTPQ_URL_ADDRESS, 80 }

static const struct prefix_case prefix_cases[] = {
	{ "http://+:80/", "http://+:80/", "+", "/", HTTPQ_URL_STRONG, 80 },
	{ "http://*:80/", "http://*:80/", "*", "/", HTTPQ_URL_WEAK, 80 },
	{ "http://+:1/a/b/", "http://+:1/a/b/", "+", "/a/b/", HTTPQ_URL_STRONG,
	  1 },
	{ "http://*:65535/", "http://*:65535/", "*", "/", HTTPQ_URL_WEAK,
	  65535 },
	{ "HTTP://+:80/", "http://+:80/", "+", "/", HTTPQ_URL_STRONG, 80 },
	NAME_CASE("http://example.com:80/", "http://example.com:80/",
		  "example.com", "/"),
	NAME_CASE("http://Example.COM:80/Path/", "http://example.com:80/Path/",
		  "example.com", "/Path/"),
	NAME_CASE("http://example.com.:80/", "http://example.com:80/",
		  "example.com", "/"),
	NAME_CASE("http://a_b-c.d1:80/", "http://a_b-c.d1:80/", "a_b-c.d1",
		  "/"),
	NAME_CASE("http://1a:80/", "http://1a:80/", "1a", "/"),
	NAME_CASE("http://1.2.3.4.example:80/", "http://1.2.3.4.example:80/",
		  "1.2.3.4.example", "/"),
	NAME_CASE("http://xn--bcher-kva.example:80/",
		  "http://xn--bcher-kva.example:80/", "xn--bcher-kva.example",
		  "/"),
	{ "http://LocalHost.:8080/", "http://localhost:8080/", "localhost", "/",
	  HTTPQ_URL_NAME, 8080, true },
	{ "http://localhost.example:80/", "http://localhost.example:80/",
	  "localhost.example", "/", HTTPQ_URL_NAME, 80 },
	/* paths */
	NAME_CASE("http://h:80/%7euser/", "http://h:80/~user/", "h", "/~user/"),
	NAME_CASE("http://h:80/a/../b/./c/", "http://h:80/b/c/", "h", "/b/c/"),
	NAME_CASE("http://h:80/../../", "http://h:80/", "h", "/"),
	NAME_CASE("http://h:80//a//", "http://h:80//a//", "h", "//a//"),
	NAME_CASE("http://h:80/%2f%c3%a9/", "http://h:80/%2F%C3%A9/", "h",
		  "/%2F%C3%A9/"),
	NAME_CASE("http://h:80/a:b/", "http://h:80/a:b/", "h", "/a:b/"),
	/* addresses */
	ADDR_CASE("http://127.0.0.1:80/", "http://127.0.0.1:80/", "127.0.0.1"),
	ADDR_CASE("http://0.0.0.0:80/", "http://0.0.0.0:80/", "0.0.0.0"),
	ADDR_CASE("http://255.255.255.255:80/", "http://255.255.255.255:80/",
		  "255.255.255.255"),
	ADDR_CASE("http://[::1]:80/", "http://[::1]:80/", "[::1]"),
	ADDR_CASE("http://[::]:80/", "http://[::]:80/", "[::]"),
	ADDR_CASE("http://[0:0:0:0:0:0:0:1]:80/", "http://[::1]:80/", "[::1]"),
	ADDR_CASE("http://[1::]:80/", "http://[1::]:80/", "[1::]"),
	ADDR_CASE("http://[1:2:3:4:5:6:7::]:80/", "http://[1:2:3:4:5:6:7:0]:80/",
		  "[1:2:3:4:5:6:7:0]"),
	ADDR_CASE("http://[::2:3:4:5:6:7:8]:80/", "http://[0:2:3:4:5:6:7:8]:80/",
		  "[0:2:3:4:5:6:7:8]"),
	ADDR_CASE("http://[1::3:4:5:6:7:8]:80/", "http://[1:0:3:4:5:6:7:8]:80/",
		  "[1:0:3:4:5:6:7:8]"),
	ADDR_CASE("http://[2001:DB8::A]:80/", "http://[2001:db8::a]:80/",
		  "[2001:db8::a]"),
	ADDR_CASE("http://[2001:0db8:0000:0000:0001:0000:0000:0001]:80/",
		  "http://[2001:db8::1:0:0:1]:80/", "[2001:db8::1:0:0:1]"),
	ADDR_CASE("http://[1:0:0:2:0:0:0:3]:80/", "http://[1:0:0:2::3]:80/",
		  "[1:0:0:2::3]"),
	ADDR_CASE("http://[1:0:0:2:3:0:0:0]:80/", "http://[1:0:0:2:3::]:80/",
		  "[1:0:0:2:3::]"),
	ADDR_CASE("http://[0:0:1:2:3:4:0:0]:80/", "http://[::1:2:3:4:0:0]:80/",
		  "[::1:2:3:4:0:0]"),
	ADDR_CASE("http://[::ffff:1.2.3.4]:80/", "http://1.2.3.4:80/",
		  "1.2.3.4"),
	ADDR_CASE("http://[::FFFF:102:304]:80/", "http://1.2.3.4:80/",
		  "1.2.3.4"),
	ADDR_CASE("http://[::1.2.3.4]:80/", "http://[::102:304]:80/",
		  "[::102:304]"),
	ADDR_CASE("http://[1:2:3:4:5:6:7.8.9.10]:80/",
		  "http://[1:2:3:4:5:6:708:90a]:80/", "[1:2:3:4:5:6:708:90a]"),
	ADDR_CASE("http://[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:80/",
		  "http://[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:80/",
		  "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]"),
};

static void prefix_desc(const struct prefix_case *c, char *desc)
{
	print_text(desc, c->url, strlen(c->url));
}

KUNIT_ARRAY_PARAM(prefix, prefix_cases, prefix_desc);

static bool span_is(const struct httpq_url *url, struct httpq_span span,
		    const char *expect)
{
	return span.len == strlen(expect) &&
	       !memcmp(url->text + span.off, expect, span.len);
}

static void expect_prefix(struct kunit *test, const struct prefix_case *c,
			  const char *url)
{
	static struct httpq_url out;
	const char *problem = NULL;

	memset(&out, 0xa5, sizeof(out));
	if (httpq_url_parse(url, strlen(url), &out, &problem)) {
		KUNIT_FAIL(test, "%s: %s", url, problem);
		return;
	}
	KUNIT_EXPECT_STREQ(test, (const char *)out.text, c->text);
	KUNIT_EXPECT_EQ(test, (size_t)out.text_len, strlen(c->text));
	KUNIT_EXPECT_TRUE(test, span_is(&out, out.host, c->host));
	KUNIT_EXPECT_TRUE(test, span_is(&out, out.path, c->path));
	KUNIT_EXPECT_EQ(test, out.bucket, c->bucket);
	KUNIT_EXPECT_EQ(test, out.port, c->port);
	KUNIT_EXPECT_EQ(test, out.loopback, c->loopback);
}

static void parse_gives_canonical_prefix(struct kunit *test)
{
	const struct prefix_case *c = test->param_value;

	expect_prefix(test, c, c->url);
	/* The canonical text is its own canonical text. */
	expect_prefix(test, c, c->text);
}

struct bad_prefix_case {
	const char *url;
	const char *problem;
};

#define SCHEME_PROBLEM "URL must begin with http://"
#define PORT_PROBLEM "port must be a number from 1 to 65535"
#define NAME_PROBLEM "host is not a valid name"
#define NUMBER_PROBLEM "host is a number but no IPv4 address"
#define IPV6_PROBLEM "host is not a valid IPv6 address"
#define END_PROBLEM "path must end in '/'"
#define PATH_PROBLEM "path has a broken escape or a byte that no path can hold"
#define LABEL_63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct bad_prefix_case bad_prefix_cases[] = {
	{ "", SCHEME_PROBLEM },
	{ "http:/", SCHEME_PROBLEM },
	{ "http:/+:80/", SCHEME_PROBLEM },
	{ "ftp://+:80/", SCHEME_PROBLEM },
	{ " http://+:80/", SCHEME_PROBLEM },
	{ "//+:80/", SCHEME_PROBLEM },
	{ "https://+:443/", "https is not supported" },
	{ "HTTPS://+:443/", "https is not supported" },
	{ "http://", "host is missing" },
	{ "http:///", "host is missing" },
	{ "http://:80/", "host is missing" },
	{ "http://+/", "port is missing" },
	{ "http://+:/", "port is missing" },
	{ "http://example.com/", "port is missing" },
	{ "http://[::1]/", "port is missing" },
	{ "http://+:0/", PORT_PROBLEM },
	{ "http://+:080/", PORT_PROBLEM },
	{ "http://+:65536/", PORT_PROBLEM },
	{ "http://+:4294967376/", PORT_PROBLEM },
	{ "http://+:18446744073709551696/", PORT_PROBLEM },
	{ "http://+:-1/", PORT_PROBLEM },
	{ "http://+:+80/", PORT_PROBLEM },
	{ "http://+:80x/", PORT_PROBLEM },
	{ "http://+: 80/", PORT_PROBLEM },
	{ "http://+:80:80/", PORT_PROBLEM },
	{ "http://+:80", END_PROBLEM },
	{ "http://+:80/a", END_PROBLEM },
	{ "http://+:80/a/..", END_PROBLEM },
	{ "http://+:80/%2F", END_PROBLEM },
	{ "http://+:80/?", "a prefix has no query" },
	{ "http://+:80/a?b/", "a prefix has no query" },
	{ "http://+:80/#a/", "a prefix has no fragment" },
	{ "http://user@example.com:80/", "a prefix has no user name" },
	{ "http://a:b@example.com:80/", "a prefix has no user name" },
	{ "http://+:80/%/", PATH_PROBLEM },
	{ "http://+:80/%0/", PATH_PROBLEM },
	{ "http://+:80/%zz/", PATH_PROBLEM },
	{ "http://+:80/%00/", PATH_PROBLEM },
	{ "http://+:80/%5c/", PATH_PROBLEM },
	{ "http://+:80/\\/", PATH_PROBLEM },
	{ "http://+:80/a b/", PATH_PROBLEM },
	{ "http://+:80/\x01/", PATH_PROBLEM },
	{ "http://+:80/\xc3\xa9/", PATH_PROBLEM },
	{ "http://++:80/", NAME_PROBLEM },
	{ "http://*.example.com:80/", NAME_PROBLEM },
	{ "http://a..b:80/", NAME_PROBLEM },
	{ "http://.a:80/", NAME_PROBLEM },
	{ "http://a..:80/", NAME_PROBLEM },
	{ "http://.:80/", NAME_PROBLEM },
	{ "http://-a:80/", NAME_PROBLEM },
	{ "http://a-:80/", NAME_PROBLEM },
	{ "http://a-.b:80/", NAME_PROBLEM },
	{ "http://a b:80/", NAME_PROBLEM },
	{ "http://a%2eb:80/", NAME_PROBLEM },
	{ "http://b\xc3\xbc" "cher:80/", NAME_PROBLEM },
	{ "http://" LABEL_63 "a:80/", NAME_PROBLEM },
	{ "http://" LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_63 ":80/",
	  "host name is too long" },
	{ "http://1.2.3:80/", NUMBER_PROBLEM },
	{ "http://1.2.3.4.5:80/", NUMBER_PROBLEM },
	{ "http://1.2.3.256:80/", NUMBER_PROBLEM },
	{ "http://1.2.3.04:80/", NUMBER_PROBLEM },
	{ "http://01.2.3.4:80/", NUMBER_PROBLEM },
	{ "http://127.1:80/", NUMBER_PROBLEM },
	{ "http://2130706433:80/", NUMBER_PROBLEM },
	{ "http://0x7f000001:80/", NUMBER_PROBLEM },
	{ "http://0x7f.1:80/", NUMBER_PROBLEM },
	{ "http://127.0.0.0x1:80/", NUMBER_PROBLEM },
	{ "http://example.0X1F:80/", NUMBER_PROBLEM },
	{ "http://example.0x:80/", NUMBER_PROBLEM },
	{ "http://example.1:80/", NUMBER_PROBLEM },
	{ "http://1.2.3.4.:80/", NUMBER_PROBLEM },
	{ "http://[]:80/", IPV6_PROBLEM },
	{ "http://[:]:80/", IPV6_PROBLEM },
	{ "http://[:::]:80/", IPV6_PROBLEM },
	{ "http://[1]:80/", IPV6_PROBLEM },
	{ "http://[1:2:3:4:5:6:7]:80/", IPV6_PROBLEM },
	{ "http://[1:2:3:4:5:6:7:8:9]:80/", IPV6_PROBLEM },
	{ "http://[1:2:3:4:5:6:7:8::]:80/", IPV6_PROBLEM },
	{ "http://[::1:2:3:4:5:6:7:8]:80/", IPV6_PROBLEM },
	{ "http://[1::2::3]:80/", IPV6_PROBLEM },
	{ "http://[::::]:80/", IPV6_PROBLEM },
	{ "http://[1:]:80/", IPV6_PROBLEM },
	{ "http://[:1]:80/", IPV6_PROBLEM },
	{ "http://[12345::]:80/", IPV6_PROBLEM },
	{ "http://[g::]:80/", IPV6_PROBLEM },
	{ "http://[::1%25eth0]:80/", IPV6_PROBLEM },
	{ "http://[::1%eth0]:80/", IPV6_PROBLEM },
	{ "http://[::1.2.3]:80/", IPV6_PROBLEM },
	{ "http://[::1.2.3.4.5]:80/", IPV6_PROBLEM },
	{ "http://[::1.2.3.256]:80/", IPV6_PROBLEM },
	{ "http://[::01.2.3.4]:80/", IPV6_PROBLEM },
	{ "http://[1.2.3.4]:80/", IPV6_PROBLEM },
	{ "http://[1.2.3.4::]:80/", IPV6_PROBLEM },
	{ "http://[1:2:3:4:5:6:7:1.2.3.4]:80/", IPV6_PROBLEM },
	{ "http://[v1.a]:80/", IPV6_PROBLEM },
	{ "http://[::1:80/", IPV6_PROBLEM },
	{ "http://[::1]x:80/", IPV6_PROBLEM },
	{ "http://::1:80/", "host is missing" },
};

static void bad_prefix_desc(const struct bad_prefix_case *c, char *desc)
{
	print_text(desc, c->url, strlen(c->url));
}

KUNIT_ARRAY_PARAM(bad_prefix, bad_prefix_cases, bad_prefix_desc);

static void parse_says_what_is_wrong(struct kunit *test)
{
	const struct bad_prefix_case *c = test->param_value;
	static struct httpq_url out;
	const char *problem = "none";

	KUNIT_EXPECT_EQ(test, httpq_url_parse(c->url, strlen(c->url), &out,
					      &problem), -EINVAL);
	KUNIT_EXPECT_STREQ(test, problem ? problem : "none", c->problem);
}

/* "http://h:80/aaa.../" of @len bytes */
static int parse_long_url(struct kunit *test, size_t len, const char **problem)
{
	static const char start[] = "http://h:80/";
	static struct httpq_url out;
	char *url = kunit_kmalloc(test, len, GFP_KERNEL);
	int err;

	KUNIT_ASSERT_TRUE(test, url);
	memset(url, 'a', len);
	memcpy(url, start, sizeof(start) - 1);
	url[len - 1] = '/';
	err = httpq_url_parse(url, len, &out, problem);
	if (!err)
		KUNIT_EXPECT_EQ(test, (size_t)out.text_len, len);
	kunit_kfree(test, url);
	return err;
}

static void parse_bounds_the_length(struct kunit *test)
{
	const char *problem = "none";

	KUNIT_EXPECT_EQ(test, parse_long_url(test, HTTPQ_URL_MAX, &problem), 0);
	KUNIT_EXPECT_NULL(test, problem);
	KUNIT_EXPECT_EQ(test, parse_long_url(test, HTTPQ_URL_MAX + 1, &problem),
			-ENAMETOOLONG);
	KUNIT_EXPECT_STREQ(test, problem ? problem : "none",
			   "URL is too long");
}

static void parse_refuses_nul(struct kunit *test)
{
	static struct httpq_url out;
	const char *problem;

	KUNIT_EXPECT_EQ(test, httpq_url_parse(TEXT("http://h:80/\0/"), &out,
					      &problem), -EINVAL);
	KUNIT_EXPECT_EQ(test, httpq_url_parse(TEXT("http://h\0:80/"), &out,
					      &problem), -EINVAL);
}

struct path_case {
	const char *path;
	size_t len;
	const char *expect;	/* NULL: refused */
};

static const struct path_case path_cases[] = {
	{ TEXT("/"), "/" },
	{ TEXT("/a"), "/a" },
	{ TEXT("/a/"), "/a/" },
	{ TEXT("//"), "//" },
	{ TEXT("//a///b//"), "//a///b//" },
	/* dot segments, RFC 3986 section 5.2.4 */
	{ TEXT("/."), "/" },
	{ TEXT("/./"), "/" },
	{ TEXT("/.."), "/" },
	{ TEXT("/../"), "/" },
	{ TEXT("/a/."), "/a/" },
	{ TEXT("/a/.."), "/" },
	{ TEXT("/a/../"), "/" },
	{ TEXT("/a/b/../c"), "/a/c" },
	{ TEXT("/a/b/c/./../../g"), "/a/g" },
	{ TEXT("/a/../../b"), "/b" },
	{ TEXT("/../../../a"), "/a" },
	{ TEXT("/a//../b"), "/a/b" },
	{ TEXT("/a/..//b"), "//b" },
	{ TEXT("//.."), "/" },
	{ TEXT("//../a"), "/a" },
	{ TEXT("/..."), "/..." },
	{ TEXT("/.../a"), "/.../a" },
	{ TEXT("/.a"), "/.a" },
	{ TEXT("/..a/"), "/..a/" },
	{ TEXT("/a."), "/a." },
	{ TEXT("/a../b"), "/a../b" },
	{ TEXT("/.;x/a"), "/.;x/a" },
	{ TEXT("/..;/a"), "/..;/a" },
	/* escapes */
	{ TEXT("/%41%7a%30%2D%2e%5F%7E"), "/Az0-._~" },
	{ TEXT("/%2e"), "/" },
	{ TEXT("/%2e%2E/a"), "/a" },
	{ TEXT("/a/%2e./b"), "/b" },
	{ TEXT("/a/.%2e/b"), "/b" },
	{ TEXT("/a/%2e%2e%2fb"), "/a/..%2Fb" },
	{ TEXT("/%2f"), "/%2F" },
	{ TEXT("/a%2Fb"), "/a%2Fb" },
	{ TEXT("/%252e"), "/%252e" },
	{ TEXT("/%25%32%65"), "/%252e" },
	{ TEXT("/%3f%23%20"), "/%3F%23%20" },
	{ TEXT("/%c3%a9"), "/%C3%A9" },
	{ TEXT("/%ff"), "/%FF" },
	{ TEXT("/%01%1f%7f"), "/%01%1F%7F" },
	{ TEXT("/%0d%0a"), "/%0D%0A" },
	{ TEXT("/!$&'()*+,;=:@"), "/!$&'()*+,;=:@" },
	/* refused */
	{ TEXT("") },
	{ TEXT("a") },
	{ TEXT("../a") },
	{ TEXT("%2f") },
	{ TEXT("/%") },
	{ TEXT("/%4") },
	{ TEXT("/%4g") },
	{ TEXT("/%g4") },
	{ TEXT("/%%41") },
	{ TEXT("/%u0041") },
	{ TEXT("/% 1") },
	{ TEXT("/%+1") },
	{ TEXT("/%00") },
	{ TEXT("/a%00b") },
	{ TEXT("/%5c") },
	{ TEXT("/%5C..%5C") },
	{ TEXT("/\\") },
	{ TEXT("/a\0b") },
	{ TEXT("/a b") },
	{ TEXT("/a?b") },
	{ TEXT("/a#b") },
	{ TEXT("/\"") },
	{ TEXT("/<>") },
	{ TEXT("/[]") },
	{ TEXT("/^`{|}") },
	{ TEXT("/\x7f") },
	{ TEXT("/\xc3\xa9") },
	{ TEXT("/\r\n") },
};

static void path_desc(const struct path_case *c, char *desc)
{
	print_text(desc, c->path, c->len);
}

KUNIT_ARRAY_PARAM(path, path_cases, path_desc);

static void canonical_path_follows_rfc3986(struct kunit *test)
{
	const struct path_case *c = test->param_value;
	u8 *in = kunit_kmalloc(test, c->len, GFP_KERNEL);
	u8 *out = kunit_kmalloc(test, c->len, GFP_KERNEL);
	bool plain;
	int len;

	KUNIT_ASSERT_TRUE(test, in && out);
	memcpy(in, c->path, c->len);
	len = httpq_url_canonical_path(in, c->len, out);
	plain = httpq_url_path_is_plain(in, c->len);
	if (!c->expect) {
		KUNIT_EXPECT_EQ(test, len, -EINVAL);
		KUNIT_EXPECT_FALSE(test, plain);
	} else {
		KUNIT_EXPECT_EQ(test, len, (int)strlen(c->expect));
		KUNIT_EXPECT_EQ(test, memcmp(out, c->expect, max(len, 0)), 0);
		KUNIT_EXPECT_EQ(test, plain, !strchr(c->path, '%') &&
				!strcmp(c->path, c->expect));
	}
	kunit_kfree(test, in);
	kunit_kfree(test, out);
}

struct authority_case {
	const char *text;
	size_t len;
	int err;
	const char *host;
	u16 port;
};

static const struct authority_case authority_cases[] = {
	{ TEXT(""), 0, "", 0 },
	{ TEXT("example.com"), 0, "example.com", 0 },
	{ TEXT("Example.com:80"), 0, "Example.com", 80 },
	{ TEXT("example.com."), 0, "example.com", 0 },
	{ TEXT("example.com.:8080"), 0, "example.com", 8080 },
	{ TEXT("a:"), 0, "a", 0 },
	{ TEXT("a:65535"), 0, "a", 65535 },
	{ TEXT("a:00080"), 0, "a", 80 },
	{ TEXT("a_b~c!$&'()*+,;="), 0, "a_b~c!$&'()*+,;=", 0 },
	{ TEXT("1.2.3.4:5"), 0, "1.2.3.4", 5 },
	{ TEXT("[::1]"), 0, "[::1]", 0 },
	{ TEXT("[::1]:"), 0, "[::1]", 0 },
	{ TEXT("[2001:DB8::1]:443"), 0, "[2001:DB8::1]", 443 },
	{ TEXT("[::ffff:1.2.3.4]:80"), 0, "[::ffff:1.2.3.4]", 80 },
	{ TEXT(":"), -EINVAL },
	{ TEXT(":80"), -EINVAL },
	{ TEXT("."), -EINVAL },
	{ TEXT(".:80"), -EINVAL },
	{ TEXT("a.."), -EINVAL },
	{ TEXT("a:0"), -EINVAL },
	{ TEXT("a:000"), -EINVAL },
	{ TEXT("[::1]:0"), -EINVAL },
	{ TEXT("a:65536"), -EINVAL },
	{ TEXT("a:4294967376"), -EINVAL },
	{ TEXT("a:99999999999999999999999"), -EINVAL },
	{ TEXT("a:x"), -EINVAL },
	{ TEXT("a:-1"), -EINVAL },
	{ TEXT("a:80:80"), -EINVAL },
	{ TEXT("a::80"), -EINVAL },
	{ TEXT("a: 80"), -EINVAL },
	{ TEXT("a b"), -EINVAL },
	{ TEXT("a,b"), 0, "a,b", 0 },
	{ TEXT("a/b"), -EINVAL },
	{ TEXT("a?b"), -EINVAL },
	{ TEXT("a#b"), -EINVAL },
	{ TEXT("a\\b"), -EINVAL },
	{ TEXT("user@a"), -EINVAL },
	{ TEXT("user:pass@a"), -EINVAL },
	{ TEXT("a%2eb"), -EINVAL },
	{ TEXT("a\0b"), -EINVAL },
	{ TEXT("a\tb"), -EINVAL },
	{ TEXT("\xc3\xa9"), -EINVAL },
	{ TEXT("http://a"), -EINVAL },
	{ TEXT("["), -EINVAL },
	{ TEXT("[]"), -EINVAL },
	{ TEXT("[::1"), -EINVAL },
	{ TEXT("[::1]x"), -EINVAL },
	{ TEXT("[::1]80"), -EINVAL },
	{ TEXT("[::1]]"), -EINVAL },
	{ TEXT("[[::1]]"), -EINVAL },
	{ TEXT("[::1]."), -EINVAL },
	{ TEXT("[::1%25lo]"), -EINVAL },
	{ TEXT("[v1.x]"), -EINVAL },
	{ TEXT("a[::1]"), -EINVAL },
	{ TEXT("::1"), -EINVAL },
	{ TEXT("1:2:3:4:5:6:7:8"), -EINVAL },
};

static void authority_desc(const struct authority_case *c, char *desc)
{
	print_text(desc, c->text, c->len);
}

KUNIT_ARRAY_PARAM(authority, authority_cases, authority_desc);

static void parse_authority_is_strict(struct kunit *test)
{
	const struct authority_case *c = test->param_value;
	struct httpq_authority out = {};
	u8 *text = kunit_kmalloc(test, c->len, GFP_KERNEL);

	KUNIT_ASSERT_TRUE(test, text);
	memcpy(text, c->text, c->len);
	KUNIT_EXPECT_EQ(test, httpq_url_parse_authority(text, c->len, &out),
			c->err);
	KUNIT_EXPECT_EQ(test, out.port, c->port);
	if (c->host) {
		KUNIT_EXPECT_EQ(test, (size_t)out.host.len, strlen(c->host));
		KUNIT_EXPECT_EQ(test, memcmp(text + out.host.off, c->host,
					     strlen(c->host)), 0);
	}
	kunit_kfree(test, text);
}

struct agree_case {
	const char *a;
	const char *b;
	bool agree;
};

static const struct agree_case agree_cases[] = {
	{ "b", "b", true },
	{ "B.c", "b.C", true },
	{ "b.", "b", true },
	{ "b:80", "b", true },
	{ "b:", "b", true },
	{ "b:", "b:080", true },
	{ "b:81", "b:81", true },
	{ "[::1]:81", "[::1]:81", true },
	{ "[::1]", "[0:0:0:0:0:0:0:1]", true },
	{ "[2001:DB8::a]:80", "[2001:db8:0::0a]", true },
	{ "[::ffff:1.2.3.4]", "[::ffff:102:304]", true },
	{ "b", "c", false },
	{ "b", "bb", false },
	{ "b", "", false },
	{ "b:81", "b", false },
	{ "b:81", "b:82", false },
	{ "b:0", "b", false },
	{ "b:0", "b:0", false },
	{ "b:x", "b:x", false },
	{ "[::1]", "[::2]", false },
	{ "[::1]", "[::1]:81", false },
	{ "[::1]", "::1", false },
	{ "[::1]", "", false },
	{ "1.2.3.4", "[::ffff:1.2.3.4]", false },
};

static void agree_desc(const struct agree_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s and %s", c->a, c->b);
}

KUNIT_ARRAY_PARAM(agree, agree_cases, agree_desc);

static void authorities_agree_if_equal(struct kunit *test)
{
	const struct agree_case *c = test->param_value;
	const u8 *a = (const u8 *)c->a;
	const u8 *b = (const u8 *)c->b;

	KUNIT_EXPECT_EQ(test, httpq_url_authorities_agree(a, strlen(c->a), b,
							  strlen(c->b)),
			c->agree);
	KUNIT_EXPECT_EQ(test, httpq_url_authorities_agree(b, strlen(c->b), a,
							  strlen(c->a)),
			c->agree);
}

static void parse_addr_gives_network_order(struct kunit *test)
{
	static const u8 v4[16] = { [10] = 0xff, 0xff, 1, 2, 3, 4 };
	static const u8 v6[16] = { 0x20, 1, 0xd, 0xb8, [14] = 0xab, 0xcd };
	u8 out[16];

	KUNIT_EXPECT_EQ(test, httpq_url_parse_addr((u8 *)TEXT("1.2.3.4"), out),
			0);
	KUNIT_EXPECT_EQ(test, memcmp(out, v4, 16), 0);
	KUNIT_EXPECT_EQ(test, httpq_url_parse_addr
			((u8 *)TEXT("[2001:db8::abcd]"), out), 0);
	KUNIT_EXPECT_EQ(test, memcmp(out, v6, 16), 0);
	KUNIT_EXPECT_EQ(test, httpq_url_parse_addr((u8 *)TEXT("::1"), out),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, httpq_url_parse_addr((u8 *)TEXT("1.2.3.4."), out),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, httpq_url_parse_addr((u8 *)TEXT("1.2.3.1234"),
						   out), -EINVAL);
	KUNIT_EXPECT_EQ(test, httpq_url_parse_addr((u8 *)TEXT(""), out),
			-EINVAL);
}

static struct kunit_case url_test_cases[] = {
	KUNIT_CASE_PARAM(parse_gives_canonical_prefix, prefix_gen_params),
	KUNIT_CASE_PARAM(parse_says_what_is_wrong, bad_prefix_gen_params),
	KUNIT_CASE(parse_bounds_the_length),
	KUNIT_CASE(parse_refuses_nul),
	KUNIT_CASE_PARAM(canonical_path_follows_rfc3986, path_gen_params),
	KUNIT_CASE_PARAM(parse_authority_is_strict, authority_gen_params),
	KUNIT_CASE_PARAM(authorities_agree_if_equal, agree_gen_params),
	KUNIT_CASE(parse_addr_gives_network_order),
	{}
};

static struct kunit_suite url_suite = {
	.name = "httpq_url",
	.test_cases = url_test_cases,
};

kunit_test_suite(url_suite);
