#include "collector/autoscale/autoscale.h"

#include "common/clock.h"
#include "common/log.h"
#include "common/parse.h"
#include "scaler/history.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPEAT_MS          300000 /* a decision that stands is said again */
#define HOLD_MS_MIN        60000  /* holding for another reason is no news more often than this */
#define SILENT_PART        10     /* one in so many nodes silent is worth a word */
#define WHY_MAX            512
#define JOURNAL_FIELDS_MAX 32
#define JOURNAL_TEXT_MAX   2048 /* of all their values */
#define AGE_MAX            24
#define STEP_NODES         256U /* observed at a time */

/* journalctl MESSAGE_ID=...; explained in packaging/headroom.catalog. */
#define DECISION_MESSAGE_ID "1c1fa655bfd04bdc86f978c0557f9ae9"

/* How much of the group was seen, single nodes of a large one aside: a change of that is news at any time. */
enum sight { SIGHT_NONE, SIGHT_PART, SIGHT_WHOLE };

static enum sight sight_of(const struct decision *decision)
{
    if (decision->guard == GUARD_STARTING || decision->guard == GUARD_NO_DATA)
        return SIGHT_NONE;
    const struct group_observation *o = &decision->observed;
    bool part = decision->guard == GUARD_SILENT_NODES || o->stale * SILENT_PART > o->live + o->stale;
    return part ? SIGHT_PART : SIGHT_WHOLE;
}

static bool is_news(const struct autoscale_group *group, const struct decision *decision, int64_t now_ms)
{
    if (!group->has_said || now_ms - group->said_ms >= REPEAT_MS)
        return true;
    bool same_sight = sight_of(&group->said) == sight_of(decision);
    if (decision_same(&group->said, decision) && same_sight)
        return false;
    bool holding = group->said.action == ACTION_HOLD && decision->action == ACTION_HOLD;
    return !holding || !same_sight || now_ms - group->said_ms >= HOLD_MS_MIN;
}

/* One entry in the journal, with the decision's fields. */
static void log_decision(const struct decision_record *record)
{
    struct log_field fields[JOURNAL_FIELDS_MAX] = {{"MESSAGE_ID", DECISION_MESSAGE_ID}};
    char text[JOURNAL_TEXT_MAX];
    struct writer writer = {.text = text, .size = sizeof text};
    size_t count = 1;

    for (size_t i = 0; i < decision_field_count && count < JOURNAL_FIELDS_MAX; i++) {
        const struct decision_field *field = &decision_fields[i];
        if (field->journal == NULL)
            continue;
        struct decision_value value = decision_fields_value(field, record, field->resource);
        fields[count++] = (struct log_field){field->journal, text + writer.len};
        decision_fields_put_text(&writer, field, &value);
        writer_put_bytes(&writer, "", 1);
    }
    log_record(LOG_LEVEL_INFO, record->why, fields, count);
}

static void say(struct autoscale *autoscale, const struct group *group, const struct decision *decision,
                const char *why, bool ordered, const struct moment *when)
{
    struct autoscale_group *mine = &autoscale->groups[group->index];
    const struct decision_record record = {
        .wall_ms = when->wall_ms, .group = group->name, .decision = decision, .why = why};

    log_decision(&record);
    if (!ordered) /* an order has a row of its own */
        (void)decision_log_add(autoscale->decisions, &record);
    decision_history_say(autoscale->history, group, decision, when, why);
    mine->has_said = true;
    mine->said = *decision;
    mine->said_ms = when->now_ms;
}

/* Those in force: without a hook nothing can be ordered. */
static struct scaler_settings settings_of(const struct autoscale *autoscale, const char *group)
{
    struct scaler_settings settings = *collector_config_group(autoscale->config, group);

    if (!actuation_possible(&autoscale->actuation) && settings.mode > MODE_OBSERVE)
        settings.mode = MODE_OBSERVE;
    return settings;
}

static bool is_order(const struct decision *decision)
{
    return decision->action != ACTION_HOLD && decision->settings.mode > MODE_OBSERVE;
}

static void decide(struct autoscale *autoscale, const struct group *group, int64_t now_ms)
{
    struct autoscale_group *mine = &autoscale->groups[group->index];
    struct scaler_settings settings = settings_of(autoscale, group->name);
    struct group_observation *observed = &autoscale->observed[group->index];
    char why[WHY_MAX];

    if (mine->scaler == NULL) {
        if (observed->live + observed->stale + observed->unreported == 0)
            return; /* known from old files only */
        mine->scaler = scaler_new();
    }
    if (mine->scaler == NULL) {
        if (!mine->starved)
            log_error("out of memory: no decisions for group %s until there is some", group->name);
        mine->starved = true;
        return;
    }
    actuation_tick(&autoscale->actuation, group->index, settings.mode);
    struct moment when = {.now_ms = now_ms, .wall_ms = clock_wall_ms()};
    observed->unrecorded = autoscale->decisions->again;
    mine->last = scaler_step(mine->scaler, &settings, now_ms, observed);
    decision_history_note(autoscale->history, group, &mine->last, &when);
    bool order = is_order(&mine->last);
    bool news = is_news(mine, &mine->last, now_ms);
    if (!order && !news)
        return;
    decision_sentence(&mine->last, group->name, why, sizeof why);
    if (order)
        actuation_order(&autoscale->actuation, group, mine->scaler, &mine->last, why);
    if (news)
        say(autoscale, group, &mine->last, why, order, &when);
}

static void autoscale_on_synced(void *arg)
{
    actuation_synced(&((struct autoscale *)arg)->actuation);
}

/* A step of the tick. */
static bool autoscale_on_step(void *arg)
{
    struct autoscale *autoscale = arg;
    struct observer *observer = autoscale->observer;

    if (!observe_step(observer, STEP_NODES))
        return true;
    if (autoscale->decided < observer->group_count) {
        decide(autoscale, autoscale->registry->groups[autoscale->decided++], observer->now_ms);
        return true;
    }
    snapshot_poke(&autoscale->snapshot);
    return false;
}

static void autoscale_on_tick(uint64_t now_ms, void *arg)
{
    struct autoscale *autoscale = arg;

    if (slices_running(&autoscale->slices))
        return;
    observe_begin(autoscale->observer, autoscale->registry, autoscale->config, (int64_t)now_ms, autoscale->observed);
    autoscale->decided = 0;
    slices_run(&autoscale->slices);
}

/* ---- over a restart ---- */

/* A group at a time, whole and as of its last tick: ticks may go on between two of them. */
static bool autoscale_on_fill(struct state_text *text, unsigned step, void *arg)
{
    const struct autoscale *autoscale = arg;
    const struct registry *registry = autoscale->registry;
    struct state_moment now;

    if (step == 0) {
        snapshot_now(&autoscale->snapshot, &now);
        state_begin(text, &now);
    }
    if (step >= registry->group_count)
        return false;
    const struct autoscale_group *mine = &autoscale->groups[step];
    struct state_group group = {
        .scaler = mine->scaler, .has_said = mine->has_said, .said_ms = mine->said_ms, .said = mine->said};
    if (mine->scaler == NULL)
        return true;
    memcpy(group.name, registry->groups[step]->name, sizeof group.name);
    state_add(text, &group);
    return true;
}

static void free_scalers(struct autoscale *autoscale)
{
    for (unsigned i = 0; i < GROUPS_MAX; i++)
        scaler_free(autoscale->groups[i].scaler);
}

/* What is shown of a group begins with what its scaler knows of the time before. */
static void recall(const struct autoscale *autoscale, const struct group *group)
{
    const struct scaler *scaler = autoscale->groups[group->index].scaler;
    const struct history *demand = scaler != NULL ? scaler_demand(scaler) : NULL;

    for (unsigned age = demand != NULL ? demand->count : 0; age-- > 0;)
        decision_history_recall(autoscale->history, group, history_at(demand, age)->time_ms,
                                history_at(demand, age)->value);
}

/* 1, or 0 when no sample of the group is stored, or -EBADMSG when it is there twice. */
static int adopt(struct autoscale *autoscale, const struct state_group *saved)
{
    const struct group *group = NULL;

    HASH_FIND_STR(autoscale->registry->groups_by_name, saved->name, group);
    if (group == NULL || autoscale->groups[group->index].scaler != NULL) {
        scaler_free(saved->scaler);
        return group == NULL ? 0 : -EBADMSG;
    }
    autoscale->groups[group->index] = (struct autoscale_group){
        .scaler = saved->scaler, .has_said = saved->has_said, .said = saved->said, .said_ms = saved->said_ms};
    return 1;
}

/* How many groups it is, or a negative errno, and then it is none of them. */
static int adopt_all(struct autoscale *autoscale, struct state_reader *reader)
{
    struct state_group saved;
    int adopted = 0;
    int rc = 0;

    while ((rc = state_next(reader, &saved)) == 1) {
        rc = adopt(autoscale, &saved);
        if (rc < 0)
            break;
        adopted += rc;
    }
    if (rc == 0)
        return adopted;
    free_scalers(autoscale);
    memset(autoscale->groups, 0, GROUPS_MAX * sizeof *autoscale->groups);
    return rc;
}

static int read_back(struct autoscale *autoscale, const struct state_text *text)
{
    struct state_reader reader;
    struct state_moment now;
    char age[AGE_MAX];

    snapshot_now(&autoscale->snapshot, &now);
    int rc = state_open(&reader, text->text, text->len, &now);
    if (rc < 0)
        return rc;
    int groups = adopt_all(autoscale, &reader);
    if (groups <= 0)
        return groups;
    for (unsigned i = 0; i < autoscale->registry->group_count; i++)
        recall(autoscale, autoscale->registry->groups[i]);
    int64_t age_ms = now.mono_ms - reader.taken.mono_ms - reader.shift_ms;
    format_duration(age_ms > 0 ? age_ms / 1000 * 1000 : 0, age, sizeof age);
    log_info("read back the scaler's state of %d groups, saved %s ago", groups, age);
    return 0;
}

static void refuse(const struct autoscale *autoscale, int rc)
{
    const char *what = rc == -ENOTSUP ? "is of another version" : "is damaged";
    int rc_aside = snapshot_put_aside(&autoscale->snapshot);

    log_warning("scaler.state %s; the scaler begins anew, and scale-in waits for the whole stabilization window; the "
                "file %s%s",
                what, rc_aside == 0 ? "is kept as scaler.state.bad" : "can't be kept aside: ",
                rc_aside == 0 ? "" : strerror(-rc_aside));
}

/* 0 or -ENOMEM. */
static int restore(struct autoscale *autoscale)
{
    int rc = snapshot_read(&autoscale->snapshot);

    if (rc == -ENOENT)
        return 0;
    if (rc < 0 && rc != -EFBIG && rc != -ENOMEM) {
        log_warning("can't read scaler.state: %s; the scaler begins anew", strerror(-rc));
        return 0;
    }
    if (rc == 0)
        rc = read_back(autoscale, &autoscale->snapshot.text);
    if (rc == -ENOMEM)
        return rc;
    if (rc < 0)
        refuse(autoscale, rc);
    return 0;
}

/* ---- life ---- */

int autoscale_start(struct autoscale *autoscale, uv_loop_t *loop, const struct registry *registry,
                    const struct collector_config *config, struct decision_log *decisions,
                    struct decision_history *history, int dir_fd)
{
    *autoscale = (struct autoscale){.registry = registry, .config = config, .decisions = decisions, .history = history};
    autoscale->groups = calloc(GROUPS_MAX, sizeof *autoscale->groups);
    autoscale->observed = calloc(GROUPS_MAX, sizeof *autoscale->observed);
    autoscale->observer = calloc(1, sizeof *autoscale->observer);
    if (autoscale->groups == NULL || autoscale->observed == NULL || autoscale->observer == NULL) {
        autoscale_deinit(autoscale);
        return -ENOMEM;
    }
    snapshot_start(&autoscale->snapshot, loop, dir_fd, autoscale_on_fill, autoscale);
    int rc = actuation_start(&autoscale->actuation, loop, registry, decisions, config->on_scale,
                             (uint64_t)config->hook_timeout_ms);
    if (rc < 0) {
        autoscale_deinit(autoscale);
        return rc;
    }
    rc = restore(autoscale);
    if (rc < 0)
        return rc;
    decisions->synced_cb = autoscale_on_synced;
    decisions->synced_arg = autoscale;
    slices_start(&autoscale->slices, loop, autoscale_on_step, autoscale);
    ticker_start(&autoscale->ticker, loop, (uint64_t)config->settings.tick_ms, 0, autoscale_on_tick, autoscale);
    return 0;
}

void autoscale_reconfigure(struct autoscale *autoscale, const struct collector_config *config)
{
    autoscale->config = config;
    autoscale->actuation.program = config->on_scale;
    autoscale->actuation.hook.timeout_ms = (uint64_t)config->hook_timeout_ms;
    ticker_set_interval(&autoscale->ticker, (uint64_t)config->settings.tick_ms);
}

/* The state is saved when the hooks' results are in it. */
static void autoscale_on_hooks_drained(void *arg)
{
    struct autoscale *autoscale = arg;

    snapshot_drain(&autoscale->snapshot, autoscale->drained_cb, autoscale->drained_arg);
}

void autoscale_drain(struct autoscale *autoscale, snapshot_drained_cb *drained_cb, void *arg)
{
    ticker_close(&autoscale->ticker);
    slices_finish(&autoscale->slices);
    autoscale->drained_cb = drained_cb;
    autoscale->drained_arg = arg;
    actuation_drain(&autoscale->actuation, autoscale_on_hooks_drained, autoscale);
}

void autoscale_close(struct autoscale *autoscale)
{
    ticker_close(&autoscale->ticker);
    slices_close(&autoscale->slices);
    snapshot_close(&autoscale->snapshot);
    actuation_close(&autoscale->actuation);
}

void autoscale_deinit(struct autoscale *autoscale)
{
    if (autoscale->groups != NULL)
        free_scalers(autoscale);
    snapshot_deinit(&autoscale->snapshot);
    actuation_deinit(&autoscale->actuation);
    free(autoscale->groups);
    free(autoscale->observed);
    free(autoscale->observer);
    autoscale->groups = NULL;
    autoscale->observed = NULL;
    autoscale->observer = NULL;
}
