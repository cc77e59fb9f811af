// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * From the path of a request to a file below the root, and nowhere else.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "files.h"

static const struct {
	const char *extension;
	const char *type;
} types[] = {
	{ "avif", "image/avif" },
	{ "css", "text/css" },
	{ "csv", "text/csv" },
	{ "gif", "image/gif" },
	{ "gz", "application/gzip" },
	{ "htm", "text/html" },
	{ "html", "text/html" },
	{ "ico", "image/vnd.microsoft.icon" },
	{ "jpeg", "image/jpeg" },
	{ "jpg", "image/jpeg" },
	{ "js", "text/javascript" },
	{ "json", "application/json" },
	{ "md", "text/markdown" },
	{ "mjs", "text/javascript" },
	{ "mp3", "audio/mpeg" },
	{ "mp4", "video/mp4" },
	{ "pdf", "application/pdf" },
	{ "png", "image/png" },
	{ "svg", "image/svg+xml" },
	{ "tar", "application/x-tar" },
	{ "txt", "text/plain" },
	{ "wasm", "application/wasm" },
	{ "wav", "audio/wav" },
	{ "webm", "video/webm" },
	{ "webp", "image/webp" },
	{ "woff2", "font/woff2" },
	{ "xml", "application/xml" },
	{ "zip", "application/zip" },
};

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* One character of a path, decoded. Returns the bytes used, or -errno. */
static int decode(const char *p, size_t len, char *out)
{
	int high, low;

	*out = *p;
	if (*p != '%')
		return *p ? 1 : -EINVAL;
	if (len < 3)
		return -EINVAL;
	high = hex(p[1]);
	low = hex(p[2]);
	if (high < 0 || low < 0)
		return -EINVAL;
	*out = (char)(high << 4 | low);
	if (!*out)
		return -EINVAL;
	return *out == '/' ? -ENOENT : 3;
}

/* Takes the prefix off; "/a" is the directory of the prefix "/a/". */
static int strip(struct httpq_str *path, const char *prefix)
{
	size_t len = strlen(prefix);

	if (path->len == len - 1)
		len--;
	if (path->len < len || memcmp(path->ptr, prefix, len))
		return -ENOENT;
	path->ptr += len;
	path->len -= len;
	return 0;
}

/**
 * path_map - from the canonical path of a request to a relative file name
 * @path: the path.
 * @prefix: what stands for the root; ends in a slash.
 * @out: the name: "." for the root, else without a leading slash.
 *
 * Empty segments name nothing, so that "//host" can't become a redirect.
 *
 * Return: 0, -ENOENT (not below the prefix, "%2F", "//"), -EINVAL (NUL or a
 * broken escape), -ENAMETOOLONG.
 */
int path_map(struct httpq_str path, const char *prefix, char out[PATH_MAX])
{
	char *p = out, *end = out + PATH_MAX - 1;
	int n;

	n = strip(&path, prefix);
	if (n)
		return n;
	while (path.len) {
		if (p == end)
			return -ENAMETOOLONG;
		n = decode(path.ptr, path.len, p);
		if (n < 0)
			return n;
		if (*p == '/' && (p == out || p[-1] == '/'))
			return -ENOENT;
		p++;
		path.ptr += n;
		path.len -= (size_t)n;
	}
	*p = '\0';
	if (p == out)
		strcpy(out, ".");
	return 0;
}

/**
 * path_open - open a file below the root
 * @root: descriptor of the root.
 * @path: relative name. No part of it, symbolic links included, leads out.
 *
 * Return: a descriptor, -ENOENT (there is nothing that may be seen), or what
 * openat2() gives.
 */
int path_open(int root, const char *path)
{
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int fd, tries = 8;

	do {
		fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	} while (fd < 0 && (errno == EAGAIN || errno == EINTR) && tries--);
	if (fd >= 0)
		return fd;
	switch (errno) {
	case ENOTDIR:
	case EXDEV:
	case ELOOP:
	case ENAMETOOLONG:
	case ENXIO:
		return -ENOENT;
	default:
		return -errno;
	}
}

/* The index of the directory @path. */
int path_open_index(int root, const char *path)
{
	char index[PATH_MAX];
	int n = snprintf(index, sizeof(index), "%s/index.html", path);

	if (n < 0 || n >= (int)sizeof(index))
		return -ENOENT;
	return path_open(root, index);
}

/* The media type that the name suggests. */
const char *path_type(const char *path)
{
	const char *dot = strrchr(path, '.');
	size_t i;

	if (dot && !strchr(dot, '/'))
		for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
			if (!strcasecmp(dot + 1, types[i].extension))
				return types[i].type;
	return "application/octet-stream";
}
