/* An agent, and a collector on a script, for the tests of sender. */
#ifndef UNIT_SENDER_FIXTURE_H
#define UNIT_SENDER_FIXTURE_H

#include "agent/uplink/sender.h"

#include "support/frames.h"

#include <check.h>
#include <stdlib.h>

#define CAPACITY 100U
#define ACK_MS   5000U

static struct wire_arena arena;
static struct outbox outbox;
static struct sender sender;
static uint64_t now_ms;
static uint8_t buf[FRAMES_SIZE]; /* what the collector says */
static uint8_t out[SEND_LEN_MAX];

static const struct sender_identity identity = {.node_id = "n1", .group = "web", .interval_ms = 1000};

static inline void setup(void)
{
    now_ms = 1000000;
    ck_assert_int_eq(wire_arena_init(&arena), 0);
    ck_assert_int_eq(outbox_init(&outbox, CAPACITY, 77), 0);
    ck_assert_int_eq(sender_init(&sender, &identity, &outbox, &arena), 0);
}

static inline void teardown(void)
{
    sender_deinit(&sender);
    outbox_deinit(&outbox);
    wire_arena_deinit(&arena);
}

/* ---- a scripted collector ---- */

static inline void push_many(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct sample sample = frames_sample(1);
        (void)outbox_push(&outbox, &sample);
    }
}

/* The next frame of the agent, or NULL. */
static inline Headroom__Frame *next(void)
{
    size_t len = sender_produce(&sender, now_ms, now_ms, out, sizeof out);

    return len > 0 ? frames_get(&arena, out, len) : NULL;
}

static inline const Headroom__Batch *next_batch(void)
{
    Headroom__Frame *frame = next();

    ck_assert_ptr_nonnull(frame);
    ck_assert_int_eq(frame->body_case, HEADROOM__FRAME__BODY_BATCH);
    return frame->batch;
}

static inline enum sender_event hear(size_t len)
{
    uint8_t *copy = frames_exact_copy(buf, len);
    struct bytes input = {copy, len};
    enum sender_event event = sender_receive(&sender, &input, now_ms);

    ck_assert_uint_eq(input.len, 0);
    free(copy);
    return event;
}

static inline Headroom__Welcome welcome_of(uint64_t resume_seq, uint64_t stored_seq, uint32_t credit)
{
    Headroom__Welcome welcome = HEADROOM__WELCOME__INIT;

    welcome.version = WIRE_VERSION;
    welcome.resume_seq = resume_seq;
    welcome.stored_seq = stored_seq;
    welcome.credit = credit;
    welcome.ack_interval_ms = ACK_MS;
    welcome.frame_len_max = FRAME_LEN_MAX;
    welcome.batch_samples_max = BATCH_SAMPLES_MAX;
    return welcome;
}

static inline enum sender_event hear_welcome(Headroom__Welcome welcome)
{
    return hear(frames_put(HEADROOM__FRAME__BODY_WELCOME, &welcome, buf));
}

static inline enum sender_event hear_last_ack(uint64_t stored_seq)
{
    return hear(frames_put_last_ack(stored_seq, 20, buf));
}

static inline enum sender_event hear_ack(uint64_t stored_seq, uint32_t credit)
{
    return hear(frames_put_ack(stored_seq, credit, false, buf));
}

static inline void open_and_greet(void)
{
    sender_open(&sender, now_ms);
    Headroom__Frame *frame = next();
    ck_assert_ptr_nonnull(frame);
    ck_assert_int_eq(frame->body_case, HEADROOM__FRAME__BODY_HELLO);
}

static inline void stream(uint64_t resume_seq, uint64_t stored_seq, uint32_t credit)
{
    open_and_greet();
    ck_assert_int_eq(hear_welcome(welcome_of(resume_seq, stored_seq, credit)), SENDER_WELCOME);
}

#endif
