/* Pure. Decides when the scalers' state is formatted as text and written: each event results in the next action.
 *
 *     IDLE -> begin: FILLING -> filled: WRITING -> written: IDLE
 *
 * One text is under way at a time. The next one begins at least a second later, and later still where making it takes
 * long, so that the loop spends at most a fiftieth of its time on it; pokes meanwhile become one. Draining begins the
 * last text at once. */
#ifndef COLLECTOR_AUTOSCALE_SNAPSHOT_PLAN_H
#define COLLECTOR_AUTOSCALE_SNAPSHOT_PLAN_H

#include <stdbool.h>
#include <stdint.h>

enum snapshot_state { SNAPSHOT_IDLE, SNAPSHOT_FILLING, SNAPSHOT_WRITING, SNAPSHOT_CLOSED };

enum snapshot_action {
    SNAPSHOT_NOTHING,
    SNAPSHOT_WAIT,   /* ask again in wait_ms */
    SNAPSHOT_FILL,   /* begin a text */
    SNAPSHOT_DRAINED /* once per snapshot_plan_drain(): nothing is left to write */
};

/* All zero at the beginning. */
struct snapshot_plan {
    enum snapshot_state state;
    bool wanted;   /* what is saved has changed since the last text began */
    bool draining; /* the last text is due */
    uint64_t next_ms;
};

/* What the caller does now. *wait_ms is set with SNAPSHOT_WAIT. */
enum snapshot_action snapshot_plan_next(struct snapshot_plan *plan, uint64_t now_ms, uint64_t *wait_ms);

/* Events. After each but the close and `filled` the caller asks for what is next. */
void snapshot_plan_poke(struct snapshot_plan *plan);
void snapshot_plan_drain(struct snapshot_plan *plan);
void snapshot_plan_filled(struct snapshot_plan *plan, uint64_t now_ms, uint64_t spent_ns); /* by the loop on the text */
void snapshot_plan_written(struct snapshot_plan *plan);
void snapshot_plan_close(struct snapshot_plan *plan);

#endif
