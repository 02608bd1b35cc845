/* How intake handles samples that never arrive (gaps, ends without Goodbye), and clocks. */
#include "intake_fixture.h"

#include "support/cases.h"
#include "support/suite.h"

#include <string.h>

#define HOUR_MS INT64_C(3600000)

/* ---- gaps in a Hello ---- */

static const struct {
    const char *what;
    uint64_t oldest_seq; /* the collector has 1 to 10 */
    uint64_t losses[3][2];
    uint64_t dropped, elsewhere;
} gaps[] = {
    {"none", 11, {{0}}, 0, 0},
    {"none, more is held", 5, {{0}}, 0, 0},
    {"none, and old losses", 11, {{2, 5}}, 0, 0},
    {"all elsewhere", 31, {{0}}, 0, 20},
    {"all dropped", 31, {{11, 30}}, 20, 0},
    {"some of each", 31, {{15, 19}}, 5, 15},
    {"losses that reach over both ends", 31, {{5, 12}, {29, 40}}, 4, 16},
    {"several", 31, {{11, 11}, {13, 13}, {30, 30}}, 3, 17},
    {"a loss that ends before it begins", 31, {{20, 15}}, 0, 20},
    {"losses that overlap", 31, {{11, 30}, {11, 30}, {1, UINT64_MAX}}, 20, 0},
};

START_TEST(a_gap_is_dropped_as_far_as_losses_tell_and_else_stored_elsewhere)
{
    Headroom__Hello hello = hello_of(1, gaps[_i].oldest_seq, 50);
    Headroom__Loss losses[3];
    Headroom__Loss *pointers[3];

    (void)greet(0, hello_of(1, 1, 50));
    send_samples(0, 1, 10);
    store();
    intake_detach(&intakes[0]);
    for (unsigned i = 0; i < 3 && gaps[_i].losses[i][0] > 0; i++) {
        headroom__loss__init(&losses[i]);
        losses[i].first_seq = gaps[_i].losses[i][0];
        losses[i].last_seq = gaps[_i].losses[i][1];
        pointers[i] = &losses[i];
        hello.n_losses = i + 1;
    }
    hello.losses = pointers;
    (void)greet(1, hello);
    uint64_t next_seq = gaps[_i].oldest_seq > 10 ? gaps[_i].oldest_seq : 11;
    send_samples(1, next_seq, next_seq);
    ck_assert_msg(intake_dropped(&hub.intake.account) == gaps[_i].dropped, "%s", gaps[_i].what);
    ck_assert_msg(hub.intake.account.missing[GAP_ELSEWHERE] == gaps[_i].elsewhere, "%s", gaps[_i].what);
}
END_TEST

START_TEST(a_gap_is_counted_once_however_often_the_agent_connects)
{
    for (unsigned i = 0; i < 4; i++) {
        (void)greet(i, hello_of(1, 501, 600));
        intake_detach(&intakes[i]);
    }
    (void)greet(4, hello_of(1, 501, 600));
    send_samples(4, 501, 510);
    ck_assert_uint_eq(intake_dropped(&hub.intake.account) + hub.intake.account.missing[GAP_ELSEWHERE], 500);
    intake_detach(&intakes[4]);
    (void)greet(5, hello_of(1, 501, 600));
    send_samples(5, 511, 520);
    ck_assert_uint_eq(intake_dropped(&hub.intake.account) + hub.intake.account.missing[GAP_ELSEWHERE], 500);
}
END_TEST

/* Samples known to be missing are not in flight: otherwise an agent that counts them against its credit, as PROTOCOL.md
 * says, could never send again. */
START_TEST(a_gap_is_not_in_flight)
{
    (void)greet(0, hello_of(1, 1, 50));
    send_samples(0, 1, 10);
    store();
    intake_detach(&intakes[0]);
    for (unsigned i = 1; i < 4; i++) {
        const Headroom__Welcome *welcome = greet(i, hello_of(1, 5001, 5100));
        ck_assert_uint_eq(welcome->resume_seq - welcome->stored_seq, 0);
        intake_detach(&intakes[i]);
    }
}
END_TEST

/* An agent that dropped what it had sent must learn from resume_seq what of it arrived. */
START_TEST(resume_seq_is_what_was_received_not_what_is_missing)
{
    (void)greet(0, hello_of(1, 1, 50));
    send_samples(0, 1, 10);
    intake_detach(&intakes[0]);
    ck_assert_uint_eq(greet(1, hello_of(1, 31, 50))->resume_seq, 10);
}
END_TEST

/* ---- what is noted in gaps.csv ---- */

static void assert_gap(unsigned i, uint64_t first_seq, uint64_t last_seq, enum gap_reason reason)
{
    const struct gap *gap = &hub.backlog.gaps[hub.backlog.filling][i];

    ck_assert_uint_gt(hub.backlog.gap_count[hub.backlog.filling], i);
    ck_assert_str_eq(gap->node_id, "n1");
    ck_assert_str_eq(gap->group, "web");
    ck_assert_uint_eq(gap->instance, 1);
    ck_assert_int_eq(gap->noted_ms, WALL_MS);
    ck_assert_uint_eq(gap->range.first_seq, first_seq);
    ck_assert_uint_eq(gap->range.last_seq, last_seq);
    ck_assert_int_eq(gap->range.reason, reason);
}

static Headroom__Loss loss(uint64_t first_seq, uint64_t last_seq, Headroom__LossReason reason)
{
    Headroom__Loss made = HEADROOM__LOSS__INIT;

    made.first_seq = first_seq;
    made.last_seq = last_seq;
    made.has_reason = true;
    made.reason = reason;
    return made;
}

START_TEST(each_range_of_a_gap_is_noted_with_its_reason)
{
    Headroom__Loss full = loss(3, 5, HEADROOM__LOSS_REASON__LOSS_REASON_OUTBOX_FULL);
    Headroom__Loss damaged = loss(8, 9, HEADROOM__LOSS_REASON__LOSS_REASON_SPOOL_DAMAGED);
    Headroom__Loss *losses[] = {&full, &damaged};
    Headroom__Hello hello = hello_of(1, 11, 20);

    hello.n_losses = 2;
    hello.losses = losses;
    (void)greet(0, hello);
    ck_assert_uint_eq(hub.backlog.gap_count[hub.backlog.filling], 5);
    assert_gap(0, 1, 2, GAP_ELSEWHERE);
    assert_gap(1, 3, 5, GAP_OUTBOX_FULL);
    assert_gap(2, 6, 7, GAP_ELSEWHERE);
    assert_gap(3, 8, 9, GAP_SPOOL_DAMAGED);
    assert_gap(4, 10, 10, GAP_ELSEWHERE);
    ck_assert_uint_eq(hub.intake.account.missing[GAP_OUTBOX_FULL], 3);
    ck_assert_uint_eq(hub.intake.account.missing[GAP_SPOOL_DAMAGED], 2);
    ck_assert_uint_eq(intakes[0].findings.dropped, 5);
}
END_TEST

START_TEST(a_jump_within_a_session_is_explained_by_its_batch)
{
    Headroom__Loss full = loss(11, 14, HEADROOM__LOSS_REASON__LOSS_REASON_OUTBOX_FULL);
    Headroom__Loss *losses[] = {&full};
    Headroom__Batch batch = HEADROOM__BATCH__INIT;
    Headroom__Sample message;
    Headroom__Sample *messages[] = {&message};
    struct sample sample = frames_sample(16);

    (void)greet(0, hello_of(1, 1, 20));
    send_samples(0, 1, 10);
    wire_put_sample(&sample, &message);
    batch.sent_uptime_ms = sample.uptime_ms;
    batch.n_samples = 1;
    batch.samples = messages;
    batch.n_losses = 1;
    batch.losses = losses;
    say(0, frames_put(HEADROOM__FRAME__BODY_BATCH, &batch, buf));
    assert_gap(0, 11, 14, GAP_OUTBOX_FULL);
    assert_gap(1, 15, 15, GAP_ELSEWHERE);
    ck_assert_uint_eq(intake_dropped(&hub.intake.account), 4);
}
END_TEST

START_TEST(too_many_losses_in_a_batch_are_malformed)
{
    Headroom__Loss one = loss(1, 1, HEADROOM__LOSS_REASON__LOSS_REASON_OUTBOX_FULL);
    Headroom__Loss *losses[LOSSES_MAX + 1];
    Headroom__Batch batch = HEADROOM__BATCH__INIT;

    (void)greet(0, hello_of(1, 1, 20));
    for (unsigned i = 0; i <= LOSSES_MAX; i++)
        losses[i] = &one;
    batch.n_losses = LOSSES_MAX + 1;
    batch.losses = losses;
    say(0, frames_put(HEADROOM__FRAME__BODY_BATCH, &batch, buf));
    ASSERT_REJECTED(0, RETRY, MALFORMED);
}
END_TEST

static struct instance others[ROWS];

/* Leaves no room in the half for gaps of a new agent. */
static void fill_with_gaps(void)
{
    static const struct instance unknown;
    struct gap gap = {.instance = 7};

    for (unsigned i = 0; backlog_gap_room(&hub.backlog, &unknown) >= GAP_RANGES_MAX; i++) {
        others[i].id = 7 + i;
        backlog_add_gap(&hub.backlog, &others[i], &gap);
    }
}

/* A gap that could not be noted is not skipped: the agent connects again. */
START_TEST(without_room_for_gaps_the_agent_is_asked_to_come_again)
{
    fill_with_gaps();
    Headroom__Hello hello = hello_of(1, 11, 20);
    say(0, frames_put_hello(&hello, buf));
    ASSERT_REJECTED(0, RETRY, FULL);
    ck_assert_uint_eq(intake_dropped(&hub.intake.account), 0);
    store();
    (void)greet(1, hello_of(1, 11, 20));
    assert_gap(0, 1, 10, GAP_ELSEWHERE);
}
END_TEST

START_TEST(agent_without_a_gap_needs_no_room_for_one)
{
    fill_with_gaps();
    (void)greet(0, hello_of(1, 1, 20));
    send_samples(0, 1, 20);
    ck_assert_int_eq(intakes[0].state, INTAKE_STREAMING);
    send_samples(0, 25, 25);
    ASSERT_REJECTED(0, RETRY, FULL);
    ck_assert_uint_eq(hub.intake.account.samples, 20);
}
END_TEST

/* One agent that skips seqs all the time uses up its own room, not that of others. */
START_TEST(each_agent_has_so_much_room_for_gaps)
{
    Headroom__Hello hello = hello_of(2, 1, 0);

    (void)greet(0, hello_of(1, 1, 20));
    for (uint64_t seq = 2; intakes[0].state == INTAKE_STREAMING && seq < 4 * CREDIT; seq += 2) {
        now_ms += 2000;
        send_samples(0, seq, seq);
        if (seq % CREDIT == 0)
            intakes[0].instance->pending = 0; /* as if stored */
    }
    ASSERT_REJECTED(0, RETRY, FULL);
    intakes[0].instance = NULL;
    hello.node_id = (char *)"n2";
    (void)greet(1, hello);
    send_samples(1, 5, 5);
    ck_assert_int_eq(intakes[1].state, INTAKE_STREAMING);
}
END_TEST

/* The maximum of agents, each after an outage that was longer than its outbox. */
START_TEST(all_agents_may_have_a_gap_at_once)
{
    struct backlog backlog;
    struct instance unknown = {.id = 1};
    struct gap gap = {.instance = 1};

    ck_assert_int_eq(backlog_init(&backlog, STORE_ROWS_MAX / 4 * 5), 0);
    for (unsigned agent = 0; agent < STORE_ROWS_MAX / CREDIT_MIN; agent++) {
        unknown.half[0].gaps = 0;
        ck_assert_uint_ge(backlog_gap_room(&backlog, &unknown), GAP_RANGES_MAX);
        backlog_add_gap(&backlog, &unknown, &gap);
    }
    backlog_deinit(&backlog);
}
END_TEST

static void say_goodbye_with_loss(unsigned i, uint64_t first_seq, uint64_t last_seq)
{
    Headroom__Loss damaged = loss(first_seq, last_seq, HEADROOM__LOSS_REASON__LOSS_REASON_SPOOL_DAMAGED);
    Headroom__Loss *losses[] = {&damaged};
    Headroom__Goodbye goodbye = HEADROOM__GOODBYE__INIT;

    goodbye.n_losses = 1;
    goodbye.losses = losses;
    say(i, frames_put(HEADROOM__FRAME__BODY_GOODBYE, &goodbye, buf));
}

/* No later sample shows that it is missing. */
START_TEST(a_gap_at_the_end_of_an_earlier_run_is_noted_at_goodbye)
{
    (void)greet(0, hello_of(1, 1, 10));
    send_samples(0, 1, 7);
    say_goodbye_with_loss(0, 8, 10);
    assert_gap(0, 8, 10, GAP_SPOOL_DAMAGED);
    ck_assert_uint_eq(intakes[0].findings.dropped, 3);
}
END_TEST

/* The agent forgets a run with the last Ack: by then its gaps must be on disk. */
START_TEST(the_last_ack_waits_for_gaps_too)
{
    (void)greet(0, hello_of(1, 1, 10));
    say_goodbye_with_loss(0, 1, 10);
    ck_assert_ptr_null(answer(0));
    intake_want_ack(&intakes[0]);
    ck_assert(!answer(0)->ack->last);
    hub_store_begin(&hub);
    intake_tick(&intakes[0], now_ms + ACK_MS);
    ck_assert(!answer(0)->ack->last);
    ck_assert(!intake_done(&intakes[0]));
    hub_store_end(&hub);
    ck_assert(answer(0)->ack->last);
    ck_assert(intake_done(&intakes[0]));
}
END_TEST

/* Rows in the half that is being written, and the gap behind them in the other. */
START_TEST(the_last_ack_waits_for_gaps_behind_the_last_rows)
{
    (void)greet(0, hello_of(1, 1, 10));
    send_samples(0, 1, 7);
    hub_store_begin(&hub);
    say_goodbye_with_loss(0, 8, 10);
    hub_store_end(&hub);
    intake_want_ack(&intakes[0]);
    const Headroom__Ack *ack = answer(0)->ack;
    ck_assert_uint_eq(ack->stored_seq, 7);
    ck_assert(!ack->last);
    store();
    ck_assert(answer(0)->ack->last);
    ck_assert(intake_done(&intakes[0]));
}
END_TEST

START_TEST(an_ack_before_goodbye_is_never_the_last)
{
    (void)greet(0, hello_of(1, 1, 0));
    send_samples(0, 1, 7);
    store();
    intake_want_ack(&intakes[0]);
    const Headroom__Ack *ack = answer(0)->ack;
    ck_assert_uint_eq(ack->stored_seq, 7);
    ck_assert(!ack->has_last);
}
END_TEST

START_TEST(agent_that_returns_for_the_last_ack_has_its_gap_noted_once)
{
    (void)greet(0, hello_of(1, 1, 10));
    say_goodbye_with_loss(0, 1, 10);
    intake_detach(&intakes[0]);
    (void)greet(1, hello_of(1, 1, 10));
    say_goodbye_with_loss(1, 1, 10);
    ck_assert_uint_eq(intake_dropped(&hub.intake.account), 10);
    ck_assert_uint_eq(hub.backlog.gap_count[hub.backlog.filling], 1);
    ck_assert_ptr_null(answer(1));
    store();
    ck_assert_uint_eq(answer(1)->body_case, HEADROOM__FRAME__BODY_ACK);
    ck_assert(intake_done(&intakes[1]));
}
END_TEST

/* ---- room that is refused ---- */

START_TEST(a_gap_at_goodbye_without_room_is_not_left_out)
{
    (void)greet(0, hello_of(1, 1, 10));
    send_samples(0, 1, 7);
    fill_with_gaps();
    say_goodbye_with_loss(0, 8, 10);
    ASSERT_REJECTED(0, RETRY, FULL);
    ck_assert_uint_eq(intake_dropped(&hub.intake.account), 0);
    store();
    (void)greet(1, hello_of(1, 1, 10));
    say_goodbye_with_loss(1, 8, 10);
    assert_gap(0, 8, 10, GAP_SPOOL_DAMAGED);
}
END_TEST

START_TEST(rejected_agent_replaces_no_instance)
{
    for (unsigned i = 0; i < INSTANCES_PER_NODE_MAX; i++) {
        (void)greet(i, hello_of(i + 1, 1, 10));
        send_samples(i, 1, 10);
        store();
        intake_detach(&intakes[i]);
    }
    hub.intake.streaming = ROWS;
    Headroom__Hello hello = hello_of(99, 1, 10);
    say(5, frames_put_hello(&hello, buf));
    ASSERT_REJECTED(5, RETRY, FULL);
    hub.intake.streaming = 0;
    ck_assert_uint_eq(greet(6, hello_of(1, 1, 10))->resume_seq, 10);
}
END_TEST

START_TEST(gaps_are_taken_with_the_half_and_gone_when_it_is_stored)
{
    uint32_t count = 0;

    (void)greet(0, hello_of(1, 11, 20));
    ck_assert_uint_eq(backlog_waiting(&hub.backlog), 1); /* the store has something to do */
    hub_store_begin(&hub);
    ck_assert_uint_eq(backlog_taken_gaps(&hub.backlog, &count)->range.last_seq, 10);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(backlog_waiting(&hub.backlog), 0);
    (void)greet(1, hello_of(1, 16, 20)); /* more is missing by now, and filling the other half */
    const struct instance *instance = intakes[1].instance;
    ck_assert_uint_eq(instance->missing_seq, 15);
    ck_assert_uint_eq(instance->half[hub.backlog.filling].missing_before, 10);
    hub_store_end(&hub);
    hub_store_begin(&hub);
    (void)backlog_taken_gaps(&hub.backlog, &count);
    ck_assert_uint_eq(count, 1);
    hub_store_end(&hub);
    hub_store_begin(&hub);
    (void)backlog_taken_gaps(&hub.backlog, &count);
    ck_assert_uint_eq(count, 0);
    hub_store_end(&hub);
}
END_TEST

/* ---- ends without Goodbye ---- */

START_TEST(an_instance_that_ended_without_goodbye_is_reported)
{
    (void)greet(0, hello_of(1, 1, 10));
    send_samples(0, 1, 7);
    intake_detach(&intakes[0]);
    (void)greet(1, hello_of(2, 1, 0));
    ck_assert_uint_eq(intakes[1].findings.ended_instance, 1);
    ck_assert_uint_eq(intakes[1].findings.ended_seq, 7);
    ck_assert_uint_eq(hub.intake.account.ended, 1);
    intake_detach(&intakes[1]);
    (void)greet(2, hello_of(2, 1, 0)); /* a broken connection is no end */
    ck_assert_uint_eq(intakes[2].findings.ended_instance, 0);
    ck_assert_uint_eq(hub.intake.account.ended, 1);
}
END_TEST

START_TEST(an_ended_run_waits_for_nothing)
{
    Headroom__Hello hello = hello_of(1, 1, 10);
    Headroom__Account account = HEADROOM__ACCOUNT__INIT;
    struct agent_account sum;

    account.produced = 10;
    hello.account = &account;
    (void)greet(0, hello);
    send_samples(0, 1, 7);
    intake_detach(&intakes[0]);
    (void)greet(1, hello_of(2, 1, 0));
    sum = hub.registry.agents;
    ck_assert_uint_eq(sum.produced, 10);
    ck_assert_uint_eq(sum.acknowledged, 7);
    ck_assert_uint_eq(sum.gone, 3);
    ck_assert_uint_eq(agent_account_waiting(&sum), 0);
    intake_detach(&intakes[1]);
    (void)greet(2, hello); /* it was still running */
    sum = hub.registry.agents;
    ck_assert_uint_eq(sum.gone, 0);
}
END_TEST

START_TEST(goodbye_is_an_end_in_order)
{
    (void)greet(0, hello_of(1, 1, 10));
    say(0, frames_put_goodbye(HEADROOM__DEPARTURE__DEPARTURE_RESTARTING, buf));
    intake_detach(&intakes[0]);
    (void)greet(1, hello_of(2, 1, 0));
    ck_assert_uint_eq(hub.intake.account.ended, 0);
    intake_detach(&intakes[1]);
    (void)greet(2, hello_of(1, 1, 10)); /* it returns, and then ends without Goodbye */
    intake_detach(&intakes[2]);
    (void)greet(3, hello_of(3, 1, 0));
    ck_assert_uint_eq(intakes[3].findings.ended_instance, 1);
}
END_TEST

START_TEST(what_was_not_heard_since_the_start_is_not_judged)
{
    struct node *node = registry_ensure_node(&hub.registry, "n1", 1000, (int64_t)now_ms);

    (void)registry_ensure_instance(node, 1); /* as recovery does */
    (void)greet(0, hello_of(2, 1, 0));
    ck_assert_uint_eq(hub.intake.account.ended, 0);
}
END_TEST

/* ---- clocks ---- */

/* A sample taken just now on a node whose wall clock is off by that much. */
static void send_with_skew(uint64_t seq, int64_t skew_ms)
{
    struct sample sample = frames_sample(seq);

    sample.time_ms = WALL_MS + skew_ms;
    say(0, frames_put_batch(sample.uptime_ms, &sample, 1, buf));
}

START_TEST(a_wall_clock_that_is_off_is_noted)
{
    (void)greet(0, hello_of(1, 1, 0));
    send_with_skew(1, CLOCK_SKEW_MS_MAX);
    ck_assert_int_eq(intakes[0].node->clock_off, 0);
    now_ms += 1000;
    send_with_skew(2, HOUR_MS);
    ck_assert_int_eq(intakes[0].node->clock_off, 1);
    ck_assert_int_eq(intakes[0].node->skew_ms, HOUR_MS);
    now_ms += 1000;
    send_with_skew(3, -HOUR_MS);
    ck_assert_int_eq(intakes[0].node->clock_off, -1);
    ck_assert_int_eq(intakes[0].node->skew_ms, -HOUR_MS);
    now_ms += 1000;
    send_with_skew(4, 10);
    ck_assert_int_eq(intakes[0].node->clock_off, 0);
    ck_assert_uint_eq(intakes[0].node->ring.count, 4); /* in the ring they have the times at which they were taken */
    for (unsigned i = 0; i < 4; i++)
        ck_assert_int_eq(ring_time_ms(&intakes[0].node->ring, i), (int64_t)now_ms - 3000 + 1000 * i);
}
END_TEST

/* The network stands still for three seconds, then three batches come at once. */
START_TEST(samples_that_come_bunched_keep_their_times)
{
    (void)greet(0, hello_of(1, 1, 0));
    for (uint64_t seq = 1; seq <= 5; seq++) {
        now_ms += seq <= 2 ? 1000 : 0;
        now_ms += seq == 3 ? 3000 : 0;
        send_samples(0, seq, seq);
    }
    const struct ring *ring = &intakes[0].node->ring;
    ck_assert_uint_eq(ring->count, 5);
    for (unsigned i = 0; i < 5; i++)
        ck_assert_int_eq(ring_time_ms(ring, i), (int64_t)now_ms - 4000 + 1000 * i);
}
END_TEST

/* The last Ack settles what the agent can no longer report. */
START_TEST(after_goodbye_all_that_is_not_dropped_counts_as_acknowledged)
{
    Headroom__Goodbye goodbye = HEADROOM__GOODBYE__INIT;
    Headroom__Account account = HEADROOM__ACCOUNT__INIT;
    struct agent_account sum;

    (void)greet(0, hello_of(1, 1, 10));
    send_samples(0, 1, 7);
    account.produced = 10;
    account.acknowledged = 2;
    account.dropped_outbox_full = 3;
    goodbye.account = &account;
    say(0, frames_put(HEADROOM__FRAME__BODY_GOODBYE, &goodbye, buf));
    sum = hub.registry.agents;
    ck_assert_uint_eq(sum.acknowledged, 2);
    store();
    ck_assert_uint_eq(answer(0)->ack->stored_seq, 7);
    sum = hub.registry.agents;
    ck_assert_uint_eq(sum.acknowledged, 7);
}
END_TEST

START_TEST(a_fleet_is_summed_over_all_instances_remembered_or_not)
{
    Headroom__Account account = HEADROOM__ACCOUNT__INIT;
    struct agent_account sum;

    account.produced = 10;
    account.has_sent = true;
    account.sent = 8;
    account.acknowledged = 6;
    account.dropped_outbox_full = 3;
    for (unsigned i = 0; i < AGENTS; i++) {
        Headroom__Hello hello = hello_of(i + 1, 1, 0);
        hello.account = &account;
        (void)greet(i, hello);
        say(i, frames_put_goodbye(HEADROOM__DEPARTURE__DEPARTURE_RESTARTING, buf));
        intake_detach(&intakes[i]);
    }
    ck_assert_uint_gt(AGENTS, INSTANCES_PER_NODE_MAX);
    sum = hub.registry.agents;
    ck_assert_uint_eq(hub.registry.clocks_off, 0);
    ck_assert_uint_eq(sum.produced, 10 * AGENTS);
    ck_assert_uint_eq(sum.sent, 8 * AGENTS);
    ck_assert_uint_eq(sum.acknowledged, 6 * AGENTS);
    ck_assert_uint_eq(sum.dropped_outbox_full, 3 * AGENTS);
    registry_set_clock_off(&hub.registry, registry_find_node(&hub.registry, "n1"), 1);
    sum = hub.registry.agents;
    ck_assert_uint_eq(hub.registry.clocks_off, 1);
}
END_TEST

START_TEST(a_sample_that_the_hello_left_out_is_not_stored_as_well)
{
    (void)greet(0, hello_of(1, 1, 10));
    send_samples(0, 1, 10);
    intake_detach(&intakes[0]);
    (void)greet(1, hello_of(1, 31, 40));
    send_samples(1, 10, 10); /* it was received */
    ck_assert_int_eq(intakes[1].state, INTAKE_STREAMING);
    send_samples(1, 30, 30);
    ASSERT_REJECTED(1, RETRY, MALFORMED);
    ck_assert_uint_eq(hub.intake.account.samples, 10);
    ck_assert_uint_eq(hub.intake.account.missing[GAP_ELSEWHERE], 20);
}
END_TEST

START_TEST(no_agent_loses_more_than_it_can_have_produced)
{
    struct sample sample = frames_sample(100 + SEQ_JUMP_MAX);

    (void)greet(0, hello_of(1, 101, 100));
    say(0, frames_put_batch(1000, &sample, 1, buf));
    ck_assert_int_eq(intakes[0].state, INTAKE_STREAMING);
    intake_detach(&intakes[0]);
    (void)greet(1, hello_of(2, 101, 100));
    sample.seq++;
    say(1, frames_put_batch(1000, &sample, 1, buf));
    ASSERT_REJECTED(1, RETRY, MALFORMED);
    ck_assert_uint_eq(hub.intake.account.missing[GAP_ELSEWHERE], 200 + SEQ_JUMP_MAX - 1);
}
END_TEST

START_TEST(an_account_beyond_belief_is_not_taken)
{
    Headroom__Account account = HEADROOM__ACCOUNT__INIT;
    Headroom__Hello hello = hello_of(1, 1, 0);
    struct agent_account sum;

    account.produced = 5;
    hello.account = &account;
    (void)greet(0, hello);
    account.produced = UINT64_MAX;
    (void)greet(1, hello);
    sum = hub.registry.agents;
    ck_assert_uint_eq(sum.produced, 5);
}
END_TEST

static void add_tables(Suite *suite)
{
    TCase *tcase = tcase_create("tables");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_gap_is_dropped_as_far_as_losses_tell_and_else_stored_elsewhere, 0,
                        sizeof gaps / sizeof gaps[0]);
    suite_add_tcase(suite, tcase);
}

int main(void)
{
    Suite *suite = suite_create("intake_gaps");

    add_tables(suite);
    CASES_ADD(suite, "gaps", setup, teardown, a_gap_is_counted_once_however_often_the_agent_connects,
              a_gap_is_not_in_flight, resume_seq_is_what_was_received_not_what_is_missing,
              each_range_of_a_gap_is_noted_with_its_reason, a_jump_within_a_session_is_explained_by_its_batch,
              too_many_losses_in_a_batch_are_malformed, without_room_for_gaps_the_agent_is_asked_to_come_again,
              agent_without_a_gap_needs_no_room_for_one, each_agent_has_so_much_room_for_gaps,
              all_agents_may_have_a_gap_at_once, a_gap_at_the_end_of_an_earlier_run_is_noted_at_goodbye,
              the_last_ack_waits_for_gaps_too, the_last_ack_waits_for_gaps_behind_the_last_rows,
              the_last_ack_waits_for_gaps_too, an_ack_before_goodbye_is_never_the_last,
              agent_that_returns_for_the_last_ack_has_its_gap_noted_once, a_gap_at_goodbye_without_room_is_not_left_out,
              rejected_agent_replaces_no_instance, a_sample_that_the_hello_left_out_is_not_stored_as_well,
              no_agent_loses_more_than_it_can_have_produced, an_account_beyond_belief_is_not_taken,
              gaps_are_taken_with_the_half_and_gone_when_it_is_stored);
    CASES_ADD(suite, "ends", setup, teardown, an_instance_that_ended_without_goodbye_is_reported,
              an_ended_run_waits_for_nothing, goodbye_is_an_end_in_order,
              what_was_not_heard_since_the_start_is_not_judged,
              after_goodbye_all_that_is_not_dropped_counts_as_acknowledged,
              a_fleet_is_summed_over_all_instances_remembered_or_not);
    CASES_ADD(suite, "clocks", setup, teardown, a_wall_clock_that_is_off_is_noted,
              samples_that_come_bunched_keep_their_times);
    return suite_run(suite);
}
