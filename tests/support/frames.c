#include "support/frames.h"

#include "common/random.h"

#include <stdlib.h>
#include <string.h>

#define START_TIME_MS INT64_C(1700000000000)

/* Not an assertion of check: fuzzers build frames too. */
static void must(bool condition)
{
    if (!condition)
        abort();
}

size_t frames_put(Headroom__Frame__BodyCase body, void *message, uint8_t *buf)
{
    Headroom__Frame frame = HEADROOM__FRAME__INIT;

    frame.body_case = body;
    frame.hello = message; /* a union of pointers */
    size_t len = wire_encode(&frame, buf, FRAMES_SIZE);
    must(len > 0);
    return len;
}

size_t frames_put_hello(const Headroom__Hello *hello, uint8_t *buf)
{
    Headroom__Hello copy = *hello;

    return frames_put(HEADROOM__FRAME__BODY_HELLO, &copy, buf);
}

size_t frames_put_batch(uint64_t sent_uptime_ms, const struct sample *samples, size_t count, uint8_t *buf)
{
    Headroom__Batch batch = HEADROOM__BATCH__INIT;
    Headroom__Sample *messages = calloc(count + 1, sizeof *messages);
    Headroom__Sample **pointers = calloc(count + 1, sizeof(Headroom__Sample *));

    must(messages != NULL && pointers != NULL);
    for (size_t i = 0; i < count; i++) {
        wire_put_sample(&samples[i], &messages[i]);
        pointers[i] = &messages[i];
    }
    batch.sent_uptime_ms = sent_uptime_ms;
    batch.n_samples = count;
    batch.samples = pointers;
    size_t len = frames_put(HEADROOM__FRAME__BODY_BATCH, &batch, buf);
    free(pointers);
    free(messages);
    return len;
}

size_t frames_put_goodbye(Headroom__Departure departure, uint8_t *buf)
{
    Headroom__Goodbye goodbye = HEADROOM__GOODBYE__INIT;

    goodbye.departure = departure;
    return frames_put(HEADROOM__FRAME__BODY_GOODBYE, &goodbye, buf);
}

size_t frames_put_ack(uint64_t stored_seq, uint32_t credit, bool held, uint8_t *buf)
{
    Headroom__Ack ack = HEADROOM__ACK__INIT;

    ack.stored_seq = stored_seq;
    ack.credit = credit;
    ack.held = held;
    return frames_put(HEADROOM__FRAME__BODY_ACK, &ack, buf);
}

size_t frames_put_last_ack(uint64_t stored_seq, uint32_t credit, uint8_t *buf)
{
    Headroom__Ack ack = HEADROOM__ACK__INIT;

    ack.stored_seq = stored_seq;
    ack.credit = credit;
    ack.has_last = true;
    ack.last = true;
    return frames_put(HEADROOM__FRAME__BODY_ACK, &ack, buf);
}

size_t frames_put_reject(Headroom__Action action, Headroom__RejectCode code, const char *text, uint8_t *buf)
{
    Headroom__Reject reject = HEADROOM__REJECT__INIT;

    reject.action = action;
    reject.has_code = true;
    reject.code = code;
    reject.text = (char *)text;
    return frames_put(HEADROOM__FRAME__BODY_REJECT, &reject, buf);
}

size_t frames_seal(uint8_t *buf, size_t message_len)
{
    frame_put_head(buf, (uint32_t)message_len);
    return FRAME_HEAD_LEN + message_len;
}

Headroom__Frame *frames_get(struct wire_arena *arena, const uint8_t *buf, size_t len)
{
    struct frame_reader reader;
    struct bytes input = {buf, len};
    struct bytes message;
    Headroom__Frame *frame = NULL;

    frame_reader_init(&reader);
    must(frame_next(&reader, &input, &message) == 1);
    must(input.len == 0);
    must(wire_decode(arena, message, &frame) == 0);
    frame_reader_deinit(&reader);
    return frame;
}

Headroom__Hello frames_hello(void)
{
    Headroom__Hello hello = HEADROOM__HELLO__INIT;

    hello.version = WIRE_VERSION;
    hello.node_id = (char *)"n1";
    hello.group = (char *)"web";
    hello.instance = 1;
    hello.interval_ms = 1000;
    hello.oldest_seq = 1;
    hello.newest_seq = 0;
    return hello;
}

struct sample frames_sample(uint64_t seq)
{
    struct sample sample = {.seq = seq, .time_ms = START_TIME_MS + (int64_t)seq * 1000, .uptime_ms = seq * 1000};

    sample_set_gauge(&sample, METRIC_CPU, (double)(seq % 101));
    sample_set_gauge(&sample, METRIC_MEMORY, 50.25);
    sample_set_counter(&sample, METRIC_DISK_READ, seq * 4096);
    sample_set_counter(&sample, METRIC_DISK_WRITE, seq * 8192);
    return sample;
}

struct sample frames_random_sample(uint64_t seq, uint64_t *random)
{
    struct sample sample = frames_sample(seq);

    for (unsigned m = 0; m < METRIC_COUNT; m++) {
        if (METRIC_COUNTS(metric_table[m].kind))
            sample_set_counter(&sample, m, random_next(random) >> random_below(random, 64));
        else
            sample_set_gauge(&sample, m, (double)random_below(random, 10001) / 100.0);
    }
    return sample;
}

struct sample frames_largest_sample(void)
{
    struct sample sample = {.seq = UINT64_MAX, .time_ms = -1, .uptime_ms = UINT64_MAX};

    for (unsigned m = 0; m < METRIC_COUNT; m++) {
        if (METRIC_COUNTS(metric_table[m].kind))
            sample_set_counter(&sample, m, UINT64_MAX);
        else
            sample_set_gauge(&sample, m, 99.99);
    }
    return sample;
}

bool frames_same_sample(const struct sample *a, const struct sample *b)
{
    if (a->seq != b->seq || a->time_ms != b->time_ms || a->uptime_ms != b->uptime_ms || a->present != b->present)
        return false;
    for (unsigned m = 0; m < METRIC_COUNT; m++) {
        if (!sample_has(a, m))
            continue;
        bool same = METRIC_COUNTS(metric_table[m].kind) ? a->value[m].counter == b->value[m].counter
                                                        : a->value[m].gauge == b->value[m].gauge;
        if (!same)
            return false;
    }
    return true;
}

uint8_t *frames_exact_copy(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);

    must(copy != NULL);
    if (len > 0)
        memcpy(copy, data, len);
    return copy;
}
