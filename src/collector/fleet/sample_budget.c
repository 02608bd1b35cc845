#include "collector/fleet/sample_budget.h"

#include "common/limits.h"

#include <stdbool.h>

#define SAMPLES_PER_INTERVAL 2 /* an interval may be cut short by a restart, and clocks differ */

static int64_t price_ms(const struct sample_budget_terms *terms, bool is_old)
{
    uint32_t interval_ms = terms->interval_ms;

    if (is_old && interval_ms > INTERVAL_MS_ASSUMED)
        interval_ms = INTERVAL_MS_ASSUMED;
    return interval_ms / SAMPLES_PER_INTERVAL;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* No more than SAMPLE_BUDGET_MAX samples are saved. */
static int64_t paid_ms(const struct sample_budget *budget, const struct sample_budget_terms *terms)
{
    int64_t least_ms = terms->now_ms - SAMPLE_BUDGET_MAX * price_ms(terms, true);

    return budget->paid_ms == 0 ? least_ms : later(budget->paid_ms, least_ms);
}

int64_t sample_budget_left(const struct sample_budget *budget, const struct sample_budget_terms *terms)
{
    int64_t paid = paid_ms(budget, terms);

    if (paid >= terms->hello_ms)
        return (terms->now_ms - paid) / price_ms(terms, false);
    return (terms->hello_ms - paid) / price_ms(terms, true) +
           (terms->now_ms - terms->hello_ms) / price_ms(terms, false);
}

void sample_budget_take(struct sample_budget *budget, const struct sample_budget_terms *terms, int64_t taken_ms)
{
    int64_t price = price_ms(terms, taken_ms < terms->hello_ms);

    budget->paid_ms = later(paid_ms(budget, terms), taken_ms - price * terms->burst) + price;
}

void sample_budget_take_rows(struct sample_budget *budget, const struct sample_budget_terms *terms, unsigned rows)
{
    budget->paid_ms = paid_ms(budget, terms) + price_ms(terms, true) * rows;
}
