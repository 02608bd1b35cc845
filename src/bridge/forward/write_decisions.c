#include "bridge/forward/write_decisions.h"

#include "bridge/forward/write_field.h"
#include "bridge/forward/write_labels.h"

#include <string.h>

/* The rows of one group. */
struct run {
    const struct decision_set *set;
    uint32_t from;
    uint32_t to;
    uint32_t present; /* bit i: a row has a value of series i */
};

static const struct decision_point *point_at(const struct decision_set *set, uint32_t i)
{
    return &set->points[set->order[i]];
}

static bool has(const struct run *run, uint32_t i, unsigned series)
{
    return (point_at(run->set, i)->present >> series & 1U) != 0;
}

static struct run run_from(const struct decision_set *set, uint32_t from, uint32_t to)
{
    struct run run = {.set = set, .from = from, .to = from};
    const char *group = point_at(set, from)->group;

    while (run.to < to && strcmp(point_at(set, run.to)->group, group) == 0)
        run.present |= point_at(set, run.to++)->present;
    return run;
}

static void set_labels(struct write_labels *labels, const struct run *run, const struct decision_series *series,
                       const struct write_options *options)
{
    const struct write_label own[] = {{"group", point_at(run->set, run->from)->group},
                                      {series->label, series->label_value}};

    write_labels_set(labels, own, series->label != NULL ? 2 : 1, options);
}

static size_t samples_len(const struct run *run, unsigned series)
{
    size_t total = 0;

    for (uint32_t i = run->from; i < run->to; i++) {
        size_t len = write_field_sample_len(point_at(run->set, i)->time_ms);
        total += has(run, i, series) ? 1 + write_field_varint_len(len) + len : 0;
    }
    return total;
}

static int add_series(struct write_request *request, const struct run *run, unsigned series,
                      const struct write_options *options)
{
    const char *name = decision_series[series].name;
    struct write_labels labels;

    set_labels(&labels, run, &decision_series[series], options);
    size_t len = write_field_label_len("__name__", name) + labels.len + samples_len(run, series);
    int rc = write_request_reserve(request, len + 16);
    if (rc < 0)
        return rc;
    uint8_t *at = request->bytes + request->len;
    *at++ = (uint8_t)WRITE_FIELD_LEN(1U);
    at = write_field_put_varint(at, len);
    at = write_field_put_label(at, "__name__", name);
    memcpy(at, labels.bytes, labels.len);
    at += labels.len;
    for (uint32_t i = run->from; i < run->to; i++)
        if (has(run, i, series))
            at = write_field_put_sample(at, point_at(run->set, i)->value[series], point_at(run->set, i)->time_ms);
    request->len = (size_t)(at - request->bytes);
    return 0;
}

int write_decisions_add(struct write_request *request, const struct decision_set *set, uint32_t from, uint32_t to,
                        const struct write_options *options)
{
    int rc = 0;

    while (from < to && rc == 0) {
        struct run run = run_from(set, from, to);
        for (unsigned series = 0; series < DECISION_SERIES_COUNT && rc == 0; series++)
            if ((run.present >> series & 1U) != 0)
                rc = add_series(request, &run, series, options);
        from = run.to;
    }
    return rc;
}
