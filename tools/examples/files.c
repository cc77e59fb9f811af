// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * httpq-files: serves the files below a directory.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"
#include "files.h"

#define BUFFER (128 * 1024)

struct site {
	const char *prefix;
	int root;
};

/**
 * struct file - what a request asks for
 * @fd: the open file.
 * @st: of @fd.
 * @name: below the root, for the type.
 */
struct file {
	int fd;
	struct stat st;
	char name[PATH_MAX];
};

static void refuse(struct httpq_request *req, unsigned int status)
{
	const char *text = status == 400 ? "Bad Request\n" :
			   status == 403 ? "Forbidden\n" :
			   status == 404 ? "Not Found\n" :
			   status == 405 ? "Method Not Allowed\n" :
			   status == 503 ? "Service Unavailable\n" :
					   "Internal Server Error\n";

	reply_all(req, status, "text/plain", text, strlen(text));
}

static unsigned int status_of(int err)
{
	switch (err) {
	case -EINVAL:
		return 400;
	case -EACCES:
	case -EPERM:
		return 403;
	case -ENOENT:
	case -ENAMETOOLONG:
		return 404;
	case -EMFILE:
	case -ENFILE:
	case -ENOMEM:
	case -EAGAIN:
		return 503;
	default:
		return 500;
	}
}

/* Sends the client of "/dir" to "/dir/". */
static void redirect(struct httpq_request *req)
{
	struct httpq_str path = httpq_path(req), query = httpq_query(req);
	char *to;

	if (asprintf(&to, "%.*s/%s%.*s", (int)path.len, path.ptr,
		     query.len ? "?" : "", (int)query.len, query.ptr) < 0) {
		refuse(req, 503);
		return;
	}
	httpq_add_header(req, "Location", to);
	free(to);
	reply_all(req, 301, "text/plain", "Moved Permanently\n", 18);
}

/* RFC 9110 section 13.1.3 */
static bool is_unchanged(const struct httpq_request *req, time_t mtime)
{
	struct httpq_str since =
		httpq_header_id(req, HTTPQ_FIELD_IF_MODIFIED_SINCE);
	time_t t;

	if (httpq_header_id(req, HTTPQ_FIELD_IF_NONE_MATCH).ptr)
		return false;
	return since.ptr && date_parse(since, &t) && mtime <= t;
}

static ssize_t read_full(int fd, char *buf, size_t len)
{
	size_t have = 0;
	ssize_t n;

	while (have < len) {
		n = read(fd, buf + have, len - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

/*
 * Sends what was promised. If the file has become shorter, the request is left
 * unfinished: freeing it then breaks the connection, and the client can tell.
 */
static void send_content(struct httpq_request *req, const struct file *file)
{
	uint64_t left = (uint64_t)file->st.st_size;
	char buf[BUFFER];

	do {
		size_t part = left < BUFFER ? (size_t)left : BUFFER;
		ssize_t n = read_full(file->fd, buf, part);

		if (n != (ssize_t)part)
			return;
		left -= part;
		if (send_all(req, buf, part, left ? HTTPQ_SEND_MORE : 0))
			return;
	} while (left);
}

static void send_file(struct httpq_request *req, const struct file *file)
{
	time_t now = time(NULL), mtime = file->st.st_mtime;
	char date[DATE_SIZE];

	/* No later than the Date of the response (section 8.8.2.1). */
	date_format(mtime < now ? mtime : now, date);
	httpq_add_header(req, "Last-Modified", date);
	if (is_unchanged(req, mtime)) {
		reply_all(req, 304, NULL, NULL, 0);
		return;
	}
	httpq_add_header(req, "Content-Type", path_type(file->name));
	httpq_add_header_u64(req, "Content-Length",
			     (uint64_t)file->st.st_size);
	if (httpq_method_id(req) == HTTPQ_METHOD_HEAD)
		send_all(req, NULL, 0, 0);
	else
		send_content(req, file);
}

/* The index of the directory in @file, in its place. */
static int file_index(const struct site *site, struct file *file)
{
	int fd = path_open_index(site->root, file->name);

	if (fd < 0)
		return fd;
	strcpy(file->name, "index.html");
	close(file->fd);
	file->fd = fd;
	return fstat(fd, &file->st) ? -errno : 0;
}

static int file_open(const struct site *site, struct httpq_request *req,
		     struct file *file)
{
	int err = path_map(httpq_path(req), site->prefix, file->name);

	if (err)
		return err;
	file->fd = path_open(site->root, file->name);
	if (file->fd < 0)
		return file->fd;
	return fstat(file->fd, &file->st) ? -errno : 0;
}

static void serve_open(const struct site *site, struct httpq_request *req,
		       struct file *file)
{
	struct httpq_str path = httpq_path(req);
	int err = 0;

	if (S_ISDIR(file->st.st_mode)) {
		if (path.ptr[path.len - 1] != '/') {
			redirect(req);
			return;
		}
		err = file_index(site, file);
	}
	if (!err && !S_ISREG(file->st.st_mode))
		err = -ENOENT;
	if (err)
		refuse(req, status_of(err));
	else
		send_file(req, file);
}

static void serve_file(struct httpq_request *req, void *arg)
{
	const struct site *site = arg;
	struct file file = { .fd = -1 };
	int err;

	if (httpq_method_id(req) != HTTPQ_METHOD_GET &&
	    httpq_method_id(req) != HTTPQ_METHOD_HEAD) {
		httpq_add_header(req, "Allow", "GET, HEAD");
		refuse(req, 405);
		return;
	}
	err = file_open(site, req, &file);
	if (err)
		refuse(req, status_of(err));
	else
		serve_open(site, req, &file);
	if (file.fd >= 0)
		close(file.fd);
}

static int serve(struct httpq *h, void *arg)
{
	return worker_each(h, serve_file, arg);
}

static int usage(void)
{
	fputs("Usage: httpq-files QUEUE ROOT [-b URL] [-p PATHPREFIX] [-t THREADS]\n"
	      "PATHPREFIX (default /files/) stands for ROOT and is taken off each path.\n",
	      stderr);
	return EXIT_FAILURE;
}

static int run(struct worker *w, struct site *site, const char *root)
{
	size_t len = strlen(site->prefix);

	if (!len || site->prefix[0] != '/' || site->prefix[len - 1] != '/') {
		fprintf(stderr, "%s: -p: must begin and end in a slash: %s\n",
			w->name, site->prefix);
		return EXIT_FAILURE;
	}
	site->root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (site->root < 0) {
		fprintf(stderr, "%s: %s: %s\n", w->name, root,
			strerror(errno));
		return EXIT_FAILURE;
	}
	return worker_run(w);
}

int main(int argc, char **argv)
{
	struct site site = { .prefix = "/files/" };
	struct worker w = {
		.name = "httpq-files",
		.threads = 1,
		.serve = serve,
		.arg = &site,
	};
	int opt;

	while ((opt = getopt(argc, argv, "b:p:t:")) >= 0) {
		if (opt == 'b')
			w.url = optarg;
		else if (opt == 'p')
			site.prefix = optarg;
		else if (opt == 't')
			w.threads = worker_threads(w.name, optarg);
		else
			return usage();
	}
	if (optind + 2 != argc)
		return usage();
	w.queue = argv[optind];
	return run(&w, &site, argv[optind + 1]);
}
