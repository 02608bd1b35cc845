/* Pure. A family of Prometheus metrics: its names and its lines. The collector's families and those of groups are
 * tables of them. */
#ifndef COLLECTOR_HTTP_METRICS_FAMILY_H
#define COLLECTOR_HTTP_METRICS_FAMILY_H

#include "collector/autoscale/decision_fields.h"
#include "collector/http/answer.h"

#include <stddef.h>
#include <stdint.h>

/* What a family's numbers are taken from: the collector, one of its groups or one of the forwarders. */
struct metrics_source {
    const struct answer_world *world;
    int64_t wall_ms;
    const struct fleet_counts_result *fleet;
    int64_t now_ms;
    const struct group *group; /* NULL: it is none, and so are the next three */
    const struct fleet_counts_group *now;
    const struct decision_history_group *history;
    const struct signal_entry *signals;
    unsigned signal_count;
    const struct forwarder *forwarder; /* NULL: it is none */
};

/* A family of one line, or of one for each value of a label. */
struct metrics_family {
    const char *name;
    const char *type;
    const char *help;
    const char *label;                    /* NULL: one line, without a label */
    const char *const *label_values;      /* NULL: the names of the group's signals */
    unsigned count;                       /* of them */
    unsigned number;                      /* an enum of its table */
    const enum decision_field_id *fields; /* of a group's last decision, instead of a number; NULL: none */
    size_t histogram;                     /* its offset in struct answer_world */
    double per_second;                    /* of a histogram's unit; 0: it is none */
};

#define METRICS_LABEL(name, values, many) .label = (name), .label_values = (values), .count = (many)
#define METRICS_OF_SIGNALS                .label = "signal"
#define METRICS_HISTOGRAM(member, rate)   .histogram = offsetof(struct answer_world, member), .per_second = (rate)

/* The number of the line with that value of the label; NaN: unknown, no line. */
typedef double metrics_number(const struct metrics_source *from, const struct metrics_family *family, unsigned i);

struct metrics_table {
    const struct metrics_family *families;
    size_t count;
    metrics_number *number;
};

/* All lines of the family about the source, without its head. */
void metrics_family_put(struct writer *writer, const struct metrics_family *family, metrics_number *number,
                        const struct metrics_source *from);

#endif
