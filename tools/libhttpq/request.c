// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What a request says. Nothing here changes it, fails or sleeps; strings and
 * fields are valid until the request is freed.
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "internal.h"

static const char *head_data(const struct httpq_request *req)
{
	return (const char *)req->head + req->head->data_off;
}

static const struct httpq_field *head_fields(const struct httpq_request *req)
{
	const char *base = (const char *)req->head;

	return (const struct httpq_field *)(base + req->head->fields_off);
}

static struct httpq_str span(const struct httpq_request *req,
			     struct httpq_span s)
{
	if (!s.len)
		return (struct httpq_str){ NULL, 0 };
	return (struct httpq_str){ head_data(req) + s.off, s.len };
}

/** httpq_handle - the handle that the request came from */
EXPORT struct httpq *httpq_handle(const struct httpq_request *req)
{
	return req->h;
}

/** httpq_id - the number that events name the request by */
EXPORT uint64_t httpq_id(const struct httpq_request *req)
{
	return req->head->id;
}

/** httpq_conn_id - names the connection; the same for all its requests */
EXPORT uint64_t httpq_conn_id(const struct httpq_request *req)
{
	return req->head->conn_id;
}

/** httpq_context - the number that was given when the prefix was bound */
EXPORT uint64_t httpq_context(const struct httpq_request *req)
{
	return req->head->context;
}

/** httpq_request_flags - HTTPQ_REQUEST_* */
EXPORT unsigned int httpq_request_flags(const struct httpq_request *req)
{
	return req->head->flags;
}

/** httpq_queued_ns - nanoseconds that the request waited for a worker */
EXPORT uint64_t httpq_queued_ns(const struct httpq_request *req)
{
	return req->head->queued_ns;
}

/** httpq_redelivered - how many workers had the request before and are gone */
EXPORT unsigned int httpq_redelivered(const struct httpq_request *req)
{
	return req->head->redelivered;
}

/** httpq_method_id - the method, or HTTPQ_METHOD_OTHER */
EXPORT enum httpq_method httpq_method_id(const struct httpq_request *req)
{
	return (enum httpq_method)req->head->method_id;
}

/** httpq_method - the method token */
EXPORT struct httpq_str httpq_method(const struct httpq_request *req)
{
	return span(req, req->head->method);
}

/** httpq_target - the request target exactly as it came */
EXPORT struct httpq_str httpq_target(const struct httpq_request *req)
{
	return span(req, req->head->target);
}

/** httpq_path - the path, unreserved characters decoded, dot segments gone */
EXPORT struct httpq_str httpq_path(const struct httpq_request *req)
{
	return span(req, req->head->path);
}

/** httpq_query - what follows the first '?'; NULL if absent or empty */
EXPORT struct httpq_str httpq_query(const struct httpq_request *req)
{
	return span(req, req->head->query);
}

/** httpq_host - the host that the client asked for, without a port */
EXPORT struct httpq_str httpq_host(const struct httpq_request *req)
{
	return span(req, req->head->host);
}

/** httpq_version - 10 for HTTP/1.0 and 11 for HTTP/1.1 */
EXPORT unsigned int httpq_version(const struct httpq_request *req)
{
	return req->head->version;
}

/** httpq_keepalive - whether the connection persists after the answer */
EXPORT bool httpq_keepalive(const struct httpq_request *req)
{
	return req->head->flags & HTTPQ_REQUEST_KEEPALIVE;
}

/** httpq_has_body - whether there is a body to read */
EXPORT bool httpq_has_body(const struct httpq_request *req)
{
	return req->head->flags & HTTPQ_REQUEST_BODY;
}

/** httpq_content_length - bytes of the body, or HTTPQ_LENGTH_UNKNOWN */
EXPORT uint64_t httpq_content_length(const struct httpq_request *req)
{
	return req->head->content_length;
}

static socklen_t to_sockaddr(const struct httpq_addr *from,
			     struct sockaddr_storage *to)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;
	struct sockaddr_in *in = (struct sockaddr_in *)to;
	struct in6_addr addr;

	memset(to, 0, sizeof(*to));
	memcpy(&addr, from->addr, sizeof(addr));
	if (IN6_IS_ADDR_V4MAPPED(&addr)) {
		in->sin_family = AF_INET;
		in->sin_port = htons(from->port);
		memcpy(&in->sin_addr, from->addr + 12, sizeof(in->sin_addr));
		return sizeof(*in);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(from->port);
	in6->sin6_addr = addr;
	in6->sin6_scope_id = from->scope_id;
	return sizeof(*in6);
}

/**
 * httpq_local - address and port that the client connected to
 * @req: the request.
 * @addr: where it goes: AF_INET6, or AF_INET for an IPv4 connection.
 *
 * Return: bytes used at @addr.
 */
EXPORT socklen_t httpq_local(const struct httpq_request *req,
			     struct sockaddr_storage *addr)
{
	return to_sockaddr(&req->head->local, addr);
}

/**
 * httpq_remote - address and port of the client
 * @req: the request.
 * @addr: as for httpq_local().
 *
 * Return: bytes used at @addr.
 */
EXPORT socklen_t httpq_remote(const struct httpq_request *req,
			      struct sockaddr_storage *addr)
{
	return to_sockaddr(&req->head->remote, addr);
}

/** httpq_set_user - remember a pointer of the caller with the request */
EXPORT void httpq_set_user(struct httpq_request *req, void *user)
{
	req->user = user;
}

/** httpq_user - the pointer of httpq_set_user(), or NULL */
EXPORT void *httpq_user(const struct httpq_request *req)
{
	return req->user;
}

/**
 * httpq_header - the value of a field
 * @req: the request.
 * @name: the name, in any case.
 *
 * Return: the value of the first such field; its ptr is NULL if there is none.
 */
EXPORT struct httpq_str httpq_header(const struct httpq_request *req,
				     const char *name)
{
	return field_find(head_fields(req), req->head->nr_fields,
			  head_data(req), name);
}

/**
 * httpq_header_id - the value of a field, faster than by name
 * @req: the request.
 * @id: number of the name.
 *
 * Return: as httpq_header().
 */
EXPORT struct httpq_str httpq_header_id(const struct httpq_request *req,
					enum httpq_field_id id)
{
	const struct httpq_field *field = head_fields(req);
	const struct httpq_field *end = field + req->head->nr_fields;
	struct httpq_str value = { NULL, 0 };

	while (field < end && field->id != id)
		field++;
	if (field < end)
		field_get(field, head_data(req), NULL, &value);
	return value;
}

/**
 * httpq_header_at - the field at an index, in the order of arrival
 * @req: the request.
 * @index: from 0.
 * @name: where the name goes; may be NULL.
 * @value: where the value goes; may be NULL.
 *
 * Return: false if there are no more.
 */
EXPORT bool httpq_header_at(const struct httpq_request *req,
			    unsigned int index, struct httpq_str *name,
			    struct httpq_str *value)
{
	if (index >= req->head->nr_fields)
		return false;
	field_get(&head_fields(req)[index], head_data(req), name, value);
	return true;
}
