#include "offline/trace.h"

#include "common/limits.h"
#include "common/parse.h"
#include "common/random.h"
#include "offline/quantile.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCALE_QUANTILE 0.99
#define UNIFORMS       12U /* whose sum has a variance of 1 */

/* ---- reading ---- */

static size_t field_len(const char *field)
{
    return strcspn(field, ",");
}

/* NULL at the end of the line. */
static const char *next_field(const char *field)
{
    size_t len = field_len(field);

    return field[len] == ',' ? field + len + 1 : NULL;
}

static bool field_is(const char *field, const char *name)
{
    return field_len(field) == strlen(name) && strncmp(field, name, strlen(name)) == 0;
}

int trace_read_header(struct trace *trace, const char *line, char *error, size_t size)
{
    unsigned columns = 0, times = 0, demands = 0;
    struct trace read = *trace;

    for (const char *field = line; field != NULL; field = next_field(field), columns++) {
        if (field_is(field, "timestamp_s")) {
            read.time_column = columns;
            times++;
        } else if (field_is(field, "demand")) {
            read.demand_column = columns;
            demands++;
        }
    }
    if (times != 1 || demands != 1) {
        unsigned found = times != 1 ? times : demands;
        snprintf(error, size, "the header %s the column %s%s; a trace begins with the line \"timestamp_s,demand\"",
                 found == 0 ? "lacks" : "has", times != 1 ? "timestamp_s" : "demand", found == 0 ? "" : " twice");
        return -EINVAL;
    }
    read.columns = columns;
    *trace = read;
    return 0;
}

static int get_number(const char *name, const char *field, double *number, char *error, size_t size)
{
    size_t len = field_len(field);
    double value;

    if (parse_number(field, len, &value) == 0 && value >= 0.0) {
        *number = value;
        return 0;
    }
    snprintf(error, size, "%s \"%.*s\" is not a number of 0 or more", name, len < 40 ? (int)len : 40, field);
    return -EINVAL;
}

int trace_add(struct trace *trace, double time_s, double demand)
{
    if (trace->count == trace->capacity) {
        size_t capacity = trace->capacity > 0 ? 2 * trace->capacity : 1024;
        struct trace_point *points = reallocarray(trace->points, capacity, sizeof *points);
        if (points == NULL)
            return -ENOMEM;
        trace->points = points;
        trace->capacity = capacity;
    }
    trace->points[trace->count++] = (struct trace_point){time_s, demand};
    return 0;
}

int trace_read_line(struct trace *trace, const char *line, char *error, size_t size)
{
    struct trace_point point = {0};
    unsigned column = 0;
    int rc = 0;

    for (const char *field = line; field != NULL && rc == 0; field = next_field(field), column++) {
        if (column == trace->time_column)
            rc = get_number("timestamp_s", field, &point.time_s, error, size);
        else if (column == trace->demand_column)
            rc = get_number("demand", field, &point.demand, error, size);
    }
    if (rc != 0)
        return rc;
    if (column != trace->columns) {
        snprintf(error, size, "%u columns where the header has %u", column, trace->columns);
        return -EINVAL;
    }
    if (trace->count > 0 && point.time_s < trace->points[trace->count - 1].time_s) {
        snprintf(error, size, "timestamp_s decreases from %.10g to %.10g", trace->points[trace->count - 1].time_s,
                 point.time_s);
        return -EINVAL;
    }
    return trace_add(trace, point.time_s, point.demand);
}

void trace_deinit(struct trace *trace)
{
    free(trace->points);
    *trace = (struct trace){0};
}

/* ---- the replay ---- */

static double normal(uint64_t *random)
{
    uint64_t sum = 0; /* of 53-bit integers, so it is exact */

    for (unsigned i = 0; i < UNIFORMS; i++)
        sum += random_next(random) >> 11;
    return (double)sum * 0x1p-53 - UNIFORMS / 2.0;
}

/* at: the point reached at the previous step; advances to the last point that is not later than time_s. */
static double demand_at(const struct trace *trace, const struct replay *replay, double time_s, size_t *at)
{
    const struct trace_point *p = trace->points;

    while (*at + 1 < trace->count && p[*at + 1].time_s / replay->speed <= time_s)
        (*at)++;
    p += *at;

    double from_s = p[0].time_s / replay->speed;
    if (replay->hold || *at + 1 == trace->count || time_s < from_s)
        return p[0].demand;
    double slope = (p[1].demand - p[0].demand) / (p[1].time_s / replay->speed - from_s);
    return slope * (time_s - from_s) + p[0].demand;
}

static void fill(const struct trace *trace, const struct replay *replay, double *demand, size_t steps)
{
    uint64_t random = replay->seed;
    size_t at = 0;

    for (size_t k = 0; k < steps; k++) {
        demand[k] = demand_at(trace, replay, (double)k * REPLAY_STEP_S, &at);
        if (replay->noise > 0.0)
            demand[k] *= fmax(0.0, 1.0 + replay->noise * normal(&random));
    }
}

/* false: the demand can't be scaled, or overflows. */
static bool scale(double *demand, size_t steps, double nodes, double quantile)
{
    double factor = nodes * REPLAY_TARGET / quantile;
    bool finite = quantile > 0.0 && isfinite(factor);

    for (size_t k = 0; k < steps; k++) {
        demand[k] *= factor;
        finite = finite && isfinite(demand[k]);
    }
    return finite;
}

int trace_replay(const struct trace *trace, const struct replay *replay, double **demand, size_t *steps, char *error,
                 size_t size)
{
    double last = trace->count > 0 ? trace->points[trace->count - 1].time_s / replay->speed / REPLAY_STEP_S : 0.0;

    if (trace->count == 0) {
        snprintf(error, size, "no line contains a sample");
        return -EINVAL;
    }
    if (last >= REPLAY_STEPS_MAX) {
        snprintf(error, size,
                 "timestamp_s ends at %.10g, %.3g steps of 15 s; at most %u are replayed, counted "
                 "from 0. Are these seconds from the start of the trace?",
                 trace->points[trace->count - 1].time_s, last, REPLAY_STEPS_MAX);
        return -EINVAL;
    }
    size_t n = (size_t)last + 1;
    double *replayed = reallocarray(NULL, n, sizeof *replayed);
    double *sorted = reallocarray(NULL, n, sizeof *sorted);
    int rc = replayed != NULL && sorted != NULL ? 0 : -ENOMEM;
    if (rc == 0) {
        fill(trace, replay, replayed, n);
        memcpy(sorted, replayed, n * sizeof *sorted);
        if (!isnan(replay->nodes) && !scale(replayed, n, replay->nodes, quantile_of(sorted, n, SCALE_QUANTILE))) {
            snprintf(error, size, "demand is 0 nearly all the time, or wildly different; no fleet size fits it");
            rc = -EINVAL;
        }
    }
    free(sorted);
    if (rc != 0) {
        free(replayed);
        return rc;
    }
    *demand = replayed;
    *steps = n;
    return 0;
}
