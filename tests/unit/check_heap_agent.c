/* The agent's pure parts when memory is out, at each of their allocations in turn. */
#include "agent/metrics/device_table.h"

#include "sender_fixture.h"

#include "support/heap.h"
#include "support/suite.h"

#include <errno.h>
#include <stdlib.h>

#define SAMPLES 12U

/* ---- making the parts ---- */

static void try_outbox(unsigned nth)
{
    struct outbox made = {.capacity = 12345};

    heap_fail(nth);
    int rc = outbox_init(&made, CAPACITY, 77);
    if (!heap_mend()) {
        ck_assert_int_eq(rc, 0);
        outbox_deinit(&made);
        return;
    }
    ck_assert_int_eq(rc, -ENOMEM);
    ck_assert_uint_eq(made.capacity, 12345); /* untouched */
}

START_TEST(outbox_is_made_or_left_alone)
{
    heap_each(try_outbox);
}
END_TEST

static void try_arena(unsigned nth)
{
    struct wire_arena made = {.size = 12345};

    heap_fail(nth);
    int rc = wire_arena_init(&made);
    if (!heap_mend()) {
        ck_assert_int_eq(rc, 0);
        wire_arena_deinit(&made);
        return;
    }
    ck_assert_int_eq(rc, -ENOMEM);
    ck_assert_uint_eq(made.size, 12345);
}

START_TEST(arena_is_made_or_left_alone)
{
    heap_each(try_arena);
}
END_TEST

static void try_sender(unsigned nth)
{
    struct sender made = {0};

    heap_fail(nth);
    int rc = sender_init(&made, &identity, &outbox, &arena);
    ck_assert_int_eq(rc, heap_mend() ? -ENOMEM : 0);
    if (rc == 0) /* else nothing must be left to free */
        sender_deinit(&made);
}

START_TEST(sender_is_made_or_refused)
{
    heap_each(try_sender);
}
END_TEST

static void try_table(unsigned nth)
{
    struct device_table table = {0};
    char name[16];
    bool has_place[200];
    unsigned found = 0;

    heap_fail(nth);
    int rc = device_table_init(&table);
    device_table_begin_pass(&table);
    for (unsigned i = 0; rc == 0 && i < 200; i++) {
        snprintf(name, sizeof name, "eth%u", i);
        has_place[i] = device_table_find(&table, name) != NULL;
        found += has_place[i];
    }
    bool failed = heap_mend();
    if (rc < 0) {
        ck_assert_int_eq(rc, -ENOMEM);
        ck_assert(failed);
        device_table_deinit(&table);
        return;
    }
    ck_assert_uint_eq(found + table.left_out, 200);
    ck_assert(failed || found == 200);
    /* What has a place keeps it. */
    for (unsigned i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "eth%u", i);
        if (has_place[i])
            ck_assert_ptr_nonnull(device_table_find(&table, name));
    }
    ck_assert_uint_eq(table.count, found);
    device_table_deinit(&table);
}

START_TEST(devices_without_memory_are_left_out)
{
    heap_each(try_table);
}
END_TEST

/* ---- a conversation ---- */

/* Byte at which what the collector says is cut in two; the second part comes later. */
static size_t cut_at;

static enum sender_event hear_cut(size_t len)
{
    size_t first = cut_at < len ? cut_at : len;
    uint8_t *copy = frames_exact_copy(buf, len);
    struct bytes head = {copy, first};
    struct bytes tail = {copy + first, len - first};

    enum sender_event event = sender_receive(&sender, &head, now_ms);
    if (event == SENDER_NOTHING)
        event = sender_receive(&sender, &tail, now_ms);
    free(copy);
    return event;
}

static uint64_t received_seq; /* by the collector: each sample once, none left out */

static void take_batches(void)
{
    Headroom__Frame *frame = NULL;

    while ((frame = next()) != NULL && frame->body_case == HEADROOM__FRAME__BODY_BATCH)
        for (size_t i = 0; i < frame->batch->n_samples; i++)
            ck_assert_uint_eq(frame->batch->samples[i]->seq, ++received_seq);
}

/* What a collector says in one connection, from what it had before. false: the agent broke it off. */
static bool converse(void)
{
    open_and_greet();
    Headroom__Welcome welcome = welcome_of(received_seq, received_seq, CREDIT_MIN);
    if (hear_cut(frames_put(HEADROOM__FRAME__BODY_WELCOME, &welcome, buf)) != SENDER_WELCOME)
        return false;
    while (outbox_waiting(&outbox) > 0) {
        take_batches();
        enum sender_event event = hear_cut(frames_put_ack(received_seq, CREDIT_MIN, false, buf));
        if (event != SENDER_ACK)
            return false;
    }
    return true;
}

static void try_conversation(unsigned nth)
{
    received_seq = 0;
    setup();
    push_many(SAMPLES);
    heap_fail(nth);
    bool whole = converse();
    ck_assert(whole != heap_mend());
    if (!whole) {
        ck_assert_uint_eq(outbox.account.produced, outbox.account.acknowledged + outbox_waiting(&outbox));
        sender_close(&sender);
        ck_assert(converse()); /* the next connection */
    }
    ck_assert_uint_eq(received_seq, SAMPLES);
    ck_assert_uint_eq(outbox.account.acknowledged, SAMPLES);
    ck_assert_uint_eq(outbox_dropped(&outbox), 0);
    teardown();
}

/* Only a frame that comes in pieces needs memory. */
START_TEST(conversation_goes_on_in_the_next_connection)
{
    for (cut_at = 1; cut_at < 15; cut_at++)
        heap_each(try_conversation);
}
END_TEST

static void try_goodbye(unsigned nth)
{
    received_seq = 0;
    setup();
    push_many(SAMPLES);
    stream(0, 0, CREDIT_MIN);
    sender_leave(&sender, HEADROOM__DEPARTURE__DEPARTURE_RESTARTING);
    take_batches();
    heap_fail(nth);
    enum sender_event event = hear_cut(frames_put_last_ack(received_seq, CREDIT_MIN, buf));
    bool failed = heap_mend();
    ck_assert_int_eq(event, failed ? SENDER_NO_MEMORY : SENDER_ACK);
    ck_assert(sender_done(&sender) == !failed); /* nothing counts as stored that was not heard of */
    teardown();
}

START_TEST(last_ack_that_is_not_heard_leaves_the_samples_waiting)
{
    for (cut_at = 1; cut_at < 7; cut_at++)
        heap_each(try_goodbye);
}
END_TEST

/* ---- an arena that is too small for what comes, at each of the decoder's allocations ---- */

START_TEST(answer_that_does_not_fit_into_the_arena_ends_the_connection)
{
    setup();
    size_t size = arena.size;
    size_t needed = 0;
    for (enum sender_event event = SENDER_BROKEN; event == SENDER_BROKEN; needed += 8) {
        open_and_greet();
        arena.size = needed;
        Headroom__Welcome welcome = welcome_of(0, 0, CREDIT_MIN);
        event = hear(frames_put(HEADROOM__FRAME__BODY_WELCOME, &welcome, buf));
        arena.size = size;
        ck_assert(event == SENDER_BROKEN || event == SENDER_WELCOME);
        ck_assert(needed > 0 || event == SENDER_BROKEN);
        sender_close(&sender);
    }
    ck_assert_uint_gt(needed, 64);
    teardown();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("heap_agent");
    TCase *parts = tcase_create("parts");
    TCase *conversation = tcase_create("conversation");

    tcase_add_test(parts, outbox_is_made_or_left_alone);
    tcase_add_test(parts, arena_is_made_or_left_alone);
    tcase_add_test(parts, sender_is_made_or_refused);
    tcase_add_test(parts, devices_without_memory_are_left_out);
    suite_add_tcase(suite, parts);

    tcase_add_test(conversation, conversation_goes_on_in_the_next_connection);
    tcase_add_test(conversation, last_ack_that_is_not_heard_leaves_the_samples_waiting);
    tcase_add_test(conversation, answer_that_does_not_fit_into_the_arena_ends_the_connection);
    suite_add_tcase(suite, conversation);
    return suite_run(suite);
}
