#include "collector/autoscale/autoscale.h"

#include "common/clock.h"
#include "common/format.h"
#include "common/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define JOURNAL_FIELDS_MAX 32
#define JOURNAL_TEXT_MAX   2048 /* of all their values */
#define AGE_MAX            24
#define STEP_NODES         256U /* observed at a time */

/* journalctl MESSAGE_ID=...; explained in packaging/headroom.catalog. */
#define DECISION_MESSAGE_ID "1c1fa655bfd04bdc86f978c0557f9ae9"

/* ---- a tick ---- */

/* One entry in the journal, with the decision's fields. */
static void log_decision(const struct decision_record *record)
{
    struct log_field fields[JOURNAL_FIELDS_MAX] = {{"MESSAGE_ID", DECISION_MESSAGE_ID}};
    char text[JOURNAL_TEXT_MAX];
    struct writer writer = {.text = text, .size = sizeof text};
    size_t count = 1;

    for (size_t i = 0; i < DECISION_FIELD_COUNT && count < JOURNAL_FIELDS_MAX; i++) {
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

/* Log, journal, decisions.csv and what is shown; an order has a row of its own. */
static void log_last(struct autoscale *autoscale, const struct group *group, const char *why, bool ordered,
                     const struct moment *when)
{
    struct scaled_group *mine = &autoscale->groups[group->index];
    const struct decision_record record = {
        .wall_ms = when->wall_ms, .group = group->name, .decision = &mine->last, .why = why};

    log_decision(&record);
    if (!ordered)
        (void)decision_log_add(autoscale->decisions, &record);
    decision_history_add(autoscale->history, group, &mine->last, when, why);
    scaled_group_note_logged(mine, when->now_ms);
}

/* Whether the group is scaled at this tick. */
static bool prepare(struct autoscale *autoscale, const struct group *group)
{
    struct scaled_group *mine = &autoscale->groups[group->index];
    enum scaled_group_ready ready = scaled_group_prepare(mine, &autoscale->observed[group->index]);

    if (ready == SCALED_GROUP_STARVED && !mine->starved)
        log_error("out of memory: no decisions for group %s until memory is available", group->name);
    mine->starved = mine->starved || ready == SCALED_GROUP_STARVED;
    return ready == SCALED_GROUP_READY;
}

static void decide(struct autoscale *autoscale, const struct group *group, int64_t now_ms)
{
    struct scaled_group *mine = &autoscale->groups[group->index];
    struct scaler_settings settings =
        scaled_group_settings(autoscale->config, group->name, actuation_possible(&autoscale->actuation));
    struct group_observation *observed = &autoscale->observed[group->index];
    char why[DECISION_SENTENCE_MAX];

    if (!prepare(autoscale, group))
        return;
    actuation_tick(&autoscale->actuation, group->index, settings.mode);
    struct moment when = {.now_ms = now_ms, .wall_ms = clock_wall_ms()};
    observed->unrecorded = decision_log_failing(autoscale->decisions);
    scaled_group_step(mine, &settings, now_ms, observed);
    decision_history_note(autoscale->history, group, &mine->last, &when);
    bool order = scaled_group_is_order(mine);
    bool due = scaled_group_is_due(mine, now_ms);
    if (!order && !due)
        return;
    decision_sentence(&mine->last, group->name, why, sizeof why);
    if (order)
        actuation_order(&autoscale->actuation, group, mine->scaler, &mine->last, why);
    if (due)
        log_last(autoscale, group, why, order, &when);
}

static void autoscale_on_synced(void *arg)
{
    actuation_synced(&((struct autoscale *)arg)->actuation);
}

/* One step of a tick: observes nodes, then decides for one group, and at last pokes the snapshot. */
static bool autoscale_on_step(void *arg)
{
    struct autoscale *autoscale = arg;
    struct observe_pass *observer = autoscale->observer;

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

/* One group per step, whole and as of its last tick: ticks may happen between two steps. */
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
    scaled_group_save(&autoscale->groups[step], registry->groups[step]->name, text);
    return true;
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
    int groups = scaled_group_adopt_all(autoscale->groups, autoscale->registry, &reader);
    if (groups <= 0)
        return groups;
    scaled_group_recall_all(autoscale->groups, autoscale->registry, autoscale->history);
    int64_t age_ms = now.mono_ms - reader.taken.mono_ms - reader.shift_ms;
    format_duration(age_ms > 0 ? age_ms / 1000 * 1000 : 0, age, sizeof age);
    log_info("read back the scaler's state of %d groups, saved %s ago", groups, age);
    return 0;
}

static void put_state_aside(const struct autoscale *autoscale, int rc)
{
    const char *what = rc == -ENOTSUP ? "was written by another version" : "is damaged";
    int rc_aside = snapshot_put_aside(&autoscale->snapshot);

    log_warning("scaler.state %s; the scaler starts without history, and scale-in waits for the full stabilization "
                "window; the "
                "file %s%s",
                what, rc_aside == 0 ? "was renamed to scaler.state.bad" : "can't be renamed: ",
                rc_aside == 0 ? "" : strerror(-rc_aside));
}

/* 0 or -ENOMEM. */
static int restore(struct autoscale *autoscale)
{
    int rc = snapshot_read(&autoscale->snapshot);

    if (rc == -ENOENT)
        return 0;
    if (rc < 0 && rc != -EFBIG && rc != -ENOMEM) {
        log_warning("can't read scaler.state: %s; the scaler starts without history", strerror(-rc));
        return 0;
    }
    if (rc == 0)
        rc = read_back(autoscale, &autoscale->snapshot.text);
    if (rc == -ENOMEM)
        return rc;
    if (rc < 0)
        put_state_aside(autoscale, rc);
    return 0;
}

/* ---- life ---- */

int autoscale_start(struct autoscale *autoscale, uv_loop_t *loop, const struct autoscale_options *options)
{
    const struct collector_config *config = options->config;

    *autoscale = (struct autoscale){
        .registry = options->registry, .config = config, .decisions = options->decisions, .history = options->history};
    autoscale->groups = calloc(GROUPS_MAX, sizeof *autoscale->groups);
    autoscale->observed = calloc(GROUPS_MAX, sizeof *autoscale->observed);
    autoscale->observer = calloc(1, sizeof *autoscale->observer);
    if (autoscale->groups == NULL || autoscale->observed == NULL || autoscale->observer == NULL) {
        autoscale_deinit(autoscale);
        return -ENOMEM;
    }
    snapshot_start(&autoscale->snapshot, loop, options->dir_fd, autoscale_on_fill, autoscale);
    const struct actuation_options actuation = {.registry = options->registry,
                                                .decisions = options->decisions,
                                                .program = config->on_scale,
                                                .timeout_ms = (uint64_t)config->hook_timeout_ms};
    int rc = actuation_start(&autoscale->actuation, loop, &actuation);
    if (rc < 0) {
        autoscale_deinit(autoscale);
        return rc;
    }
    rc = restore(autoscale);
    if (rc < 0)
        return rc;
    decision_log_on_synced(options->decisions, autoscale_on_synced, autoscale);
    slices_start(&autoscale->slices, loop, autoscale_on_step, autoscale);
    ticker_start(&autoscale->ticker, loop, (uint64_t)config->settings.tick_ms, 0, autoscale_on_tick, autoscale);
    return 0;
}

void autoscale_reconfigure(struct autoscale *autoscale, const struct collector_config *config)
{
    autoscale->config = config;
    actuation_reconfigure(&autoscale->actuation, config->on_scale, (uint64_t)config->hook_timeout_ms);
    ticker_set_interval(&autoscale->ticker, (uint64_t)config->settings.tick_ms);
}

/* The state is saved last, so that it holds the hooks' results. */
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
        scaled_group_free_all(autoscale->groups);
    snapshot_deinit(&autoscale->snapshot);
    actuation_deinit(&autoscale->actuation);
    free(autoscale->groups);
    free(autoscale->observed);
    free(autoscale->observer);
    autoscale->groups = NULL;
    autoscale->observed = NULL;
    autoscale->observer = NULL;
}
