#include "collector/autoscale/autoscale.h"

#include "collector/autoscale/open_orders.h"
#include "collector/autoscale/snapshot_file.h"
#include "common/clock.h"
#include "common/format.h"
#include "common/log.h"
#include "common/parse.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define JOURNAL_TEXT_MAX 2048 /* of all their values */
#define AGE_MAX          24

/* journalctl MESSAGE_ID=...; explained in packaging/headroom.catalog. */
#define DECISION_MESSAGE_ID "1c1fa655bfd04bdc86f978c0557f9ae9"

#define CONDITION_MESSAGE_ID "f24b0c6de8a1476d9f35c2b7a9d04e61"

/* ---- the hook ---- */

static struct moment moment_now(const struct autoscale *autoscale)
{
    return (struct moment){.now_ms = (int64_t)uv_now(autoscale->hook.loop), .wall_ms = clock_wall_ms()};
}

/* After each change of the rows, of the hook's queue, and of what is to be counted. */
static void poke(struct autoscale *autoscale)
{
    decision_log_poke(autoscale->decisions);
    hook_poke(&autoscale->hook);
    if (autoscale->scaling.actuation.counts.has_new)
        hook_questions_poke(&autoscale->questions);
}

static const char *autoscale_on_begin(unsigned index, void *arg)
{
    struct autoscale *autoscale = arg;
    const struct moment now = moment_now(autoscale);

    const char *program = actuation_begin(&autoscale->scaling.actuation, index, &now);
    if (program == NULL)
        decision_log_poke(autoscale->decisions); /* with the order's outcome */
    return program;
}

static void autoscale_on_ended(unsigned index, const struct hook_result *result, void *arg)
{
    struct autoscale *autoscale = arg;
    const struct moment now = moment_now(autoscale);

    actuation_ended(&autoscale->scaling.actuation, index, result, &now);
    poke(autoscale);
}

static const struct hook_events hook_events = {.begin = autoscale_on_begin, .on_ended = autoscale_on_ended};

static void autoscale_on_answered(void *arg)
{
    poke(arg);
}

/* ---- a tick ---- */

/* One entry in the journal, with the decision's fields. */
static void log_decision(const struct decision_record *record)
{
    struct log_field fields[1 + DECISION_FIELD_COUNT] = {{"MESSAGE_ID", DECISION_MESSAGE_ID}};
    char text[JOURNAL_TEXT_MAX];
    struct writer writer = {.text = text, .size = sizeof text};
    size_t count = 1;

    for (size_t i = 0; i < DECISION_FIELD_COUNT; i++) {
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

static void log_condition(const char *group, const char *name, const struct condition *condition)
{
    char message[NAME_LEN_MAX + CONDITION_WHY_MAX + 64];
    const struct log_field fields[] = {{"MESSAGE_ID", CONDITION_MESSAGE_ID},
                                       {"HEADROOM_CONDITION", name},
                                       {"HEADROOM_STATUS", condition->holds ? "true" : "false"},
                                       {"HEADROOM_REASON", condition->why},
                                       {"HEADROOM_GROUP", group}};

    (void)snprintf(message, sizeof message, "%s: %s is %s: %s", group, name, condition->holds ? "true" : "false",
                   condition->why);
    log_record(LOG_LEVEL_INFO, message, fields, sizeof fields / sizeof *fields);
}

static void log_outcome(const struct scaling_outcome *outcome)
{
    for (unsigned id = 0; id < CONDITION_COUNT; id++)
        if ((outcome->turned & 1U << id) != 0)
            log_condition(outcome->group, condition_names[id], &outcome->conditions->of[id]);
    if (outcome->is_starved)
        log_error("out of memory: no decisions for group %s until memory is available", outcome->group);
    if (outcome->order_rc < 0)
        log_error("group %s: no order: can't create the decision record: %s", outcome->group,
                  strerror(-outcome->order_rc));
    if (outcome->note[0] != '\0')
        hook_run_log(outcome->group, LOG_LEVEL_WARNING, outcome->note);
    if (outcome->signal_note[0] != '\0')
        hook_run_log(outcome->group, LOG_LEVEL_ERROR, outcome->signal_note);
    if (outcome->given_up[0] != '\0')
        hook_run_log(outcome->group, LOG_LEVEL_WARNING, outcome->given_up);
    if (outcome->is_logged)
        log_decision(&outcome->record);
}

static void autoscale_on_synced(void *arg)
{
    struct autoscale *autoscale = arg;

    const struct moment now = moment_now(autoscale);

    scaling_synced(&autoscale->scaling, &now);
    poke(autoscale);
}

static void autoscale_on_member(bool is_warning, const char *line)
{
    log_line(is_warning, line);
}

static bool autoscale_on_step(void *arg)
{
    struct autoscale *autoscale = arg;
    const struct moment now = moment_now(autoscale);
    struct scaling_outcome outcome;
    bool observing = !autoscale->scaling.pass->done;
    enum scaling_progress progress = scaling_step(&autoscale->scaling, &now, &outcome);

    if (observing)
        member_log_step(&autoscale->members, autoscale->scaling.pass, autoscale_on_member);
    if (progress == SCALING_DECIDED) {
        log_outcome(&outcome);
        poke(autoscale);
    } else if (progress == SCALING_DONE) {
        snapshot_poke(&autoscale->snapshot);
    }
    return progress != SCALING_DONE;
}

static void autoscale_on_tick(uint64_t now_ms, void *arg)
{
    struct autoscale *autoscale = arg;

    override_store_expire(&autoscale->overrides, clock_wall_ms());
    if (slices_running(&autoscale->slices))
        return;
    scaling_begin(&autoscale->scaling, (int64_t)now_ms);
    slices_run(&autoscale->slices);
}

/* ---- over a restart ---- */

/* Some nodes, then one group per step: ticks may happen between two steps. */
static bool autoscale_on_fill(struct state_text *text, unsigned step, void *arg)
{
    const struct autoscale *autoscale = arg;
    struct state_moment now;

    snapshot_now(&autoscale->snapshot, &now);
    if (step == 0)
        state_begin(text, &now);
    if (step >= SCALING_NODE_STEPS)
        return scaling_save(&autoscale->scaling, step - SCALING_NODE_STEPS, text);
    scaling_save_nodes(&autoscale->scaling, step, &now, text);
    return true;
}

static int read_back(struct autoscale *autoscale)
{
    struct state_moment now;
    int64_t age_ms = 0;
    char age[AGE_MAX];

    snapshot_now(&autoscale->snapshot, &now);
    int groups = scaling_restore(&autoscale->scaling, &autoscale->snapshot.text, &now, &age_ms);
    if (groups <= 0)
        return groups;
    format_duration(age_ms / 1000 * 1000, age, sizeof age);
    log_info("read back the scaler's state of %d groups, saved %s ago", groups, age);
    return 0;
}

static void put_state_aside(const struct autoscale *autoscale, int rc)
{
    const char *what = rc == -ENOTSUP ? "was written by another version" : "is damaged";
    int rc_aside = snapshot_file_put_aside(autoscale->snapshot.disk);

    log_warning("scaler.state %s; the scaler starts without history, and scale-in waits for the full stabilization "
                "window; the file %s%s",
                what, rc_aside == 0 ? "was renamed to scaler.state.bad" : "can't be renamed: ",
                rc_aside == 0 ? "" : strerror(-rc_aside));
}

/* 0 or -ENOMEM. */
static int restore(struct autoscale *autoscale)
{
    int rc = snapshot_file_read(autoscale->snapshot.disk, &autoscale->snapshot.text);

    if (rc == -ENOENT)
        return 0;
    if (rc < 0 && rc != -EFBIG && rc != -ENOMEM) {
        log_warning("can't read scaler.state: %s; the scaler starts without history", strerror(-rc));
        return 0;
    }
    if (rc == 0)
        rc = read_back(autoscale);
    if (rc == -ENOMEM)
        return rc;
    if (rc < 0)
        put_state_aside(autoscale, rc);
    return 0;
}

/* An order is recorded less than a tick after the tick that decided it; the order before it is a tick older. */
static void autoscale_on_open_order(const char *group, int64_t wall_ms, void *arg)
{
    struct autoscale *autoscale = arg;
    const struct moment now = moment_now(autoscale);
    int64_t recorded_ms = now.now_ms - (now.wall_ms - wall_ms);

    scaling_withdraw(&autoscale->scaling, group, recorded_ms - autoscale->scaling.parts.config->settings.tick_ms + 1);
}

static void autoscale_on_published(const char *group, unsigned nodes, int64_t wall_ms, void *arg)
{
    struct autoscale *autoscale = arg;

    scaling_recall_published(&autoscale->scaling, group, nodes, wall_ms);
}

/* Those of a collector that was killed. */
static int close_open_orders(struct autoscale *autoscale)
{
    struct decision_rows *rows = &autoscale->decisions->rows;
    const struct open_orders_events events = {autoscale_on_open_order, autoscale_on_published, autoscale};
    int orders = open_orders_close(rows, rows->segments, clock_wall_ms(), &events);

    if (orders == -ENOMEM)
        return orders;
    if (orders < 0)
        log_warning("can't read decisions.csv back: %s; orders that were under way get no outcome", strerror(-orders));
    else if (orders > 0)
        log_warning("the collector was killed during %d orders; how far they got is unknown", orders);
    decision_log_poke(autoscale->decisions);
    return 0;
}

/* ---- life ---- */

static void ask_hook(struct autoscale *autoscale, const struct collector_config *config)
{
    actuation_reconfigure(&autoscale->scaling.actuation, config, (int64_t)uv_now(autoscale->hook.loop));
    hook_questions_poke(&autoscale->questions);
}

int autoscale_start(struct autoscale *autoscale, uv_loop_t *loop, const struct autoscale_options *options)
{
    const struct collector_config *config = options->config;
    const struct scaling_parts parts = {.registry = options->registry,
                                        .config = config,
                                        .rows = &options->decisions->rows,
                                        .history = options->history,
                                        .begun_wall_ms = clock_wall_ms(),
                                        .begun_ms = (int64_t)uv_now(loop)};

    *autoscale = (struct autoscale){.decisions = options->decisions};
    member_log_init(&autoscale->members, (struct log_limit){.interval_ms = 10000, .burst = 5});
    int rc = scaling_init(&autoscale->scaling, &parts, &autoscale->hook.queue, uv_hrtime());
    if (rc < 0)
        return rc;
    snapshot_start(&autoscale->snapshot, loop, options->disk, autoscale_on_fill, autoscale);
    rc = hook_start(&autoscale->hook, options->spawner, loop, (uint64_t)config->hook_timeout_ms, uv_hrtime(),
                    &hook_events, autoscale);
    if (rc < 0) {
        autoscale_deinit(autoscale);
        return rc;
    }
    hook_questions_start(&autoscale->questions, &autoscale->hook, &autoscale->scaling.actuation, autoscale_on_answered,
                         autoscale);
    rc = override_store_start(&autoscale->overrides, loop, options->disk, &autoscale->scaling.overrides);
    if (rc == 0)
        rc = restore(autoscale);
    if (rc == 0)
        rc = close_open_orders(autoscale);
    if (rc < 0)
        return rc;
    ask_hook(autoscale, config);
    decision_log_on_synced(options->decisions, autoscale_on_synced, autoscale);
    slices_start(&autoscale->slices, loop, autoscale_on_step, autoscale);
    ticker_start(&autoscale->ticker, loop, (uint64_t)config->settings.tick_ms, 0, autoscale_on_tick, autoscale);
    return 0;
}

void autoscale_note_config(struct autoscale *autoscale, const struct config_in_force *state)
{
    bool holds = config_in_force_holds(state);
    char why[CONFIG_WHY_MAX] = "the collector runs with the configuration that it has read";

    if (!holds)
        config_in_force_why(state, why);
    parse_to_ascii(why); /* it may quote the file */
    conditions_set(&autoscale->scaling.conditions.config_in_force, true, holds, why, clock_wall_ms());
}

void autoscale_reconfigure(struct autoscale *autoscale, const struct collector_config *config)
{
    scaling_reconfigure(&autoscale->scaling, config, (int64_t)uv_now(autoscale->hook.loop));
    hook_set_timeout(&autoscale->hook, (uint64_t)config->hook_timeout_ms);
    ask_hook(autoscale, config);
    ticker_set_interval(&autoscale->ticker, (uint64_t)config->settings.tick_ms);
}

void autoscale_pause(struct autoscale *autoscale, const char *group)
{
    const struct group *found = registry_find_group(autoscale->scaling.parts.registry, group);
    const struct moment now = moment_now(autoscale);

    if (found == NULL)
        return;
    actuation_pause(&autoscale->scaling.actuation, found->index, &now);
    poke(autoscale);
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
    member_log_finish(&autoscale->members, autoscale_on_member);
    autoscale->drained_cb = drained_cb;
    autoscale->drained_arg = arg;
    const struct moment now = moment_now(autoscale);
    actuation_cancel_all(&autoscale->scaling.actuation, &now);
    decision_log_poke(autoscale->decisions);
    hook_questions_close(&autoscale->questions);
    hook_drain(&autoscale->hook, autoscale_on_hooks_drained, autoscale);
}

void autoscale_close(struct autoscale *autoscale)
{
    ticker_close(&autoscale->ticker);
    slices_close(&autoscale->slices);
    snapshot_close(&autoscale->snapshot);
    hook_questions_close(&autoscale->questions);
    hook_close(&autoscale->hook);
    override_store_close(&autoscale->overrides);
}

void autoscale_deinit(struct autoscale *autoscale)
{
    snapshot_deinit(&autoscale->snapshot);
    hook_deinit(&autoscale->hook);
    override_store_deinit(&autoscale->overrides);
    scaling_deinit(&autoscale->scaling);
}
