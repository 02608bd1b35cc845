/* Pure. A recorded load, and its replay in the steps of a simulation.
 *
 * The text is CSV whose header names the columns timestamp_s (seconds from 0, not decreasing) and demand (any unit, not
 * negative), among others. The demand of the replay is in nodes: a fully busy node serves 1. */
#ifndef OFFLINE_TRACE_H
#define OFFLINE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPLAY_STEP_MS 15000
#define REPLAY_STEP_S  (REPLAY_STEP_MS / 1000.0)
#define REPLAY_TARGET  0.7 /* utilisation at which the 99 % quantile of demand fills the fleet */

struct trace_point {
    double time_s;
    double demand;
};

/* All zeros: empty. */
struct trace {
    struct trace_point *points; /* owned */
    size_t count;
    size_t capacity;
    unsigned columns; /* of a line */
    unsigned time_column;
    unsigned demand_column;
};

/* Take one line without its line end: the header first, then the others. 0, -ENOMEM, or -EINVAL with the reason in
 * error; then the trace is unchanged. */
int trace_read_header(struct trace *trace, const char *line, char *error, size_t size);
int trace_read_line(struct trace *trace, const char *line, char *error, size_t size);
void trace_deinit(struct trace *trace);

/* Adds a point, not before the last one. 0 or -ENOMEM. */
int trace_add(struct trace *trace, double time_s, double demand);

struct replay {
    double speed;  /* divides the times of the trace; above 0 */
    double noise;  /* standard deviation of the factor, around 1, of each step; 0: no noise */
    uint64_t seed; /* of the noise */
    bool hold;     /* a sample holds until the next; else demand is interpolated linearly */
    double nodes;  /* that carry the 99 % quantile of demand at REPLAY_TARGET; NAN: demand is in nodes already */
};

#define REPLAY_DEFAULT                                                                                                 \
    {                                                                                                                  \
        .speed = 1.0, .seed = 1, .nodes = 40.0                                                                         \
    }

/* Computes the demand at each step, in *demand, which the caller frees. 0, -ENOMEM, or -EINVAL with the reason in
 * error.
 *
 * The noise is the sum of 12 uniform numbers minus 6: nearly normal, and the same on every machine. */
int trace_replay(const struct trace *trace, const struct replay *replay, double **demand, size_t *steps, char *error,
                 size_t size);

#endif
