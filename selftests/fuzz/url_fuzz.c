// SPDX-License-Identifier: GPL-2.0
/*
 * Prefix URLs, paths and authorities: what is canonical stays as it is, and
 * nothing grows.
 */
#include "../../kmod/field.h"
#include "../../kmod/url.h"
#include "fuzz.h"

static bool has_dot_segment(const u8 *path, int len)
{
	int i;

	for (i = 0; i < len; i++) {
		int end = i + 1;

		if (path[i] != '/')
			continue;
		while (end < len && end < i + 3 && path[end] == '.')
			end++;
		if (end > i + 1 && (end == len || path[end] == '/'))
			return true;
	}
	return false;
}

static void check_path(const u8 *data, size_t size)
{
	u8 *once = copy_of(data, size);
	u8 *twice = copy_of(data, size);
	int len = httpq_url_canonical_path(data, size, once);
	bool plain = httpq_url_path_is_plain(data, size);

	CHECK(!plain || len == (int)size);
	if (len >= 0) {
		CHECK(len > 0 && len <= (int)size && once[0] == '/');
		CHECK(!plain || !memcmp(once, data, size));
		CHECK(!has_dot_segment(once, len));
		CHECK(httpq_url_canonical_path(once, len, twice) == len);
		CHECK(!memcmp(once, twice, len));
	}
	free(once);
	free(twice);
}

static void check_prefix(const u8 *data, size_t size)
{
	static struct httpq_url url, again;
	const char *problem = NULL;

	if (httpq_url_parse((const char *)data, size, &url, &problem)) {
		CHECK(problem);
		return;
	}
	CHECK(!problem && url.text_len <= HTTPQ_URL_TEXT_MAX);
	CHECK(strlen(url.text) == url.text_len && url.port);
	CHECK(!httpq_url_parse(url.text, url.text_len, &again, &problem));
	CHECK(!strcmp(url.text, again.text));
	CHECK(!memcmp(&url.host, &again.host, sizeof(url.host)));
	CHECK(!memcmp(&url.path, &again.path, sizeof(url.path)));
	CHECK(!memcmp(url.addr, again.addr, sizeof(url.addr)));
	CHECK(url.bucket == again.bucket && url.port == again.port);
	CHECK(url.loopback == again.loopback);
	CHECK(url.path.off + url.path.len == url.text_len);
}

static void check_authority(const u8 *data, size_t size)
{
	struct httpq_authority authority;
	u8 addr[16];

	httpq_url_parse_addr(data, size, addr);
	if (httpq_url_parse_authority(data, size, &authority))
		return;
	CHECK(authority.host.off + authority.host.len <= size);
	CHECK(authority.host.len || !size);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	if (size > 4096)
		return 0;
	check_prefix(data, size);
	check_path(data, size);
	check_authority(data, size);
	return 0;
}
