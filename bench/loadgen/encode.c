#include "loadgen/encode.h"

#include <string.h>

#define HEAD_MAX 32U /* bytes before the samples */

/* Wire types of protobuf. */
#define VARINT  0U
#define BYTES   2U
#define FIXED32 5U

/* Field numbers of Frame, Batch and Sample in proto/headroom.proto. The metrics of a sample follow its first three
 * fields, in the order of the table. */
#define FRAME_BATCH    2U
#define BATCH_SENT     1U
#define BATCH_SAMPLES  2U
#define BATCH_ACCOUNT  3U
#define SAMPLE_SEQ     1U
#define SAMPLE_TIME    2U
#define SAMPLE_UPTIME  3U
#define SAMPLE_METRICS 4U

static uint8_t *put_varint(uint8_t *at, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        *at++ = (uint8_t)(number | 0x80);
    *at++ = (uint8_t)number;
    return at;
}

static uint8_t *put_key(uint8_t *at, unsigned field, unsigned type)
{
    return put_varint(at, field << 3 | type);
}

static uint8_t *put_unsigned(uint8_t *at, unsigned field, uint64_t number)
{
    return put_varint(put_key(at, field, VARINT), number);
}

static uint8_t *put_float(uint8_t *at, unsigned field, double number)
{
    float narrow = (float)number;

    at = put_key(at, field, FIXED32);
    memcpy(at, &narrow, sizeof narrow); /* assumes a little-endian machine */
    return at + sizeof narrow;
}

static uint8_t *put_sample(uint8_t *at, const struct sample *sample)
{
    at = put_unsigned(at, SAMPLE_SEQ, sample->seq);
    at = put_unsigned(at, SAMPLE_TIME, (uint64_t)sample->time_ms);
    at = put_unsigned(at, SAMPLE_UPTIME, sample->uptime_ms);
    for (unsigned m = 0; m < METRIC_COUNT; m++) {
        if (!sample_has(sample, m))
            continue;
        if (METRIC_COUNTS(metric_table[m].kind))
            at = put_unsigned(at, SAMPLE_METRICS + m, sample->value[m].counter);
        else
            at = put_float(at, SAMPLE_METRICS + m, sample->value[m].gauge);
    }
    return at;
}

/* With its key and the shortest form of its length. */
static uint8_t *put_sample_field(uint8_t *at, const struct sample *sample)
{
    uint8_t *start = put_key(at, BATCH_SAMPLES, BYTES);
    uint8_t *body = start + 1; /* most lengths have one byte */
    size_t len = (size_t)(put_sample(body, sample) - body);

    if (len >= 0x80)
        memmove(body + 1, body, len);
    return put_varint(start, len) + len;
}

/* In the form of headroom-agent. Everything not acknowledged is still waiting: loadgen never drops a sample. */
static uint8_t *put_account(uint8_t *at, const struct encode_account *account)
{
    uint8_t body[64];
    uint8_t *end = put_unsigned(body, 1, account->produced);

    end = put_unsigned(end, 2, account->acknowledged);
    end = put_unsigned(end, 3, 0);
    end = put_unsigned(end, 4, 0);
    end = put_unsigned(end, 6, account->sent);
    size_t len = (size_t)(end - body);
    at = put_varint(put_key(at, BATCH_ACCOUNT, BYTES), len);
    memcpy(at, body, len);
    return at + len;
}

/* A length precedes what it counts, so the samples are written first, and then the head, ending where they begin. */
struct bytes encode_batch(uint64_t sent_uptime_ms, const struct sample *samples, size_t count,
                          const struct encode_account *account, uint8_t *buf)
{
    uint8_t head[HEAD_MAX];
    uint8_t sent[16];
    uint8_t *first = buf + HEAD_MAX;
    uint8_t *end = first;

    for (size_t i = 0; i < count; i++)
        end = put_sample_field(end, &samples[i]);
    if (account != NULL)
        end = put_account(end, account);
    size_t sent_len = (size_t)(put_unsigned(sent, BATCH_SENT, sent_uptime_ms) - sent);
    size_t batch_len = sent_len + (size_t)(end - first);
    uint8_t *key = head + FRAME_HEAD_LEN;
    uint8_t *body = put_varint(put_key(key, FRAME_BATCH, BYTES), batch_len);
    frame_put_head(head, (uint32_t)((size_t)(body - key) + batch_len));
    size_t head_len = (size_t)(body - head);
    memcpy(first - sent_len, sent, sent_len);
    memcpy(first - sent_len - head_len, head, head_len);
    return (struct bytes){first - sent_len - head_len, head_len + batch_len};
}
