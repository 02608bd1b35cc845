/* Pure. How many samples an agent may send: as many as it can have taken.
 *
 * A sample pays with time: half of the node's interval. paid_ms is the time up to which the samples are paid for, and
 * it may not pass the present. So an agent that takes samples as it says never notices; one that takes more gets to the
 * present, and from there on sends two in an interval. After an outage the time since its last sample is there to pay
 * for what it kept, at whatever speed it comes.
 *
 *     paid_ms                         now            samples that may come at once:
 *        |-------------------------------|           (now - paid_ms) / price
 *
 * What can be saved is bounded: by `burst` samples before the newest one, so that a node that was silent on purpose has
 * no more, and by SAMPLE_BUDGET_MAX of a node that was not known. Samples that were taken before the connection may be
 * of an earlier run with a shorter interval: they pay for a second at most.
 *
 * What can be owed is bounded too, since an agent may send one sample whatever its budget is: by the price of one
 * sample while it is connected, and by nothing when it connects. So it gets on at its own interval, whoever spent the
 * budget.
 *
 * Times are the collector's monotonic clock. */
#ifndef COLLECTOR_FLEET_SAMPLE_BUDGET_H
#define COLLECTOR_FLEET_SAMPLE_BUDGET_H

#include "common/limits.h"

#include <stdbool.h>
#include <stdint.h>

#define SAMPLE_BUDGET_MAX          (1 << 20) /* 12 days, a sample a second */
#define SAMPLE_BUDGET_PER_INTERVAL 2         /* an interval may be cut short by a restart, and clocks differ */

/* Embedded in a node. All zero: nothing is known of it. */
struct sample_budget {
    int64_t paid_ms;
};

struct sample_budget_terms {
    uint32_t interval_ms; /* that the node's agent announced */
    uint32_t burst;
    int64_t hello_ms; /* when its connection began */
    int64_t now_ms;
};

/* An agent connects, at hello_ms. */
void sample_budget_begin(struct sample_budget *budget, const struct sample_budget_terms *terms);

/* How many more samples may come now; 0 or less: none. */
int64_t sample_budget_left(const struct sample_budget *budget, const struct sample_budget_terms *terms);

/* Rows of gaps.csv have come, which cost as samples that were taken before the connection. */
void sample_budget_take_rows(struct sample_budget *budget, const struct sample_budget_terms *terms, unsigned rows);

static inline int64_t sample_budget_price_ms(const struct sample_budget_terms *terms, bool is_old)
{
    uint32_t interval_ms = terms->interval_ms;

    if (is_old && interval_ms > INTERVAL_MS_ASSUMED)
        interval_ms = INTERVAL_MS_ASSUMED;
    return interval_ms / SAMPLE_BUDGET_PER_INTERVAL;
}

/* A sample has come that was taken at that time. */
static inline void sample_budget_take(struct sample_budget *budget, const struct sample_budget_terms *terms,
                                      int64_t taken_ms)
{
    int64_t price_ms = sample_budget_price_ms(terms, taken_ms < terms->hello_ms);
    int64_t least_ms = taken_ms - price_ms * terms->burst;
    int64_t paid_ms = budget->paid_ms > least_ms ? budget->paid_ms : least_ms;

    budget->paid_ms = (paid_ms < terms->now_ms ? paid_ms : terms->now_ms) + price_ms;
}

#endif
