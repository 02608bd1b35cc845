#include "collector/http/answer_series.h"

#include "collector/autoscale/decision_fields.h"
#include "collector/http/answer.h"
#include "collector/http/answer_groups.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define SCHEDULE_TIMES_MAX 32U /* listed in an answer */

static const struct group *group_of(const struct answer *answer)
{
    return registry_find_group(answer->world->registry, answer->query.name);
}

static const struct decision_history_group *history_of(const struct answer *answer, const struct group *group)
{
    return &answer->world->history->groups[group->index];
}

static const struct signal_settings *signal_named(const struct answer *answer, const char *name)
{
    unsigned count = 0;
    const struct signal_settings *signals = collector_config_signals(answer->world->config, answer->query.name, &count);

    for (unsigned i = 0; i < count; i++)
        if (strcmp(signals[i].name, name) == 0)
            return &signals[i];
    return NULL;
}

/* The resource that is asked for; RESOURCE_COUNT: a signal of which the group has no decision yet, or no resource. */
static enum resource asked_resource(const struct answer *answer, const struct decision_history_group *history)
{
    const char *name = answer->query.resource;

    if (name[0] == '\0')
        return RESOURCE_CPU;
    for (enum resource r = 0; r < RESOURCE_COUNT; r++)
        if (strcmp(decision_resource_name(&history->last, r), name) == 0)
            return r;
    return RESOURCE_COUNT;
}

void answer_series_begin(struct answer *answer)
{
    const char *name = answer->query.resource;
    const struct group *group = group_of(answer);

    answer_groups_begin_known(answer);
    if (group != NULL && asked_resource(answer, history_of(answer, group)) >= RESOURCE_NODE_COUNT &&
        signal_named(answer, name) == NULL)
        answer_fail(answer, 404, "the group has no signal %s", name);
}

/* Only demand is known of a tick before a restart. */
static bool is_recalled(const struct decision_history_load *load)
{
    return isnan(load->capacity);
}

static void put_numbers(struct writer *writer, const float *numbers, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        writer_put(writer, ",");
        writer_put_number(writer, (double)numbers[i], 3);
    }
}

static void put_counts(struct writer *writer, const uint32_t *counts, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        writer_putf(writer, ",%" PRIu32, counts[i]);
}

static void put_tick(struct writer *writer, const struct decision_history_tick *tick,
                     const struct decision_history_load *load)
{
    const float more[] = {load->assumed, load->forecast_low, load->forecast_high};
    const uint32_t counts[] = {tick->nodes, tick->desired};
    const char *pause = tick->paused ? "\"pause\"" : tick->paused_in ? "\"pause-scale-in\"" : "null";

    put_counts(writer, counts, 2);
    put_numbers(writer, more, 3);
    writer_putf(writer, ",%" PRIu32 ",%" PRIu32 ",", tick->horizon_ms, tick->silent);
    writer_put_number(writer, tick->pin > 0 ? (double)tick->pin : NAN, 0);
    writer_putf(writer, ",%s,%s", pause, tick->roll_call ? "true" : "false");
}

static void put_point(struct answer *answer, const struct decision_history_tick *tick,
                      const struct decision_history_load *load)
{
    const float numbers[] = {load->demand, load->capacity, load->forecast, load->forecast_bound};
    struct writer *writer = &answer->writer;

    writer_put(writer, answer->cursor.count == 0 ? "\n[" : ",\n[");
    writer_put_signed(writer, answer_wall_ms(answer, tick->now_ms));
    put_numbers(writer, numbers, 4);
    if (is_recalled(load))
        writer_put(writer, ",null,null,null,null,null,null,null,null,null,null");
    else
        put_tick(writer, tick, load);
    writer_put(writer, "]");
}

/* From the last tick to its horizon: time, expected, low, high. */
/* What the forecast is computed from. */
static double demand_of(const struct decision *decision, enum resource resource)
{
    double total = decision->total[resource];

    return total > 0.0 ? total : decision->observed.resource[resource].demand;
}

static void put_cone(struct answer *answer, const struct decision_history_group *history, enum resource resource)
{
    static const struct forecast none;
    const struct forecast *forecast = resource < RESOURCE_COUNT ? &history->last.forecast[resource] : &none;
    struct writer *writer = &answer->writer;
    int64_t begin_ms = answer_wall_ms(answer, history->when.now_ms);
    const double ends[] = {forecast->expected, forecast->low, forecast->high};

    writer_put(writer, "\n],\"cone\":[");
    if (history->decided && forecast->valid) {
        writer_putf(writer, "[%" PRId64, begin_ms);
        for (unsigned i = 0; i < sizeof ends / sizeof *ends; i++) {
            writer_put(writer, ",");
            writer_put_number(writer, demand_of(&history->last, resource), 3);
        }
        writer_putf(writer, "],[%" PRId64, begin_ms + forecast->horizon_ms);
        for (unsigned i = 0; i < sizeof ends / sizeof *ends; i++) {
            writer_put(writer, ",");
            writer_put_number(writer, ends[i], 3);
        }
        writer_put(writer, "]");
    }
}

static void put_quality(struct answer *answer, const struct group *group, const struct decision_history_group *history,
                        enum resource resource)
{
    const struct decision_record record = {
        .wall_ms = history->when.wall_ms, .group = group->name, .decision = &history->last, .why = ""};

    writer_put(&answer->writer, "]");
    if (history->decided && resource < RESOURCE_COUNT)
        answer_groups_put_forecast(&answer->writer, "forecast", &record, resource);
    else
        writer_put(&answer->writer, ",\"forecast\":null");
}

/* The times between two moments in which a schedule is in force. */
static void put_times(struct writer *writer, const struct schedule *schedule, int64_t from_ms, int64_t to_ms,
                      unsigned *listed)
{
    int64_t end_s = 0;
    int64_t begin_s = 0;

    for (; *listed < SCHEDULE_TIMES_MAX; from_ms = end_s * 1000) {
        begin_s = schedule_next_s(schedule, from_ms, &end_s);
        if (begin_s == 0 || begin_s * 1000 > to_ms)
            return;
        writer_putf(writer, "%s{\"name\":\"%s\",\"from_ms\":%" PRId64 ",\"to_ms\":%" PRId64 ",\"min\":",
                    (*listed)++ == 0 ? "" : ",", schedule->name, begin_s * 1000, end_s * 1000);
        writer_put_number(writer, schedule->nodes_min > 0 ? (double)schedule->nodes_min : NAN, 0);
        writer_put(writer, ",\"max\":");
        writer_put_number(writer, schedule->nodes_max > 0 ? (double)schedule->nodes_max : NAN, 0);
        writer_put(writer, "}");
    }
}

/* From the oldest tick to the horizon, as the configuration has them now. */
static void put_schedules(struct answer *answer, const struct group *group,
                          const struct decision_history_group *history)
{
    const struct collector_config *config = answer->world->config;
    int64_t now_ms = answer->begun.wall_ms;
    int64_t from_ms = history->count > 0 ? answer_wall_ms(answer, decision_history_tick(history, 0)->now_ms) : now_ms;
    int64_t to_ms = now_ms + history->last.forecast[RESOURCE_CPU].horizon_ms;
    unsigned listed = 0;

    writer_put(&answer->writer, ",\"schedules\":[");
    for (unsigned i = 0; i < config->schedule_count; i++)
        if (strcmp(config->schedules[i].group, group->name) == 0)
            put_times(&answer->writer, &config->schedules[i], from_ms, to_ms, &listed);
    writer_put(&answer->writer, "]}\n");
}

static void open_series(struct answer *answer, const struct group *group, enum resource resource)
{
    const struct scaler_settings *settings = collector_config_group(answer->world->config, group->name);
    const struct thresholds *cpu = &settings->thresholds[RESOURCE_CPU];
    const struct signal_settings *signal = signal_named(answer, answer->query.resource);
    struct thresholds limits = resource < RESOURCE_NODE_COUNT ? settings->thresholds[resource] : *cpu;

    if (resource >= RESOURCE_NODE_COUNT && signal != NULL)
        signal_settings_thresholds(signal, cpu->high, cpu->target, &limits.high, &limits.target);
    writer_putf(&answer->writer,
                "{\"now_ms\":%" PRId64 ",\"tick_ms\":%" PRId64 ",\"resource\":\"%s\",\"high\":", answer->begun.wall_ms,
                settings->tick_ms, resource < RESOURCE_NODE_COUNT ? resource_names[resource] : answer->query.resource);
    writer_put_number(&answer->writer, limits.high, 4);
    writer_put(&answer->writer, ",\"target\":");
    writer_put_number(&answer->writer, limits.target, 4);
    writer_put(
        &answer->writer,
        ",\"columns\":[\"time_ms\",\"demand\",\"capacity\",\"forecast\",\"forecast_bound\",\"nodes\",\"desired\","
        "\"assumed\",\"forecast_low\",\"forecast_high\",\"horizon_ms\",\"silent\","
        "\"pin\",\"pause\",\"roll_call\"],\"rows\":[");
    answer->cursor.opened = true;
}

void answer_series_make(struct answer *answer)
{
    const struct group *group = group_of(answer);
    const struct decision_history_group *history = history_of(answer, group);
    enum resource resource = asked_resource(answer, history);

    if (!answer->cursor.opened)
        open_series(answer, group, resource);
    for (unsigned i = 0; resource < RESOURCE_COUNT && i < history->count; i++) {
        const struct decision_history_tick *tick = decision_history_tick(history, i);
        struct decision_history_load load = decision_history_load(history, resource, i);
        size_t mark = answer->writer.len;
        if (tick->now_ms <= answer->cursor.after_ms)
            continue;
        put_point(answer, tick, &load);
        if (answer->writer.full) {
            writer_cut(&answer->writer, mark);
            return;
        }
        answer->cursor.count++;
        answer->cursor.after_ms = tick->now_ms;
    }
    size_t mark = answer->writer.len;
    put_cone(answer, history, resource);
    put_quality(answer, group, history, resource);
    put_schedules(answer, group, history);
    answer->done = !answer->writer.full;
    if (!answer->done)
        writer_cut(&answer->writer, mark);
}
