/* Pure. Finds the orders in decisions.csv that have no outcome, at the start: those that were under way when the
 * collector was killed. Each of them gets its one outcome then, unknown.
 *
 * The saved state of the scaler may be older than the last rows. So the orders of each group that follow the last one
 * which was carried out are reported, too: the scaler takes them back if it still counts on them. And so is the number
 * that a reader got last: what it gets after the start is no less. */
#ifndef COLLECTOR_AUTOSCALE_OPEN_ORDERS_H
#define COLLECTOR_AUTOSCALE_OPEN_ORDERS_H

#include "collector/autoscale/decision_rows.h"
#include "collector/store/segments.h"

#include <stdint.h>

#define OPEN_ORDERS_MS INT64_C(172800000) /* files that were last written before that are not read */

/* The group's orders from wall_ms on, when the first of them was recorded, were not carried out as far as is known. */
typedef void open_orders_cb(const char *group, int64_t wall_ms, void *arg);

/* The group's last order was a number for a reader, published at wall_ms. */
typedef void open_orders_published_cb(const char *group, unsigned nodes, int64_t wall_ms, void *arg);

struct open_orders_events {
    open_orders_cb *on_open;
    open_orders_published_cb *on_published;
    void *arg;
};

/* Adds a row for each order without an outcome, and reports the groups with orders that were not carried out, and those
 * with a published number. segments: of decisions.csv. Returns how many orders had no outcome, or a negative errno. */
int open_orders_close(struct decision_rows *rows, const struct segments *segments, int64_t wall_ms,
                      const struct open_orders_events *events);

#endif
