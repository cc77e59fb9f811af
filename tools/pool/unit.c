// SPDX-License-Identifier: GPL-2.0
/*
 * Workers as transient units of systemd. Everything on the bus is asked
 * without waiting: process 1 may be waiting for something itself.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#include "pool.h"
#include "say.h"
#include "unit.h"

#define PRIVATE_BUS	"unix:path=/run/systemd/private"
#define SYSTEMD		"org.freedesktop.systemd1"
#define MANAGER_PATH	"/org/freedesktop/systemd1"
#define MANAGER		SYSTEMD ".Manager"
#define UNIT		SYSTEMD ".Unit"
#define SERVICE		SYSTEMD ".Service"
#define PROPERTIES	"org.freedesktop.DBus.Properties"

static sd_bus *bus;

static void check(struct worker *w);
static int open_bus(struct pool *pool);

static struct worker *find_by(struct pool *pool, const char *text, bool path)
{
	struct worker *w;

	for (w = pool->workers; w; w = w->next)
		if (w->unit && !strcmp(path ? w->path : w->unit, text))
			break;
	return w;
}

static const char *text_of(const sd_bus_error *error)
{
	return error && error->message ? error->message : "no connection";
}

/* Forgets a failed unit, so that its name and its memory are free. */
static void reset(const struct worker *w)
{
	sd_bus_call_method_async(bus, NULL, SYSTEMD, MANAGER_PATH, MANAGER,
				 "ResetFailedUnit", NULL, NULL, "s", w->unit);
}

static int on_pidfd(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct worker *w = arg;

	(void)fd;
	(void)events;
	/* It stays readable until the unit has ended as well. */
	sd_event_source_set_enabled(s, SD_EVENT_OFF);
	w->ending = true;
	check(w);
	return 0;
}

static void end(struct worker *w, const char *state)
{
	bool bad = !strcmp(state, "failed");
	enum policy_end good = w->unseen ? POLICY_END_UNSEEN : POLICY_END_GOOD;

	say_info("worker %u: ended%s, %s", w->id, bad ? " badly" : "", w->unit);
	if (bad)
		reset(w);
	worker_ended(w, bad ? POLICY_END_BAD : good);
}

static bool is_unknown(sd_bus_message *m)
{
	return sd_bus_message_is_method_error(m, SD_BUS_ERROR_UNKNOWN_OBJECT) ||
	       sd_bus_message_is_method_error(m, SYSTEMD ".NoSuchUnit");
}

static int on_state(sd_bus_message *m, void *arg, sd_bus_error *error)
{
	struct worker *w = arg;
	const char *state;

	(void)error;
	w->slot = sd_bus_slot_unref(w->slot);
	/* A unit that is not known has ended well. */
	if (is_unknown(m))
		state = "inactive";
	else if (sd_bus_message_is_method_error(m, NULL) ||
		 sd_bus_message_read(m, "v", "s", &state) < 0)
		return 0;
	if (!strcmp(state, "inactive") || !strcmp(state, "failed"))
		end(w, state);
	else if (w->check_again)
		check(w);
	return 0;
}

/* Looks whether the unit has ended. */
static void check(struct worker *w)
{
	w->check_again = w->slot;
	if (w->slot || open_bus(w->pool))
		return;
	if (sd_bus_call_method_async(bus, &w->slot, SYSTEMD, w->path,
				     PROPERTIES, "Get", on_state, w, "ss", UNIT,
				     "ActiveState") < 0)
		say_warning("worker %u: can't ask systemd for its state",
			    w->id);
}

static int on_changed(sd_bus_message *m, void *arg, sd_bus_error *error)
{
	struct worker *w = find_by(arg, sd_bus_message_get_path(m) ?: "", true);
	const char *interface;

	(void)error;
	if (w && w->pid && sd_bus_message_read(m, "s", &interface) >= 0 &&
	    !strcmp(interface, UNIT))
		check(w);
	return 0;
}

static int on_pid(sd_bus_message *m, void *arg, sd_bus_error *error)
{
	struct worker *w = arg;
	uint32_t pid = 0;

	(void)error;
	w->slot = sd_bus_slot_unref(w->slot);
	if (sd_bus_message_is_method_error(m, NULL) ||
	    sd_bus_message_read(m, "v", "u", &pid) < 0)
		pid = 0;
	if (pid) {
		w->unseen = false;
		worker_begun(w, (pid_t)pid);
	}
	if (!pid || worker_watch(w, on_pidfd)) {
		w->ending = true;
		check(w);
	}
	return 0;
}

static void ask_pid(struct worker *w)
{
	w->slot = sd_bus_slot_unref(w->slot);
	/* If that is not possible now unit_look() asks again. */
	w->ending = open_bus(w->pool) ||
		    sd_bus_call_method_async(bus, &w->slot, SYSTEMD, w->path,
					     PROPERTIES, "Get", on_pid, w,
					     "ss", SERVICE, "MainPID") < 0;
}

static int on_job_removed(sd_bus_message *m, void *arg, sd_bus_error *error)
{
	const char *job, *unit, *result;
	struct worker *w;
	uint32_t id;

	(void)error;
	if (sd_bus_message_read(m, "uoss", &id, &job, &unit, &result) < 0)
		return 0;
	w = find_by(arg, unit, false);
	if (!w || w->pid)
		return 0;
	if (strcmp(result, "done")) {
		say_error("worker %u: %s: %s", w->id, w->unit, result);
		reset(w);
		worker_ended(w, POLICY_END_BAD);
		return 0;
	}
	ask_pid(w);
	return 0;
}

/* systemd may have started it all the same. */
static bool is_lost(sd_bus_message *m)
{
	return sd_bus_message_is_method_error(m, SD_BUS_ERROR_NO_REPLY) ||
	       sd_bus_message_is_method_error(m, SD_BUS_ERROR_DISCONNECTED);
}

static int on_started(sd_bus_message *m, void *arg, sd_bus_error *error)
{
	struct worker *w = arg;

	(void)error;
	w->slot = sd_bus_slot_unref(w->slot);
	w->ending = is_lost(m);
	if (w->ending || !sd_bus_message_is_method_error(m, NULL))
		return 0;
	say_error("worker %u: %s: %s", w->id, w->unit,
		  text_of(sd_bus_message_get_error(m)));
	worker_ended(w, POLICY_END_BAD);
	return 0;
}

static int match(struct pool *pool)
{
	return sd_bus_match_signal(bus, NULL, NULL, MANAGER_PATH, MANAGER,
				   "JobRemoved", on_job_removed, pool) < 0 ||
	       sd_bus_match_signal(bus, NULL, NULL, NULL, PROPERTIES,
				   "PropertiesChanged", on_changed, pool) < 0 ||
	       sd_bus_call_method_async(bus, NULL, SYSTEMD, MANAGER_PATH,
					MANAGER, "Subscribe", NULL, NULL,
					"") < 0;
}

/* Root needs no dbus-daemon. */
static int connect_bus(struct pool *pool)
{
	if (sd_bus_new(&bus) >= 0 && sd_bus_set_address(bus, PRIVATE_BUS) >= 0 &&
	    sd_bus_start(bus) >= 0 && !match(pool) &&
	    sd_bus_attach_event(bus, pool->event, 0) >= 0)
		return 0;
	bus = sd_bus_close_unref(bus);
	return -1;
}

/* systemd closes its connections when it is told to execute itself anew. */
static int open_bus(struct pool *pool)
{
	struct worker *w;

	if (sd_bus_is_open(bus) > 0)
		return 0;
	bus = sd_bus_close_unref(bus);
	for (w = pool->workers; w; w = w->next) {
		w->slot = sd_bus_slot_unref(w->slot);
		/* Whether it was started is not known. */
		w->ending |= w->unit && !w->pid;
	}
	return connect_bus(pool);
}

static int unit_init(struct pool *pool)
{
	return geteuid() ? -1 : open_bus(pool);
}

/* Asks again what could not be asked, or was not answered. */
static void unit_look(struct pool *pool)
{
	struct worker *w;

	for (w = pool->workers; w; w = w->next)
		if (w->ending && !w->slot && w->pid)
			check(w);
		else if (w->ending && !w->slot)
			ask_pid(w);
}

static int name_unit(struct worker *w)
{
	if (asprintf(&w->unit, "httpq-%s-%u.service", w->pool->config->name,
		     w->id) < 0)
		w->unit = NULL;
	must(w->unit);
	return sd_bus_path_encode(MANAGER_PATH "/unit", w->unit, &w->path);
}

static int unit_start(struct worker *w, int handle, int ping)
{
	sd_bus_message *m = NULL;
	int err;

	if (open_bus(w->pool)) {
		say_error("worker %u: no connection to systemd", w->id);
		return -1;
	}
	err = name_unit(w);
	state_save(w->pool);
	if (err >= 0)
		err = sd_bus_message_new_method_call(bus, &m, SYSTEMD,
						     MANAGER_PATH, MANAGER,
						     "StartTransientUnit");
	if (err >= 0)
		err = unit_describe(m, w, handle, ping);
	if (err >= 0)
		err = sd_bus_call_async(bus, &w->slot, m, on_started, w, 0);
	sd_bus_message_unref(m);
	if (err >= 0)
		return 0;
	say_error("worker %u: %s: %s", w->id, w->unit, strerror(-err));
	return -1;
}

static int unit_adopt(struct worker *w)
{
	int err = sd_bus_path_encode(MANAGER_PATH "/unit", w->unit, &w->path);

	if (err < 0 || w->pid)
		return err < 0 ? err : worker_watch(w, on_pidfd);
	/* Its start was under way: unit_look() asks what became of it. */
	w->ending = true;
	w->unseen = true;
	return 0;
}

/* What can't be said to systemd is at least said to the process. */
static void kill_unit(struct worker *w, const char *whom, int sig)
{
	if (open_bus(w->pool) ||
	    sd_bus_call_method_async(bus, NULL, SYSTEMD, MANAGER_PATH, MANAGER,
				     "KillUnit", NULL, NULL, "ssi", w->unit,
				     whom, sig) < 0)
		pidfd_send_signal(w->pidfd, sig, NULL, 0);
}

static void unit_term(struct worker *w)
{
	kill_unit(w, "main", SIGTERM);
}

static void unit_kill(struct worker *w)
{
	kill_unit(w, "all", SIGKILL);
}

/* systemd does not forget it. */
static void unit_forget(struct worker *w)
{
	say_info("worker %u: stays behind as %s", w->id, w->unit);
}

static bool unit_owns(const struct worker *w, pid_t pid)
{
	char *unit = NULL;
	bool owns = sd_pid_get_unit(pid, &unit) >= 0 && w->unit &&
		    !strcmp(unit, w->unit);

	free(unit);
	return owns;
}

const struct launcher unit_launcher = {
	.init = unit_init,
	.look = unit_look,
	.start = unit_start,
	.adopt = unit_adopt,
	.term = unit_term,
	.kill = unit_kill,
	.forget = unit_forget,
	.owns = unit_owns,
};
