/* How intake handles each message: Hello, Batch, and everything that a collector must reject. */
#include "intake_fixture.h"

#include "collector/store/csv.h"
#include "support/cases.h"
#include "support/suite.h"

#include <stdio.h>
#include <string.h>

static struct intake *const intake = &intakes[0];

/* ---- Hello ---- */

START_TEST(a_welcome_tells_the_limits_and_where_to_go_on)
{
    Headroom__Hello hello = frames_hello();

    hello.has_cores = hello.has_memory_bytes = true;
    hello.cores = 8;
    hello.memory_bytes = 12345;
    hub.intake.held = true;
    const Headroom__Welcome *welcome = greet(0, hello);
    ck_assert_uint_eq(welcome->version, 1);
    ck_assert_uint_eq(welcome->resume_seq, 0);
    ck_assert_uint_eq(welcome->stored_seq, 0);
    ck_assert_uint_eq(welcome->credit, CREDIT);
    ck_assert_uint_eq(welcome->ack_interval_ms, ACK_MS);
    ck_assert_uint_eq(welcome->frame_len_max, FRAME_LEN_MAX);
    ck_assert_uint_eq(welcome->batch_samples_max, BATCH_SAMPLES_MAX);
    ck_assert(welcome->held);
    ck_assert_ptr_null(answer(0));
    ck_assert_uint_eq(intake->node->cpu_milli, 8000);
    ck_assert_uint_eq(intake->node->memory_bytes, 12345);
    ck_assert_str_eq(intake->node->group->name, "web");
    ck_assert_uint_eq(hub.intake.streaming, 1);
}
END_TEST

START_TEST(a_later_version_is_answered_with_ours)
{
    Headroom__Hello hello = frames_hello();

    hello.version = 99;
    ck_assert_uint_eq(greet(0, hello)->version, WIRE_VERSION);
}
END_TEST

START_TEST(the_key_must_cover_the_node_and_its_group)
{
    struct key_ring ring = {.count = 1, .secrets[0].epoch = "0123abcd", .revoked = strdup("n7\n")};
    struct peer_claim claim = {.key = {.ring = &ring, .identity = {"0123abcd", "web", "n1"}, .verdict = KEY_ACCEPTED}};
    static const struct {
        const char *group;
        const char *node;
        const char *of_group;
        const char *of_node;
        bool accepted;
    } cases[] = {{"web", "n1", "web", "n2", false}, {"web", "n1", "db", "n1", false}, {"*", "n1", "web", "n2", false},
                 {"web", "*", "db", "n2", false},   {"*", "*", "db", "n7", false},    {"*", "n7", "web", "n7", false},
                 {"web", "n1", "web", "n1", true},  {"*", "n2", "db", "n2", true},    {"web", "*", "web", "n3", true},
                 {"*", "*", "db", "n4", true}};
    Headroom__Hello hello = frames_hello();

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        intake_detach(intake);
        intake_init(intake, &hub.intake, NULL, now_ms);
        snprintf(claim.key.identity.group, sizeof claim.key.identity.group, "%s", cases[i].group);
        snprintf(claim.key.identity.node, sizeof claim.key.identity.node, "%s", cases[i].node);
        intake->claim = &claim;
        hello.group = (char *)cases[i].of_group;
        hello.node_id = (char *)cases[i].of_node;
        if (cases[i].accepted) {
            (void)greet(0, hello);
            continue;
        }
        say(0, frames_put_hello(&hello, buf));
        ASSERT_REJECTED(0, RETRY_SLOWLY, KEY);
        ck_assert_uint_eq(hub.registry.node_count, 0);
    }
    key_ring_deinit(&ring);
}
END_TEST

START_TEST(a_change_of_the_keys_ends_the_sessions_that_they_no_longer_let_in)
{
    struct key_ring ring = {.count = 1, .secrets[0].epoch = "0123abcd"};
    struct peer_claim claim = {.key = {.ring = &ring, .identity = {"0123abcd", "*", "*"}, .verdict = KEY_ACCEPTED}};

    intake->claim = &claim;
    (void)greet(0, frames_hello());
    ring.secrets[0].epoch[0] = 'f';
    intake_tick(intake, now_ms);
    ck_assert_int_eq(intake->state, INTAKE_STREAMING); /* nobody has reported a change */
    hub.intake.keys_version++;
    intake_tick(intake, now_ms);
    ck_assert_int_eq(answer(0)->body_case, HEADROOM__FRAME__BODY_ACK); /* for what is stored */
    ASSERT_REJECTED(0, RETRY, KEY);
}
END_TEST

START_TEST(once_there_are_keys_nobody_goes_on_without_one)
{
    Headroom__Hello hello = frames_hello();

    (void)greet(0, hello);
    hub.intake.keyed = true;
    intake_tick(intake, now_ms);
    ASSERT_REJECTED(0, RETRY_SLOWLY, TLS);
    intake_detach(intake);
    intake_init(intake, &hub.intake, NULL, now_ms);
    say(0, frames_put_hello(&hello, buf)); /* of a connection from before */
    ASSERT_REJECTED(0, RETRY_SLOWLY, TLS);
}
END_TEST

static const char longest[] =
    "n23456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456"
    "78901234567890123456789012345678";
static const char too_long[] =
    "n234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234"
    "5678901234567890123456789012345678X";

static const struct {
    const char *what;
    uint32_t version, interval_ms;
    const char *node_id, *group;
    uint64_t instance, oldest_seq, newest_seq;
    int code; /* 0: welcome */
    Headroom__Action action;
} hellos[] = {
#define SLOWLY HEADROOM__ACTION__ACTION_RETRY_SLOWLY
#define RETRY  HEADROOM__ACTION__ACTION_RETRY
    {"plain", 1, 1000, "n", "g", 1, 1, 0, 0, RETRY},
    {"with samples", 1, 1000, "n", "g", 1, 1, 100, 0, RETRY},
    {"none held", 1, 1000, "n", "g", 1, 101, 100, 0, RETRY},
    {"shortest interval", 1, INTERVAL_MS_MIN, "n", "g", 1, 1, 0, 0, RETRY},
    {"longest interval", 1, INTERVAL_MS_MAX, "n", "g", 1, 1, 0, 0, RETRY},
    {"longest names", 1, 1000, longest, longest, 1, 1, 0, 0, RETRY},
    {"highest numbers", UINT32_MAX, 1000, "n", "g", UINT64_MAX, SEQ_JUMP_MAX, SEQ_JUMP_MAX, 0, RETRY},
    {"version 0", 0, 1000, "n", "g", 1, 1, 0, HEADROOM__REJECT_CODE__REJECT_CODE_VERSION, SLOWLY},
#define IDENTITY HEADROOM__REJECT_CODE__REJECT_CODE_IDENTITY, SLOWLY
    {"no node id", 1, 1000, "", "g", 1, 1, 0, IDENTITY},
    {"node id with a space", 1, 1000, "n 1", "g", 1, 1, 0, IDENTITY},
    {"node id with a comma", 1, 1000, "n,1", "g", 1, 1, 0, IDENTITY},
    {"node id with a line end", 1, 1000, "n\n", "g", 1, 1, 0, IDENTITY},
    {"node id like a path", 1, 1000, "../etc", "g", 1, 1, 0, IDENTITY},
    {"node id in UTF-8", 1, 1000, "gr\xc3\xbc\xc3\x9f", "g", 1, 1, 0, IDENTITY},
    {"node id too long", 1, 1000, too_long, "g", 1, 1, 0, IDENTITY},
    {"no group", 1, 1000, "n", "", 1, 1, 0, IDENTITY},
    {"group with a slash", 1, 1000, "n", "a/b", 1, 1, 0, IDENTITY},
    {"group too long", 1, 1000, "n", too_long, 1, 1, 0, IDENTITY},
    {"instance 0", 1, 1000, "n", "g", 0, 1, 0, IDENTITY},
    {"interval 0", 1, 0, "n", "g", 1, 1, 0, IDENTITY},
    {"interval too short", 1, INTERVAL_MS_MIN - 1, "n", "g", 1, 1, 0, IDENTITY},
    {"interval too long", 1, INTERVAL_MS_MAX + 1, "n", "g", 1, 1, 0, IDENTITY},
#define MALFORMED HEADROOM__REJECT_CODE__REJECT_CODE_MALFORMED, RETRY
    {"oldest_seq 0", 1, 1000, "n", "g", 1, 0, 0, MALFORMED},
    {"oldest behind the newest", 1, 1000, "n", "g", 1, 102, 100, MALFORMED},
    {"oldest_seq too far ahead", 1, 1000, "n", "g", 1, INT64_MAX, INT64_MAX, MALFORMED},
    {"newest_seq too far ahead", 1, 1000, "n", "g", 1, 1, SEQ_JUMP_MAX + 1, MALFORMED},
    {"newest_seq beyond 2^63", 1, 1000, "n", "g", 1, 1, (uint64_t)INT64_MAX + 1, MALFORMED},
    {"newest_seq 2^64 - 1", 1, 1000, "n", "g", 1, 0, UINT64_MAX, MALFORMED},
};

START_TEST(hellos_are_judged)
{
    Headroom__Hello hello = frames_hello();

    hello.version = hellos[_i].version;
    hello.interval_ms = hellos[_i].interval_ms;
    hello.node_id = (char *)hellos[_i].node_id;
    hello.group = (char *)hellos[_i].group;
    hello.instance = hellos[_i].instance;
    hello.oldest_seq = hellos[_i].oldest_seq;
    hello.newest_seq = hellos[_i].newest_seq;
    if (hellos[_i].code == 0) {
        (void)greet(0, hello);
        return;
    }
    say(0, frames_put_hello(&hello, buf));
    assert_rejected(0, hellos[_i].action, (Headroom__RejectCode)hellos[_i].code);
    ck_assert_uint_eq(hub.registry.node_count, 0);
    ck_assert_uint_eq(hub.registry.group_count, 0);
    ck_assert_uint_eq(hub.intake.account.rejected, 1);
    for (const char *at = intake->reject.text; *at != '\0'; at++)
        ck_assert(*at >= ' ' && *at <= '~');
}
END_TEST

/* ---- samples ---- */

START_TEST(samples_go_to_backlog_and_ring)
{
    (void)greet(0, frames_hello());
    send_samples(0, 1, 3);
    ck_assert_uint_eq(hub.intake.account.samples, 3);
    ck_assert_uint_eq(backlog_waiting(&hub.backlog), 3);
    hub_store_begin(&hub);
    ck_assert_uint_eq(hub.rows[1].sample.seq, 2);
    struct sample sample = frames_sample(2);
    ck_assert(frames_same_sample(&hub.rows[1].sample, &sample));
    ck_assert_str_eq(hub.rows[1].instance->node->id, "n1");
    ck_assert_str_eq(hub.rows[1].group->name, "web");
    const struct ring *ring = &intake->node->ring;
    ck_assert_uint_eq(ring->count, 3);
    ck_assert_int_eq(ring_time_ms(ring, 2), (int64_t)now_ms); /* by its age on the node's own clock */
    ck_assert_int_eq(ring_time_ms(ring, 0), (int64_t)now_ms - 2000);
    ck_assert_int_eq(intake->node->seen_ms, (int64_t)now_ms);
    ck_assert(intake->node->reported);
    hub_store_end(&hub);
}
END_TEST

/* Hello says 8 cores and 12345 bytes. */
START_TEST(a_batch_can_change_the_weight_of_its_node)
{
    Headroom__Hello hello = frames_hello();
    Headroom__Batch batch = HEADROOM__BATCH__INIT;

    hello.has_cores = hello.has_memory_bytes = true;
    hello.cores = 8;
    hello.memory_bytes = 12345;
    (void)greet(0, hello);
    send_samples(0, 1, 1);
    ck_assert_uint_eq(intake->node->cpu_milli, 8000);
    batch.has_cores = true;
    batch.cores = 16;
    say(0, frames_put(HEADROOM__FRAME__BODY_BATCH, &batch, buf));
    ck_assert_uint_eq(intake->node->cpu_milli, 16000);
    ck_assert_uint_eq(intake->node->memory_bytes, 12345);
    batch.cores = 0;
    batch.has_memory_bytes = true;
    batch.memory_bytes = UINT64_C(1) << 40;
    say(0, frames_put(HEADROOM__FRAME__BODY_BATCH, &batch, buf));
    ck_assert_uint_eq(intake->node->cpu_milli, 16000);
    ck_assert_uint_eq(intake->node->memory_bytes, UINT64_C(1) << 40);
    batch.has_cpu_milli = batch.has_cores = true;
    batch.cpu_milli = 1500;
    batch.cores = 2;
    say(0, frames_put(HEADROOM__FRAME__BODY_BATCH, &batch, buf));
    ck_assert_uint_eq(intake->node->cpu_milli, 1500);
}
END_TEST

/* A container whose quota is half a core says 1 core, for collectors that know nothing else. */
START_TEST(a_part_of_a_core_counts_before_whole_cores)
{
    Headroom__Hello hello = frames_hello();

    hello.has_cores = hello.has_cpu_milli = true;
    hello.cores = 1;
    hello.cpu_milli = 500;
    (void)greet(0, hello);
    ck_assert_uint_eq(intake->node->cpu_milli, 500);
}
END_TEST

START_TEST(a_size_that_no_machine_has_counts_as_not_reported)
{
    Headroom__Hello hello = frames_hello();

    hello.has_cores = hello.has_cpu_milli = hello.has_memory_bytes = true;
    hello.cores = UINT32_MAX;
    hello.memory_bytes = UINT64_MAX;
    (void)greet(0, hello);
    ck_assert_uint_eq(intake->node->cpu_milli, 0);
    ck_assert_uint_eq(intake->node->memory_bytes, 0);
    ck_assert_uint_eq(hub.intake.account.bad_values, 2);
    hello.cores = 8;
    hello.cpu_milli = CPU_MILLI_MAX + 1;
    hello.memory_bytes = MEMORY_BYTES_MAX;
    (void)greet(1, hello);
    ck_assert_uint_eq(intakes[1].node->cpu_milli, 8000);
    ck_assert_uint_eq(intakes[1].node->memory_bytes, MEMORY_BYTES_MAX);
    ck_assert_uint_eq(hub.intake.account.bad_values, 2);
}
END_TEST

START_TEST(what_was_received_before_is_a_duplicate)
{
    (void)greet(0, frames_hello());
    send_samples(0, 1, 5);
    send_samples(0, 1, 5);
    send_samples(0, 4, 7);
    ck_assert_uint_eq(hub.intake.account.samples, 7);
    ck_assert_uint_eq(hub.intake.account.duplicates, 7);
    ck_assert_uint_eq(backlog_waiting(&hub.backlog), 7);
    ck_assert_uint_eq(intake_dropped(&hub.intake.account), 0);
}
END_TEST

START_TEST(a_jump_in_seq_is_counted)
{
    (void)greet(0, frames_hello());
    send_samples(0, 1, 2);
    send_samples(0, 10, 11);
    ck_assert_uint_eq(intake_dropped(&hub.intake.account), 0); /* no loss was reported: another collector has it */
    ck_assert_uint_eq(hub.intake.account.missing[GAP_ELSEWHERE], 7);
    ck_assert_uint_eq(hub.intake.account.samples, 4);
}
END_TEST

static const struct {
    const char *what;
    uint64_t seqs[3];
} orders[] = {
    {"backwards", {5, 4, 6}},
    {"twice", {5, 5, 6}},
    {"from 0", {0, 1, 2}},
    {"beyond 2^63", {1, 2, UINT64_MAX}},
};

START_TEST(seq_must_ascend_inside_a_batch)
{
    struct sample samples[3];

    (void)greet(0, frames_hello());
    for (unsigned i = 0; i < 3; i++) {
        samples[i] = frames_sample(1);
        samples[i].seq = orders[_i].seqs[i];
    }
    say(0, frames_put_batch(1, samples, 3, buf));
    ASSERT_REJECTED(0, RETRY, MALFORMED);
    ck_assert_uint_eq(hub.intake.account.samples, 0); /* no sample of such a batch is taken */
}
END_TEST

START_TEST(a_batch_has_a_largest_size)
{
    struct sample *samples = calloc(BATCH_SAMPLES_MAX + 1, sizeof *samples);

    (void)greet(0, frames_hello());
    for (unsigned i = 0; i <= BATCH_SAMPLES_MAX; i++)
        samples[i] = (struct sample){.seq = i + 1};
    say(0, frames_put_batch(1, samples, BATCH_SAMPLES_MAX + 1, buf));
    ASSERT_REJECTED(0, RETRY, MALFORMED);
    free(samples);
}
END_TEST

/* PROTOCOL.md: batches of up to 1,024 samples, whatever metrics they have. */
START_TEST(the_largest_batch_is_taken)
{
    uint64_t random = 1;
    struct sample *samples = calloc(BATCH_SAMPLES_MAX, sizeof *samples);

    hub_deinit(&hub);
    hub_init(&hub, CREDIT_MAX, ACK_MS, CREDIT_MAX * 8);
    (void)greet(0, frames_hello());
    for (unsigned i = 0; i < BATCH_SAMPLES_MAX; i++)
        samples[i] = frames_random_sample(i + 1, &random);
    say(0, frames_put_batch(BATCH_SAMPLES_MAX * 1000, samples, BATCH_SAMPLES_MAX, buf));
    ck_assert_msg(intake->state == INTAKE_STREAMING, "%s", intake->reject.text);
    ck_assert_uint_eq(hub.intake.account.samples, BATCH_SAMPLES_MAX);
    free(samples);
}
END_TEST

START_TEST(a_bad_value_costs_its_metric_only)
{
    struct sample sample = frames_sample(1);

    (void)greet(0, frames_hello());
    sample_set_gauge(&sample, METRIC_CPU, (double)NAN);
    sample_set_gauge(&sample, METRIC_LOAD1, -1);
    say(0, frames_put_batch(1000, &sample, 1, buf));
    ck_assert_uint_eq(hub.intake.account.bad_values, 2);
    ck_assert_uint_eq(hub.intake.account.samples, 1);
    hub_store_begin(&hub);
    ck_assert(!sample_has(&hub.rows[0].sample, METRIC_CPU));
    ck_assert(!sample_has(&hub.rows[0].sample, METRIC_LOAD1));
    ck_assert_double_eq(hub.rows[0].sample.value[METRIC_MEMORY].gauge, 50.25);
    ck_assert(isnan(ring_value(&intake->node->ring, 0, METRIC_CPU)));
    hub_store_end(&hub);
}
END_TEST

static const struct {
    int64_t time_ms, wanted_ms;
} times[] = {
    {0, 0},
    {CSV_TIME_MS_MAX, CSV_TIME_MS_MAX},
    {CSV_TIME_MS_MAX + 1, WALL_MS - 700},
    {-1, WALL_MS - 700},
    {INT64_MIN, WALL_MS - 700},
    {INT64_MAX, WALL_MS - 700},
};

START_TEST(a_time_out_of_range_is_replaced)
{
    struct sample sample = frames_sample(1);

    (void)greet(0, frames_hello());
    sample.time_ms = times[_i].time_ms;
    sample.uptime_ms = 300;
    say(0, frames_put_batch(1000, &sample, 1, buf));
    hub_store_begin(&hub);
    ck_assert_int_eq(hub.rows[0].sample.time_ms, times[_i].wanted_ms);
    ck_assert_uint_eq(hub.intake.account.bad_values, times[_i].time_ms != times[_i].wanted_ms);
    hub_store_end(&hub);
}
END_TEST

START_TEST(the_age_of_a_sample_is_bounded)
{
    struct sample samples[] = {{.seq = 1, .uptime_ms = 0}, {.seq = 2, .uptime_ms = UINT64_MAX}};

    (void)greet(0, frames_hello());
    say(0, frames_put_batch(UINT64_MAX - 1, &samples[0], 1, buf));
    ck_assert_int_eq(ring_time_ms(&intake->node->ring, 0), (int64_t)now_ms - SAMPLE_AGE_MS_MAX);
    say(0, frames_put_batch(UINT64_MAX - 1, &samples[1], 1, buf));
    unsigned newest = intake->node->ring.count - 1;
    ck_assert_int_eq(ring_time_ms(&intake->node->ring, newest), (int64_t)now_ms); /* not in the future */
}
END_TEST

/* Each acknowledged row must be found again: recovery cuts the file at a row that it cannot read. */
START_TEST(every_row_that_is_taken_can_be_read_back)
{
    static const uint64_t numbers[] = {0, 1, INT64_MAX, UINT64_MAX - 6, UINT64_MAX - 5, UINT64_MAX};
    char line[CSV_LINE_MAX];
    struct csv_row row;

    (void)greet(0, frames_hello());
    for (uint64_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct sample sample = frames_largest_sample();
        sample.seq = i + 1;
        sample.uptime_ms = numbers[i];
        say(0, frames_put_batch(numbers[i], &sample, 1, buf));
    }
    ck_assert_uint_eq(hub.intake.account.samples, sizeof numbers / sizeof numbers[0]);
    hub_store_begin(&hub);
    for (uint32_t i = 0; i < hub.row_count; i++) {
        const struct instance *instance = hub.rows[i].instance;
        size_t len = csv_put_row(instance->node->id, hub.rows[i].group->name, instance->id, &hub.rows[i].sample, line);
        ck_assert_msg(csv_parse_row(line, len - 1, &row) == 0, "%s", line);
    }
    hub_store_end(&hub);
}
END_TEST

START_TEST(more_in_flight_than_the_credit_is_rejected)
{
    (void)greet(0, frames_hello());
    send_samples(0, 1, CREDIT);
    ck_assert_int_eq(intake->state, INTAKE_STREAMING);
    store();
    send_samples(0, CREDIT + 1, 2 * CREDIT);
    ck_assert_int_eq(intake->state, INTAKE_STREAMING);
    send_samples(0, 2 * CREDIT + 1, 2 * CREDIT + 1);
    ck_assert_ptr_null(intake->instance);
    ASSERT_REJECTED(0, RETRY, CREDIT_EXCEEDED);
    ck_assert_uint_eq(hub.intake.account.samples, 2 * CREDIT);
    ck_assert_uint_eq(hub.backlog.orphans, CREDIT); /* what it sent before remains */
}
END_TEST

START_TEST(duplicates_and_signs_of_life_need_no_credit)
{
    (void)greet(0, frames_hello());
    send_samples(0, 1, CREDIT);
    send_samples(0, 1, CREDIT);
    say(0, frames_put_batch(1, NULL, 0, buf));
    ck_assert_int_eq(intake->state, INTAKE_STREAMING);
}
END_TEST

START_TEST(an_account_is_noted)
{
    Headroom__Batch batch = HEADROOM__BATCH__INIT;
    Headroom__Account account = HEADROOM__ACCOUNT__INIT;

    (void)greet(0, frames_hello());
    account.produced = 100;
    account.acknowledged = 80;
    account.dropped_outbox_full = 5;
    account.dropped_spool_damaged = 2;
    batch.account = &account;
    say(0, frames_put(HEADROOM__FRAME__BODY_BATCH, &batch, buf));
    ck_assert_uint_eq(intake->instance->account.produced, 100);
    ck_assert_uint_eq(intake->instance->account.acknowledged, 80);
    ck_assert_uint_eq(intake->instance->account.dropped_outbox_full, 5);
    ck_assert_uint_eq(intake->instance->account.dropped_spool_damaged, 2);
}
END_TEST

/* ---- the order of messages ---- */

static size_t put_any(Headroom__Frame__BodyCase body)
{
    Headroom__Hello hello = frames_hello();
    Headroom__Welcome welcome = HEADROOM__WELCOME__INIT;

    switch (body) {
    case HEADROOM__FRAME__BODY_HELLO:
        return frames_put_hello(&hello, buf);
    case HEADROOM__FRAME__BODY_BATCH:
        return frames_put_batch(0, NULL, 0, buf);
    case HEADROOM__FRAME__BODY_GOODBYE:
        return frames_put_goodbye(HEADROOM__DEPARTURE__DEPARTURE_RESTARTING, buf);
    case HEADROOM__FRAME__BODY_WELCOME:
        return frames_put(HEADROOM__FRAME__BODY_WELCOME, &welcome, buf);
    case HEADROOM__FRAME__BODY_ACK:
        return frames_put_ack(0, 64, false, buf);
    default:
        return frames_put_reject(RETRY, HEADROOM__REJECT_CODE__REJECT_CODE_TWIN, "no", buf);
    }
}

static const Headroom__Frame__BodyCase bodies[] = {HEADROOM__FRAME__BODY_HELLO,   HEADROOM__FRAME__BODY_BATCH,
                                                   HEADROOM__FRAME__BODY_GOODBYE, HEADROOM__FRAME__BODY_WELCOME,
                                                   HEADROOM__FRAME__BODY_ACK,     HEADROOM__FRAME__BODY_REJECT};

START_TEST(each_message_is_taken_only_where_it_belongs)
{
    Headroom__Frame__BodyCase body = bodies[_i];

    say(0, put_any(body)); /* before Hello */
    if (body == HEADROOM__FRAME__BODY_HELLO)
        ck_assert_int_eq(intakes[0].state, INTAKE_STREAMING);
    else
        ASSERT_REJECTED(0, RETRY, MALFORMED);

    say(1, put_any(HEADROOM__FRAME__BODY_HELLO));
    (void)answer(1);
    say(1, put_any(body)); /* streaming */
    if (body == HEADROOM__FRAME__BODY_BATCH || body == HEADROOM__FRAME__BODY_GOODBYE)
        ck_assert_ptr_nonnull(intakes[1].node);
    else
        ASSERT_REJECTED(1, RETRY, MALFORMED);

    say(2, put_any(HEADROOM__FRAME__BODY_HELLO));
    (void)answer(2);
    say(2, put_any(HEADROOM__FRAME__BODY_GOODBYE));
    say(2, put_any(body)); /* after Goodbye: no message is valid */
    ASSERT_REJECTED(2, RETRY, MALFORMED);
}
END_TEST

START_TEST(broken_bytes_are_rejected)
{
    static const uint8_t broken[][8] = {{0, 0, 0, 0}, {255, 255, 255, 255}, {0, 0, 0, 1, 'x'}, "GET / H"};

    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        for (unsigned greeted = 0; greeted < 2; greeted++) {
            intake_detach(intake);
            intake_init(intake, &hub.intake, NULL, now_ms);
            if (greeted)
                (void)greet(0, frames_hello());
            memcpy(buf, broken[i], sizeof broken[i]);
            say(0, sizeof broken[i]);
            ASSERT_REJECTED(0, RETRY, MALFORMED);
            say(0, sizeof broken[i]); /* the rest is ignored */
        }
    }
    ck_assert_uint_eq(hub.intake.streaming, 0);
}
END_TEST

START_TEST(a_peers_error_costs_that_peer_only)
{
    Headroom__Hello hello = frames_hello();

    (void)greet(0, hello);
    hello.node_id = (char *)"n2";
    (void)greet(1, hello);
    send_samples(0, 1, 3);
    memset(buf, 0, 4);
    say(1, 4);
    ASSERT_REJECTED(1, RETRY, MALFORMED);
    send_samples(0, 4, 6);
    ck_assert_uint_eq(hub.intake.account.samples, 6);
    ck_assert_int_eq(intakes[0].state, INTAKE_STREAMING);
}
END_TEST

/* Hello, batches and Goodbye in one stream, cut in two at every byte. */
START_TEST(any_split_of_the_bytes_has_the_same_outcome)
{
    static uint8_t stream[FRAMES_SIZE];
    Headroom__Hello hello = frames_hello();
    struct sample samples[4];
    size_t len = frames_put_hello(&hello, stream);

    for (unsigned i = 0; i < 4; i++)
        samples[i] = frames_sample(i + 1);
    len += frames_put_batch(4000, samples, 3, stream + len);
    len += frames_put_batch(4000, samples, 4, stream + len);
    len += frames_put_goodbye(HEADROOM__DEPARTURE__DEPARTURE_LEAVING, stream + len);
    for (size_t split = 0; split <= len; split++) {
        teardown();
        setup();
        memcpy(buf, stream, split);
        say(0, split);
        memcpy(buf, stream + split, len - split);
        say(0, len - split);
        ck_assert_int_eq(intake->state, INTAKE_LEAVING);
        ck_assert_uint_eq(hub.intake.account.samples, 4);
        ck_assert_uint_eq(hub.intake.account.duplicates, 3);
        store();
        ck_assert_int_eq(answer(0)->body_case, HEADROOM__FRAME__BODY_WELCOME);
        ck_assert_uint_eq(answer(0)->ack->stored_seq, 4);
        ck_assert(intake_done(intake));
    }
}
END_TEST

START_TEST(credit_is_what_all_agents_together_can_have)
{
    ck_assert_uint_eq(intake_credit(1), CREDIT_MAX);
    ck_assert_uint_eq(intake_credit(STORE_ROWS_MAX / 1000), 1000);
    ck_assert_uint_eq(intake_credit(STORE_ROWS_MAX), CREDIT_MIN);
    ck_assert_uint_eq(intake_backlog_rows(100, CREDIT_MIN), 100 * CREDIT_MIN / 4 * 5);
}
END_TEST

static void add_tables(Suite *suite)
{
    TCase *tcase = tcase_create("tables");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, hellos_are_judged, 0, sizeof hellos / sizeof hellos[0]);
    tcase_add_loop_test(tcase, seq_must_ascend_inside_a_batch, 0, sizeof orders / sizeof orders[0]);
    tcase_add_loop_test(tcase, a_time_out_of_range_is_replaced, 0, sizeof times / sizeof times[0]);
    tcase_add_loop_test(tcase, each_message_is_taken_only_where_it_belongs, 0, sizeof bodies / sizeof bodies[0]);
    tcase_add_test(tcase, credit_is_what_all_agents_together_can_have);
    suite_add_tcase(suite, tcase);
}

int main(void)
{
    Suite *suite = suite_create("intake");

    add_tables(suite);
    CASES_ADD(suite, "hello", setup, teardown, a_welcome_tells_the_limits_and_where_to_go_on,
              a_later_version_is_answered_with_ours, the_key_must_cover_the_node_and_its_group,
              a_change_of_the_keys_ends_the_sessions_that_they_no_longer_let_in,
              once_there_are_keys_nobody_goes_on_without_one);
    CASES_ADD(suite, "samples", setup, teardown, samples_go_to_backlog_and_ring,
              a_batch_can_change_the_weight_of_its_node, a_part_of_a_core_counts_before_whole_cores,
              a_size_that_no_machine_has_counts_as_not_reported, what_was_received_before_is_a_duplicate,
              a_jump_in_seq_is_counted, a_batch_has_a_largest_size, the_largest_batch_is_taken,
              a_bad_value_costs_its_metric_only, the_age_of_a_sample_is_bounded,
              every_row_that_is_taken_can_be_read_back, more_in_flight_than_the_credit_is_rejected,
              duplicates_and_signs_of_life_need_no_credit, an_account_is_noted);
    CASES_ADD(suite, "bad input", setup, teardown, broken_bytes_are_rejected, a_peers_error_costs_that_peer_only,
              any_split_of_the_bytes_has_the_same_outcome);
    return suite_run(suite);
}
