#include "common/batch.h"

#include <errno.h>
#include <string.h>

/* Keys: the number of the field and the wire type (0: varint, 2: bytes, 5: 32 bits). */
#define FRAME_BATCH    (2U << 3 | 2U)
#define BATCH_SENT     (1U << 3)
#define BATCH_SAMPLE   (2U << 3 | 2U)
#define BATCH_ACCOUNT  (3U << 3 | 2U)
#define SAMPLE_SEQ     (1U << 3)
#define SAMPLE_TIME    (2U << 3)
#define SAMPLE_UPTIME  (3U << 3)
#define SAMPLE_METRICS 4U /* the number of the first metric's field: they have the order of the table */
#define TYPE_VARINT    0U
#define TYPE_FIXED32   5U

#define IS_METRIC_COUNTER                        1U
#define IS_METRIC_PERCENT                        0U
#define IS_METRIC_GAUGE                          0U
#define COUNTER_BIT(symbol, field, column, kind) | IS_##kind << METRIC_##symbol
#define COUNTERS                                 (0U METRICS(COUNTER_BIT))

/* ---- the usual form ---- */

struct scan {
    const uint8_t *at;
    const uint8_t *end;
};

static inline bool get_varint(struct scan *scan, uint64_t *number)
{
    uint64_t result = 0;

    for (unsigned shift = 0; shift < 70 && scan->at < scan->end; shift += 7) {
        uint8_t byte = *scan->at++;
        result |= (uint64_t)(byte & 0x7FU) << shift;
        if (byte < 0x80U) {
            *number = result;
            return true;
        }
    }
    return false;
}

static inline bool get_float(struct scan *scan, double *number)
{
    uint32_t bits = 0;
    float narrow = 0.0F;

    if (scan->end - scan->at < 4)
        return false;
    for (unsigned i = 0; i < 4; i++)
        bits |= (uint32_t)scan->at[i] << 8 * i;
    memcpy(&narrow, &bits, sizeof narrow);
    scan->at += 4;
    *number = (double)narrow;
    return true;
}

/* A field with this key, which has one byte. */
static inline bool get_field(struct scan *scan, unsigned key, uint64_t *number)
{
    if (scan->at == scan->end || *scan->at != key)
        return false;
    scan->at++;
    return get_varint(scan, number);
}

/* Likewise one of bytes, as a scan of its own. */
static inline bool get_part(struct scan *scan, unsigned key, struct scan *part)
{
    uint64_t len = 0;

    if (!get_field(scan, key, &len) || len > (uint64_t)(scan->end - scan->at))
        return false;
    *part = (struct scan){scan->at, scan->at + len};
    scan->at += len;
    return true;
}

/* The metrics come in ascending order, so none comes twice. */
static inline bool scan_metrics(struct scan *scan, struct sample *sample)
{
    uint64_t next = SAMPLE_METRICS;
    uint64_t key = 0;

    while (scan->at < scan->end) {
        if (!get_varint(scan, &key) || key >> 3 < next || key >> 3 >= SAMPLE_METRICS + METRIC_COUNT)
            return false;
        next = (key >> 3) + 1;
        unsigned metric = (unsigned)(key >> 3) - SAMPLE_METRICS;
        bool counter = COUNTERS >> metric & 1U;
        if ((key & 7U) != (counter ? TYPE_VARINT : TYPE_FIXED32))
            return false;
        if (counter ? !get_varint(scan, &sample->value[metric].counter)
                    : !get_float(scan, &sample->value[metric].gauge))
            return false;
        sample->present |= 1U << metric;
    }
    return true;
}

static inline bool scan_sample(struct scan *scan, struct sample *sample)
{
    uint64_t time_ms = 0;

    if (!get_field(scan, SAMPLE_SEQ, &sample->seq) || !get_field(scan, SAMPLE_TIME, &time_ms) ||
        !get_field(scan, SAMPLE_UPTIME, &sample->uptime_ms))
        return false;
    sample->time_ms = (int64_t)time_ms;
    sample->present = 0;
    return scan_metrics(scan, sample);
}

static bool scan_account(struct scan *scan, Headroom__Account *account)
{
    headroom__account__init(account);
    if (!get_field(scan, 1U << 3, &account->produced) || !get_field(scan, 2U << 3, &account->acknowledged) ||
        !get_field(scan, 3U << 3, &account->dropped_outbox_full) ||
        !get_field(scan, 4U << 3, &account->dropped_spool_damaged))
        return false;
    account->has_dropped_rejected = scan->at < scan->end;
    if (account->has_dropped_rejected && !get_field(scan, 5U << 3, &account->dropped_rejected))
        return false;
    return scan->at == scan->end;
}

bool batch_scan(struct wire_arena *arena, struct bytes message, struct batch *batch)
{
    struct scan frame = {message.data, message.data + message.len};
    struct scan body;
    struct scan part;
    struct batch scanned = {0};

    if (!get_part(&frame, FRAME_BATCH, &body) || frame.at < frame.end ||
        !get_field(&body, BATCH_SENT, &scanned.sent_uptime_ms))
        return false;
    arena->used = 0;
    Headroom__Account *account = wire_arena_alloc(arena, sizeof *account);
    scanned.samples = wire_arena_alloc(arena, BATCH_SAMPLES_MAX * sizeof *scanned.samples);
    if (scanned.samples == NULL)
        return false;
    while (body.at < body.end && *body.at == BATCH_SAMPLE) {
        if (scanned.count == BATCH_SAMPLES_MAX || !get_part(&body, BATCH_SAMPLE, &part) ||
            !scan_sample(&part, &scanned.samples[scanned.count++]))
            return false;
    }
    if (body.at < body.end) {
        if (!get_part(&body, BATCH_ACCOUNT, &part) || body.at < body.end || !scan_account(&part, account))
            return false;
        scanned.account = account;
    }
    *batch = scanned;
    return true;
}

/* ---- every other form ---- */

int batch_take(struct wire_arena *arena, const Headroom__Batch *message, struct batch *batch)
{
    size_t count = message->n_samples < BATCH_SAMPLES_MAX ? message->n_samples : BATCH_SAMPLES_MAX;
    struct sample *samples = wire_arena_alloc(arena, count * sizeof *samples);

    if (samples == NULL)
        return -ENOBUFS;
    for (size_t i = 0; i < count; i++)
        wire_get_sample(message->samples[i], &samples[i]);
    *batch = (struct batch){
        .sent_uptime_ms = message->sent_uptime_ms,
        .count = message->n_samples,
        .samples = samples,
        .account = message->account,
        .losses = message->losses,
        .loss_count = message->n_losses,
    };
    return 0;
}
