#include "collector/http/answer_groups.h"

#include "collector/autoscale/record_json.h"
#include "collector/autoscale/signal_json.h"
#include "collector/http/answer.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DECISIONS_DEFAULT 100U

static const struct group *group_of(const struct answer *answer)
{
    return registry_find_group(answer->world->registry, answer->query.name);
}

static const struct decision_history_group *history_of(const struct answer *answer, const struct group *group)
{
    return &answer->world->history->groups[group->index];
}

/* ---- a group as it stands ---- */

static void put_share(struct writer *writer, double share)
{
    writer_put_number(writer, share, 4);
}

/* One number for each resource, in a member of that name. */
static void put_each(struct writer *writer, const char *name, const double *numbers)
{
    answer_put_key(writer, name, false);
    for (unsigned r = 0; r < RESOURCE_NODE_COUNT; r++) {
        writer_put(writer, r == 0 ? "{" : "");
        answer_put_key(writer, resource_names[r], r == 0);
        put_share(writer, numbers[r]);
    }
    writer_put(writer, "}");
}

/* What the live nodes use by their newest samples, between two ticks. A resource that no node reports is null. */
static void put_now(struct writer *writer, const struct fleet_counts_group *now)
{
    double utilisation[RESOURCE_NODE_COUNT];
    double demand[RESOURCE_NODE_COUNT];
    double capacity[RESOURCE_NODE_COUNT];

    for (unsigned r = 0; r < RESOURCE_NODE_COUNT; r++) {
        bool reported = now->resource[r].capacity > 0;
        demand[r] = reported ? now->resource[r].demand : NAN;
        capacity[r] = reported ? now->resource[r].capacity : NAN;
        utilisation[r] = demand[r] / capacity[r];
    }
    put_each(writer, "utilisation", utilisation);
    put_each(writer, "demand", demand);
    put_each(writer, "capacity", capacity);
}

/* The fullest file system of its live nodes; null when none of them reports that. */
static void put_fs(struct writer *writer, const struct fleet_counts_group *now)
{
    answer_put_key(writer, "fs", false);
    if (now->fs.nodes == 0) {
        writer_put(writer, "null");
        return;
    }
    writer_put(writer, "{\"fullest\":");
    put_share(writer, now->fs.fullest);
    writer_putf(writer, ",\"filling\":%u}", now->filling.count);
}

static void put_settings(struct writer *writer, const struct scaler_settings *settings)
{
    writer_putf(writer, ",\"min\":%u,\"max\":", settings->nodes_min);
    if (scaler_settings_is_limited(settings))
        writer_put_unsigned(writer, settings->nodes_max);
    else
        writer_put(writer, "null");
    writer_putf(writer, ",\"tick_ms\":%" PRId64 ",\"stabilization_ms\":%" PRId64 ",\"price\":", settings->tick_ms,
                settings->stabilization_ms);
    writer_put_number(writer, settings->price, 3);
    writer_put(writer, ",\"thresholds\":{");
    for (unsigned r = 0; r < RESOURCE_NODE_COUNT; r++) {
        answer_put_key(writer, resource_names[r], r == 0);
        writer_put(writer, "{\"high\":");
        put_share(writer, settings->thresholds[r].high);
        writer_put(writer, ",\"target\":");
        put_share(writer, settings->thresholds[r].target);
        writer_put(writer, ",\"low\":");
        put_share(writer, settings->thresholds[r].low);
        writer_put(writer, "}");
    }
    writer_put(writer, "}");
}

/* Puts the decision's fields, each with a comma before it. resource: of those that each resource has. */
static void put_fields(struct writer *writer, const enum decision_field_id *ids, size_t count,
                       const struct decision_record *record, enum resource resource)
{
    for (size_t i = 0; i < count; i++) {
        const struct decision_field *field = &decision_fields[ids[i]];
        struct decision_value value = decision_fields_value(field, record, resource);
        answer_put_key(writer, field->http, false);
        decision_fields_put_http(writer, &value);
    }
}

/* In the resource's unit; prices in mean fleets. */
void answer_groups_put_forecast(struct writer *writer, const char *name, const struct decision_record *record,
                                enum resource resource)
{
    static const enum decision_field_id before[] = {DECISION_FIELD_JSON_HORIZON_S,   DECISION_FIELD_FORECASTER,
                                                    DECISION_FIELD_SCORED,           DECISION_FIELD_CPU_FORECAST,
                                                    DECISION_FIELD_CPU_FORECAST_LOW, DECISION_FIELD_CPU_FORECAST_HIGH};
    static const enum decision_field_id after[] = {DECISION_FIELD_CPU_FORECAST_BOUND, DECISION_FIELD_FORECAST_PERCENT,
                                                   DECISION_FIELD_COVERAGE, DECISION_FIELD_PRICE_PROMISED,
                                                   DECISION_FIELD_PRICE_PAID};

    answer_put_key(writer, name, false);
    if (!record->decision->forecast[resource].valid) {
        writer_put(writer, "null");
        return;
    }
    writer_putf(writer, "{\"resource\":\"%s\"", decision_resource_name(record->decision, resource));
    put_fields(writer, before, sizeof before / sizeof *before, record, resource);
    writer_put(writer, ",\"confidence\":");
    writer_put_number(writer, FORECAST_CONFIDENCE, 4);
    put_fields(writer, after, sizeof after / sizeof *after, record, resource);
    writer_put(writer, "}");
}

static void put_decision(struct answer *answer, const struct decision_record *record, const struct moment *when)
{
    static const enum decision_field_id fields[] = {
        DECISION_FIELD_ACTION,         DECISION_FIELD_RULE,      DECISION_FIELD_RESOURCE, DECISION_FIELD_GUARD,
        DECISION_FIELD_GUARD_RESOURCE, DECISION_FIELD_ROLL_CALL, DECISION_FIELD_CURRENT,  DECISION_FIELD_RAW,
        DECISION_FIELD_EXISTING,       DECISION_FIELD_CARRYING,  DECISION_FIELD_COUNTED,  DECISION_FIELD_PENDING,
        DECISION_FIELD_LEAVING,        DECISION_FIELD_WARMING,   DECISION_FIELD_MODE,     DECISION_FIELD_LEAD_TIME_S,
        DECISION_FIELD_LEAD_TIMES_SEEN};
    struct writer *writer = &answer->writer;

    writer_put(writer, ",\"decided_ms\":");
    writer_put_signed(writer, answer_wall_ms(answer, when->now_ms));
    put_fields(writer, fields, sizeof fields / sizeof *fields, record, RESOURCE_CPU);
    writer_put(writer, ",\"why\":");
    writer_put_string(writer, record->why);
    answer_groups_put_forecast(writer, "forecast", record, RESOURCE_CPU);
    answer_groups_put_forecast(writer, "app_forecast", record, RESOURCE_APP);
}

/* The whole record of a decision, as the hook gets it; null when memory is out. */
static void put_record(struct writer *writer, const struct decision_record *record)
{
    char *text = NULL;
    size_t len = 0;

    writer_put(writer, ",\"record\":");
    if (record_json_text(record, &text, &len) == 0)
        writer_put_bytes(writer, text, len);
    else
        writer_put(writer, "null");
    free(text);
}

/* What is so, what was ordered by hand, and the schedules in force. */
static void put_by_hand(struct answer *answer, const struct group *group)
{
    const struct answer_world *world = answer->world;

    answer_put_key(&answer->writer, "conditions", false);
    conditions_put_all(&answer->writer, &world->conditions->groups[group->index]);
    answer_put_key(&answer->writer, "overrides", false);
    overrides_put_json(&answer->writer, world->overrides, group->name);
    answer_put_key(&answer->writer, "schedules", false);
    schedule_put_names(&answer->writer, world->config->schedules, world->config->schedule_count, group->name,
                       answer->begun.wall_ms);
}

static struct decision_record record_of(const struct decision_history_group *history, const struct group *group,
                                        char why[DECISION_SENTENCE_MAX])
{
    decision_sentence(&history->last, group->name, why, DECISION_SENTENCE_MAX);
    return (struct decision_record){
        .wall_ms = history->when.wall_ms, .group = group->name, .decision = &history->last, .why = why};
}

static void put_group(struct answer *answer, const struct group *group)
{
    const struct scaler_settings settings = answer_group_settings(answer->world, group->name, answer->begun.wall_ms);
    const struct decision_history_group *history = history_of(answer, group);
    const struct fleet_counts_group *now = &answer->world->counts->done.groups[group->index];
    unsigned desired = 0;
    bool is_known = decision_history_desired(history, &desired);
    struct writer *writer = &answer->writer;
    char why[DECISION_SENTENCE_MAX];

    writer_putf(writer, "{\"name\":\"%s\",\"desired\":", group->name);
    writer_put_number(writer, is_known ? (double)desired : NAN, 0);
    writer_put(writer, ",\"nodes\":{");
    for (int i = NODE_NEW; i <= NODE_GONE; i++) {
        answer_put_key(writer, liveness_names[i], i == NODE_NEW);
        writer_put_unsigned(writer, answer_group_nodes(answer->world, group, (enum liveness)i));
    }
    writer_put(writer, "}");
    put_now(writer, now);
    put_fs(writer, now);
    put_settings(writer, &settings);
    answer_put_key(&answer->writer, "signals", false);
    signal_json_put(&answer->writer, answer->world->signals, group->name, &answer->begun);
    put_by_hand(answer, group);
    if (!history->decided)
        return;
    const struct decision_record record = record_of(history, group, why);
    put_decision(answer, &record, &history->when);
}

static bool put_listed(struct answer *answer, unsigned at, bool first)
{
    writer_put(&answer->writer, first ? "\n" : ",\n");
    put_group(answer, answer->world->registry->groups[at]);
    writer_put(&answer->writer, "}");
    return true;
}

void answer_groups_make(struct answer *answer)
{
    if (!answer->cursor.opened)
        writer_putf(&answer->writer, "{\"now_ms\":%" PRId64 ",\"groups\":[", answer->begun.wall_ms);
    answer->cursor.opened = true;
    if (answer_put_items(answer, answer->world->registry->group_count, put_listed))
        answer_end(answer, "\n]}\n");
}

/* ---- one group ---- */

void answer_groups_begin_known(struct answer *answer)
{
    if (group_of(answer) == NULL)
        answer_fail(answer, 404, "unknown group %s", answer->query.name);
}

void answer_groups_begin_decided(struct answer *answer)
{
    const struct group *group = group_of(answer);
    unsigned desired = 0;

    answer_groups_begin_known(answer);
    if (group != NULL)
        conditions_note_read(&answer->world->conditions->groups[group->index], answer->begun.wall_ms);
    if (group != NULL && !decision_history_desired(history_of(answer, group), &desired))
        answer->status = 503;
}

/* Why readers get no number. */
static const char *why_unknown(const struct decision_history_group *history)
{
    if (!history->decided)
        return "no decision yet: no sample of the group has arrived";
    if (history->last.observed.orders_elsewhere)
        return "another collector orders for the group";
    if (history->last.observed.unlisted)
        return "the group is only observed: its configuration has no section, and scale-groups is not any";
    return "it is not known yet how many nodes the group has";
}

static void put_rest(struct answer *answer, const struct group *group)
{
    const struct decision_history_group *history = history_of(answer, group);
    char why[DECISION_SENTENCE_MAX];

    if (history->decided) {
        const struct decision_record record = record_of(history, group, why);
        put_record(&answer->writer, &record);
    }
    if (answer->status != 200)
        writer_putf(&answer->writer, ",\"error\":\"%s\"", why_unknown(history));
    writer_putf(&answer->writer, ",\"now_ms\":%" PRId64 "}\n", answer->begun.wall_ms);
}

/* With the longest reasons, the record has to be a piece of its own. */
void answer_groups_make_one(struct answer *answer)
{
    const struct group *group = group_of(answer);

    if (!answer->cursor.opened)
        put_group(answer, group);
    answer->cursor.opened = true;
    size_t mark = answer->writer.len;
    put_rest(answer, group);
    answer->done = !answer->writer.full;
    if (answer->writer.full)
        writer_cut(&answer->writer, mark);
}

/* ---- decisions ---- */

static void put_logged(struct answer *answer, const struct decision_history_decision *logged)
{
    static const enum decision_field_id fields[] = {DECISION_FIELD_ACTION, DECISION_FIELD_CURRENT,
                                                    DECISION_FIELD_RAW,    DECISION_FIELD_DESIRED,
                                                    DECISION_FIELD_RULE,   DECISION_FIELD_GUARD};
    const struct decision_record record = {
        .wall_ms = logged->when.wall_ms, .group = logged->group, .decision = &logged->decision, .why = logged->why};
    struct writer *writer = &answer->writer;

    writer_putf(writer, "%s\n{\"id\":%" PRIu64 ",\"time_ms\":%" PRId64 ",\"group\":\"%s\"",
                answer->cursor.count == 0 ? "" : ",", logged->id, logged->when.wall_ms, logged->group);
    put_fields(writer, fields, sizeof fields / sizeof *fields, &record, RESOURCE_CPU);
    writer_put(writer, ",\"why\":");
    writer_put_string(writer, logged->why);
    put_record(writer, &record);
    writer_put(writer, "}");
}

static bool is_wanted(const struct answer *answer, const struct decision_history_decision *logged)
{
    return answer->query.group[0] == '\0' || strcmp(answer->query.group, logged->group) == 0;
}

/* Without since: the id after which the newest decisions begin, up to the limit. */
static uint64_t id_before(const struct answer *answer)
{
    const struct decision_history *history = answer->world->history;
    uint64_t id = history->last_id;
    unsigned found = 0;

    for (unsigned i = 0; i < history->count && found < answer->limit; i++, id--)
        found += is_wanted(answer, decision_history_after(history, id - 1));
    return id;
}

static void begin_decisions(struct answer *answer)
{
    if (answer->query.limit == 0)
        answer->limit = DECISIONS_DEFAULT;
    answer->cursor.after_id = answer->query.since == INT64_MIN ? id_before(answer) : (uint64_t)answer->query.since;
    writer_putf(&answer->writer, "{\"now_ms\":%" PRId64 ",\"decisions\":[", answer->begun.wall_ms);
    answer->cursor.opened = true;
}

void answer_groups_make_decisions(struct answer *answer)
{
    const struct decision_history *history = answer->world->history;
    const struct decision_history_decision *logged = NULL;
    char end[48];

    if (!answer->cursor.opened)
        begin_decisions(answer);
    while (answer->cursor.count < answer->limit &&
           (logged = decision_history_after(history, answer->cursor.after_id)) != NULL) {
        size_t mark = answer->writer.len;
        if (is_wanted(answer, logged))
            put_logged(answer, logged);
        if (answer->writer.full) {
            writer_cut(&answer->writer, mark);
            return;
        }
        answer->cursor.count += is_wanted(answer, logged);
        answer->cursor.after_id = logged->id;
    }
    snprintf(end, sizeof end, "\n],\"last\":%" PRIu64 "}\n", answer->cursor.after_id);
    answer_end(answer, end);
}
