#include "collector/problems/alerts.h"

#include "collector/problems/problem_json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HEAD_MAX 512U /* bytes of the object around the alerts */

const char *const alert_event_names[ALERT_EVENTS] = {
    [ALERT_BEGINS] = "begins", [ALERT_CONTINUES] = "continues", [ALERT_ENDS] = "ends"};

/* ---- the set ---- */

static struct alert *find(const struct alerts *alerts, const struct problem_key *key)
{
    struct alert *alert = NULL;

    HASH_FIND(hh, alerts->by_key, key, PROBLEM_KEY_LEN, alert);
    return alert;
}

static int add(struct alerts *alerts, const struct problem *problem, struct alert **added)
{
    struct alert *alert = NULL;

    if (alerts->count == ALERTS_MAX)
        return -ENOSPC;
    if ((alert = calloc(1, sizeof *alert)) == NULL)
        return -ENOMEM;
    alert->problem = *problem;
    HASH_ADD(hh, alerts->by_key, problem.key, PROBLEM_KEY_LEN, alert);
    if (alert->hh.tbl == NULL) {
        free(alert);
        return -ENOMEM;
    }
    alerts->count++;
    *added = alert;
    return 0;
}

static void forget(struct alerts *alerts, struct alert *alert)
{
    HASH_DEL(alerts->by_key, alert);
    free(alert);
    alerts->count--;
}

void alerts_deinit(struct alerts *alerts)
{
    struct alert *alert = NULL;
    struct alert *next = NULL;

    HASH_ITER (hh, alerts->by_key, alert, next)
        forget(alerts, alert);
    *alerts = (struct alerts){0};
}

int alerts_restore(struct alerts *alerts, const struct problem *problem, int64_t sent_ms)
{
    struct alert *alert = find(alerts, &problem->key);
    int rc = alert == NULL ? add(alerts, problem, &alert) : 0;

    if (rc < 0)
        return rc;
    alert->is_open = true;
    alert->is_restored = true;
    alert->sent_ms = sent_ms;
    return 0;
}

/* ---- what is due ---- */

/* Whether the last message is that long ago. */
static bool has_passed(const struct alert *alert, int64_t ms, int64_t wall_ms)
{
    return wall_ms - alert->sent_ms >= ms;
}

static enum alert_event due_event(const struct alerts *alerts, const struct alert *alert,
                                  const struct alert_times *times, const struct moment *now)
{
    bool may_send = has_passed(alert, times->interval_ms, now->wall_ms);
    bool may_end = !alert->is_restored || now->now_ms - alerts->begun_ms >= ALERTS_SETTLE_MS;

    if (!alert->is_there)
        return alert->is_open && may_send && may_end ? ALERT_ENDS : ALERT_NONE;
    if (!alert->is_open)
        return alert->problem.is_firing && may_send ? ALERT_BEGINS : ALERT_NONE;
    return times->repeat_ms > 0 && has_passed(alert, times->repeat_ms, now->wall_ms) ? ALERT_CONTINUES : ALERT_NONE;
}

static bool is_over(const struct alert *alert, const struct alert_times *times, const struct moment *now)
{
    return !alert->is_there && !alert->is_open && alert->sending == ALERT_NONE &&
           has_passed(alert, times->interval_ms, now->wall_ms);
}

/* ---- looks ---- */

static void see(struct alerts *alerts, const struct problem *problem)
{
    struct alert *alert = find(alerts, &problem->key);

    if (alert == NULL && (!problem->is_firing || add(alerts, problem, &alert) < 0))
        return;
    int64_t since_ms = alert->is_open ? alert->problem.since_ms : problem->since_ms;
    alert->problem = *problem;
    alert->problem.since_ms = since_ms;
    alert->is_restored = false;
    alert->look = alerts->look;
}

bool alerts_look(struct alerts *alerts, const struct problems *problems, const struct alert_times *times,
                 const struct moment *now)
{
    struct alert *alert = NULL;
    struct alert *next = NULL;
    bool any = false;

    alerts->look++;
    if (alerts->begun_ms == 0)
        alerts->begun_ms = now->now_ms;
    for (unsigned i = 0; i < problems->count; i++)
        see(alerts, problems->sorted[i]);
    HASH_ITER (hh, alerts->by_key, alert, next) {
        alert->is_there = alert->look == alerts->look;
        if (alert->sent_ms > now->wall_ms)
            alert->sent_ms = now->wall_ms; /* the clock was set back */
        any = any || due_event(alerts, alert, times, now) != ALERT_NONE;
        if (is_over(alert, times, now))
            forget(alerts, alert);
    }
    if (!any)
        alerts->due_ms = 0;
    else if (alerts->due_ms == 0)
        alerts->due_ms = now->now_ms;
    return any && now->now_ms - alerts->due_ms >= ALERTS_GATHER_MS;
}

/* ---- runs ---- */

static void put_alert(struct writer *writer, const struct alert *alert, bool first)
{
    writer_putf(writer, "%s\n{\"event\":\"%s\",", first ? "" : ",", alert_event_names[alert->sending]);
    problem_json_put(writer, &alert->problem);
    writer_put(writer, "}");
}

static unsigned choose(struct alerts *alerts, const struct alert_times *times, const struct moment *now)
{
    struct alert *alert = NULL;
    struct alert *next = NULL;
    unsigned chosen = 0;

    HASH_ITER (hh, alerts->by_key, alert, next) {
        alert->sending = chosen < ALERTS_RUN_MAX ? due_event(alerts, alert, times, now) : ALERT_NONE;
        chosen += alert->sending != ALERT_NONE;
    }
    return chosen;
}

static void put_chosen(struct writer *writer, const struct alerts *alerts, const char *collector, int64_t wall_ms)
{
    const struct alert *alert = NULL;
    bool first = true;

    writer_put(writer, "{\"collector\":");
    writer_put_string(writer, collector);
    writer_putf(writer, ",\"version\":\"" HEADROOM_VERSION "\",\"time_ms\":%" PRId64 ",\"alerts\":[", wall_ms);
    for (alert = alerts->by_key; alert != NULL; alert = alert->hh.next) {
        if (alert->sending == ALERT_NONE)
            continue;
        put_alert(writer, alert, first);
        first = false;
    }
    writer_put(writer, "\n]}\n");
}

int alerts_begin_run(struct alerts *alerts, const struct alert_times *times, const char *collector,
                     const struct moment *now, char **text, size_t *len)
{
    unsigned chosen = choose(alerts, times, now);
    struct writer writer = {.size = HEAD_MAX + (size_t)chosen * ALERT_JSON_MAX};

    if (chosen == 0)
        return 0;
    if ((writer.text = malloc(writer.size)) == NULL) {
        alerts_end_run(alerts, false, now);
        return -ENOMEM;
    }
    put_chosen(&writer, alerts, collector, now->wall_ms);
    *text = writer.text;
    *len = writer.len;
    return (int)chosen;
}

void alerts_end_run(struct alerts *alerts, bool is_accepted, const struct moment *now)
{
    for (struct alert *alert = alerts->by_key; alert != NULL; alert = alert->hh.next) {
        if (is_accepted && alert->sending != ALERT_NONE) {
            alert->is_open = alert->sending != ALERT_ENDS;
            alert->is_restored = alert->is_restored && alert->is_open;
            alert->sent_ms = now->wall_ms;
        }
        alert->sending = ALERT_NONE;
    }
    alerts->due_ms = 0;
}
