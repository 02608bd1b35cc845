#include "agent/spool/counter_carry.h"

#include <stddef.h>

struct counter_carry counter_carry_from(const struct outbox *run)
{
    struct counter_carry carry = {0};

    for (uint64_t seq = run->oldest_seq; seq <= run->newest_seq; seq++) {
        const struct sample *sample = outbox_get(run, seq);
        for (unsigned m = 0; sample != NULL && m < METRIC_COUNT; m++) {
            if (!METRIC_COUNTS(metric_table[m].kind) || !sample_has(sample, (enum metric)m))
                continue;
            carry.last[m] = sample->value[m].counter;
            carry.waiting |= 1U << m;
        }
    }
    return carry;
}

void counter_carry_apply(struct counter_carry *carry, struct sample *sample)
{
    for (unsigned m = 0; m < METRIC_COUNT; m++) {
        if (!METRIC_COUNTS(metric_table[m].kind) || !sample_has(sample, (enum metric)m))
            continue;
        uint64_t *counter = &sample->value[m].counter;
        if ((carry->waiting >> m & 1U) != 0 && *counter < carry->last[m])
            carry->by[m] = carry->last[m] - *counter;
        carry->waiting &= ~(1U << m);
        *counter += carry->by[m];
    }
}
