/* Sender and intake, joined in memory by connections that break at any byte. Whatever happens: a sample is in the store
 * once or not at all, and one that is not there was dropped by the agent and counted. */
#include "agent/uplink/sender.h"
#include "common/random.h"
#include "support/frames.h"
#include "support/hub.h"
#include "support/suite.h"

#include <string.h>

#define COLLECTORS   2U
#define CREDIT       64U
#define ACK_MS       1000U
#define STEPS        4000U
#define SAMPLES_MAX  20000U
#define PIPE_SIZE    (1U << 20)
#define BACKLOG_ROWS (CREDIT * 8)

/* Bytes in transit in one direction. */
struct pipe {
    uint8_t *data;
    size_t len;
};

/* One collector with what it has on its disk: by the number that each sample carries, how often. */
struct collector {
    struct hub hub;
    uint8_t stored[SAMPLES_MAX];
};

/* The collector's end of a connection. It may outlive the agent's end for a while. */
struct line {
    struct intake intake;
    struct collector *collector; /* NULL: free */
    struct pipe up, down;
    bool agent_here;
};

#define LINES 4U

static struct collector collectors[COLLECTORS];
static struct line lines[LINES];
static struct line *line; /* the agent's current one, or NULL */
static struct outbox outbox;
static struct sender sender;
static struct wire_arena arena;
static uint64_t now_ms;
static uint64_t produced;
static uint64_t random_state;
static unsigned collector_count;
static unsigned at_collector; /* the one that the agent is connected to */

static const struct sender_identity identity = {.node_id = "n1", .group = "web", .interval_ms = 1000};

static uint64_t below(uint64_t bound)
{
    return random_below(&random_state, bound);
}

static void setup_of(uint64_t seed, unsigned capacity, unsigned count)
{
    random_state = seed;
    now_ms = 100000;
    produced = 0;
    line = NULL;
    at_collector = 0;
    collector_count = count;
    memset(collectors, 0, sizeof collectors);
    memset(lines, 0, sizeof lines);
    for (unsigned i = 0; i < count; i++)
        hub_init(&collectors[i].hub, CREDIT, ACK_MS, BACKLOG_ROWS);
    for (unsigned i = 0; i < LINES; i++) {
        lines[i].up.data = malloc(PIPE_SIZE);
        lines[i].down.data = malloc(PIPE_SIZE);
    }
    ck_assert_int_eq(wire_arena_init(&arena), 0);
    ck_assert_int_eq(outbox_init(&outbox, capacity, 1), 0);
    ck_assert_int_eq(sender_init(&sender, &identity, &outbox, &arena), 0);
}

static void teardown(void)
{
    sender_deinit(&sender);
    outbox_deinit(&outbox);
    wire_arena_deinit(&arena);
    for (unsigned i = 0; i < LINES; i++) {
        if (lines[i].collector != NULL)
            intake_detach(&lines[i].intake);
        free(lines[i].up.data);
        free(lines[i].down.data);
    }
    for (unsigned i = 0; i < collector_count; i++)
        hub_deinit(&collectors[i].hub);
}

/* ---- the network ---- */

static void put(struct pipe *pipe, const uint8_t *data, size_t len)
{
    if (pipe->len + len > PIPE_SIZE)
        ck_abort_msg("a peer sends without end");
    memcpy(pipe->data + pipe->len, data, len);
    pipe->len += len;
}

/* Takes some bytes, at least one if there are any, into memory of exactly that size. */
static struct bytes get(struct pipe *pipe)
{
    size_t len = pipe->len;

    if (len > 1 && below(2) == 0)
        len = 1 + below(len);
    struct bytes bytes = {frames_exact_copy(pipe->data, len), len};
    memmove(pipe->data, pipe->data + len, pipe->len - len);
    pipe->len -= len;
    return bytes;
}

static void free_line(struct line *closed)
{
    intake_detach(&closed->intake);
    closed->collector = NULL;
    closed->up.len = 0;
    closed->down.len = 0;
}

static void close_agent(void)
{
    sender_close(&sender);
    line->agent_here = false;
    line = NULL;
}

static void connect_agent(void)
{
    struct line *found = NULL;

    for (unsigned i = 0; i < LINES; i++)
        if (lines[i].collector == NULL)
            found = &lines[i];
    if (found == NULL)
        return;
    found->collector = &collectors[at_collector];
    intake_init(&found->intake, &found->collector->hub.intake, found, now_ms);
    found->agent_here = true;
    line = found;
    sender_open(&sender, now_ms);
}

/* ---- the agent ---- */

static void push(void)
{
    struct sample sample = {.time_ms = 1, .uptime_ms = now_ms};

    sample_set_counter(&sample, METRIC_DISK_READ, produced++);
    (void)outbox_push(&outbox, &sample);
}

static void pump_agent(void)
{
    static uint8_t out[SEND_LEN_MAX];
    size_t len;

    while (line != NULL && (len = sender_produce(&sender, now_ms, now_ms, out, sizeof out)) > 0)
        put(&line->up, out, len);
}

static void read_agent(void)
{
    if (line == NULL || line->down.len == 0)
        return;
    struct bytes bytes = get(&line->down);
    struct bytes input = bytes;
    enum sender_event event = SENDER_ACK;

    while (event == SENDER_ACK || event == SENDER_WELCOME)
        event = sender_receive(&sender, &input, now_ms);
    if (event == SENDER_BROKEN)
        ck_abort_msg("the collector broke the protocol");
    /* TAKEN_OVER: the Hello of an older connection was read late. */
    if (event == SENDER_REJECTED && sender.reject.code != HEADROOM__REJECT_CODE__REJECT_CODE_TAKEN_OVER &&
        sender.reject.code != HEADROOM__REJECT_CODE__REJECT_CODE_IDLE)
        ck_abort_msg("rejected: %s", sender.reject.text);
    if (event == SENDER_AHEAD)
        ck_abort_msg("the collector is ahead");
    if (event == SENDER_REJECTED)
        close_agent();
    free((void *)bytes.data);
}

/* ---- the collectors ---- */

static void read_collector(struct line *from)
{
    if (from->collector == NULL || from->up.len == 0)
        return;
    struct bytes input = get(&from->up);

    intake_receive(&from->intake, input, now_ms, 1700000000000);
    (void)intake_take_evicted(&from->intake); /* its line is among the lines */
    free((void *)input.data);
}

static void pump_collector(struct line *to)
{
    uint8_t out[REPLY_LEN_MAX];
    size_t len;

    if (to->collector == NULL)
        return;
    while ((len = intake_produce(&to->intake, out, sizeof out)) > 0)
        put(&to->down, out, len);
    if (!to->agent_here && (intake_done(&to->intake) || below(10) == 0))
        free_line(to);
}

static void store_begin(struct collector *collector)
{
    if (!collector->hub.backlog.writing)
        hub_store_begin(&collector->hub);
}

static void store_end(struct collector *collector)
{
    if (!collector->hub.backlog.writing)
        return;
    for (uint32_t i = 0; i < collector->hub.row_count; i++) {
        uint64_t number = collector->hub.rows[i].sample.value[METRIC_DISK_READ].counter;
        if (number >= produced || collector->stored[number]++ > 0)
            ck_abort_msg("sample %llu is stored twice or was never made", (unsigned long long)number);
    }
    hub_store_end(&collector->hub);
}

/* ---- one step of the world ---- */

static void tick(void)
{
    now_ms += below(400);
    for (unsigned i = 0; i < LINES; i++)
        if (lines[i].collector != NULL)
            intake_tick(&lines[i].intake, now_ms);
    if (line != NULL && sender_dead(&sender, now_ms))
        close_agent();
}

static void assert_sane(void)
{
    const struct outbox_account *account = &outbox.account;

    if (account->produced != account->acknowledged + outbox_dropped(&outbox) + outbox_waiting(&outbox))
        ck_abort_msg("the agent's account does not balance");
    for (unsigned i = 0; i < collector_count; i++)
        for (unsigned n = 0; n < collectors[i].hub.registry.node_count; n++) {
            const struct instance *instance = collectors[i].hub.registry.nodes[n]->instances;
            for (; instance != NULL; instance = instance->next)
                if (instance->pending > CREDIT)
                    ck_abort_msg("more in flight than the credit");
        }
}

static void exchange(void)
{
    struct line *any = &lines[below(LINES)];
    struct collector *collector = &collectors[below(collector_count)];

    switch (below(8)) {
    case 0:
        pump_agent();
        break;
    case 1:
        read_agent();
        break;
    case 2:
        read_collector(any);
        break;
    case 3:
        pump_collector(any);
        break;
    case 4:
        store_begin(collector);
        break;
    case 5:
        store_end(collector);
        break;
    case 6:
        tick();
        break;
    default:
        if (line == NULL)
            connect_agent();
        break;
    }
    assert_sane();
}

static void break_line(void)
{
    /* Sometimes what is in transit still arrives at the collector, cut at any byte. */
    line->up.len = below(2) == 0 ? below(line->up.len + 1) : line->up.len;
    line->down.len = 0;
    close_agent();
    if (collector_count > 1 && below(2) == 0)
        at_collector = (unsigned)below(collector_count);
}

static void run(unsigned steps, unsigned push_share)
{
    for (unsigned i = 0; i < steps; i++) {
        if (below(100) < push_share && produced < SAMPLES_MAX)
            push();
        if (line != NULL && below(200) == 0)
            break_line();
        exchange();
    }
}

static void settle(void)
{
    sender_leave(&sender, HEADROOM__DEPARTURE__DEPARTURE_RESTARTING);
    for (unsigned i = 0; i < 200000; i++) {
        exchange();
        if (line != NULL && sender_done(&sender) && outbox_waiting(&outbox) == 0)
            return;
    }
    ck_abort_msg("the conversation has come to a standstill: %llu samples wait, %u credit, sent %llu, stored %llu",
                 (unsigned long long)outbox_waiting(&outbox), sender.credit, (unsigned long long)sender.sent_seq,
                 (unsigned long long)sender.stored_seq);
}

/* ---- what must hold ---- */

static uint64_t count_missing(void)
{
    uint64_t missing = 0;

    for (uint64_t number = 0; number < produced; number++) {
        bool stored = false;
        for (unsigned i = 0; i < collector_count; i++)
            stored |= collectors[i].stored[number] > 0;
        missing += !stored;
    }
    return missing;
}

START_TEST(with_room_enough_every_sample_is_stored_once)
{
    setup_of((uint64_t)_i, SAMPLES_MAX, 1);
    run(STEPS, 60);
    settle();
    ck_assert_uint_eq(count_missing(), 0);
    ck_assert_uint_eq(outbox_dropped(&outbox), 0);
    ck_assert_uint_eq(outbox.account.acknowledged, produced);
    ck_assert_uint_eq(collectors[0].hub.intake.account.samples, produced);
    ck_assert_uint_eq(intake_dropped(&collectors[0].hub.intake.account), 0);
    ck_assert_uint_eq(collectors[0].hub.intake.account.missing[GAP_ELSEWHERE], 0);
    teardown();
}
END_TEST

/* produced = stored + dropped, to the sample, on both sides. */
START_TEST(with_little_room_what_is_not_stored_is_counted_as_dropped)
{
    setup_of((uint64_t)_i, 16 + (unsigned)_i % 150, 1);
    run(STEPS, 80);
    settle();
    const struct intake_account *account = &collectors[0].hub.intake.account;
    uint64_t missing = count_missing();

    ck_assert_uint_eq(account->samples + missing, produced);
    if (outbox.loss_count < LOSSES_MAX) {
        ck_assert_uint_eq(outbox_dropped(&outbox), missing);
        ck_assert_uint_eq(outbox.account.acknowledged, produced - missing);
        ck_assert_uint_eq(intake_dropped(account), missing);
        ck_assert_uint_eq(account->missing[GAP_ELSEWHERE], 0);
    } else {
        ck_assert_uint_ge(outbox_dropped(&outbox), missing);
    }
    teardown();
}
END_TEST

START_TEST(with_two_collectors_each_sample_is_stored_somewhere_and_once_at_each)
{
    setup_of((uint64_t)_i, _i % 2 == 0 ? SAMPLES_MAX : 40, 2);
    run(STEPS, 60);
    settle();
    ck_assert_uint_le(count_missing(), outbox_dropped(&outbox));
    if (_i % 2 == 0)
        ck_assert_uint_eq(count_missing(), 0);
    teardown();
}
END_TEST

/* The collector was away for longer than the outbox lasts: the agent has much more behind it than the credit. */
START_TEST(after_a_long_outage_samples_flow_again)
{
    setup_of(1, 100, 1);
    for (unsigned i = 0; i < 5000; i++)
        push();
    settle();
    ck_assert_uint_eq(count_missing(), 4900);
    ck_assert_uint_eq(outbox_dropped(&outbox), 4900);
    ck_assert_uint_eq(intake_dropped(&collectors[0].hub.intake.account), 4900);
    teardown();
}
END_TEST

START_TEST(a_second_collector_takes_over_from_what_the_agent_still_has)
{
    setup_of(2, 200, 2);
    for (unsigned i = 0; i < 2000; i++) {
        push();
        for (unsigned k = 0; k < 20; k++)
            exchange();
    }
    while (outbox_waiting(&outbox) > 0)
        exchange();
    ck_assert_uint_eq(outbox_dropped(&outbox), 0);
    if (line != NULL)
        close_agent();
    at_collector = 1;
    push();
    settle();
    ck_assert_uint_eq(outbox_dropped(&outbox), 0);
    ck_assert_uint_eq(collectors[1].hub.intake.account.samples, 200);
    ck_assert_uint_eq(collectors[1].hub.intake.account.missing[GAP_ELSEWHERE], 1801);
    ck_assert_uint_eq(intake_dropped(&collectors[1].hub.intake.account), 0);
    teardown();
}
END_TEST

/* Sent, cut off before it arrived, and dropped meanwhile: it must not count as acknowledged later. */
START_TEST(what_was_lost_on_the_way_and_dropped_stays_dropped)
{
    setup_of(3, 50, 1);
    for (unsigned i = 0; i < 50; i++)
        push();
    while (sender.state != SENDER_STREAMING) {
        if (line == NULL)
            connect_agent();
        exchange();
    }
    pump_agent();
    ck_assert_uint_eq(sender.sent_seq, 50);
    line->up.len = 0;
    close_agent();
    for (unsigned i = 0; i < 50; i++)
        push();
    settle();
    ck_assert_uint_eq(count_missing(), 50);
    ck_assert_uint_eq(outbox_dropped(&outbox), 50);
    ck_assert_uint_eq(outbox.account.acknowledged, 50);
    teardown();
}
END_TEST

/* If a spool has more holes than an agent remembers, the collector notes the rest with unknown reasons. */
START_TEST(a_hole_that_the_agent_has_forgotten_is_unknown)
{
    setup_of(4, 100, 1);
    for (unsigned i = 0; i < 100; i++)
        push();
    for (uint64_t seq = 2; seq <= 90; seq += 2) {
        record_clear(&outbox.records[seq]);
        outbox.holes++;
        outbox_count_loss(&outbox, seq, seq, LOSS_SPOOL_DAMAGED, true);
    }
    settle();
    const struct intake_account *account = &collectors[0].hub.intake.account;
    ck_assert_uint_eq(account->samples, 55);
    ck_assert_uint_eq(account->missing[GAP_SPOOL_DAMAGED], LOSSES_MAX);
    ck_assert_uint_eq(account->missing[GAP_UNKNOWN], 45 - LOSSES_MAX);
    ck_assert_uint_eq(account->missing[GAP_ELSEWHERE], 0);
    ck_assert_uint_eq(outbox.account.dropped[LOSS_SPOOL_DAMAGED], 45);
    teardown();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conversation");
    TCase *tcase = tcase_create("conversation");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, with_room_enough_every_sample_is_stored_once, 0, 60);
    tcase_add_loop_test(tcase, with_little_room_what_is_not_stored_is_counted_as_dropped, 0, 150);
    tcase_add_loop_test(tcase, with_two_collectors_each_sample_is_stored_somewhere_and_once_at_each, 0, 60);
    tcase_add_test(tcase, after_a_long_outage_samples_flow_again);
    tcase_add_test(tcase, a_second_collector_takes_over_from_what_the_agent_still_has);
    tcase_add_test(tcase, what_was_lost_on_the_way_and_dropped_stays_dropped);
    tcase_add_test(tcase, a_hole_that_the_agent_has_forgotten_is_unknown);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
