// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of httpq-files against the fake of the kernel.
 */
#define main files_main
#include "../../tools/examples/files.c"
#undef main

#include <sys/time.h>

#include "mock.h"
#include "test.h"

static int map(const char *path, const char *prefix, char *out)
{
	return path_map((struct httpq_str){ path, strlen(path) }, prefix, out);
}

static void test_paths(void)
{
	char out[PATH_MAX], *longest = calloc(1, 5001);

	CHECK(!map("/files/", "/files/", out) && !strcmp(out, "."));
	CHECK(!map("/files", "/files/", out) && !strcmp(out, "."));
	CHECK(!map("/", "/", out) && !strcmp(out, "."));
	CHECK(!map("/files/a%20b", "/files/", out) && !strcmp(out, "a b"));
	CHECK(!map("/files/d/", "/files/", out) && !strcmp(out, "d/"));
	CHECK(map("/file", "/files/", out) == -ENOENT);
	CHECK(map("/filesx", "/files/", out) == -ENOENT);
	CHECK(map("/files/a%2Fb", "/files/", out) == -ENOENT);
	CHECK(map("/files/a%2fb", "/files/", out) == -ENOENT);
	CHECK(map("/files//a", "/files/", out) == -ENOENT);
	CHECK(map("/files/a//b", "/files/", out) == -ENOENT);
	CHECK(map("//a", "/", out) == -ENOENT);
	CHECK(map("/files/%00", "/files/", out) == -EINVAL);
	CHECK(map("/files/%4", "/files/", out) == -EINVAL);
	CHECK(map("/files/%zz", "/files/", out) == -EINVAL);
	memset(longest, '/', 1);
	memset(longest + 1, 'a', 4999);
	CHECK(map(longest, "/", out) == -ENAMETOOLONG);
	free(longest);
	CHECK(!strcmp(path_type("a/b.HTML"), "text/html"));
	CHECK(!strcmp(path_type("a.txt/b"), "application/octet-stream"));
}

static void test_beneath(void)
{
	char root[] = "/tmp/unit_lib.XXXXXX", path[64];

	CHECK(mkdtemp(root));
	snprintf(path, sizeof(path), "%s/out", root);
	CHECK(!symlink("/etc", path));
	snprintf(path, sizeof(path), "%s/up", root);
	CHECK(!symlink("..", path));
	CHECK(path_open(AT_FDCWD, "/etc/passwd") == -ENOENT);
	CHECK(path_open(AT_FDCWD, "../x") == -ENOENT);
	CHECK(!chdir(root));
	CHECK(path_open(AT_FDCWD, "out/passwd") == -ENOENT);
	CHECK(path_open(AT_FDCWD, "up") == -ENOENT);
	CHECK(path_open_index(AT_FDCWD, ".") == -ENOENT);
	CHECK(!unlink("out") && !unlink("up") && !rmdir(root));
}

static bool date(const char *text, time_t *t)
{
	return date_parse((struct httpq_str){ text, strlen(text) }, t);
}

static void test_dates(void)
{
	char text[DATE_SIZE];
	time_t t;

	date_format(784111777, text);
	CHECK(!strcmp(text, "Sun, 06 Nov 1994 08:49:37 GMT"));
	CHECK(date(text, &t) && t == 784111777);
	CHECK(date("Sunday, 06-Nov-94 08:49:37 GMT", &t) && t == 784111777);
	CHECK(date("Sun Nov  6 08:49:37 1994", &t) && t == 784111777);
	CHECK(!date("Mon, 06 Nov 1994 08:49:37 GMT", &t));
	CHECK(!date("Sun, 31 Feb 1994 08:49:37 GMT", &t));
	CHECK(!date("Sun, 06 Nov 1994 08:49:37 CET", &t));
	CHECK(!date("Sun, 06 Nov 1994 08:49:37 GMT, x", &t));
	CHECK(!date("", &t));
	CHECK(!date("784111777", &t));
}


/* A site of its own for each test. */
static struct {
	struct site site;
	struct httpq *h;
	char path[32];
} at = { .site = { .prefix = "/files/" } };

#define MTIME 784111777

static void put_file(const char *name, off_t size)
{
	struct timeval times[2] = { { MTIME, 0 }, { MTIME, 0 } };
	int fd = openat(at.site.root, name, O_RDWR | O_CREAT, 0644);

	CHECK(fd >= 0 && !ftruncate(fd, size) && !futimes(fd, times));
	close(fd);
}

static void site_init(void)
{
	mock_reset();
	CHECK(!httpq_open(&at.h, "files", 0));
	strcpy(at.path, "/tmp/unit_lib.XXXXXX");
	CHECK(mkdtemp(at.path));
	at.site.root = openat(AT_FDCWD, at.path, O_DIRECTORY | O_RDONLY);
	CHECK(!mkdirat(at.site.root, "d", 0755));
	put_file("a.txt", 5);
	put_file("d/index.html", 7);
}

static void site_exit(void)
{
	unlinkat(at.site.root, "big", 0);
	unlinkat(at.site.root, "a.txt", 0);
	unlinkat(at.site.root, "d/index.html", 0);
	unlinkat(at.site.root, "d", AT_REMOVEDIR);
	close(at.site.root);
	CHECK(!rmdir(at.path));
	httpq_close(at.h);
}

static unsigned int request(enum httpq_method id, const char *path,
			    const char *const *fields)
{
	struct mock_request r = { .id = 1,
				  .method_id = (uint8_t)id,
				  .path = path,
				  .query = "q",
				  .fields = fields };
	struct httpq_request *req;

	mock_add(&r);
	mock.sent_len = 0;
	mock.cancels = 0;
	CHECK(!httpq_receive(at.h, &req));
	serve_file(req, &at.site);
	httpq_request_free(req);
	return mock_status();
}

static unsigned int get(const char *path)
{
	return request(HTTPQ_METHOD_GET, path, NULL);
}

static bool field_is(enum httpq_field_id id, const char *value)
{
	return httpq_str_is(mock_field(id), value);
}

static void test_get(void)
{
	site_init();
	CHECK(get("/files/a.txt") == 200 && mock.sent_len == 5);
	CHECK(field_is(HTTPQ_FIELD_CONTENT_TYPE, "text/plain"));
	CHECK(field_is(HTTPQ_FIELD_CONTENT_LENGTH, "5"));
	CHECK(field_is(HTTPQ_FIELD_LAST_MODIFIED,
		       "Sun, 06 Nov 1994 08:49:37 GMT"));
	CHECK(request(HTTPQ_METHOD_HEAD, "/files/a.txt", NULL) == 200);
	CHECK(field_is(HTTPQ_FIELD_CONTENT_LENGTH, "5") && !mock.sent_len);
	CHECK(get("/files/d/") == 200 && mock.sent_len == 7);
	CHECK(field_is(HTTPQ_FIELD_CONTENT_TYPE, "text/html"));
	CHECK(!mock.cancels);
	site_exit();
}

static void test_refused(void)
{
	site_init();
	CHECK(get("/files/none") == 404);
	CHECK(get("/files/a.txt/") == 404);
	CHECK(get("/files/") == 404);
	CHECK(get("/other/a.txt") == 404);
	CHECK(get("/files/%00") == 400);
	CHECK(request(HTTPQ_METHOD_POST, "/files/a.txt", NULL) == 405);
	CHECK(field_is(HTTPQ_FIELD_ALLOW, "GET, HEAD"));
	CHECK(get("/files/d") == 301);
	CHECK(field_is(HTTPQ_FIELD_LOCATION, "/files/d/?q"));
	CHECK(get("/files") == 301);
	CHECK(field_is(HTTPQ_FIELD_LOCATION, "/files/?q"));
	CHECK(!mock.cancels);
	site_exit();
}

static unsigned int get_since(const char *since, const char *more)
{
	char text[64];
	const char *fields[] = { text, more, NULL };

	snprintf(text, sizeof(text), "If-Modified-Since: %s", since);
	return request(HTTPQ_METHOD_GET, "/files/a.txt", fields);
}

static void test_unchanged(void)
{
	site_init();
	CHECK(get_since("Sun, 06 Nov 1994 08:49:37 GMT", NULL) == 304);
	CHECK(!mock.sent_len && mock_field(HTTPQ_FIELD_LAST_MODIFIED).ptr);
	CHECK(get_since("Sun, 06 Nov 1994 08:49:38 GMT", NULL) == 304);
	CHECK(get_since("Sun, 06 Nov 1994 08:49:36 GMT", NULL) == 200);
	CHECK(get_since("yesterday", NULL) == 200);
	CHECK(get_since("Sun, 06 Nov 1994 08:49:37 GMT",
			"If-None-Match: *") == 200);
	site_exit();
}

static void shrink(void)
{
	int fd = openat(at.site.root, "big", O_WRONLY | O_TRUNC);

	close(fd);
}

static void test_large(void)
{
	site_init();
	put_file("big", 10 * BUFFER + 1);
	CHECK(get("/files/big") == 200);
	CHECK(mock.sent_len == 10 * BUFFER + 1 && !mock.cancels);
	mock.take = 1000;
	CHECK(get("/files/big") == 200);
	CHECK(mock.sent_len == 10 * BUFFER + 1 && !mock.cancels);
	mock.take = UINT64_MAX;
	mock.on_send = shrink;
	CHECK(get("/files/big") == 200);
	CHECK(mock.sent_len == BUFFER && mock.cancels == 1);
	mock.on_send = NULL;
	put_file("big", 5LL << 30);
	CHECK(request(HTTPQ_METHOD_HEAD, "/files/big", NULL) == 200);
	CHECK(field_is(HTTPQ_FIELD_CONTENT_LENGTH, "5368709120"));
	site_exit();
}

/* The log gets the status that the client was to have. */
static void test_gone(void)
{
	site_init();
	put_file("big", 10 * BUFFER + 1);
	mock.send_status = -ECONNRESET;
	CHECK(get("/files/big") == 200);
	CHECK(mock.heads == 1 && mock.ended == 1 && !mock.cancels);
	CHECK(get("/files/a.txt") == 200);
	CHECK(mock.ended == 2 && !mock.cancels);
	mock.send_status = 0;
	site_exit();
}

const struct test files_tests[] = {
	{ "files: paths are mapped below the root", test_paths },
	{ "files: nothing outside is opened", test_beneath },
	{ "files: dates in three forms", test_dates },
	{ "files: GET, HEAD and an index", test_get },
	{ "files: 301, 400, 404 and 405", test_refused },
	{ "files: If-Modified-Since", test_unchanged },
	{ "files: large ones, and one that shrinks", test_large },
	{ "files: a client that is gone", test_gone },
	{ NULL, NULL },
};
