/* Pure. Finds the orders in decisions.csv that have no outcome, at the start: those that were under way when the
 * collector was killed. Each of them gets its one outcome then, unknown. */
#ifndef COLLECTOR_AUTOSCALE_OPEN_ORDERS_H
#define COLLECTOR_AUTOSCALE_OPEN_ORDERS_H

#include "collector/autoscale/decision_rows.h"
#include "collector/store/segments.h"

#include <stdint.h>

#define OPEN_ORDERS_MS INT64_C(172800000) /* files that were last written before that are not read */

/* An order of the group was open; wall_ms: when it was recorded. */
typedef void open_orders_cb(const char *group, int64_t wall_ms, void *arg);

/* Adds a row for each order without an outcome, and calls cb for it, oldest first. segments: of decisions.csv. Returns
 * how many, or a negative errno. */
int open_orders_close(struct decision_rows *rows, const struct segments *segments, int64_t wall_ms, open_orders_cb *cb,
                      void *arg);

#endif
