/* Pure. The names under which Prometheus and engines like it know groups, as far as a row of decisions.csv has the
 * numbers. /metrics uses the same names. */
#ifndef COLLECTOR_AUTOSCALE_DECISION_SERIES_H
#define COLLECTOR_AUTOSCALE_DECISION_SERIES_H

#define DECISION_SERIES_NODES       "headroom_group_nodes"
#define DECISION_SERIES_DEMAND      "headroom_group_demand"
#define DECISION_SERIES_CAPACITY    "headroom_group_capacity"
#define DECISION_SERIES_UTILISATION "headroom_group_utilisation_ratio"
#define DECISION_SERIES_EXISTING    "headroom_group_existing_nodes"
#define DECISION_SERIES_PENDING     "headroom_group_pending_nodes"
#define DECISION_SERIES_DESIRED     "headroom_group_desired_nodes"

struct decision_series {
    const char *column; /* of decisions.csv */
    const char *name;
    const char *label; /* beside group; NULL: none */
    const char *label_value;
    double divisor; /* from the column's unit to that of the series */
};

/* Those with the same name stand together. */
#define DECISION_SERIES_COUNT 16U
extern const struct decision_series decision_series[DECISION_SERIES_COUNT];

#endif
