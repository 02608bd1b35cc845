/* Agents on a script and one collector, for the tests of intake. */
#ifndef UNIT_INTAKE_FIXTURE_H
#define UNIT_INTAKE_FIXTURE_H

#include "collector/intake/intake.h"

#include "support/frames.h"
#include "support/hub.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define CREDIT  64U
#define ACK_MS  5000U
#define ROWS    (CREDIT * 4)
#define WALL_MS INT64_C(1700000000000)
#define AGENTS  8

static struct hub hub;
static struct intake intakes[AGENTS]; /* connections, in the order in which they come */
static struct wire_arena arena;       /* for the collector's messages */
static uint64_t now_ms;
static uint8_t buf[FRAMES_SIZE]; /* for an agent's messages */

static inline void setup(void)
{
    now_ms = 1000000;
    hub_init(&hub, CREDIT, ACK_MS, ROWS);
    ck_assert_int_eq(wire_arena_init(&arena), 0);
    for (unsigned i = 0; i < AGENTS; i++)
        intake_init(&intakes[i], &hub.intake, NULL, now_ms);
}

static inline void teardown(void)
{
    for (unsigned i = 0; i < AGENTS; i++) {
        intake_detach(&intakes[i]);
        intake_detach(&intakes[i]);
    }
    ck_assert_uint_eq(hub.intake.streaming, 0);
    wire_arena_deinit(&arena);
    hub_deinit(&hub);
}

/* Agent i sends the first len bytes of buf, from memory of exactly that size. */
static inline void say(unsigned i, size_t len)
{
    uint8_t *copy = frames_exact_copy(buf, len);

    intake_receive(&intakes[i], (struct bytes){copy, len}, now_ms, WALL_MS);
    free(copy);
}

/* The next message to agent i, or NULL. */
static inline Headroom__Frame *answer(unsigned i)
{
    uint8_t out[REPLY_LEN_MAX];
    size_t len = intake_produce(&intakes[i], out, sizeof out);

    return len > 0 ? frames_get(&arena, out, len) : NULL;
}

static inline Headroom__Hello hello_of(uint64_t instance, uint64_t oldest_seq, uint64_t newest_seq)
{
    Headroom__Hello hello = frames_hello();

    hello.instance = instance;
    hello.oldest_seq = oldest_seq;
    hello.newest_seq = newest_seq;
    return hello;
}

static inline const Headroom__Welcome *greet(unsigned i, Headroom__Hello hello)
{
    say(i, frames_put_hello(&hello, buf));
    Headroom__Frame *frame = answer(i);
    ck_assert_ptr_nonnull(frame);
    ck_assert_msg(frame->body_case == HEADROOM__FRAME__BODY_WELCOME, "%s", intakes[i].reject.text);
    return frame->welcome;
}

static inline void send_samples(unsigned i, uint64_t first_seq, uint64_t last_seq)
{
    struct sample samples[CREDIT + 1];
    size_t count = 0;

    for (uint64_t seq = first_seq; seq <= last_seq; seq++)
        samples[count++] = frames_sample(seq);
    say(i, frames_put_batch(last_seq * 1000, samples, count, buf));
}

static inline void store(void)
{
    hub_store_begin(&hub);
    hub_store_end(&hub);
}

static inline void assert_rejected(unsigned i, Headroom__Action action, Headroom__RejectCode code)
{
    Headroom__Frame *frame = answer(i);

    ck_assert_ptr_nonnull(frame);
    ck_assert_int_eq(frame->body_case, HEADROOM__FRAME__BODY_REJECT);
    ck_assert_msg((int)frame->reject->code == (int)code, "code %d: %s", (int)frame->reject->code, frame->reject->text);
    ck_assert_int_eq(frame->reject->action, action);
    ck_assert_uint_gt(strlen(frame->reject->text), 10);
    ck_assert(intake_done(&intakes[i]));
    ck_assert_ptr_null(answer(i));
    ck_assert_ptr_null(intakes[i].node);
}

#define ASSERT_REJECTED(i, action, code)                                                                               \
    assert_rejected(i, HEADROOM__ACTION__ACTION_##action, HEADROOM__REJECT_CODE__REJECT_CODE_##code)

#endif
