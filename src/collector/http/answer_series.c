#include "collector/http/answer_series.h"

#include "collector/http/answer.h"
#include "collector/http/answer_groups.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

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

static void put_point(struct answer *answer, const struct decision_history_tick *tick,
                      const struct decision_history_load *load)
{
    struct writer *writer = &answer->writer;
    const float numbers[] = {load->demand, load->capacity, load->forecast, load->forecast_bound};
    const uint32_t counts[] = {tick->nodes, tick->desired};

    writer_put(writer, answer->cursor.count == 0 ? "\n[" : ",\n[");
    writer_put_signed(writer, answer_wall_ms(answer, tick->now_ms));
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        writer_put(writer, ",");
        writer_put_number(writer, (double)numbers[i], 3);
    }
    for (unsigned i = 0; i < sizeof counts / sizeof *counts; i++) {
        writer_put(writer, ",");
        writer_put_number(writer, isnan(load->capacity) ? NAN : (double)counts[i], 0);
    }
    writer_put(writer, "]");
}

/* From the last tick to its horizon: time, expected, low, high. */
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
            writer_put_number(writer, history->last.observed.resource[resource].demand, 3);
        }
        writer_putf(writer, "],[%" PRId64, begin_ms + forecast->horizon_ms);
        for (unsigned i = 0; i < sizeof ends / sizeof *ends; i++) {
            writer_put(writer, ",");
            writer_put_number(writer, ends[i], 3);
        }
        writer_put(writer, "]");
    }
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
    writer_put(&answer->writer, ",\"columns\":[\"time_ms\",\"demand\",\"capacity\",\"forecast\",\"forecast_bound\","
                                "\"nodes\",\"desired\"],\"rows\":[");
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
    writer_put(&answer->writer, "]}\n");
    answer->done = !answer->writer.full;
    if (!answer->done)
        writer_cut(&answer->writer, mark);
}
