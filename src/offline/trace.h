/* Pure. A recorded load, and its replay at the steps of a simulation.
 *
 * The text is CSV with a header that names the columns timestamp_s (seconds from 0, not falling) and demand (any unit,
 * not negative) among others. Replayed, demand is in nodes: what one node can do at most is 1. */
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

/* All zeros is an empty one. */
struct trace {
    struct trace_point *points; /* owned */
    size_t count;
    size_t capacity;
    unsigned columns; /* of a line */
    unsigned time_column;
    unsigned demand_column;
};

/* Take one line without its line end; the header is the first. 0, -ENOMEM, or -EINVAL with what is wrong in error; then
 * the trace is as it was. */
int trace_read_header(struct trace *trace, const char *line, char *error, size_t size);
int trace_read_line(struct trace *trace, const char *line, char *error, size_t size);
void trace_deinit(struct trace *trace);

struct replay {
    double speed;  /* times of the trace are divided by it; above 0 */
    double noise;  /* standard deviation of what each step is multiplied with, around 1; 0: none */
    uint64_t seed; /* of the noise: the same gives the same */
    bool hold;     /* the last sample holds until the next; else demand goes there in a straight line */
    double nodes;  /* so many carry the 99 % quantile of demand at REPLAY_TARGET */
};

#define REPLAY_DEFAULT                                                                                                 \
    {                                                                                                                  \
        .speed = 1.0, .seed = 1, .nodes = 40.0                                                                         \
    }

/* Demand at each step from 0 on, in *demand, which the caller frees. 0, -ENOMEM, or -EINVAL with the reason in error.
 *
 * The noise is the sum of 12 uniform numbers less 6: normal enough, and the same everywhere. */
int trace_replay(const struct trace *trace, const struct replay *replay, double **demand, size_t *steps, char *error,
                 size_t size);

#endif
