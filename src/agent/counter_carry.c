#include "agent/counter_carry.h"

#include <stddef.h>

struct counter_carry counter_carry_from(const struct outbox *run)
{
    struct counter_carry lift = {0};

    for (uint64_t seq = run->oldest_seq; seq <= run->newest_seq; seq++) {
        const struct sample *sample = outbox_get(run, seq);
        for (unsigned m = 0; sample != NULL && m < METRIC_COUNT; m++) {
            if (metric_table[m].kind != METRIC_COUNTER || !sample_has(sample, (enum metric)m))
                continue;
            lift.last[m] = sample->value[m].counter;
            lift.waiting |= 1U << m;
        }
    }
    return lift;
}

void counter_carry_apply(struct counter_carry *lift, struct sample *sample)
{
    for (unsigned m = 0; m < METRIC_COUNT; m++) {
        if (metric_table[m].kind != METRIC_COUNTER || !sample_has(sample, (enum metric)m))
            continue;
        uint64_t *counter = &sample->value[m].counter;
        if ((lift->waiting >> m & 1U) != 0 && *counter < lift->last[m])
            lift->by[m] = lift->last[m] - *counter;
        lift->waiting &= ~(1U << m);
        *counter += lift->by[m];
    }
}
