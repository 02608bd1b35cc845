/* What agents that may connect can cost: samples, connections, new nodes, names of groups. */
#include "collector/intake/intake_pace.h"

#include "support/cases.h"
#include "support/suite.h"
#include "unit/intake_fixture.h"

#include <stdio.h>

#define HOUR_MS UINT64_C(3600000)
#define BURST   (2 * CREDIT)
#define SECRETS 2

/* ---- samples by the interval ---- */

/* Agent i sends the samples, each taken step_ms after the one before, and the last one `ago_ms` before now. */
static void send_taken(unsigned i, uint64_t first_seq, uint64_t last_seq, uint64_t step_ms, uint64_t ago_ms)
{
    struct sample samples[CREDIT + 1];
    size_t count = 0;

    for (uint64_t seq = first_seq; seq <= last_seq; seq++) {
        samples[count] = frames_sample(seq);
        samples[count++].uptime_ms = now_ms - ago_ms - (last_seq - seq) * step_ms;
    }
    say(i, frames_put_batch(now_ms, samples, count, buf));
}

/* An agent that sends as fast as its credit allows, for so long; each tick of a second all is stored. Returns how many
 * samples came. step_ms, ago_ms: as above; the past of the last sample shrinks as samples come. */
static uint64_t stream(unsigned i, uint64_t seq, uint64_t most, uint64_t step_ms, uint64_t past_ms, uint64_t seconds)
{
    uint64_t sent = 0;
    uint32_t credit = CREDIT;

    for (uint64_t end_ms = now_ms + seconds * 1000; now_ms < end_ms && sent < most; now_ms += 1000)
        for (unsigned rounds = 0; rounds < 1000 && credit > 0 && sent < most; rounds++) {
            uint64_t count = credit < most - sent ? credit : most - sent;
            uint64_t done_ms = (sent + count) * step_ms;
            send_taken(i, seq + sent, seq + sent + count - 1, step_ms, past_ms > done_ms ? past_ms - done_ms : 0);
            ck_assert_msg(intakes[i].state == INTAKE_STREAMING, "%s", intakes[i].reject.text);
            sent += count;
            store();
            intake_tick(&intakes[i], now_ms);
            const Headroom__Frame *frame = answer(i);
            ck_assert_int_eq(frame->body_case, HEADROOM__FRAME__BODY_ACK);
            credit = frame->ack->credit;
            if (credit < CREDIT)
                break;
        }
    return sent;
}

static Headroom__Hello hello_each(uint32_t interval_ms, uint64_t newest_seq)
{
    Headroom__Hello hello = hello_of(1, 1, newest_seq);

    hello.interval_ms = interval_ms;
    return hello;
}

START_TEST(an_agent_that_sends_faster_than_it_says_is_slowed_down)
{
    (void)greet(0, hello_each((uint32_t)HOUR_MS, 0));
    uint64_t sent = stream(0, 1, 1000000, 0, 0, 600);
    ck_assert_uint_le(sent, BURST + 600 + 10); /* one sample may always come */
    ck_assert_uint_ge(sent, BURST);
    ck_assert_uint_eq(hub.intake.account.samples, sent);
    ck_assert_uint_eq(hub.intake.slowed, 1);
    ck_assert_uint_ge(hub.intake.account.limits[INTAKE_LIMIT_INTERVAL], 1);
    intake_detach(&intakes[0]);
    ck_assert_uint_eq(hub.intake.slowed, 0);
}
END_TEST

START_TEST(an_agent_that_keeps_its_interval_is_not)
{
    (void)greet(0, hello_each(1000, 0));
    for (uint64_t seq = 1; seq < 2000; seq++, now_ms += 1000) {
        send_taken(0, seq, seq, 1000, 0);
        store();
        intake_tick(&intakes[0], now_ms);
        ck_assert_uint_eq(answer(0)->ack->credit, CREDIT);
    }
    ck_assert_uint_eq(hub.intake.account.limits[INTAKE_LIMIT_INTERVAL], 0);
}
END_TEST

START_TEST(what_was_kept_during_an_outage_flows_as_fast_as_ever)
{
    (void)greet(0, hello_each(1000, 0));
    send_taken(0, 1, 1, 1000, 0);
    store();
    intake_detach(&intakes[0]);
    now_ms += 12 * HOUR_MS;
    (void)greet(1, hello_each(1000, 12 * 3600));
    ck_assert_uint_eq(stream(1, 2, 12 * 3600 - 1, 1000, 12 * HOUR_MS, 1), 12 * 3600 - 1);
    ck_assert_uint_eq(hub.intake.account.limits[INTAKE_LIMIT_INTERVAL], 0);
}
END_TEST

START_TEST(a_new_collector_gets_what_an_agent_has_kept_at_once)
{
    now_ms += 100 * HOUR_MS;
    (void)greet(0, hello_each(1000, 40000));
    ck_assert_uint_eq(stream(0, 1, 40000, 1000, 40000000, 1), 40000);
    ck_assert_uint_eq(hub.intake.account.limits[INTAKE_LIMIT_INTERVAL], 0);
}
END_TEST

/* Its monotonic clock stood still. */
START_TEST(what_was_kept_while_the_collector_was_suspended_flows_too)
{
    uint64_t hours_ms = 8 * HOUR_MS;

    now_ms += 100 * HOUR_MS;
    (void)greet(0, hello_each(1000, 0));
    send_taken(0, 1, 1, 1000, 0);
    store();
    intake_detach(&intakes[0]);
    Headroom__Hello hello = hello_each(1000, 8 * 3600);
    size_t len = frames_put_hello(&hello, buf);
    intake_receive(&intakes[1], (struct bytes){buf, len}, now_ms, WALL_MS + (int64_t)hours_ms);
    ck_assert_int_eq(answer(1)->body_case, HEADROOM__FRAME__BODY_WELCOME);
    ck_assert_uint_eq(stream(1, 2, 8 * 3600 - 1, 1000, hours_ms, 1), 8 * 3600 - 1);
    ck_assert_uint_eq(hub.intake.account.limits[INTAKE_LIMIT_INTERVAL], 0);
}
END_TEST

START_TEST(who_does_not_keep_to_the_credit_is_rejected)
{
    uint64_t seq = 1;

    (void)greet(0, hello_each((uint32_t)HOUR_MS, 0));
    for (; intakes[0].state == INTAKE_STREAMING && seq < 1000; seq++) {
        send_taken(0, seq, seq, 0, 0);
        store();
        if (intakes[0].state == INTAKE_STREAMING)
            (void)answer(0);
    }
    ASSERT_REJECTED(0, RETRY, CREDIT_EXCEEDED);
    ck_assert_uint_le(seq, BURST + CREDIT + 2);
    ck_assert_uint_ge(seq, BURST);
    /* It gets no more by connecting again. */
    ck_assert_uint_eq(greet(1, hello_each((uint32_t)HOUR_MS, 0))->credit, 1);
    send_taken(1, seq, seq, 0, 0);
    ck_assert_int_eq(intakes[1].state, INTAKE_STREAMING);
    send_taken(1, seq + 1, seq + 1, 0, 0);
    ASSERT_REJECTED(1, RETRY, CREDIT_EXCEEDED);
}
END_TEST

START_TEST(rows_of_gaps_are_slowed_down_too)
{
    uint64_t seq = 1;

    (void)greet(0, hello_each(1000, 0));
    for (unsigned i = 0; intakes[0].state == INTAKE_STREAMING && i < 10000; i++, seq += 2) {
        send_taken(0, seq, seq, 0, 0);
        store();
        if (intakes[0].state == INTAKE_STREAMING)
            (void)answer(0);
    }
    ASSERT_REJECTED(0, RETRY, CREDIT_EXCEEDED);
    ck_assert_uint_le(seq / 2, BURST - CREDIT / 4); /* without the rows, it would be BURST */
}
END_TEST

static Headroom__Hello hello_with(uint8_t *secret, uint64_t instance, uint32_t interval_ms)
{
    Headroom__Hello hello = hello_each(interval_ms, 0);

    hello.instance = instance;
    hello.has_secret = true;
    hello.secret = (ProtobufCBinaryData){.len = AGENT_SECRET_LEN, .data = secret};
    return hello;
}

/* The agent of the node hangs meanwhile. */
START_TEST(others_do_not_spend_the_budget_of_the_owner)
{
    uint8_t secrets[SECRETS][AGENT_SECRET_LEN] = {{1}, {2}};

    (void)greet(0, hello_with(secrets[0], 1, 100));
    send_taken(0, 1, 1, 100, 0);
    store();
    intake_detach(&intakes[0]);
    ck_assert_uint_eq(greet(1, hello_with(secrets[1], 2, (uint32_t)HOUR_MS))->credit, CREDIT);
    ck_assert_uint_ge(stream(1, 1, 1000000, 0, 0, 10), BURST);
    ck_assert_uint_eq(hub.intake.slowed, 1);
    ck_assert_uint_eq(greet(2, hello_with(secrets[0], 1, 100))->credit, CREDIT);
    ck_assert_uint_eq(hub.intake.slowed, 0);
    ck_assert_uint_eq(stream(2, 2, 90, 100, 9000, 1), 90);
}
END_TEST

/* An agent that takes a sample in each interval, and sends as many as its credit allows. */
struct taker {
    uint64_t taken;
    uint64_t sent;
    uint64_t acknowledged;
    uint32_t credit;
    uint64_t ack_ms; /* when the next Ack is due */
};

static void take_answer(struct taker *taker)
{
    const Headroom__Frame *frame = answer(0);

    if (frame == NULL)
        return;
    ck_assert_int_eq(frame->body_case, HEADROOM__FRAME__BODY_ACK);
    taker->credit = frame->ack->credit;
    taker->acknowledged = frame->ack->stored_seq;
    if (taker->ack_ms > now_ms + intake_pace_ack_ms(&intakes[0]))
        taker->ack_ms = now_ms + intake_pace_ack_ms(&intakes[0]);
}

static void send_what_may_be_sent(struct taker *taker, uint32_t interval_ms)
{
    uint64_t flying = taker->sent - taker->acknowledged;
    uint64_t room = taker->credit > flying ? taker->credit - flying : 0;
    uint64_t count = taker->taken - taker->sent < room ? taker->taken - taker->sent : room;

    if (count == 0)
        return;
    send_taken(0, taker->sent + 1, taker->sent + count, interval_ms,
               (taker->taken - taker->sent - count) * interval_ms);
    ck_assert_msg(intakes[0].state == INTAKE_STREAMING, "%s", intakes[0].reject.text);
    taker->sent += count;
}

/* Until the agent has taken that many samples. All is stored at each sample that it takes. */
static void run_taker(struct taker *taker, uint32_t interval_ms, uint64_t taken)
{
    uint64_t begun_ms = now_ms - taker->taken * interval_ms;

    while (taker->taken < taken) {
        uint64_t sample_ms = begun_ms + (taker->taken + 1) * interval_ms;
        now_ms = sample_ms < taker->ack_ms ? sample_ms : taker->ack_ms;
        if (now_ms == taker->ack_ms) {
            say(0, frames_put_batch(now_ms, NULL, 0, buf)); /* a sign of life */
            intake_tick(&intakes[0], now_ms);
            taker->ack_ms += intake_pace_ack_ms(&intakes[0]);
        }
        taker->taken += now_ms == sample_ms;
        take_answer(taker);
        send_what_may_be_sent(taker, interval_ms);
        store();
        if (intakes[0].unacked >= CREDIT / 2)
            intake_want_ack(&intakes[0]);
        take_answer(taker);
    }
}

/* What others have left of the node's budget, from the time of the connection: debts, nothing, a little, all. */
static const int64_t budgets_ms[] = {400 * (int64_t)HOUR_MS, (int64_t)HOUR_MS, 1, 0, -100, -1000, -60000};

START_TEST(an_agent_gets_on_at_its_own_pace_whatever_its_budget)
{
    static const uint32_t intervals_ms[] = {50, 51, 100, 333, 1000, 5000, 60000, 3600000};
    static const uint32_t acks_ms[] = {1000, 5000, 60000};
    uint32_t interval_ms = intervals_ms[_i / 3];
    unsigned samples = interval_ms > 5000 ? 10 : 400;

    hub.intake.ack_interval_ms = acks_ms[_i % 3];
    for (unsigned i = 0; i < sizeof budgets_ms / sizeof *budgets_ms; i++) {
        now_ms += 1000 * HOUR_MS;
        Headroom__Hello hello = hello_each(interval_ms, 0);
        hello.instance = i + 1;
        struct node *node = registry_ensure_node(&hub.registry, hello.node_id, interval_ms, (int64_t)now_ms);
        node->budgets[0].paid_ms = (int64_t)now_ms + budgets_ms[i];
        struct taker taker = {.credit = greet(0, hello)->credit};
        taker.ack_ms = now_ms + intake_pace_ack_ms(&intakes[0]);
        for (unsigned n = 1; n <= samples; n++) {
            run_taker(&taker, interval_ms, n);
            ck_assert_msg(taker.taken - taker.sent <= 3, "%u ms, %u ms, budget %u: %u taken, %u sent", interval_ms,
                          hub.intake.ack_interval_ms, i, n, (unsigned)taker.sent);
        }
        intake_detach(&intakes[0]);
        store();
        intake_init(&intakes[0], &hub.intake, NULL, now_ms);
    }
}
END_TEST

/* ---- connections ---- */

START_TEST(a_node_may_not_connect_without_end)
{
    unsigned connected = 0;

    for (uint64_t instance = 1; instance < 1000; instance++) {
        Headroom__Hello hello = hello_of(instance, 1 + 2 * instance, 2 * instance);
        intake_init(&intakes[0], &hub.intake, NULL, now_ms);
        say(0, frames_put_hello(&hello, buf));
        if (intakes[0].state != INTAKE_STREAMING)
            break;
        connected++;
        intake_detach(&intakes[0]);
        store();
    }
    ASSERT_REJECTED(0, RETRY, FULL);
    ck_assert_uint_eq(connected, RECONNECTS_BURST / 2);
    ck_assert_uint_eq(hub.intake.account.limits[INTAKE_LIMIT_RECONNECTS], 1);
    now_ms += 2000;
    (void)greet(1, hello_of(2000, 1, 0));
}
END_TEST

START_TEST(the_owner_connects_whatever_others_do)
{
    uint8_t secrets[SECRETS][AGENT_SECRET_LEN] = {{1}, {2}};
    Headroom__Hello hello = hello_with(secrets[0], 1, 1000);

    (void)greet(0, hello);
    intake_detach(&intakes[0]);
    hello.secret.data = secrets[1];
    for (hello.instance = 2; hello.instance < 1000; hello.instance++) {
        intake_init(&intakes[1], &hub.intake, NULL, now_ms);
        say(1, frames_put_hello(&hello, buf));
        if (intakes[1].state != INTAKE_STREAMING)
            break;
        intake_detach(&intakes[1]);
    }
    ASSERT_REJECTED(1, RETRY, FULL);
    hello.secret.data = secrets[0];
    hello.instance = 1;
    (void)greet(2, hello);
}
END_TEST

/* ---- new nodes ---- */

static bool connect_as(unsigned i, const char *node_id, const char *group)
{
    Headroom__Hello hello = hello_of(1, 1, 0);

    intake_init(&intakes[i], &hub.intake, NULL, now_ms);
    hello.node_id = (char *)node_id;
    hello.group = (char *)group;
    say(i, frames_put_hello(&hello, buf));
    return intakes[i].state == INTAKE_STREAMING;
}

START_TEST(new_nodes_of_one_address_are_bounded_and_known_ones_free)
{
    unsigned connected = 0;
    char name[16];

    hub.intake.agents_max = 4;
    for (; connected < 2 * NEWCOMERS_BURST_MIN; connected++) {
        snprintf(name, sizeof name, "x%u", connected);
        if (!connect_as(0, name, "web"))
            break;
        intake_detach(&intakes[0]);
    }
    ASSERT_REJECTED(0, NEXT_COLLECTOR, FULL);
    ck_assert_uint_eq(connected, NEWCOMERS_BURST_MIN);
    ck_assert(connect_as(1, "x5", "web"));
    now_ms += 15000;
    ck_assert(connect_as(2, "later", "web"));
    ck_assert(!connect_as(3, "too-soon", "web"));
}
END_TEST

/* n1 streams for a while, so that it is known. */
static void make_known(unsigned i)
{
    ck_assert(connect_as(i, "n1", "web"));
    for (uint64_t seq = 1; seq <= 20; seq++, now_ms += 1000)
        send_taken(i, seq, seq, 1000, 0);
    store();
    intake_detach(&intakes[i]);
}

START_TEST(a_node_that_is_known_goes_before_those_that_never_sent_a_sample)
{
    int owner = 0;

    hub.intake.agents_max = 2;
    make_known(0);
    ck_assert(connect_as(1, "x1", "web"));
    intakes[1].owner = &owner;
    ck_assert(connect_as(2, "x2", "web"));
    now_ms += 5000;
    ck_assert(!connect_as(3, "n1", "web")); /* they may still begin */
    now_ms += 5000;
    ck_assert(!connect_as(4, "x3", "web")); /* it is not known either */
    ck_assert(connect_as(5, "n1", "web"));
    ck_assert_ptr_eq(intake_take_evicted(&intakes[5]), &owner);
    ASSERT_REJECTED(1, NEXT_COLLECTOR, FULL);
    ck_assert_int_eq(intakes[2].state, INTAKE_STREAMING);
    ck_assert_uint_eq(hub.intake.account.limits[INTAKE_LIMIT_AGENTS], 3);
    ck_assert_uint_eq(hub.intake.streaming, 2);
}
END_TEST

START_TEST(agents_that_stream_are_not_crowded_out)
{
    hub.intake.agents_max = 1;
    make_known(0);
    ck_assert(connect_as(1, "n2", "web"));
    for (uint64_t seq = 1; seq <= 20; seq++, now_ms += 1000)
        send_taken(1, seq, seq, 1000, 0);
    ck_assert(!connect_as(2, "n1", "web"));
    ASSERT_REJECTED(2, NEXT_COLLECTOR, FULL);
}
END_TEST

/* ---- groups ---- */

START_TEST(names_of_groups_that_no_sample_follows_take_no_places)
{
    char name[16];

    for (unsigned i = 0; i < 2 * GROUPS_MAX; i++) {
        snprintf(name, sizeof name, "g%u", i);
        now_ms += 1000;
        ck_assert(connect_as(0, "liar", name));
        ck_assert_str_eq(intakes[0].node->group->name, name);
        intake_detach(&intakes[0]);
    }
    ck_assert_uint_eq(hub.registry.group_count, 0);
    ck_assert_ptr_null(hub.registry.joined_by_name);
    ck_assert_ptr_null(registry_find_node(&hub.registry, "liar")->group);
    ck_assert(connect_as(1, "n1", "web"));
    ck_assert_uint_eq(hub.registry.group_count, 0);
    send_taken(1, 1, 1, 1000, 0);
    ck_assert_uint_eq(hub.registry.group_count, 1);
    ck_assert_ptr_eq(registry_find_group(&hub.registry, "web"), intakes[1].node->group);
}
END_TEST

START_TEST(groups_of_agents_leave_places_for_those_of_the_configuration)
{
    char name[16];

    for (unsigned i = 0; i < GROUPS_MAX - GROUPS_RESERVED; i++) {
        snprintf(name, sizeof name, "g%u", i);
        ck_assert(connect_as(0, name, name));
        send_taken(0, 1, 1, 1000, 0);
        ck_assert_int_eq(intakes[0].state, INTAKE_STREAMING);
        intake_detach(&intakes[0]);
        store();
    }
    ck_assert(!connect_as(0, "n1", "another"));
    ASSERT_REJECTED(0, NEXT_COLLECTOR, FULL);
    ck_assert(connect_as(1, "g1", "g7"));
    for (unsigned i = 0; i < GROUPS_RESERVED; i++) {
        snprintf(name, sizeof name, "section%u", i);
        ck_assert_ptr_nonnull(registry_ensure_group(&hub.registry, name));
    }
}
END_TEST

/* Both said Hello while there was a place. */
START_TEST(who_sends_the_first_sample_gets_the_last_place)
{
    char name[16];

    for (unsigned i = 0; i < GROUPS_MAX - GROUPS_RESERVED - 1; i++) {
        snprintf(name, sizeof name, "g%u", i);
        ck_assert_ptr_nonnull(registry_ensure_group(&hub.registry, name));
    }
    ck_assert(connect_as(0, "n1", "first"));
    ck_assert(connect_as(1, "n2", "second"));
    send_taken(1, 1, 1, 1000, 0);
    send_taken(0, 1, 1, 1000, 0);
    ASSERT_REJECTED(0, NEXT_COLLECTOR, FULL);
    ck_assert_int_eq(intakes[1].state, INTAKE_STREAMING);
    ck_assert_uint_eq(hub.intake.account.samples, 1);
    ck_assert_ptr_null(registry_find_node(&hub.registry, "n1")->group);
}
END_TEST

START_TEST(a_node_that_only_says_another_group_stays_in_its_own)
{
    make_known(0);
    const struct group *web = registry_find_group(&hub.registry, "web");
    struct node *node = registry_find_node(&hub.registry, "n1");

    ck_assert(connect_as(1, "n1", "another"));
    ck_assert_str_eq(node->group->name, "another");
    ck_assert_ptr_eq(registry_placed_group(node), web);
    intake_detach(&intakes[1]);
    ck_assert_ptr_eq(node->group, web);
    ck_assert(connect_as(2, "n1", "another"));
    send_taken(2, 1, 1, 1000, 0); /* a duplicate shows that it is there */
    ck_assert_ptr_eq(registry_find_group(&hub.registry, "another"), node->group);
    ck_assert_ptr_eq(node->former, web);
    intake_detach(&intakes[2]);
    ck_assert_str_eq(node->group->name, "another");
}
END_TEST

START_TEST(a_group_of_the_configuration_takes_its_nodes_with_it)
{
    ck_assert(connect_as(0, "n1", "web"));
    struct group *web = intakes[0].node->group;

    ck_assert_ptr_null(registry_find_group(&hub.registry, "web"));
    ck_assert_ptr_eq(registry_ensure_group(&hub.registry, "web"), web);
    ck_assert_ptr_eq(registry_find_group(&hub.registry, "web"), web);
    intake_detach(&intakes[0]);
    ck_assert_ptr_eq(registry_find_node(&hub.registry, "n1")->group, web);
}
END_TEST

/* ---- incomplete frames ---- */

/* Agent i begins the longest frame, and sends so much of it. */
static void begin_frame(unsigned i, size_t len)
{
    uint8_t *bytes = calloc(1, FRAME_HEAD_LEN + len);

    ck_assert_ptr_nonnull(bytes);
    frame_put_head(bytes, FRAME_LEN_MAX);
    intake_receive(&intakes[i], (struct bytes){bytes, FRAME_HEAD_LEN + len}, now_ms, WALL_MS);
    free(bytes);
}

START_TEST(the_largest_of_the_incomplete_frames_has_to_go)
{
    int owner = 0;

    for (unsigned i = 0; i < 3; i++)
        ck_assert(connect_as(i, (const char *[]){"n0", "n1", "n2"}[i], "web"));
    intakes[1].owner = &owner;
    begin_frame(0, 1000);
    begin_frame(1, 100000);
    ck_assert_uint_eq(hub.intake.account.limits[INTAKE_LIMIT_FRAMES], 0);
    hub.intake.frames.bytes += FRAME_MEMORY_MAX - 150000; /* as if there were others */
    begin_frame(2, 90000);
    ASSERT_REJECTED(1, RETRY, FULL);
    ck_assert_ptr_eq(intake_take_evicted(&intakes[2]), &owner);
    ck_assert_ptr_null(intake_take_evicted(&intakes[2]));
    ck_assert_int_eq(intakes[0].state, INTAKE_STREAMING);
    ck_assert_int_eq(intakes[2].state, INTAKE_STREAMING);
    begin_frame(2, 150000); /* more of the same frame */
    ASSERT_REJECTED(2, RETRY, FULL);
    ck_assert_int_eq(intakes[0].state, INTAKE_STREAMING);
    ck_assert_uint_eq(hub.intake.account.limits[INTAKE_LIMIT_FRAMES], 2);
}
END_TEST

START_TEST(a_frame_that_is_complete_or_given_up_takes_no_memory)
{
    struct sample sample = frames_sample(1);

    for (unsigned i = 0; i < 2; i++)
        ck_assert(connect_as(i, (const char *[]){"n0", "n1"}[i], "web"));
    size_t len = frames_put_batch(now_ms, &sample, 1, buf);
    intake_receive(&intakes[0], (struct bytes){buf, len - 1}, now_ms, WALL_MS);
    begin_frame(1, 5000);
    ck_assert_uint_gt(hub.intake.frames.bytes, 5000); /* and the other one */
    intake_receive(&intakes[0], (struct bytes){buf + len - 1, 1}, now_ms, WALL_MS);
    ck_assert_uint_eq(hub.intake.account.samples, 1);
    intake_detach(&intakes[1]);
    ck_assert_uint_eq(hub.intake.frames.bytes, 0);
}
END_TEST

/* ---- the end ---- */

START_TEST(nothing_is_read_after_goodbye)
{
    (void)greet(0, hello_of(1, 1, 0));
    send_taken(0, 1, 1, 1000, 0);
    say(0, frames_put_goodbye(HEADROOM__DEPARTURE__DEPARTURE_RESTARTING, buf));
    ck_assert_int_eq(intakes[0].state, INTAKE_LEAVING);
    frame_put_head(buf, FRAME_LEN_MAX);
    say(0, 1);
    ASSERT_REJECTED(0, RETRY, MALFORMED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("intake_budgets");

    CASES_ADD(suite, "samples", setup, teardown, an_agent_that_sends_faster_than_it_says_is_slowed_down,
              an_agent_that_keeps_its_interval_is_not, what_was_kept_during_an_outage_flows_as_fast_as_ever,
              a_new_collector_gets_what_an_agent_has_kept_at_once,
              what_was_kept_while_the_collector_was_suspended_flows_too, who_does_not_keep_to_the_credit_is_rejected,
              rows_of_gaps_are_slowed_down_too, others_do_not_spend_the_budget_of_the_owner);
    TCase *paces = tcase_create("paces");
    tcase_add_checked_fixture(paces, setup, teardown);
    tcase_add_loop_test(paces, an_agent_gets_on_at_its_own_pace_whatever_its_budget, 0, 24);
    suite_add_tcase(suite, paces);
    CASES_ADD(suite, "connections", setup, teardown, a_node_may_not_connect_without_end,
              the_owner_connects_whatever_others_do);
    CASES_ADD(suite, "nodes", setup, teardown, new_nodes_of_one_address_are_bounded_and_known_ones_free,
              a_node_that_is_known_goes_before_those_that_never_sent_a_sample, agents_that_stream_are_not_crowded_out);
    CASES_ADD(suite, "groups", setup, teardown, names_of_groups_that_no_sample_follows_take_no_places,
              groups_of_agents_leave_places_for_those_of_the_configuration,
              who_sends_the_first_sample_gets_the_last_place, a_node_that_only_says_another_group_stays_in_its_own,
              a_group_of_the_configuration_takes_its_nodes_with_it);
    CASES_ADD(suite, "frames", setup, teardown, the_largest_of_the_incomplete_frames_has_to_go,
              a_frame_that_is_complete_or_given_up_takes_no_memory);
    CASES_ADD(suite, "end", setup, teardown, nothing_is_read_after_goodbye);
    return suite_run(suite);
}
