/* What events of the connection do to the samples of a spool with an earlier run. */
#include "agent/uplink/delivery.h"

#include "agent/spool/restore.h"
#include "support/suite.h"

#include <check.h>
#include <string.h>

#define CAPACITY 20U
#define BOOT     1U

static struct record records[CAPACITY];
static struct spool_state states[2];
static struct spool spool;
static struct wire_arena arena;
static struct sender sender;
static struct delivery delivery;

static uint64_t take(uint64_t net_rx)
{
    struct sample sample = {.time_ms = 1700000000000, .uptime_ms = 1000};

    sample_set_counter(&sample, METRIC_NET_RX, net_rx);
    return delivery_take(&delivery, &sample);
}

static void restore(uint64_t boot, uint64_t instance)
{
    (void)restore_spool(&spool, records, CAPACITY, states, boot, instance, false);
    delivery_init(&delivery, &spool, &sender);
}

static void begin(void)
{
    static const struct sender_identity identity = {.node_id = "n1", .group = "web", .interval_ms = 1000};

    memset(records, 0, sizeof records);
    memset(states, 0, sizeof states);
    ck_assert_int_eq(wire_arena_init(&arena), 0);
    ck_assert_int_eq(sender_init(&sender, &identity, NULL, &arena), 0);
    restore(BOOT, 11);
}

static void end(void)
{
    sender_deinit(&sender);
    wire_arena_deinit(&arena);
}

static uint64_t generation(void)
{
    return states[0].generation > states[1].generation ? states[0].generation : states[1].generation;
}

/* ---- samples ---- */

START_TEST(samples_are_numbered_and_wait)
{
    ck_assert_uint_eq(take(1), 1);
    ck_assert_uint_eq(take(2), 2);
    ck_assert_uint_eq(spool_waiting(&spool), 2);
    ck_assert_ptr_eq(sender.outbox, spool_present(&spool));
    ck_assert(!sender.past);
}
END_TEST

START_TEST(byte_counts_of_a_run_that_is_carried_on_do_not_fall)
{
    take(500);
    restore(BOOT, 12);
    ck_assert_uint_eq(spool_present(&spool)->instance, 11);
    ck_assert_uint_eq(take(100), 2);
    ck_assert_uint_eq(outbox_get(spool_present(&spool), 2)->value[METRIC_NET_RX].counter, 500);
}
END_TEST

START_TEST(earlier_run_is_sent_first)
{
    take(1);
    restore(BOOT + 1, 12);
    ck_assert_uint_eq(sender.outbox->instance, 11);
    ck_assert(sender.past);
    ck_assert(!delivery_on_event(&delivery, UPLINK_PAST));
    ck_assert_uint_eq(sender.outbox->instance, 12);
    ck_assert(!sender.past);
    restore(BOOT + 1, 13); /* and it is not sent again after a restart */
    ck_assert_uint_eq(sender.outbox->instance, 13);
}
END_TEST

/* ---- what is written down ---- */

START_TEST(each_event_is_written_down)
{
    static const enum uplink_event events[] = {UPLINK_UP, UPLINK_DOWN, UPLINK_ACKED, UPLINK_PAST};

    take(1);
    restore(BOOT + 1, 12); /* UPLINK_PAST is of an earlier run */
    for (unsigned i = 0; i < 4; i++) {
        uint64_t before = generation();
        (void)delivery_on_event(&delivery, events[i]);
        ck_assert_uint_gt(generation(), before);
    }
}
END_TEST

START_TEST(reject_of_an_earlier_run_is_one_of_the_present_run)
{
    take(1);
    restore(BOOT + 1, 12);
    sender.outbox->rejected = true;
    (void)delivery_on_event(&delivery, UPLINK_DOWN);
    ck_assert(spool_present(&spool)->rejected);
    sender.outbox->rejected = false;
    (void)delivery_on_event(&delivery, UPLINK_UP);
    ck_assert(!spool_present(&spool)->rejected);
}
END_TEST

/* ---- the end ---- */

START_TEST(agent_with_a_session_or_with_samples_waits)
{
    ck_assert(delivery_leave(&delivery, HEADROOM__DEPARTURE__DEPARTURE_RESTARTING));
    sender.state = SENDER_STREAMING;
    ck_assert(!delivery_leave(&delivery, HEADROOM__DEPARTURE__DEPARTURE_RESTARTING));
    sender.state = SENDER_CLOSED;
    take(1);
    ck_assert(!delivery_leave(&delivery, HEADROOM__DEPARTURE__DEPARTURE_LEAVING));
    ck_assert_int_eq(sender.departure, HEADROOM__DEPARTURE__DEPARTURE_LEAVING);
}
END_TEST

START_TEST(last_ack_ends_an_agent_that_leaves)
{
    sender.settled = true; /* the answer to Goodbye */
    ck_assert(!delivery_on_event(&delivery, UPLINK_ACKED));
    (void)delivery_leave(&delivery, HEADROOM__DEPARTURE__DEPARTURE_RESTARTING);
    ck_assert(delivery_on_event(&delivery, UPLINK_ACKED));
    sender.settled = false;
    ck_assert(!delivery_on_event(&delivery, UPLINK_ACKED));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("delivery");
    TCase *tests = tcase_create("delivery");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, samples_are_numbered_and_wait);
    tcase_add_test(tests, byte_counts_of_a_run_that_is_carried_on_do_not_fall);
    tcase_add_test(tests, earlier_run_is_sent_first);
    tcase_add_test(tests, each_event_is_written_down);
    tcase_add_test(tests, reject_of_an_earlier_run_is_one_of_the_present_run);
    tcase_add_test(tests, agent_with_a_session_or_with_samples_waits);
    tcase_add_test(tests, last_ack_ends_an_agent_that_leaves);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
