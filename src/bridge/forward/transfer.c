#include "bridge/forward/transfer.h"

#define PROBE_MS        5000  /* a restart of the engine is noticed within this */
#define FORBIDDEN_MS    30000 /* somebody has to change something */
#define RETRY_AFTER_MAX 300000
#define FAILURES_MAX    5U /* with status 500, until it is taken for the rows' fault */
#define SETTLE_PARTS    256
#define BACKOFF_MIN_MS  100U
#define BACKOFF_MAX_MS  30000U

void transfer_init(struct transfer *transfer, int64_t settle_ms, const struct forward_place *settled, uint64_t seed)
{
    *transfer = (struct transfer){.settle_ms = settle_ms, .settled = *settled};
    backoff_init(&transfer->backoff, BACKOFF_MIN_MS, BACKOFF_MAX_MS, seed);
}

static void add_rows(struct transfer_rows *to, const struct transfer_rows *rows)
{
    to->accepted += rows->accepted;
    to->refused += rows->refused;
    to->filtered += rows->filtered;
}

static void take_rows(struct transfer_rows *from, const struct transfer_rows *rows)
{
    from->accepted -= rows->accepted;
    from->refused -= rows->refused;
    from->filtered -= rows->filtered;
}

/* ---- what is unsettled ---- */

static struct transfer_unsettled *unsettled_at(struct transfer *transfer, unsigned i)
{
    return &transfer->unsettled[(transfer->unsettled_first + i) % TRANSFER_UNSETTLED_MAX];
}

static struct transfer_unsettled *place_for(struct transfer *transfer, int64_t now_ms)
{
    unsigned count = transfer->unsettled_count;
    struct transfer_unsettled *last = count > 0 ? unsettled_at(transfer, count - 1) : NULL;

    if (last != NULL &&
        (now_ms - last->first_ms <= transfer->settle_ms / SETTLE_PARTS || count == TRANSFER_UNSETTLED_MAX))
        return last;
    last = unsettled_at(transfer, transfer->unsettled_count++);
    *last = (struct transfer_unsettled){.first_ms = now_ms};
    return last;
}

/* All ranges of the set have had their answer. */
static void end_set(struct transfer *transfer, int64_t now_ms)
{
    struct transfer_unsettled *unsettled = place_for(transfer, now_ms);

    unsettled->place = transfer->set_end;
    unsettled->last_ms = now_ms;
    add_rows(&unsettled->rows, &transfer->set);
    add_rows(&transfer->pending, &transfer->set);
    transfer->set = (struct transfer_rows){0};
    transfer->set_count = 0;
    transfer->suspect_count = 0;
    transfer->is_halving = false;
}

/* The engine has answered on an unbroken connection: what it accepted long enough ago, it has kept. */
static void settle(struct transfer *transfer, int64_t now_ms)
{
    transfer->answered_ms = now_ms;
    while (transfer->unsettled_count > 0) {
        const struct transfer_unsettled *first = unsettled_at(transfer, 0);
        if (now_ms - first->last_ms < transfer->settle_ms)
            return;
        transfer->settled = first->place;
        add_rows(&transfer->total, &first->rows);
        take_rows(&transfer->pending, &first->rows);
        transfer->unsettled_first = (transfer->unsettled_first + 1) % TRANSFER_UNSETTLED_MAX;
        transfer->unsettled_count--;
    }
}

static bool rewind_all(struct transfer *transfer, int64_t now_ms)
{
    transfer->rewinds += transfer->unsettled_count > 0 || transfer->set_count > 0;
    transfer->unsettled_count = 0;
    transfer->pending = (struct transfer_rows){0};
    transfer->set = (struct transfer_rows){0};
    transfer->set_count = 0;
    transfer->range_count = 0;
    transfer->range_failures = 0;
    transfer->suspect_count = 0;
    transfer->is_halving = false;
    transfer->answered_ms = now_ms;
    return false;
}

/* ---- what is next ---- */

struct transfer_action transfer_next(const struct transfer *transfer, int64_t now_ms)
{
    int64_t probe_ms = transfer->answered_ms + PROBE_MS;

    if (now_ms < transfer->wait_until_ms)
        return (struct transfer_action){.step = TRANSFER_WAIT, .until_ms = transfer->wait_until_ms};
    if (transfer->range_count > 0)
        return (struct transfer_action){.step = TRANSFER_SEND, .range = transfer->ranges[transfer->range_count - 1]};
    if (transfer->unsettled_count > 0 && now_ms >= probe_ms)
        return (struct transfer_action){.step = TRANSFER_PROBE};
    return (struct transfer_action){.step = TRANSFER_FILL,
                                    .until_ms = probe_ms > now_ms ? probe_ms : now_ms + PROBE_MS};
}

int transfer_wait_ms(int64_t until_ms, int64_t now_ms)
{
    int64_t left_ms = until_ms - now_ms;

    if (left_ms <= 0)
        return 0;
    return left_ms < TRANSFER_WAIT_MS_MAX ? (int)left_ms : TRANSFER_WAIT_MS_MAX;
}

void transfer_filled(struct transfer *transfer, uint32_t count, uint64_t filtered, const struct forward_place *end,
                     int64_t now_ms)
{
    transfer->set = (struct transfer_rows){.filtered = filtered};
    transfer->set_count = count;
    transfer->set_end = *end;
    if (count > 0)
        transfer->ranges[transfer->range_count++] = (struct transfer_range){0, count};
    else
        end_set(transfer, now_ms);
}

/* ---- answers ---- */

static void wait_for(struct transfer *transfer, int64_t wait_ms, int64_t now_ms)
{
    transfer->wait_until_ms = now_ms + (wait_ms < RETRY_AFTER_MAX ? wait_ms : RETRY_AFTER_MAX);
}

static void wait_longer(struct transfer *transfer, int64_t least_ms, int64_t now_ms)
{
    int64_t wait_ms = backoff_next_ms(&transfer->backoff);

    wait_for(transfer, least_ms > wait_ms ? least_ms : wait_ms, now_ms);
}

struct refusal {
    transfer_refused_cb *on_refused;
    void *arg;
};

static void refuse(struct transfer *transfer, uint32_t row, const struct refusal *refusal)
{
    transfer->set.refused++;
    refusal->on_refused(row, refusal->arg);
}

/* The engine accepts others: it may have failed for these because it was ill. */
static void try_suspects_again(struct transfer *transfer)
{
    for (unsigned i = 0; i < transfer->suspect_count; i++)
        transfer->ranges[transfer->range_count++] =
            (struct transfer_range){transfer->suspects[i], transfer->suspects[i] + 1};
    transfer->suspect_count = 0;
}

static struct transfer_range take_range(struct transfer *transfer)
{
    transfer->range_failures = 0;
    return transfer->ranges[--transfer->range_count];
}

static void halve(struct transfer *transfer, struct transfer_range range)
{
    uint32_t middle = range.from + (range.to - range.from) / 2;

    transfer->ranges[transfer->range_count++] = (struct transfer_range){middle, range.to};
    transfer->ranges[transfer->range_count++] = (struct transfer_range){range.from, middle};
}

/* The engine fails for all rows of the set: none is given up. */
static void begin_set_again(struct transfer *transfer, int64_t now_ms)
{
    transfer->suspect_count = 0;
    transfer->set.refused = 0;
    transfer->is_halving = false;
    transfer->range_failures = 0;
    transfer->ranges[0] = (struct transfer_range){0, transfer->set_count};
    transfer->range_count = 1;
    wait_longer(transfer, BACKOFF_MAX_MS, now_ms);
}

static void end_range(struct transfer *transfer, int64_t now_ms)
{
    if (transfer->range_count > 0)
        return;
    if (transfer->suspect_count > 0)
        begin_set_again(transfer, now_ms);
    else
        end_set(transfer, now_ms);
}

static void on_accepted(struct transfer *transfer, int64_t now_ms)
{
    backoff_reset(&transfer->backoff);
    if (transfer->range_count > 0) {
        struct transfer_range range = take_range(transfer);
        transfer->set.accepted += range.to - range.from;
        try_suspects_again(transfer);
        end_range(transfer, now_ms);
    }
    settle(transfer, now_ms);
}

static void on_refused(struct transfer *transfer, const struct refusal *refusal, int64_t now_ms)
{
    if (transfer->range_count == 0) { /* an empty request: the engine takes nothing at all */
        wait_for(transfer, FORBIDDEN_MS, now_ms);
        return;
    }
    struct transfer_range range = take_range(transfer);
    if (range.to - range.from > 1) {
        halve(transfer, range);
        return;
    }
    refuse(transfer, range.from, refusal);
    end_range(transfer, now_ms);
}

static void suspect(struct transfer *transfer, const struct refusal *refusal, int64_t now_ms)
{
    struct transfer_range range = take_range(transfer);

    if (transfer->set.accepted > 0) {
        refuse(transfer, range.from, refusal);
    } else if (transfer->suspect_count == TRANSFER_SUSPECTS_MAX) {
        begin_set_again(transfer, now_ms);
        return;
    } else {
        transfer->suspects[transfer->suspect_count++] = range.from;
    }
    end_range(transfer, now_ms);
}

static void on_failed(struct transfer *transfer, const struct refusal *refusal, int64_t now_ms)
{
    wait_longer(transfer, 0, now_ms);
    if (transfer->range_count == 0)
        return;
    const struct transfer_range *range = &transfer->ranges[transfer->range_count - 1];
    bool is_row = range->to - range->from == 1;
    if (++transfer->range_failures < (transfer->is_halving && !is_row ? 1 : FAILURES_MAX))
        return;
    backoff_reset(&transfer->backoff);
    if (is_row) {
        suspect(transfer, refusal, now_ms);
        return;
    }
    transfer->is_halving = true;
    halve(transfer, take_range(transfer));
}

/* On a new connection the engine may be another process, which has lost what the one before had accepted. */
static bool may_have_lost(const struct transfer *transfer, const struct transfer_answer *answer)
{
    if (answer->answer == ENGINE_LOST || answer->answer == ENGINE_BUSY)
        return true;
    return answer->is_new_connection && (transfer->unsettled_count > 0 || transfer->set.accepted > 0);
}

bool transfer_answered(struct transfer *transfer, const struct transfer_answer *answer, int64_t now_ms,
                       transfer_refused_cb *cb, void *arg)
{
    const struct refusal refusal = {cb, arg};

    if (may_have_lost(transfer, answer)) {
        if (answer->answer == ENGINE_LOST || answer->answer == ENGINE_BUSY)
            wait_longer(transfer, answer->retry_after_ms, now_ms);
        return rewind_all(transfer, now_ms);
    }
    if (answer->answer == ENGINE_ACCEPTED)
        on_accepted(transfer, now_ms);
    else if (answer->answer == ENGINE_REFUSED)
        on_refused(transfer, &refusal, now_ms);
    else if (answer->answer == ENGINE_FAILED)
        on_failed(transfer, &refusal, now_ms);
    else
        wait_for(transfer, FORBIDDEN_MS, now_ms);
    return true;
}

struct transfer_account transfer_account(const struct transfer *transfer)
{
    return (struct transfer_account){
        .settled = transfer->total.accepted,
        .unsettled = transfer->pending.accepted + transfer->set.accepted,
        .refused = transfer->total.refused + transfer->pending.refused + transfer->set.refused,
        .filtered = transfer->total.filtered + transfer->pending.filtered + transfer->set.filtered,
        .waiting = transfer->set_count - transfer->set.accepted - transfer->set.refused,
    };
}
