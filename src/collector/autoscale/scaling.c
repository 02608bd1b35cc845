#include "collector/autoscale/scaling.h"

#include "collector/autoscale/given_up.h"
#include "collector/autoscale/report_urgency.h"
#include "collector/autoscale/unseen_nodes.h"
#include "collector/fleet/membership.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define STEP_NODES  256U  /* observed at a time */
#define SAVED_NODES 1024U /* of one step of a saved state */

static_assert(SAVED_NODES * SCALING_NODE_STEPS >= NODES_MAX, "all of them");

/* ---- a tick ---- */

/* Whether the group is scaled at this tick. */
static bool prepare(struct scaling *scaling, const struct group *group, int64_t wall_ms,
                    struct scaling_outcome *outcome)
{
    struct scaled_group *mine = &scaling->groups[group->index];
    bool is_configured = collector_config_names(scaling->parts.config, group->name);
    int64_t latest_ms = wall_ms > scaling->parts.begun_wall_ms ? wall_ms : scaling->parts.begun_wall_ms;
    enum scaled_group_ready ready =
        scaled_group_prepare(mine, &scaling->observed[group->index], is_configured, latest_ms);

    outcome->is_starved = ready == SCALED_GROUP_STARVED && !mine->starved;
    mine->starved = mine->starved || ready == SCALED_GROUP_STARVED;
    return ready == SCALED_GROUP_READY;
}

/* To the log, decisions.csv and the history; an order has a row of its own. */
static void record(struct scaling *scaling, const struct group *group, bool is_ordered, const struct moment *when,
                   struct scaling_outcome *outcome)
{
    struct scaled_group *mine = &scaling->groups[group->index];

    outcome->is_logged = true;
    outcome->record = (struct decision_record){
        .wall_ms = when->wall_ms, .group = group->name, .decision = &mine->last, .why = outcome->why};
    if (!is_ordered)
        (void)decision_rows_add(scaling->parts.rows, &outcome->record);
    decision_history_add(scaling->parts.history, group, &mine->last, when, outcome->why);
    scaled_group_note_logged(mine, when->now_ms);
}

/* What people and schedules say of the group; a pin comes before a schedule. */
static void apply_by_hand(const struct scaling *scaling, const struct group *group, int64_t wall_ms,
                          struct group_observation *observed, struct scaler_settings *settings)
{
    const struct collector_config *config = scaling->parts.config;
    const struct decision *last = &scaling->groups[group->index].last;
    int64_t lead_ms = last->settings.tick_ms > 0 ? last->lead_ms : settings->lead_time_ms;

    if (overrides_pin(&scaling->overrides, group->name) == NULL)
        schedule_apply(config->schedules, config->schedule_count, group->name, wall_ms, lead_ms + settings->tick_ms,
                       settings);
    overrides_apply(&scaling->overrides, group->name, observed, settings);
}

static void update_conditions(struct scaling *scaling, const struct group *group, const struct moment *now,
                              struct scaling_outcome *outcome)
{
    struct condition_group *conditions = &scaling->conditions.groups[group->index];
    const struct actuation_trouble *found = actuation_trouble(&scaling->actuation, group->index);
    struct condition_trouble trouble = {0};
    struct condition_absence absence;

    signal_table_explain(&scaling->signals, group->name, now->now_ms, &absence);
    if (found != NULL)
        trouble = (struct condition_trouble){
            .tries = found->tries, .since_ms = now->wall_ms - (now->now_ms - found->since_ms), .why = found->text};
    outcome->conditions = conditions;
    outcome->turned =
        conditions_update(conditions, &scaling->groups[group->index].last, found != NULL ? &trouble : NULL, &absence,
                          overrides_pin(&scaling->overrides, group->name),
                          overrides_pause(&scaling->overrides, group->name), now->wall_ms);
}

/* A desired count may rise without an order, when that number of nodes exists already. Readers get it, too. */
static bool publish(struct scaling *scaling, const struct group *group, const char *why, const struct moment *now)
{
    const struct decision *decision = &scaling->groups[group->index].last;
    struct reader_number *number = &scaling->actuation.numbers[group->index];
    const struct decision_record record = {
        .wall_ms = now->wall_ms, .group = group->name, .decision = decision, .why = why};

    if (!reader_number_is_new(number, decision))
        return false;
    reader_number_publish(number, scaling->parts.rows, &record);
    return true;
}

static void show_number(struct scaling *scaling, const struct group *group)
{
    unsigned nodes = 0;
    bool has_nodes = reader_number_read(&scaling->actuation.numbers[group->index], scaling->parts.rows, &nodes);

    decision_history_publish(scaling->parts.history, group, has_nodes, nodes);
}

/* An order, or a number for a reader, has a row of its own; what is logged has another one otherwise. */
static void record_decision(struct scaling *scaling, const struct group *group, const struct moment *when,
                            const struct moment *now, struct scaling_outcome *outcome)
{
    struct scaled_group *mine = &scaling->groups[group->index];
    bool is_order = scaled_group_is_order(mine);

    decision_sentence(&mine->last, group->name, outcome->why, sizeof outcome->why);
    reader_number_follow(&scaling->actuation.numbers[group->index], &mine->last);
    if (is_order)
        outcome->order_rc = actuation_order(&scaling->actuation, group, mine->scaler, &mine->last, outcome->why, now);
    bool is_published = !is_order && publish(scaling, group, outcome->why, now);
    if (scaled_group_is_due(mine, when->now_ms))
        record(scaling, group, is_published || outcome->order_rc == 1, when, outcome);
}

/* Those of this tick's order included. */
static void note_on_order(const struct scaling *scaling, const struct group *group,
                          const struct scaling_outcome *outcome)
{
    const struct decision *last = &scaling->groups[group->index].last;
    unsigned added = outcome->order_rc == 1 && last->action == ACTION_UP ? last->adding : 0;

    membership_note_on_order(scaling->parts.registry->groups[group->index], last->pending + added);
}

static void give_up(struct scaling *scaling, const struct group *group, const struct moment *now,
                    struct scaling_outcome *outcome)
{
    const struct decision *decision = &scaling->groups[group->index].last;
    size_t size = sizeof outcome->given_up;

    int len = snprintf(outcome->given_up, size, "%s: the order is given up: ", group->name);
    given_up_sentence(decision, now->wall_ms, outcome->given_up + len, size - (size_t)len);
    given_up_record(scaling->parts.rows, group->name, decision, outcome->given_up, now->wall_ms);
}

static void take_back_number(struct scaling *scaling, const struct group *group)
{
    struct reader_number *number = &scaling->actuation.numbers[group->index];
    int64_t decided_ms = reader_number_take_back(number, scaling->parts.rows);

    if (decided_ms != 0)
        scaler_withdrawn(scaling->groups[group->index].scaler, decided_ms);
}

static void decide(struct scaling *scaling, const struct group *group, const struct moment *now,
                   struct scaling_outcome *outcome)
{
    struct scaled_group *mine = &scaling->groups[group->index];
    struct group_observation *observed = &scaling->observed[group->index];
    const struct moment when = {.now_ms = scaling->pass->now_ms, .wall_ms = now->wall_ms};
    struct scaler_settings settings =
        scaled_group_settings(scaling->parts.config, group->name, actuation_possible(&scaling->actuation));

    if (!prepare(scaling, group, now->wall_ms, outcome))
        return;
    actuation_tick(&scaling->actuation, group->index, settings.mode, now);
    actuation_observe(&scaling->actuation, group->index, when.now_ms, observed);
    observed->unrecorded = scaling->parts.rows->failing;
    signal_table_observe(&scaling->signals, group->name, &settings, when.now_ms, observed);
    unseen_nodes_apply(observed, &settings);
    take_back_number(scaling, group);
    apply_by_hand(scaling, group, when.wall_ms, observed, &settings);
    scaled_group_step(mine, &settings, when.now_ms, observed);
    report_urgency_note(&scaling->parts.registry->groups[group->index]->report, &mine->last);
    if (mine->last.action == ACTION_DOWN)
        actuation_choose(&scaling->actuation, group, &mine->last, now->now_ms);
    update_conditions(scaling, group, now, outcome);
    decision_history_note(scaling->parts.history, group, &mine->last, &when);
    if (mine->last.gives_up)
        give_up(scaling, group, &when, outcome);
    bool is_number = reader_number_is_new(&scaling->actuation.numbers[group->index], &mine->last);
    if (is_number || scaled_group_is_order(mine) || scaled_group_is_due(mine, when.now_ms))
        record_decision(scaling, group, &when, now, outcome);
    note_on_order(scaling, group, outcome);
    show_number(scaling, group);
}

void scaling_synced(struct scaling *scaling, const struct moment *now)
{
    actuation_synced(&scaling->actuation, now);
    for (unsigned i = 0; i < scaling->parts.registry->group_count; i++)
        show_number(scaling, scaling->parts.registry->groups[i]);
}

void scaling_begin(struct scaling *scaling, int64_t now_ms)
{
    observe_begin(scaling->pass, scaling->parts.registry, scaling->parts.config, now_ms, scaling->observed);
    scaling->decided = 0;
}

enum scaling_progress scaling_step(struct scaling *scaling, const struct moment *now, struct scaling_outcome *outcome)
{
    if (!observe_step(scaling->pass, STEP_NODES))
        return SCALING_OBSERVED;
    scaling->newest_ms = scaling->pass->newest_ms;
    if (scaling->decided >= scaling->pass->group_count)
        return SCALING_DONE;
    const struct group *group = scaling->parts.registry->groups[scaling->decided++];
    outcome->group = group->name;
    outcome->is_starved = false;
    outcome->order_rc = 0;
    outcome->given_up[0] = '\0';
    outcome->is_logged = false;
    outcome->turned = 0;
    outcome->signal_note[0] = '\0';
    decide(scaling, group, now, outcome);
    (void)signal_table_take_note(&scaling->signals, group->name, now->now_ms, outcome->signal_note);
    (void)actuation_take_note(&scaling->actuation, outcome->note);
    return SCALING_DECIDED;
}

/* ---- groups that are not there any more ---- */

static bool has_override(const struct scaling *scaling, const char *group)
{
    const struct overrides *overrides = &scaling->overrides;

    return overrides_pin(overrides, group) != NULL || overrides_pause(overrides, group) != NULL ||
           overrides_activation(overrides, group) != NULL;
}

bool scaling_holds(const struct scaling *scaling, const struct group *group)
{
    const struct actuation *actuation = &scaling->actuation;
    bool has_ordered = hook_queue_slot(actuation->queue, group->index)->group != NULL ||
                       actuation->groups[group->index].scaler != NULL || actuation->numbers[group->index].has_nodes ||
                       count_book_page(&actuation->counts, group->index)->is_asking;

    return collector_config_names(scaling->parts.config, group->name) ||
           collector_config_scales(scaling->parts.config, group->name) || has_ordered ||
           has_override(scaling, group->name);
}

void scaling_forget(struct scaling *scaling, const struct group *group)
{
    unsigned index = group->index;

    scaler_free(scaling->groups[index].scaler);
    scaling->groups[index] = (struct scaled_group){0};
    scaling->observed[index] = (struct group_observation){0};
    scaling->conditions.groups[index] = (struct condition_group){0};
    scaling->actuation.troubles[index] = (struct actuation_trouble){0};
    scaling->actuation.numbers[index] = (struct reader_number){0};
    scaling->actuation.counts.pages[index] = (struct count_page){0};
    decision_history_forget(scaling->parts.history, group);
}

/* ---- over a restart ---- */

void scaling_save_nodes(const struct scaling *scaling, unsigned step, const struct state_moment *now,
                        struct state_text *text)
{
    const struct registry *registry = scaling->parts.registry;
    const struct membership_moment at = {.now_ms = now->mono_ms,
                                         .wall_ms = now->wall_ms,
                                         .gone_ms = scaling->parts.config->gone_ms,
                                         .newest_ms = scaling->newest_ms};
    char line[MEMBERSHIP_LINE_MAX];

    for (unsigned i = step * SAVED_NODES; i < (step + 1) * SAVED_NODES && i < registry->node_count; i++) {
        struct writer writer = {.text = line, .size = sizeof line};
        membership_save(registry->nodes[i], &at, &writer);
        if (writer.len > 0)
            state_put(text, "node %.*s\n", (int)writer.len, line);
    }
}

bool scaling_save(const struct scaling *scaling, unsigned index, struct state_text *text)
{
    const struct registry *registry = scaling->parts.registry;

    if (index >= registry->group_count)
        return false;
    scaled_group_save(&scaling->groups[index], registry->groups[index]->name, text);
    return true;
}

/* The words of the line again, without the first one. */
static void join(const struct state_line *line, char *text, size_t size)
{
    struct writer writer = {.text = text, .size = size};

    text[0] = '\0';
    for (unsigned i = 1; i < line->count; i++)
        writer_print(&writer, "%s%s", i == 1 ? "" : " ", line->words[i]);
}

static int adopt_nodes(const struct registry *registry, struct state_reader *reader, const struct state_moment *now)
{
    char text[STATE_LINE_MAX];
    struct state_line line;

    while (state_next_node(reader, &line)) {
        join(&line, text, sizeof text);
        int rc = membership_adopt(registry, text, now->mono_ms, now->wall_ms);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static void note_states(const struct scaling *scaling)
{
    for (unsigned i = 0; i < scaling->parts.registry->group_count; i++)
        if (scaling->groups[i].scaler != NULL)
            roll_call_note_state(&scaling->parts.registry->groups[i]->roll_call);
}

int scaling_restore(struct scaling *scaling, const struct state_text *text, const struct state_moment *now,
                    int64_t *age_ms)
{
    struct state_reader reader;

    int rc = state_open(&reader, text->text, text->len, now);
    if (rc == 0)
        rc = adopt_nodes(scaling->parts.registry, &reader, now);
    if (rc < 0)
        return rc;
    int groups = scaled_group_adopt_all(scaling->groups, scaling->parts.registry, &reader, now->wall_ms);
    if (groups <= 0)
        return groups;
    note_states(scaling);
    scaled_group_recall_all(scaling->groups, scaling->parts.registry, scaling->parts.history);
    scaling->taken_wall_ms = reader.taken.wall_ms;
    int64_t passed_ms = now->mono_ms - (reader.taken.mono_ms + reader.shift_ms);
    *age_ms = passed_ms > 0 ? passed_ms : 0;
    return groups;
}

void scaling_recall_published(struct scaling *scaling, const char *group, unsigned nodes, int64_t wall_ms)
{
    const struct group *found = registry_find_group(scaling->parts.registry, group);

    if (found != NULL && scaling->groups[found->index].scaler != NULL && wall_ms > scaling->taken_wall_ms)
        scaler_published(scaling->groups[found->index].scaler, nodes);
}

void scaling_withdraw(struct scaling *scaling, const char *group, int64_t since_ms)
{
    const struct group *found = registry_find_group(scaling->parts.registry, group);

    if (found != NULL && scaling->groups[found->index].scaler != NULL)
        scaler_withdrawn(scaling->groups[found->index].scaler, since_ms);
}

/* ---- life ---- */

int scaling_init(struct scaling *scaling, const struct scaling_parts *parts, struct hook_queue *queue, uint64_t seed)
{
    *scaling = (struct scaling){.parts = *parts, .newest_ms = INT64_MIN};
    scaling->groups = calloc(GROUPS_MAX, sizeof *scaling->groups);
    scaling->observed = calloc(GROUPS_MAX, sizeof *scaling->observed);
    scaling->pass = calloc(1, sizeof *scaling->pass);
    int rc = actuation_init(&scaling->actuation, parts->registry, parts->config, &scaling->overrides, parts->rows,
                            queue, seed);
    if (rc == 0)
        rc = conditions_init(&scaling->conditions);
    if (rc == 0)
        rc = signal_table_init(&scaling->signals, parts->config, parts->begun_ms);
    if (rc == 0 && scaling->groups != NULL && scaling->observed != NULL && scaling->pass != NULL)
        return 0;
    scaling_deinit(scaling);
    return -ENOMEM;
}

void scaling_deinit(struct scaling *scaling)
{
    if (scaling->groups != NULL)
        scaled_group_free_all(scaling->groups);
    actuation_deinit(&scaling->actuation);
    conditions_deinit(&scaling->conditions);
    signal_table_deinit(&scaling->signals);
    overrides_deinit(&scaling->overrides);
    free(scaling->groups);
    free(scaling->observed);
    free(scaling->pass);
    scaling->groups = NULL;
    scaling->observed = NULL;
    scaling->pass = NULL;
}

void scaling_reconfigure(struct scaling *scaling, const struct collector_config *config, int64_t now_ms)
{
    scaling->parts.config = config;
    signal_table_reconfigure(&scaling->signals, config, now_ms);
}
