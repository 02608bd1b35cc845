#include "collector/fleet/sample_budget.h"

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* No more than SAMPLE_BUDGET_MAX samples are saved. */
static int64_t paid_ms(const struct sample_budget *budget, const struct sample_budget_terms *terms)
{
    int64_t least_ms = terms->now_ms - SAMPLE_BUDGET_MAX * sample_budget_price_ms(terms, true);

    return budget->paid_ms == 0 ? least_ms : later(budget->paid_ms, least_ms);
}

void sample_budget_begin(struct sample_budget *budget, const struct sample_budget_terms *terms)
{
    budget->paid_ms = earlier(paid_ms(budget, terms), terms->now_ms);
}

int64_t sample_budget_left(const struct sample_budget *budget, const struct sample_budget_terms *terms)
{
    int64_t paid = paid_ms(budget, terms);
    int64_t price_ms = sample_budget_price_ms(terms, false);

    if (paid >= terms->hello_ms)
        return (terms->now_ms - paid) / price_ms;
    return (terms->hello_ms - paid) / sample_budget_price_ms(terms, true) +
           (terms->now_ms - terms->hello_ms) / price_ms;
}

void sample_budget_take_rows(struct sample_budget *budget, const struct sample_budget_terms *terms, unsigned rows)
{
    int64_t paid = paid_ms(budget, terms) + sample_budget_price_ms(terms, true) * rows;

    budget->paid_ms = earlier(paid, terms->now_ms + sample_budget_price_ms(terms, false));
}
