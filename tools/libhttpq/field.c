// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Field names: by number, by name, and in the tables of a head.
 */
#include "internal.h"

/* In the order of their numbers, which is that of the alphabet. */
static const char *const names[HTTPQ_FIELD_NR] = {
	[HTTPQ_FIELD_OTHER] = "",
	[HTTPQ_FIELD_ACCEPT] = "Accept",
	[HTTPQ_FIELD_ACCEPT_CHARSET] = "Accept-Charset",
	[HTTPQ_FIELD_ACCEPT_ENCODING] = "Accept-Encoding",
	[HTTPQ_FIELD_ACCEPT_LANGUAGE] = "Accept-Language",
	[HTTPQ_FIELD_ACCEPT_RANGES] = "Accept-Ranges",
	[HTTPQ_FIELD_AGE] = "Age",
	[HTTPQ_FIELD_ALLOW] = "Allow",
	[HTTPQ_FIELD_AUTHORIZATION] = "Authorization",
	[HTTPQ_FIELD_CACHE_CONTROL] = "Cache-Control",
	[HTTPQ_FIELD_CONNECTION] = "Connection",
	[HTTPQ_FIELD_CONTENT_ENCODING] = "Content-Encoding",
	[HTTPQ_FIELD_CONTENT_LANGUAGE] = "Content-Language",
	[HTTPQ_FIELD_CONTENT_LENGTH] = "Content-Length",
	[HTTPQ_FIELD_CONTENT_LOCATION] = "Content-Location",
	[HTTPQ_FIELD_CONTENT_RANGE] = "Content-Range",
	[HTTPQ_FIELD_CONTENT_TYPE] = "Content-Type",
	[HTTPQ_FIELD_COOKIE] = "Cookie",
	[HTTPQ_FIELD_DATE] = "Date",
	[HTTPQ_FIELD_ETAG] = "ETag",
	[HTTPQ_FIELD_EXPECT] = "Expect",
	[HTTPQ_FIELD_EXPIRES] = "Expires",
	[HTTPQ_FIELD_FORWARDED] = "Forwarded",
	[HTTPQ_FIELD_FROM] = "From",
	[HTTPQ_FIELD_HOST] = "Host",
	[HTTPQ_FIELD_IF_MATCH] = "If-Match",
	[HTTPQ_FIELD_IF_MODIFIED_SINCE] = "If-Modified-Since",
	[HTTPQ_FIELD_IF_NONE_MATCH] = "If-None-Match",
	[HTTPQ_FIELD_IF_RANGE] = "If-Range",
	[HTTPQ_FIELD_IF_UNMODIFIED_SINCE] = "If-Unmodified-Since",
	[HTTPQ_FIELD_KEEP_ALIVE] = "Keep-Alive",
	[HTTPQ_FIELD_LAST_MODIFIED] = "Last-Modified",
	[HTTPQ_FIELD_LINK] = "Link",
	[HTTPQ_FIELD_LOCATION] = "Location",
	[HTTPQ_FIELD_MAX_FORWARDS] = "Max-Forwards",
	[HTTPQ_FIELD_ORIGIN] = "Origin",
	[HTTPQ_FIELD_PRAGMA] = "Pragma",
	[HTTPQ_FIELD_PROXY_AUTHENTICATE] = "Proxy-Authenticate",
	[HTTPQ_FIELD_PROXY_AUTHORIZATION] = "Proxy-Authorization",
	[HTTPQ_FIELD_RANGE] = "Range",
	[HTTPQ_FIELD_REFERER] = "Referer",
	[HTTPQ_FIELD_RETRY_AFTER] = "Retry-After",
	[HTTPQ_FIELD_SERVER] = "Server",
	[HTTPQ_FIELD_SET_COOKIE] = "Set-Cookie",
	[HTTPQ_FIELD_STRICT_TRANSPORT_SECURITY] = "Strict-Transport-Security",
	[HTTPQ_FIELD_TE] = "TE",
	[HTTPQ_FIELD_TRAILER] = "Trailer",
	[HTTPQ_FIELD_TRANSFER_ENCODING] = "Transfer-Encoding",
	[HTTPQ_FIELD_UPGRADE] = "Upgrade",
	[HTTPQ_FIELD_USER_AGENT] = "User-Agent",
	[HTTPQ_FIELD_VARY] = "Vary",
	[HTTPQ_FIELD_VIA] = "Via",
	[HTTPQ_FIELD_WWW_AUTHENTICATE] = "WWW-Authenticate",
	[HTTPQ_FIELD_X_FORWARDED_FOR] = "X-Forwarded-For",
};

/**
 * httpq_field_id - the number of a field name
 * @name: the name, in any case.
 *
 * Return: the number, or HTTPQ_FIELD_OTHER.
 */
EXPORT enum httpq_field_id httpq_field_id(const char *name)
{
	unsigned int low = 1, high = HTTPQ_FIELD_NR;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;
		int order = strcasecmp(name, names[mid]);

		if (!order)
			return (enum httpq_field_id)mid;
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return HTTPQ_FIELD_OTHER;
}

/**
 * httpq_field_name - the name of a field number
 * @id: the number.
 *
 * Return: the name in its usual case; NULL if there is none.
 */
EXPORT const char *httpq_field_name(enum httpq_field_id id)
{
	if (id <= HTTPQ_FIELD_OTHER || id >= HTTPQ_FIELD_NR)
		return NULL;
	return names[id];
}

static struct httpq_str field_own_name(const struct httpq_field *field,
				       const char *data)
{
	const char *known = httpq_field_name((enum httpq_field_id)field->id);

	if (!field->name_len && known)
		return (struct httpq_str){ known, strlen(known) };
	return (struct httpq_str){ data + field->name_off, field->name_len };
}

void field_get(const struct httpq_field *field, const char *data,
	       struct httpq_str *name, struct httpq_str *value)
{
	if (name)
		*name = field_own_name(field, data);
	if (value)
		*value = (struct httpq_str){ data + field->value_off,
					     field->value_len };
}

/* The value of the first field of that name. */
struct httpq_str field_find(const struct httpq_field *fields, unsigned int nr,
			    const char *data, const char *name)
{
	struct httpq_str key, value;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		field_get(&fields[i], data, &key, &value);
		if (httpq_str_is_nocase(key, name))
			return value;
	}
	return (struct httpq_str){ NULL, 0 };
}
