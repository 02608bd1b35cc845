#include "common/batch.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

/* Keys: the number of the field and the wire type (0: varint, 2: bytes, 5: 32 bits). */
#define FRAME_BATCH    (2U << 3 | 2U)
#define BATCH_SENT     (1U << 3)
#define BATCH_SAMPLE   (2U << 3 | 2U)
#define BATCH_ACCOUNT  (3U << 3 | 2U)
#define BATCH_LOSS     (4U << 3 | 2U)
#define BATCH_CORES    (5U << 3)
#define BATCH_MEMORY   (6U << 3)
#define BATCH_PROTECTS (7U << 3)
#define BATCH_CPU      (8U << 3)
#define SAMPLE_SEQ     (1U << 3)
#define SAMPLE_TIME    (2U << 3)
#define SAMPLE_UPTIME  (3U << 3)
#define SAMPLE_METRICS 4U /* the number of the first metric's field: they have the order of the table */

#define LENGTH_LEN_MAX 5 /* bytes of a length */

/* ---- the form that our agent sends ---- */

struct scan {
    const uint8_t *at;
    const uint8_t *end;
};

/* A tenth byte has room for one bit: a number with more is left to the generic decoder. */
static bool get_long_varint(struct scan *scan, uint64_t *number)
{
    uint64_t result = 0;

    for (unsigned shift = 0; shift < 70 && scan->at < scan->end; shift += 7) {
        uint8_t byte = *scan->at++;
        result |= (uint64_t)(byte & 0x7FU) << shift;
        if (byte < 0x80U) {
            *number = result;
            return shift < 63 || byte <= 1;
        }
    }
    return false;
}

/* Reads a varint of up to eight bytes at once, if eight bytes are left: the first byte without its highest bit ends it,
 * and the groups of seven bits are joined in pairs, fours and eights. */
static inline bool get_varint(struct scan *scan, uint64_t *number)
{
    uint64_t word = 0;

    if (scan->end - scan->at < 8)
        return get_long_varint(scan, number);
    memcpy(&word, scan->at, sizeof word);
    word = le64toh(word);
    uint64_t ends = ~word & UINT64_C(0x8080808080808080);
    if (ends == 0)
        return get_long_varint(scan, number);
    unsigned bits = (unsigned)__builtin_ctzll(ends) + 1; /* 8 to 64 */
    word &= UINT64_MAX >> (64 - bits);
    word = (word & UINT64_C(0x007F007F007F007F)) | (word & UINT64_C(0x7F007F007F007F00)) >> 1;
    word = (word & UINT64_C(0x00003FFF00003FFF)) | (word & UINT64_C(0x3FFF00003FFF0000)) >> 2;
    *number = (word & UINT64_C(0x000000000FFFFFFF)) | (word & UINT64_C(0x0FFFFFFF00000000)) >> 4;
    scan->at += bits / 8;
    return true;
}

static inline bool get_float(struct scan *scan, double *number)
{
    uint32_t bits = 0;
    float narrow = 0.0F;

    if (scan->end - scan->at < 4)
        return false;
    memcpy(&bits, scan->at, sizeof bits);
    bits = le32toh(bits);
    memcpy(&narrow, &bits, sizeof narrow);
    scan->at += 4;
    *number = (double)narrow;
    return true;
}

/* A varint field with this key, which has one byte. */
static inline bool get_field(struct scan *scan, unsigned key, uint64_t *number)
{
    if (scan->at == scan->end || *scan->at != key)
        return false;
    scan->at++;
    return get_varint(scan, number);
}

/* A field of bytes with this key, as a scan of its own. The generic decoder refuses a longer length. */
static inline bool get_part(struct scan *scan, unsigned key, struct scan *part)
{
    const uint8_t *begin = scan->at;
    uint64_t len = 0;

    if (!get_field(scan, key, &len) || scan->at - begin > 1 + LENGTH_LEN_MAX || len > (uint64_t)(scan->end - scan->at))
        return false;
    *part = (struct scan){scan->at, scan->at + len};
    scan->at += len;
    return true;
}

/* Whether a metric comes next; takes its key, of one byte or two. */
static inline bool take_key(struct scan *scan, unsigned field, unsigned type)
{
    unsigned key = field << 3 | type;

    if (key < 0x80U) {
        if (scan->at == scan->end || *scan->at != key)
            return false;
        scan->at++;
        return true;
    }
    if (scan->end - scan->at < 2 || scan->at[0] != (0x80U | (key & 0x7FU)) || scan->at[1] != key >> 7)
        return false;
    scan->at += 2;
    return true;
}

/* Each metric at most once, in the order of the table, as straight code: the branches are the same for nearly every
 * sample, so the processor predicts them. */
static inline bool scan_metrics(struct scan *scan, struct sample *sample)
{
#define SCAN_METRIC_COUNTER(metric)                                                                                    \
    if (take_key(scan, SAMPLE_METRICS + (metric), 0U)) {                                                               \
        if (!get_varint(scan, &sample->value[metric].counter))                                                         \
            return false;                                                                                              \
        sample->present |= 1U << (metric);                                                                             \
    }
#define SCAN_METRIC_PERCENT(metric)                                                                                    \
    if (take_key(scan, SAMPLE_METRICS + (metric), 5U)) {                                                               \
        if (!get_float(scan, &sample->value[metric].gauge))                                                            \
            return false;                                                                                              \
        sample->present |= 1U << (metric);                                                                             \
    }
#define SCAN_METRIC_GAUGE(metric)  SCAN_METRIC_PERCENT(metric)
#define SCAN_METRIC_EVENTS(metric) SCAN_METRIC_COUNTER(metric)
#define SCAN(symbol, field, column, kind, title)                                                                       \
    if (METRIC_##symbol == METRIC_BASE_COUNT && scan->at == scan->end) /* as most samples do */                        \
        return true;                                                                                                   \
    SCAN_##kind(METRIC_##symbol)
    METRICS(SCAN)
#undef SCAN
    return scan->at == scan->end;
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

/* A field that may be absent; false if it is there and can't be read. */
static bool get_optional(struct scan *scan, unsigned key, protobuf_c_boolean *has, uint64_t *number)
{
    *has = scan->at < scan->end && *scan->at == key;
    return !*has || get_field(scan, key, number);
}

static bool scan_account(struct scan *scan, Headroom__Account *account)
{
    headroom__account__init(account);
    return get_field(scan, 1U << 3, &account->produced) && get_field(scan, 2U << 3, &account->acknowledged) &&
           get_field(scan, 3U << 3, &account->dropped_outbox_full) &&
           get_field(scan, 4U << 3, &account->dropped_spool_damaged) &&
           get_optional(scan, 5U << 3, &account->has_dropped_rejected, &account->dropped_rejected) &&
           get_optional(scan, 6U << 3, &account->has_sent, &account->sent) && scan->at == scan->end;
}

static bool scan_loss(struct scan *scan, Headroom__Loss *loss)
{
    uint64_t reason = 0;

    headroom__loss__init(loss);
    if (!get_field(scan, 1U << 3, &loss->first_seq) || !get_field(scan, 2U << 3, &loss->last_seq) ||
        !get_optional(scan, 3U << 3, &loss->has_reason, &reason) || scan->at < scan->end)
        return false;
    if (loss->has_reason)
        loss->reason = (Headroom__LossReason)reason;
    return reason <= HEADROOM__LOSS_REASON__LOSS_REASON_REJECTED;
}

/* Losses are rare: their memory is taken from the arena only when there is one. */
static bool scan_losses(struct wire_arena *arena, struct scan *body, struct batch *batch)
{
    struct scan part;

    if (body->at == body->end || *body->at != BATCH_LOSS)
        return true;
    Headroom__Loss *losses = wire_arena_alloc(arena, LOSSES_MAX * sizeof *losses);
    Headroom__Loss **pointers = wire_arena_alloc(arena, LOSSES_MAX * sizeof(Headroom__Loss *));
    if (losses == NULL || pointers == NULL)
        return false;
    batch->losses = pointers;
    while (body->at < body->end && *body->at == BATCH_LOSS) {
        if (batch->loss_count == LOSSES_MAX || !get_part(body, BATCH_LOSS, &part) ||
            !scan_loss(&part, &losses[batch->loss_count]))
            return false;
        pointers[batch->loss_count] = &losses[batch->loss_count];
        batch->loss_count++;
    }
    return true;
}

static bool scan_node(struct scan *body, struct batch *batch)
{
    protobuf_c_boolean has;
    uint64_t cores = 0;

    if (!get_optional(body, BATCH_CORES, &has, &cores) || cores > UINT32_MAX)
        return false;
    batch->cores = (uint32_t)cores;
    if (!get_optional(body, BATCH_MEMORY, &has, &batch->memory_bytes))
        return false;
    uint64_t protects = 0;
    if (!get_optional(body, BATCH_PROTECTS, &has, &protects) || protects > 1)
        return false;
    batch->has_protects = has != 0;
    batch->protects = protects != 0;
    uint64_t cpu_milli = 0;
    if (!get_optional(body, BATCH_CPU, &has, &cpu_milli) || cpu_milli > UINT32_MAX)
        return false;
    batch->cpu_milli = (uint32_t)cpu_milli;
    return true;
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
    if (body.at < body.end && *body.at == BATCH_ACCOUNT) {
        if (!get_part(&body, BATCH_ACCOUNT, &part) || !scan_account(&part, account))
            return false;
        scanned.account = account;
    }
    if (!scan_losses(arena, &body, &scanned) || !scan_node(&body, &scanned) || body.at < body.end)
        return false;
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
        .cores = message->has_cores ? message->cores : 0,
        .cpu_milli = message->has_cpu_milli ? message->cpu_milli : 0,
        .memory_bytes = message->has_memory_bytes ? message->memory_bytes : 0,
        .has_protects = message->has_protects,
        .protects = message->protects,
    };
    return 0;
}
