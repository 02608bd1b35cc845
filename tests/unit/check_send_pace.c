/* When the samples of an agent are sent. */
#include "agent/uplink/send_pace.h"

#include "common/limits.h"
#include "support/suite.h"

#include <check.h>
#include <math.h>
#include <stdio.h>

#define ACK_MS      5000U
#define SAMPLES_MAX 100U

static struct send_pace pace;

static struct sample sample_with(double cpu)
{
    struct sample sample = {0};

    sample_set_gauge(&sample, METRIC_CPU, cpu);
    return sample;
}

/* The first sample of the session is sent. */
static void begin(void)
{
    struct sample sample = sample_with(10.0);

    send_pace_init(&pace, "n1", 1000);
    send_pace_set(&pace, 5000, ACK_MS, SAMPLES_MAX);
    send_pace_note_sent(&pace, &sample);
}

/* Sends what is due while the seqs up to last are taken, all with the same cpu. Returns how many frames that needs. */
static unsigned run(uint64_t first, uint64_t last, uint64_t *widest)
{
    struct sample sample = sample_with(10.0);
    uint64_t sent_seq = first - 1;
    unsigned frames = 0;

    *widest = 0;
    for (uint64_t seq = first; seq <= last; seq++) {
        if (!send_pace_is_due(&pace, sent_seq, seq, &sample))
            continue;
        if (seq - sent_seq > *widest)
            *widest = seq - sent_seq;
        sent_seq = seq;
        frames++;
    }
    return frames;
}

START_TEST(without_a_pace_each_sample_is_due)
{
    uint64_t widest = 0;

    send_pace_begin(&pace);
    ck_assert_uint_eq(run(1, 100, &widest), 100);
    send_pace_set(&pace, 0, ACK_MS, SAMPLES_MAX);
    ck_assert_uint_eq(run(101, 200, &widest), 100);
    ck_assert_uint_eq(send_pace_limit_ms(&pace), 0);
}
END_TEST

START_TEST(a_report_has_the_samples_of_its_time)
{
    uint64_t widest = 0;

    ck_assert_uint_eq(run(2, 101, &widest), 20);
    ck_assert_uint_eq(widest, 5);
    ck_assert_uint_eq(send_pace_limit_ms(&pace), 5500);
}
END_TEST

static const struct {
    uint32_t interval_ms;
    uint32_t report_ms;
    uint32_t ack_interval_ms;
    uint32_t samples_max;
    uint32_t samples;
} bounds[] = {
    {1000, 2500, 5000, 100, 2},              /* no more than fit */
    {1000, 999, 5000, 100, 1},               /* the interval is longer */
    {60000, 5000, 5000, 100, 1},             /* */
    {1000, 10000, 5000, 100, 5},             /* an ack interval is shorter */
    {1000, UINT32_MAX, UINT32_MAX, 100, 10}, /* REPORT_MS_MAX is */
    {50, 5000, 5000, 16, 16},                /* no more than can be sent together */
    {1000, 5000, 5000, 0, 1},
};

START_TEST(a_report_is_bounded)
{
    send_pace_init(&pace, "n1", bounds[_i].interval_ms);
    send_pace_set(&pace, bounds[_i].report_ms, bounds[_i].ack_interval_ms, bounds[_i].samples_max);
    ck_assert_uint_eq(pace.samples, bounds[_i].samples);
    ck_assert_uint_le(send_pace_limit_ms(&pace), REPORT_MS_MAX + bounds[_i].interval_ms);
}
END_TEST

START_TEST(what_is_due_stays_due_until_it_is_sent)
{
    struct sample sample = sample_with(10.0);
    uint64_t seq = 2;

    while (!send_pace_is_due(&pace, 1, seq, &sample))
        seq++;
    for (uint64_t later = seq + 1; later < seq + 20; later++)
        ck_assert(send_pace_is_due(&pace, 1, later, &sample));
    ck_assert(!send_pace_is_due(&pace, seq, seq + 1, &sample));
}
END_TEST

START_TEST(the_first_sample_of_a_session_is_due)
{
    struct sample sample = sample_with(10.0);

    for (uint64_t seq = 2; seq < 8; seq++) {
        send_pace_begin(&pace);
        send_pace_set(&pace, 5000, ACK_MS, SAMPLES_MAX);
        ck_assert(send_pace_is_due(&pace, seq - 1, seq, &sample));
        send_pace_note_sent(&pace, &sample);
    }
}
END_TEST

/* A seq that is not due for its place in the report. */
static uint64_t quiet_seq(void)
{
    struct sample sample = sample_with(10.0);
    uint64_t seq = 2;

    while (send_pace_is_due(&pace, seq - 1, seq, &sample))
        seq++;
    return seq;
}

static const struct {
    double sent;
    double now;
    bool due;
} jumps[] = {
    {10.0, 30.0, false}, {10.0, 30.1, true}, {80.0, 60.0, false},
    {80.0, 59.9, true},  {NAN, 90.0, false}, /* nothing to compare with */
    {90.0, NAN, false},
};

START_TEST(a_jump_of_cpu_is_due_at_once)
{
    struct sample sent = sample_with(jumps[_i].sent);
    struct sample now = sample_with(jumps[_i].now);
    uint64_t seq = quiet_seq();

    sent.present = isnan(jumps[_i].sent) ? 0 : sent.present;
    now.present = isnan(jumps[_i].now) ? 0 : now.present;
    send_pace_note_sent(&pace, &sent);
    ck_assert_int_eq(send_pace_is_due(&pace, seq - 1, seq, &now), jumps[_i].due);
}
END_TEST

START_TEST(a_sample_that_is_lost_has_no_cpu)
{
    uint64_t seq = quiet_seq();

    ck_assert(!send_pace_is_due(&pace, seq - 1, seq, NULL));
}
END_TEST

#define NODES 1000U

START_TEST(the_reports_of_a_fleet_are_spread)
{
    struct sample sample = sample_with(10.0);
    unsigned counts[5] = {0};

    for (unsigned node = 0; node < NODES; node++) {
        char id[16];
        snprintf(id, sizeof id, "node-%u", node);
        send_pace_init(&pace, id, 1000);
        send_pace_set(&pace, 5000, ACK_MS, SAMPLES_MAX);
        send_pace_note_sent(&pace, &sample);
        for (uint64_t seq = 10; seq < 15; seq++)
            counts[seq - 10] += send_pace_is_due(&pace, seq - 1, seq, &sample);
    }
    for (unsigned i = 0; i < 5; i++) {
        ck_assert_uint_gt(counts[i], NODES / 5 - 60);
        ck_assert_uint_lt(counts[i], NODES / 5 + 60);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("send_pace");
    TCase *tests = tcase_create("send_pace");

    tcase_add_checked_fixture(tests, begin, NULL);
    tcase_add_test(tests, without_a_pace_each_sample_is_due);
    tcase_add_test(tests, a_report_has_the_samples_of_its_time);
    tcase_add_loop_test(tests, a_report_is_bounded, 0, sizeof bounds / sizeof bounds[0]);
    tcase_add_test(tests, what_is_due_stays_due_until_it_is_sent);
    tcase_add_test(tests, the_first_sample_of_a_session_is_due);
    tcase_add_loop_test(tests, a_jump_of_cpu_is_due_at_once, 0, sizeof jumps / sizeof jumps[0]);
    tcase_add_test(tests, a_sample_that_is_lost_has_no_cpu);
    tcase_add_test(tests, the_reports_of_a_fleet_are_spread);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
