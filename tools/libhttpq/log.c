// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What a worker adds to the record that a request leaves in the log.
 */
#include <errno.h>
#include <stdlib.h>

#include "internal.h"

static size_t text_len(const char *text)
{
	return text ? strlen(text) : 0;
}

/**
 * httpq_set_log - add to the record of the request in the log
 * @req: a request that is not ended.
 * @user: name of the user who was authenticated, or NULL; copied.
 * @substatus: a number that refines the status, up to 65535.
 * @note: a free text, or NULL; copied.
 *
 * The call that ends the response hands it to the kernel. A second call
 * replaces what the first one set.
 *
 * Return: 0, -EINVAL (a text of more than HTTPQ_LOG_TEXT_MAX bytes, or no such
 * number), -ENOMEM, -ESTALE (the response is ended).
 */
EXPORT int httpq_set_log(struct httpq_request *req, const char *user,
			 unsigned int substatus, const char *note)
{
	size_t user_len = text_len(user), note_len = text_len(note);
	struct httpq_log_data *log;

	if (req->over)
		return -ESTALE;
	if (user_len > HTTPQ_LOG_TEXT_MAX || note_len > HTTPQ_LOG_TEXT_MAX ||
	    substatus > UINT16_MAX)
		return -EINVAL;
	log = malloc(sizeof(*log) + user_len + note_len);
	if (!log)
		return -ENOMEM;
	log->substatus = (uint16_t)substatus;
	log->user_len = (uint16_t)user_len;
	log->note_len = (uint16_t)note_len;
	log->__reserved = 0;
	if (user_len)
		memcpy(log + 1, user, user_len);
	if (note_len)
		memcpy((char *)(log + 1) + user_len, note, note_len);
	free(req->log);
	req->log = log;
	req->log_len = (uint32_t)(sizeof(*log) + user_len + note_len);
	return 0;
}

/* Only the part that ends the response carries it. */
void log_fill(const struct httpq_request *req, struct httpq_send *send)
{
	if (send->flags & HTTPQ_SEND_MORE)
		return;
	send->log = (uintptr_t)req->log;
	send->log_len = req->log_len;
}
