#include "loadgen/client.h"
#include "loadgen/encode.h"
#include "loadgen/pattern.h"
#include "loadgen/report.h"

#include "support/cases.h"
#include "support/frames.h"
#include "support/suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define START_MS UINT64_C(6000000000)
#define CREDIT   64U
#define ACK_MS   5000U

static struct options options;
static struct fleet fleet;
static struct wire_arena arena;       /* the client's */
static struct wire_arena other_arena; /* the test's */
static struct client client;
static struct client_moment now;
static struct sample scratch[BATCH_SAMPLES_MAX];
static uint8_t buf[CLIENT_BUFFER];

static void setup(void)
{
    char *argv[] = {(char *)"headroom-loadgen"};
    char error[256];

    pattern_init();
    ck_assert_int_eq(options_load(&options, 1, argv, error, sizeof error), 0);
    ck_assert_int_eq(wire_arena_init(&arena), 0);
    ck_assert_int_eq(wire_arena_init(&other_arena), 0);
    fleet = (struct fleet){.options = &options, .arena = &arena, .wall_ahead_ms = 1000};
    now = (struct client_moment){.ms = START_MS, .us = 1};
    client_init(&client, &fleet, 7, 42);
}

static void teardown(void)
{
    client_close(&client);
    wire_arena_deinit(&arena);
    wire_arena_deinit(&other_arena);
}

static void pass_ms(uint64_t ms)
{
    now.ms += ms;
    now.us += ms * 1000;
}

/* ---- what the nodes measure ---- */

START_TEST(a_pattern_has_the_base_metrics_within_their_ranges_and_counters_never_fall)
{
    for (uint32_t node = 0; node < 50; node++) {
        struct sample before = {0};
        for (uint64_t ms = 0; ms < 7200000; ms += 700) {
            struct sample sample;
            pattern_put(node, node % 3, ms, &sample);
            if (sample.present != (1U << METRIC_BASE_COUNT) - 1 || sample_clean(&sample) != 0)
                ck_abort_msg("node %u has a bad value at %llu ms", node, (unsigned long long)ms);
            for (unsigned m = 0; m < METRIC_BASE_COUNT; m++)
                if (METRIC_COUNTS(metric_table[m].kind) && sample.value[m].counter < before.value[m].counter)
                    ck_abort_msg("metric %u of node %u falls at %llu ms", m, node, (unsigned long long)ms);
            before = sample;
        }
        ck_assert_uint_gt(before.value[METRIC_NET_RX].counter, 1000000);
    }
}
END_TEST

START_TEST(a_pattern_has_the_other_metrics_on_request)
{
    struct sample before = {0};

    for (uint64_t ms = 0; ms < 72000000; ms += 7000) {
        struct sample sample;
        pattern_put(7, 1, ms, &sample);
        pattern_put_rare(7, ms, &sample);
        ck_assert_uint_eq(sample.present, (1U << METRIC_COUNT) - 1);
        ck_assert_uint_eq(sample_clean(&sample), 0);
        ck_assert_uint_ge(sample.value[METRIC_OOM_KILLS].counter, before.value[METRIC_OOM_KILLS].counter);
        before = sample;
    }
    ck_assert_uint_gt(before.value[METRIC_OOM_KILLS].counter, 0);
}
END_TEST

START_TEST(a_pattern_is_smooth_and_moves_and_its_groups_differ)
{
    double sum[2] = {0.0, 0.0};
    double least = 100.0;
    double most = 0.0;

    for (uint64_t ms = 0; ms < 1800000; ms += 1000) {
        struct sample sample;
        struct sample next;
        pattern_put(5, 0, ms, &sample);
        pattern_put(5, 0, ms + 1000, &next);
        if (fabs(sample.value[METRIC_CPU].gauge - next.value[METRIC_CPU].gauge) > 8.0)
            ck_abort_msg("it jumps at %llu ms", (unsigned long long)ms);
        least = fmin(least, sample.value[METRIC_CPU].gauge);
        most = fmax(most, sample.value[METRIC_CPU].gauge);
        sum[0] += fabs(sample.value[METRIC_DISK_BUSY].gauge - next.value[METRIC_DISK_BUSY].gauge);
        pattern_put(5, 1, ms, &next);
        sum[1] += fabs(sample.value[METRIC_DISK_BUSY].gauge - next.value[METRIC_DISK_BUSY].gauge);
    }
    ck_assert(most - least > 20.0);
    ck_assert(sum[1] > 5.0 * sum[0]);
}
END_TEST

/* ---- batches ---- */

START_TEST(a_batch_is_encoded_as_the_generic_encoder_does)
{
    static uint8_t generic[FRAMES_SIZE];
    struct sample samples[40];
    uint64_t random = 3;

    for (unsigned round = 0; round < 200; round++) {
        size_t count = round % 40;
        for (size_t i = 0; i < count; i++) {
            samples[i] = frames_random_sample(1 + i + ((uint64_t)round << round % 40), &random);
            samples[i].present &= ~(round * 2654435761U >> 7);
        }
        size_t len = frames_put_batch(round * 1000003ULL, samples, count, generic);
        struct bytes frame = encode_batch(round * 1000003ULL, samples, count, NULL, buf);
        ck_assert_uint_eq(frame.len, len);
        ck_assert_mem_eq(frame.data, generic, len);
    }
    samples[0] = frames_largest_sample();
    size_t len = frames_put_batch(UINT64_MAX, samples, 1, generic);
    struct bytes frame = encode_batch(UINT64_MAX, samples, 1, NULL, buf);
    ck_assert_uint_eq(frame.len, len);
    ck_assert_mem_eq(frame.data, generic, len);
}
END_TEST

START_TEST(a_batch_can_have_an_account)
{
    struct sample sample = frames_sample(3);
    struct encode_account account = {.produced = 1234567, .acknowledged = 1234000, .sent = 1234999};

    struct bytes frame = encode_batch(9, &sample, 1, &account, buf);
    const Headroom__Frame *decoded = frames_get(&other_arena, frame.data, frame.len);
    ck_assert_uint_eq(decoded->batch->n_samples, 1);
    ck_assert_uint_eq(decoded->batch->account->produced, 1234567);
    ck_assert_uint_eq(decoded->batch->account->acknowledged, 1234000);
    ck_assert_uint_eq(decoded->batch->account->dropped_outbox_full, 0);
    ck_assert_uint_eq(decoded->batch->account->sent, 1234999);
}
END_TEST

/* ---- the conversation ---- */

/* The next frame; NULL: none. */
static const Headroom__Frame *said(void)
{
    struct bytes frame = client_produce(&client, now, scratch, buf);

    return frame.len > 0 ? frames_get(&other_arena, frame.data, frame.len) : NULL;
}

static void hear(const uint8_t *frame, size_t len)
{
    client_receive(&client, (struct bytes){frame, len}, now);
}

static void hear_welcome(uint64_t resume_seq, uint64_t stored_seq)
{
    uint8_t frame[REPLY_LEN_MAX];
    Headroom__Welcome welcome = HEADROOM__WELCOME__INIT;

    welcome.version = 1;
    welcome.resume_seq = resume_seq;
    welcome.stored_seq = stored_seq;
    welcome.credit = CREDIT;
    welcome.ack_interval_ms = ACK_MS;
    hear(frame, frames_put(HEADROOM__FRAME__BODY_WELCOME, &welcome, frame));
}

static void hear_ack(uint64_t stored_seq)
{
    uint8_t frame[REPLY_LEN_MAX];

    hear(frame, frames_put_ack(stored_seq, CREDIT, false, frame));
}

static void greet(void)
{
    client_open(&client);
    const Headroom__Frame *hello = said();
    ck_assert_int_eq(hello->body_case, HEADROOM__FRAME__BODY_HELLO);
    ck_assert_ptr_null(said());
    hear_welcome(client.sent_seq, client.stored_seq);
    ck_assert_int_eq(client.state, CLIENT_STREAMING);
}

START_TEST(a_client_sends_one_sample_an_interval_and_measures_its_ack)
{
    options.groups = 3;
    client_open(&client);
    const Headroom__Frame *frame = said();
    ck_assert_str_eq(frame->hello->node_id, "load-00007");
    ck_assert_str_eq(frame->hello->group, "load-1");
    ck_assert_uint_eq(frame->hello->instance, 42);
    hear_welcome(0, 0);
    pass_ms(999);
    client.frame_sent_ms = now.ms;
    ck_assert_ptr_null(said());
    pass_ms(1);
    frame = said();
    ck_assert_uint_eq(frame->batch->n_samples, 1);
    ck_assert_uint_eq(frame->batch->sent_uptime_ms, now.ms);
    ck_assert_uint_eq(frame->batch->samples[0]->seq, 1);
    ck_assert_uint_eq(frame->batch->samples[0]->uptime_ms, now.ms);
    ck_assert_int_eq(frame->batch->samples[0]->time_ms, (int64_t)now.ms + 1000);
    ck_assert_ptr_null(said());
    pass_ms(300);
    hear_ack(1);
    ck_assert_uint_eq(fleet.acknowledged, 1);
    ck_assert_uint_eq(fleet.latencies.count, 1);
    ck_assert_uint_eq(fleet.latencies.max, 300000);
}
END_TEST

static void hear_report_ms(uint64_t stored_seq, uint32_t report_ms)
{
    uint8_t frame[REPLY_LEN_MAX];
    Headroom__Ack ack = HEADROOM__ACK__INIT;

    ack.stored_seq = stored_seq;
    ack.credit = CREDIT;
    ack.has_report_ms = true;
    ack.report_ms = report_ms;
    hear(frame, frames_put(HEADROOM__FRAME__BODY_ACK, &ack, frame));
}

START_TEST(a_client_obeys_report_ms_as_an_agent_does)
{
    struct send_pace pace;
    uint64_t newest_seq = 0;
    unsigned reports = 0;

    send_pace_init(&pace, "load-00007", options.interval_ms);
    send_pace_set(&pace, 4000, ACK_MS, CREDIT);
    client_open(&client);
    ck_assert(said()->hello->takes_report_ms);
    hear_welcome(0, 0);
    hear_report_ms(0, 4000);
    for (uint64_t seq = 1; seq <= 21; seq++) {
        pass_ms(1000);
        const Headroom__Frame *frame = said();
        if (frame != NULL) {
            newest_seq = frame->batch->samples[frame->batch->n_samples - 1]->seq;
            ck_assert_uint_eq(newest_seq, seq);
            pace.fresh = false;
            hear_report_ms(newest_seq, 4000);
            reports++;
        }
        ck_assert(!send_pace_is_due(&pace, newest_seq, seq, NULL));
    }
    ck_assert_uint_ge(reports, 6); /* the first sample alone, then each fourth */
    ck_assert_uint_le(reports, 7);
    fleet.frozen_ms = now.ms;
    pass_ms(1);
    if (newest_seq < 21)
        ck_assert_uint_eq(said()->batch->n_samples, 21 - newest_seq);
    ck_assert_int_eq(said()->body_case, HEADROOM__FRAME__BODY_GOODBYE);
}
END_TEST

START_TEST(with_batch_a_client_does_not_obey_report_ms)
{
    options.batch = 1;
    client_open(&client);
    ck_assert(!said()->hello->takes_report_ms);
    hear_welcome(0, 0);
    hear_report_ms(0, 4000);
    for (unsigned i = 0; i < 5; i++) {
        pass_ms(1000);
        ck_assert_uint_eq(said()->batch->n_samples, 1);
    }
}
END_TEST

START_TEST(what_waited_for_the_connection_is_sent_together)
{
    options.backlog = 40;
    greet();
    ck_assert_uint_eq(said()->batch->n_samples, 40);
    ck_assert_uint_eq(fleet.frames_sent, 1);
}
END_TEST

START_TEST(a_backlog_is_sent_in_batches_within_the_credit)
{
    options.backlog = 100;
    options.batch = 30;
    greet();
    ck_assert_uint_eq(said()->batch->n_samples, 30);
    ck_assert_uint_eq(said()->batch->n_samples, 30);
    ck_assert_ptr_null(said()); /* 4 more would fit, but no batch */
    hear_ack(30);
    ck_assert_uint_eq(said()->batch->n_samples, 30);
    hear_ack(90);
    ck_assert_ptr_null(said()); /* 10 are no batch */
    pass_ms(ACK_MS);
    ck_assert_uint_eq(said()->batch->n_samples, 15); /* but a sign of life */
    ck_assert_uint_eq(client.sent_seq, 105);
}
END_TEST

START_TEST(after_a_break_it_sends_again_the_same_samples)
{
    options.backlog = 10;
    options.batch = 10;
    greet();
    const Headroom__Frame *frame = said();
    float cpu = frame->batch->samples[7]->cpu_percent;
    uint64_t uptime_ms = frame->batch->samples[7]->uptime_ms;
    client_close(&client);
    pass_ms(2000);
    client_open(&client);
    ck_assert_uint_eq(said()->hello->newest_seq, 12);
    hear_welcome(7, 3);
    ck_assert_uint_eq(fleet.acknowledged, 3);
    fleet.frozen_ms = now.ms;
    frame = said();
    ck_assert_uint_eq(frame->batch->n_samples, 5);
    ck_assert_uint_eq(frame->batch->samples[0]->seq, 8);
    ck_assert_uint_eq(frame->batch->samples[0]->uptime_ms, uptime_ms);
    ck_assert_float_eq(frame->batch->samples[0]->cpu_percent, cpu);
    ck_assert_uint_eq(fleet.forgotten, 0);
}
END_TEST

START_TEST(the_ack_latency_of_samples_that_were_sent_before_a_break_counts_apart)
{
    options.backlog = 20;
    options.batch = 10;
    greet();
    (void)said();
    (void)said();
    client_close(&client);
    pass_ms(2000);
    client_open(&client);
    (void)said();
    hear_welcome(10, 4); /* 5 to 10 are not yet on disk, 11 to 20 never arrived */
    ck_assert_uint_eq(fleet.latencies.count, 0);
    ck_assert_uint_eq(fleet.broken_latencies.count, 4);
    ck_assert_uint_eq(said()->batch->samples[0]->seq, 11);
    pass_ms(8000);
    ck_assert_uint_eq(said()->batch->n_samples, 10); /* 21 to 30 for the first time */
    pass_ms(100);
    hear_ack(30);
    ck_assert_uint_eq(fleet.broken_latencies.count, 20);
    ck_assert_uint_eq(fleet.broken_latencies.max, 10100000);
    ck_assert_uint_eq(fleet.latencies.count, 10);
    ck_assert_uint_eq(fleet.latencies.max, 100000);
}
END_TEST

START_TEST(after_a_break_with_all_flights_in_use_it_sends_again)
{
    options.backlog = CLIENT_FLIGHTS + 5;
    options.batch = 1;
    greet();
    for (unsigned i = 0; i < CLIENT_FLIGHTS; i++)
        ck_assert_uint_eq(said()->batch->n_samples, 1);
    ck_assert_ptr_null(said());
    client_close(&client);
    client_open(&client);
    (void)said();
    options.batch = CLIENT_FLIGHTS; /* more than half of the credit is in the flights */
    hear_welcome(7, 0);
    ck_assert_uint_eq(said()->batch->n_samples, CLIENT_FLIGHTS - 7);
    ck_assert_ptr_null(said());
    hear_ack(CLIENT_FLIGHTS);
    ck_assert_uint_eq(fleet.broken_latencies.count, CLIENT_FLIGHTS);
    fleet.frozen_ms = now.ms;
    ck_assert_uint_eq(said()->batch->n_samples, 5);
}
END_TEST

START_TEST(in_the_end_it_sends_what_it_has_and_takes_its_leave)
{
    options.batch = 10;
    greet();
    pass_ms(3000);
    ck_assert_ptr_null(said());
    fleet.frozen_ms = now.ms;
    pass_ms(1000);
    ck_assert_uint_eq(said()->batch->n_samples, 3);
    ck_assert_int_eq(said()->body_case, HEADROOM__FRAME__BODY_GOODBYE);
    ck_assert(!client_done(&client));
    hear_ack(3);
    ck_assert(client_done(&client));
}
END_TEST

START_TEST(flat_out_there_is_always_more)
{
    options.flat_out = true;
    options.batch = 16;
    greet();
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(said()->batch->n_samples, 16);
    ck_assert_ptr_null(said());
    hear_ack(64);
    ck_assert_uint_eq(said()->batch->n_samples, 16);
    fleet.frozen_ms = now.ms;
    ck_assert_int_eq(said()->body_case, HEADROOM__FRAME__BODY_GOODBYE);
    ck_assert_uint_eq(client_produced(&client, now.ms), 80);
    hear_ack(80);
    ck_assert(client_done(&client));
}
END_TEST

START_TEST(what_a_collector_forgets_or_refuses_is_counted)
{
    uint8_t frame[REPLY_LEN_MAX];

    options.backlog = 20;
    options.batch = 20;
    greet();
    (void)said();
    hear_ack(20);
    client_close(&client);
    client_open(&client);
    (void)said();
    hear_welcome(5, 5);
    ck_assert_uint_eq(fleet.forgotten, 15);
    hear(frame,
         frames_put_reject(HEADROOM__ACTION__ACTION_RETRY, HEADROOM__REJECT_CODE__REJECT_CODE_FULL, "full", frame));
    ck_assert_int_eq(client.state, CLIENT_BROKEN);
    ck_assert_uint_eq(fleet.rejected, 1);
    ck_assert_str_eq(fleet.reason, "full");
}
END_TEST

/* ---- its command line, and what it prints ---- */

static const struct {
    const char *args[3];
    const char *error;
} refused[] = {
    {{"--nodes", "0"}, "--nodes: \"0\" is not a number of 1 to 100000"},
    {{"--batch", "1025"}, "--batch: \"1025\" is not a number of 1 to 1024"},
    {{"--for", "soon"}, "--for: \"soon\" is not a time such as 1s, 500ms or 5m, or is out of range"},
    {{"--collector", "nowhere"}, "--collector: \"nowhere\" is not HOST:PORT"},
    {{"--prefix", "a b"},
     "--prefix: \"a b\" is not a name of letters, digits, dots, underscores and hyphens, or too long"},
    {{"--backlog", "9000000"}, "--backlog: more than 50 days at this --interval"},
    {{"--token-file=token", "--ca-file=ca.pem"}, "--token-file: a node has a key or a certificate"},
};

START_TEST(a_wrong_command_line_is_refused_with_what_is_allowed)
{
    char *argv[] = {(char *)"headroom-loadgen", (char *)refused[_i].args[0], (char *)refused[_i].args[1]};
    char error[256];

    ck_assert_int_lt(options_load(&options, 3, argv, error, sizeof error), 0);
    ck_assert_str_eq(error, refused[_i].error);
}
END_TEST

static struct histogram latencies;
static struct histogram broken_latencies;
static struct report report;
static char text[REPORT_SIZE];

static void setup_report(void)
{
    setup();
    latencies = (struct histogram){0};
    broken_latencies = (struct histogram){0};
    histogram_add(&latencies, 5000, 1000);
    report = (struct report){.options = &options,
                             .latencies = &latencies,
                             .broken_latencies = &broken_latencies,
                             .measured_us = 2000000,
                             .acknowledged = 1000,
                             .produced = 1200,
                             .stored = 1195,
                             .collector = {.pid = 77, .main_ns = 3000000, .other_ns = 1000000},
                             .collector_acknowledged = 1000,
                             .collector_us = 2000000};
}

START_TEST(a_report_says_what_a_sample_costs)
{
    report_text(&report, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "1000 samples acknowledged in 2.0 s, 500 per second; 1195 of 1200 stored"));
    ck_assert_ptr_nonnull(strstr(text, "collector 4.000 (loop 3.000, worker 1.000)"));
    ck_assert_ptr_null(strstr(text, "break"));
    ck_assert_ptr_null(strstr(text, "ended"));
    report_json(&report, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(
        text, "\"lost\": 5, \"frames_sent\": 0, \"acks_received\": 0, \"ack_ms\": {\"count\": 1000, \"p50\": 5.0"));
    ck_assert_ptr_nonnull(strstr(text, "\"cpu_us_per_sample\": {\"loop\": 3.0000, \"worker\": 1.0000"));
    ck_assert_ptr_nonnull(strstr(text, "\"collector_ended\": false"));
    ck_assert_uint_eq(strcspn(text, "\n"), strlen(text) - 1);
}
END_TEST

START_TEST(a_report_of_a_collector_that_ended_divides_by_the_samples_until_then)
{
    histogram_add(&broken_latencies, 9000000, 40);
    report.collector.ended = true;
    report.collector_acknowledged = 500;
    report.collector_us = 900000;
    report_text(&report, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "collector 8.000 (loop 6.000, worker 2.000)"));
    ck_assert_ptr_nonnull(
        strstr(text, "process 77 has ended: its CPU time is that of the first 0.9 s, of 500 samples"));
    ck_assert_ptr_nonnull(strstr(text, "sent before a break: p50 9"));
    report_json(&report, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "\"broken_ack_ms\": {\"count\": 40, "));
    ck_assert_ptr_nonnull(strstr(text, "\"collector_ended\": true, \"collector_seconds\": 0.900"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loadgen");
    TCase *lines = tcase_create("command line");

    CASES_ADD(suite, "pattern", setup, teardown,
              a_pattern_has_the_base_metrics_within_their_ranges_and_counters_never_fall,
              a_pattern_has_the_other_metrics_on_request, a_pattern_is_smooth_and_moves_and_its_groups_differ);
    CASES_ADD(suite, "encode", setup, teardown, a_batch_is_encoded_as_the_generic_encoder_does,
              a_batch_can_have_an_account);
    CASES_ADD(suite, "client", setup, teardown, a_client_sends_one_sample_an_interval_and_measures_its_ack,
              a_client_obeys_report_ms_as_an_agent_does, with_batch_a_client_does_not_obey_report_ms,
              what_waited_for_the_connection_is_sent_together, a_backlog_is_sent_in_batches_within_the_credit,
              after_a_break_it_sends_again_the_same_samples,
              the_ack_latency_of_samples_that_were_sent_before_a_break_counts_apart,
              after_a_break_with_all_flights_in_use_it_sends_again, in_the_end_it_sends_what_it_has_and_takes_its_leave,
              flat_out_there_is_always_more, what_a_collector_forgets_or_refuses_is_counted);
    CASES_ADD(suite, "report", setup_report, teardown, a_report_says_what_a_sample_costs,
              a_report_of_a_collector_that_ended_divides_by_the_samples_until_then);
    tcase_add_loop_test(lines, a_wrong_command_line_is_refused_with_what_is_allowed, 0,
                        sizeof refused / sizeof refused[0]);
    suite_add_tcase(suite, lines);
    return suite_run(suite);
}
