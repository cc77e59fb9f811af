// SPDX-License-Identifier: GPL-2.0
/* httpq url: the prefixes that lead requests to queues. */
#include <errno.h>
#include <linux/httpq.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "holder.h"

#define WHAT_SIZE	(HTTPQ_URL_MAX + 16)
#define DEFAULT_PORT	80

static const char help[] =
	"Usage: httpq url add URL queue NAME [ context N ] [ site N ]\n"
	"                     [ keepalive { on | off } ]\n"
	"       httpq url set URL [ queue NAME ] [ context N ] [ site N ]\n"
	"                     [ keepalive { on | off } ]\n"
	"       httpq url del URL\n"
	"       httpq url [ show ]\n"
	"\n"
	"URL  := http://HOST:PORT/PATH/\n"
	"HOST := { NAME | ADDRESS | + | * }   + comes before names, * after them\n";

static const struct out_column columns[] = {
	{ "QUEUE", "queue", OUT_STRING, .attr = HTTPQ_A_QUEUE_NAME },
	{ "CONTEXT", "context", OUT_NUMBER, .attr = HTTPQ_A_CONTEXT },
	{ "PERSISTENT", "persistent", OUT_FLAG, .attr = HTTPQ_A_PERSISTENT },
	{ "SITE", "site", OUT_NUMBER, .attr = HTTPQ_A_SITE },
	{ "KEEPALIVE", "keepalive", OUT_NO_FLAG, .attr = HTTPQ_A_NO_KEEPALIVE },
	{ "URL", "url", OUT_STRING, .attr = HTTPQ_A_URL },
	{}
};

static int put_keepalive(struct nl_msg *msg, const struct param *param,
			 const char *value)
{
	int on = pick_word(param->name, value, switch_words,
			   sizeof(switch_words[0]));

	if (on)
		return on < 0 ? -1 : 0;
	return nla_put_flag(msg, param->attr);
}

static const struct param add_params[] = {
	{ "queue", HTTPQ_A_QUEUE_NAME, .put = put_queue_name,
	  .required = true },
	{ "context", HTTPQ_A_CONTEXT, .put = put_u64 },
	{ "site", HTTPQ_A_SITE, .put = put_u32 },
	{ "keepalive", HTTPQ_A_NO_KEEPALIVE, .put = put_keepalive },
	{}
};

/* What is not said stays, so that here "on" has to be sent, too. */
static const struct param set_params[] = {
	{ "queue", HTTPQ_A_QUEUE_NAME, .put = put_queue_name },
	{ "context", HTTPQ_A_CONTEXT, .put = put_u64 },
	{ "site", HTTPQ_A_SITE, .put = put_u32 },
	{ "keepalive", HTTPQ_A_KEEPALIVE, .put = put_word,
	  .words = switch_words },
	{}
};

static const struct hint add_hints[] = {
	{ EINVAL, "not a prefix URL",
	  "write it as http://HOST:PORT/PATH/" },
	{ ENOENT, "no such queue",
	  "make it first with 'httpq queue add NAME'" },
	{ EEXIST, "the URL is bound already",
	  "'httpq url show' says to which queue" },
	{ EPERM, "needs CAP_NET_ADMIN, but for http://localhost:PORT/",
	  "run as root" },
	{ EACCES, "needs CAP_NET_ADMIN, but for http://localhost:PORT/",
	  "run as root" },
	{ ENOSPC, "too many URLs", "delete one with 'httpq url del'" },
	{ EADDRNOTAVAIL, "the address is not of this host",
	  "'ip address' lists those that are" },
	{ 0 }
};

static const struct hint set_hints[] = {
	{ EINVAL, "not a prefix URL",
	  "write it as http://HOST:PORT/PATH/" },
	{ ENOENT, "no such URL is bound, or no such queue",
	  "'httpq url show' and 'httpq queue show' list them" },
	{ EBUSY, "the URL belongs to a worker",
	  "it goes when the worker does" },
	{ EPERM, "only the owner of its queue and root may (CAP_NET_ADMIN)",
	  "run as root" },
	{ EACCES, "only the owner of its queue and root may (CAP_NET_ADMIN)",
	  "run as root" },
	{ 0 }
};

static const struct hint del_hints[] = {
	{ EINVAL, "not a prefix URL",
	  "write it as http://HOST:PORT/PATH/" },
	{ ENOENT, "no such URL is bound", "'httpq url show' lists them" },
	{ EBUSY, "the URL belongs to a worker",
	  "it goes when the worker does" },
	{ EPERM, "only the owner of its queue and root may (CAP_NET_ADMIN)",
	  "run as root" },
	{ EACCES, "only the owner of its queue and root may (CAP_NET_ADMIN)",
	  "run as root" },
	{ 0 }
};

/* The port of a URL, or 0 if it can't be told. */
static unsigned int port_of(const char *url)
{
	const char *host = strstr(url, "://");
	const char *bracket, *colon;

	if (!host)
		return 0;
	host += 3;
	bracket = host[0] == '[' ? strchr(host, ']') : NULL;
	colon = strpbrk(bracket ? bracket : host, ":/");
	if (!colon || *colon == '/')
		return DEFAULT_PORT;
	return strtoul(colon + 1, NULL, 10) & 0xffff;
}

static int fail_in_use(const char *what, const char *url)
{
	char holder[160];

	holder_describe(port_of(url), holder, sizeof(holder));
	return fail("%s: %s; stop it or take another port", what, holder);
}

static int send_url(struct nl_msg *msg, const char *verb, const char *url,
		    const struct hint *hints)
{
	char what[WHAT_SIZE];
	int err;

	if (nl_open(options.netns)) {
		nlmsg_free(msg);
		return -1;
	}
	snprintf(what, sizeof(what), "url %s %s", verb, url);
	err = nl_talk(msg, NULL);
	if (err == -EADDRINUSE)
		return fail_in_use(what, url);
	return err ? fail_request(what, err, hints) : 0;
}

static int check_url(const char *verb, const char *url)
{
	if (!url)
		return fail("url %s needs a URL; see 'httpq url help'", verb);
	if (strlen(url) > HTTPQ_URL_MAX)
		return fail("url %s: a URL has at most %d bytes", verb,
			    HTTPQ_URL_MAX);
	return 0;
}

static int add_url(char **words)
{
	struct nl_msg *msg;

	if (check_url("add", words[0]))
		return -1;
	msg = nl_message(HTTPQ_CMD_URL_NEW, 0);
	if (nla_put_string(msg, HTTPQ_A_URL, words[0]) ||
	    put_params(msg, add_params, words + 1)) {
		nlmsg_free(msg);
		return -1;
	}
	return send_url(msg, "add", words[0], add_hints);
}

static int set_url(char **words)
{
	struct nl_msg *msg;

	if (check_url("set", words[0]))
		return -1;
	if (!words[1])
		return fail("url set %s: nothing to set; see 'httpq url help'",
			    words[0]);
	msg = nl_message(HTTPQ_CMD_URL_SET, 0);
	if (nla_put_string(msg, HTTPQ_A_URL, words[0]) ||
	    put_params(msg, set_params, words + 1)) {
		nlmsg_free(msg);
		return -1;
	}
	return send_url(msg, "set", words[0], set_hints);
}

static int del_url(char **words)
{
	struct nl_msg *msg;

	if (check_url("del", words[0]) || no_more_words(words + 1))
		return -1;
	msg = nl_message(HTTPQ_CMD_URL_DEL, 0);
	nla_put_string(msg, HTTPQ_A_URL, words[0]);
	return send_url(msg, "del", words[0], del_hints);
}

static int show_urls(char **words)
{
	if (no_more_words(words))
		return -1;
	return show_all(HTTPQ_CMD_URL_GET, columns, "url show");
}

static const struct verb verbs[] = {
	{ "add", add_url },
	{ "set", set_url },
	{ "del", del_url },
	{ "show", show_urls },
	{}
};

const struct object url_object = { "url", verbs, NULL, help };
