#include "collector/fleet/ring.h"

#include "common/random.h"
#include "support/suite.h"

#include <math.h>

#define TOLERANCE (1.0 / 2048.0)

/* ---- the encoding of whole numbers ---- */

static void assert_near(uint64_t number)
{
    uint64_t decoded = ring_decode(ring_encode(number));
    uint64_t error = decoded > number ? decoded - number : number - decoded;

    if (error > (number < 2048 ? 0 : number / 2048))
        ck_abort_msg("%llu became %llu", (unsigned long long)number, (unsigned long long)decoded);
}

START_TEST(numbers_are_exact_below_2048_and_near_above)
{
    uint64_t random = 1;

    for (uint64_t number = 0; number < 100000; number++)
        assert_near(number);
    for (unsigned bit = 0; bit < 64; bit++)
        for (int64_t off = -3; off <= 3; off++)
            assert_near((UINT64_C(1) << bit) + (uint64_t)off);
    for (unsigned i = 0; i < 1000000; i++)
        assert_near(random_next(&random) >> random_below(&random, 64));
    assert_near(UINT64_MAX);
    assert_near(UINT64_MAX - 1);
}
END_TEST

START_TEST(the_encoding_is_monotone)
{
    uint64_t random = 2;

    for (unsigned i = 0; i < 1000000; i++) {
        uint64_t number = i < 100000 ? i : random_next(&random) >> random_below(&random, 64);
        if (ring_encode(number) > ring_encode(number + (number < UINT64_MAX)))
            ck_abort_msg("%llu is above its successor", (unsigned long long)number);
    }
}
END_TEST

START_TEST(every_code_stands_for_itself)
{
    uint16_t last = ring_encode(UINT64_MAX);

    ck_assert_uint_lt(last, 0xFFFF); /* which means absent */
    for (unsigned code = 0; code <= last; code++)
        ck_assert_uint_eq(ring_encode(ring_decode((uint16_t)code)), code);
}
END_TEST

/* ---- samples ---- */

static struct ring ring_of(unsigned capacity)
{
    struct ring ring;

    ck_assert_int_eq(ring_init(&ring, capacity), 0);
    return ring;
}

static struct sample cpu_sample(double percent)
{
    struct sample sample = {.seq = 1};

    sample_set_gauge(&sample, METRIC_CPU, percent);
    return sample;
}

static bool push_cpu(struct ring *ring, int64_t time_ms, double percent)
{
    struct sample sample = cpu_sample(percent);

    return ring_push(ring, time_ms, &sample);
}

START_TEST(the_newest_samples_are_kept_in_order)
{
    for (unsigned capacity = 1; capacity <= 9; capacity++) {
        struct ring ring = ring_of(capacity);
        for (unsigned i = 0; i < 40; i++) {
            ck_assert(push_cpu(&ring, i * 10, i));
            unsigned count = i + 1 < capacity ? i + 1 : capacity;
            ck_assert_uint_eq(ring.count, count);
            for (unsigned k = 0; k < count; k++) {
                ck_assert_int_eq(ring_time_ms(&ring, k), (i + 1 - count + k) * 10);
                ck_assert_double_eq(ring_value(&ring, k, METRIC_CPU), i + 1 - count + k);
            }
        }
        ring_deinit(&ring);
        ring_deinit(&ring);
    }
}
END_TEST

START_TEST(the_first_sample_after_a_time_is_found)
{
    for (unsigned pushed = 0; pushed <= 20; pushed++) {
        struct ring ring = ring_of(7);
        for (unsigned i = 0; i < pushed; i++)
            ck_assert(push_cpu(&ring, i * 10 + i % 3, 1));
        for (int64_t since_ms = -1; since_ms < 220; since_ms++) {
            unsigned first = 0;
            while (first < ring.count && ring_time_ms(&ring, first) <= since_ms)
                first++;
            ck_assert_uint_eq(ring_first_after(&ring, since_ms), first);
        }
        ring_deinit(&ring);
    }
}
END_TEST

START_TEST(a_sample_that_is_not_newer_is_left_out)
{
    struct ring ring = ring_of(8);

    ck_assert(push_cpu(&ring, -5, 1));
    ck_assert(push_cpu(&ring, 100, 2));
    ck_assert(!push_cpu(&ring, 100, 3));
    ck_assert(!push_cpu(&ring, 99, 4));
    ck_assert_uint_eq(ring.count, 2);
    ck_assert_double_eq(ring_value(&ring, 1, METRIC_CPU), 2);
    ck_assert(push_cpu(&ring, 101, 5));
    ring_deinit(&ring);
}
END_TEST

static bool push_at(struct ring *ring, int64_t time_ms, uint64_t uptime_ms)
{
    struct sample sample = cpu_sample(1);

    sample.uptime_ms = uptime_ms;
    return ring_push(ring, time_ms, &sample);
}

START_TEST(a_sample_that_the_node_took_later_comes_next_though_its_time_seems_earlier)
{
    struct ring ring = ring_of(8);

    ck_assert(push_at(&ring, 5000, 1000));
    ck_assert(push_at(&ring, 4900, 1050));
    ck_assert_int_eq(ring_time_ms(&ring, 1), 5001);
    ck_assert(push_at(&ring, 5001 - RING_DOUBT_MS, 1100));
    ck_assert_int_eq(ring_time_ms(&ring, 2), 5002);
    ck_assert(!push_at(&ring, 5002 - RING_DOUBT_MS - 1, 1150));
    ck_assert(!push_at(&ring, 5002, 1100)); /* of another run, or the same one twice */
    ck_assert(push_at(&ring, 5050, 1150));
    ck_assert_int_eq(ring_time_ms(&ring, 3), 5050);
    ck_assert_uint_eq(ring.count, 4);
    ring_deinit(&ring);
}
END_TEST

/* Times are stored in 32 bits. */
START_TEST(times_are_exact_over_any_length_and_only_what_is_far_behind_is_dropped)
{
    static const int64_t steps_ms[] = {1, 1000, RING_SPAN_MS / 3, RING_SPAN_MS - 1, RING_SPAN_MS, 2 * RING_SPAN_MS};

    for (unsigned s = 0; s < sizeof steps_ms / sizeof steps_ms[0]; s++) {
        struct ring ring = ring_of(5);
        for (int64_t i = 0; i < 20; i++) {
            ck_assert(push_cpu(&ring, -7 * steps_ms[s] + i * steps_ms[s], (double)i));
            for (unsigned k = 0; k < ring.count; k++) {
                int64_t back = ring.count - 1 - k;
                ck_assert_int_eq(ring_time_ms(&ring, k), (i - 7 - back) * steps_ms[s]);
                ck_assert_double_eq(ring_value(&ring, k, METRIC_CPU), (double)(i - back));
            }
        }
        unsigned near = (unsigned)(RING_SPAN_MS / steps_ms[s]) + 1;
        ck_assert_uint_ge(ring.count, near < 5 ? near : 5);
        ring_deinit(&ring);
    }
}
END_TEST

START_TEST(a_sample_takes_half_a_cache_line)
{
    ck_assert_uint_eq(sizeof(struct ring_row), 32);
}
END_TEST

START_TEST(percentages_are_exact_and_gauges_near)
{
    struct ring ring = ring_of(8);

    for (unsigned hundredths = 0; hundredths <= 10000; hundredths++) {
        ck_assert(push_cpu(&ring, hundredths, hundredths / 100.0));
        ck_assert_double_eq(ring_value(&ring, ring.count - 1, METRIC_CPU), hundredths / 100.0);
    }
    for (unsigned i = 0; i <= 60; i++) {
        double load = i == 60 ? METRIC_GAUGE_MAX : 0.01 * pow(1.3, i);
        struct sample sample = {.seq = 1};
        sample_set_gauge(&sample, METRIC_LOAD1, load);
        (void)sample_clean(&sample);
        load = sample.value[METRIC_LOAD1].gauge;
        ck_assert(ring_push(&ring, 20000 + i, &sample));
        ck_assert_double_eq_tol(ring_value(&ring, ring.count - 1, METRIC_LOAD1), load, load * TOLERANCE + 1e-9);
        ck_assert(isnan(ring_value(&ring, ring.count - 1, METRIC_CPU)));
    }
    ring_deinit(&ring);
}
END_TEST

/* ---- rates ---- */

static double push_read(struct ring *ring, int64_t time_ms, uint64_t uptime_ms, uint64_t counter)
{
    struct sample sample = {.seq = 1, .uptime_ms = uptime_ms};

    sample_set_counter(&sample, METRIC_DISK_READ, counter);
    ck_assert(ring_push(ring, time_ms, &sample));
    return ring_value(ring, ring->count - 1, METRIC_DISK_READ);
}

START_TEST(a_rate_is_the_growth_over_the_nodes_own_time)
{
    struct ring ring = ring_of(8);

    ck_assert(isnan(push_read(&ring, 1, 1000, 5000)));
    ck_assert_double_eq(push_read(&ring, 2, 2000, 6000), 1000);
    ck_assert_double_eq(push_read(&ring, 3, 2500, 6100), 200);
    ck_assert_double_eq(push_read(&ring, 4, 12500, 6100), 0);
    ck_assert_double_eq(push_read(&ring, 5, 12503, 6101), 333); /* 333.3 */
    ring_deinit(&ring);
}
END_TEST

START_TEST(a_reset_costs_one_rate)
{
    struct ring ring = ring_of(8);

    (void)push_read(&ring, 1, 1000, 5000);
    ck_assert(isnan(push_read(&ring, 2, 2000, 10))); /* the counter fell */
    ck_assert_double_eq(push_read(&ring, 3, 3000, 110), 100);
    ck_assert(isnan(push_read(&ring, 4, 500, 200))); /* the node booted */
    ck_assert_double_eq(push_read(&ring, 5, 1500, 300), 100);
    ck_assert(isnan(push_read(&ring, 6, 1500, 400))); /* no time passed */
    ring_deinit(&ring);
}
END_TEST

START_TEST(an_absent_counter_costs_its_own_rate_and_the_next)
{
    struct ring ring = ring_of(8);
    struct sample without = {.seq = 1, .uptime_ms = 2000};

    (void)push_read(&ring, 1, 1000, 5000);
    without.value[METRIC_DISK_READ].counter = 77; /* means nothing */
    ck_assert(ring_push(&ring, 2, &without));
    ck_assert(isnan(ring_value(&ring, ring.count - 1, METRIC_DISK_READ)));
    ck_assert(isnan(push_read(&ring, 3, 3000, 5200)));
    ck_assert_double_eq(push_read(&ring, 4, 4000, 5300), 100);
    ring_deinit(&ring);
}
END_TEST

START_TEST(rates_of_any_counters_do_no_harm)
{
    struct ring ring = ring_of(8);

    (void)push_read(&ring, 1, 0, 0);
    double rate = push_read(&ring, 2, 1, UINT64_MAX); /* 2^64 bytes in a millisecond */
    ck_assert_double_ge(rate, 1.8e19);
    (void)push_read(&ring, 3, UINT64_MAX, 0);
    ck_assert(isnan(push_read(&ring, 4, 0, UINT64_MAX)));
    ck_assert_double_eq_tol(push_read(&ring, 5, UINT64_MAX, UINT64_MAX), 0, 0.5);
    ring_deinit(&ring);
}
END_TEST

/* ---- metrics that few nodes have ---- */

/* A sample taken second i, with cpu = i and, from first_extra on, throttled = i / 10 and one OOM kill. */
static bool push_extra(struct ring *ring, unsigned i, unsigned first_extra)
{
    struct sample sample = cpu_sample(i);

    sample.uptime_ms = 1000 * (uint64_t)i;
    if (i >= first_extra) {
        sample_set_gauge(&sample, METRIC_THROTTLED, i / 10.0);
        sample_set_counter(&sample, METRIC_OOM_KILLS, i);
    }
    return ring_push(ring, 1000 * (int64_t)i, &sample);
}

static void assert_extra(const struct ring *ring, unsigned k, unsigned i, unsigned first_extra)
{
    double throttled = ring_value(ring, k, METRIC_THROTTLED);

    ck_assert_double_eq(ring_value(ring, k, METRIC_CPU), i);
    ck_assert(i < first_extra ? (bool)isnan(throttled) : throttled == i / 10.0);
    ck_assert(isnan(ring_value(ring, k, METRIC_FS)));
}

START_TEST(a_metric_that_comes_late_is_absent_before)
{
    for (unsigned capacity = 1; capacity <= 9; capacity++) {
        struct ring ring = ring_of(capacity);
        for (unsigned i = 0; i < 20; i++) {
            ck_assert(push_extra(&ring, i, 6));
            ck_assert((ring.extra != NULL) == (i >= 6));
            for (unsigned k = 0; k < ring.count; k++)
                assert_extra(&ring, k, i + 1 - ring.count + k, 6);
        }
        ring_deinit(&ring);
    }
}
END_TEST

START_TEST(a_resized_ring_has_all_metrics_and_the_last_counters)
{
    static const unsigned capacities[] = {3, 20, 5, 9};
    struct ring ring = ring_of(7);
    uint64_t kills = 0;

    for (unsigned i = 0; i < 40; i++) {
        if (i % 10 == 9)
            ck_assert_int_eq(ring_resize(&ring, capacities[i / 10]), 0);
        ck_assert(push_extra(&ring, i, 2));
        for (unsigned k = 0; k < ring.count; k++)
            assert_extra(&ring, k, i + 1 - ring.count + k, 2);
    }
    ck_assert(ring_last_counter(&ring, METRIC_OOM_KILLS, &kills));
    ck_assert_uint_eq(kills, 39);
    ring_deinit(&ring);
}
END_TEST

/* A slow column has the value of one of the samples of the same group; of the newest sample it has that one's. */
static void assert_slow(const struct ring *ring, unsigned newest, unsigned late_max)
{
    for (unsigned k = 0; k < ring->count; k++) {
        unsigned i = newest + 1 - ring->count + k;
        double capacity = 10.0 * ring_value(ring, k, METRIC_APP_CAPACITY);
        ck_assert_double_ge(capacity, i - 0.01);
        ck_assert_double_le(capacity, fmin(newest, i + late_max) + 0.01);
        ck_assert_double_eq(ring_value(ring, k, METRIC_APP_LOAD), i / 10.0);
    }
}

START_TEST(a_slow_column_is_exact_now_and_nearly_so_before)
{
    ck_assert(ring_is_slow(METRIC_APP_CAPACITY) && !ring_is_slow(METRIC_APP_LOAD) && !ring_is_slow(METRIC_CPU));
    for (unsigned capacity = 1; capacity <= 20; capacity++) {
        struct ring ring = ring_of(capacity);
        for (unsigned i = 1; i < 100; i++) {
            struct sample sample = cpu_sample(1);
            sample_set_gauge(&sample, METRIC_APP_LOAD, i / 10.0);
            sample_set_gauge(&sample, METRIC_APP_CAPACITY, i / 10.0);
            ck_assert(ring_push(&ring, i, &sample));
            ck_assert_double_eq(ring_value(&ring, ring.count - 1, METRIC_APP_CAPACITY), i / 10.0);
            assert_slow(&ring, i, i <= 50 ? RING_GROUP - 1 : 2 * (RING_GROUP - 1)); /* groups begin elsewhere now */
            if (i == 50)
                ck_assert_int_eq(ring_resize(&ring, 3 + 31 * capacity % 40), 0);
        }
        ring_deinit(&ring);
    }
}
END_TEST

static bool push_app(struct ring *ring, int64_t time_ms, double capacity)
{
    struct sample sample = cpu_sample(1);

    if (capacity > 0.0)
        sample_set_gauge(&sample, METRIC_APP_CAPACITY, capacity);
    return ring_push(ring, time_ms, &sample);
}

START_TEST(the_applications_capacity_is_known_as_long_as_the_ring_has_one)
{
    struct ring ring = ring_of(4);

    ck_assert(push_app(&ring, 1, 0.0));
    ck_assert(isnan(ring_app_capacity(&ring)));
    ck_assert(push_app(&ring, 2, 250.0));
    ck_assert(push_app(&ring, 3, 409.6));
    for (int64_t i = 4; i < 7; i++) {
        ck_assert_double_eq(ring_app_capacity(&ring), 409.6);
        ck_assert(push_app(&ring, i, 0.0));
    }
    ck_assert_double_eq(ring_app_capacity(&ring), 409.6); /* of the oldest sample */
    ck_assert_int_eq(ring_resize(&ring, 9), 0);
    ck_assert_double_eq(ring_app_capacity(&ring), 409.6);
    ck_assert_int_eq(ring_resize(&ring, 3), 0);
    ck_assert(isnan(ring_app_capacity(&ring)));
    ring_deinit(&ring);
    ck_assert(isnan(ring_app_capacity(&ring)));
}
END_TEST

/* The next sample, taken so long after the last one. Returns the newest rate. */
static double push_kills(struct ring *ring, uint64_t after_ms, uint64_t kills)
{
    struct sample sample = {.seq = 1, .uptime_ms = ring->last_uptime_ms + after_ms};

    sample_set_counter(&sample, METRIC_OOM_KILLS, kills);
    ck_assert(ring_push(ring, (int64_t)sample.uptime_ms, &sample));
    return ring_value(ring, ring->count - 1, METRIC_OOM_KILLS);
}

START_TEST(no_event_is_too_rare_to_be_seen)
{
    struct ring ring = ring_of(3 * RING_GROUP);
    unsigned seen = 0;

    ck_assert(isnan(push_kills(&ring, 1000, 7)));
    ck_assert_double_eq(push_kills(&ring, 4000, 8), 0.25); /* per second */
    for (unsigned i = 2; i < RING_GROUP; i++)
        ck_assert_double_eq(push_kills(&ring, 1000, 8), 0.25); /* seen in the whole group */
    ck_assert_double_eq(push_kills(&ring, 1000, 8), 0.0);
    ck_assert_double_eq(push_kills(&ring, 3600000, 9), 0.01);
    ck_assert_double_eq(push_kills(&ring, 1000, 10), 1.0);
    ck_assert_double_eq(push_kills(&ring, 2000, 11), 1.0);
    for (unsigned i = 0; i < ring.count; i++)
        seen += ring_value(&ring, i, METRIC_OOM_KILLS) > 0.0;
    ck_assert_uint_eq(seen, ring.count);
    ring_deinit(&ring);
}
END_TEST

/* ---- means ---- */

START_TEST(a_mean_is_over_the_samples_after_the_time_given)
{
    struct ring ring = ring_of(5);

    ck_assert(isnan(ring_mean(&ring, METRIC_CPU, 0)));
    for (unsigned i = 1; i <= 8; i++)
        ck_assert(push_cpu(&ring, i * 100, i * 10));
    ck_assert_double_eq(ring_mean(&ring, METRIC_CPU, 0), 60);   /* 40 to 80 */
    ck_assert_double_eq(ring_mean(&ring, METRIC_CPU, 500), 70); /* after, not at */
    ck_assert_double_eq(ring_mean(&ring, METRIC_CPU, 499), 65);
    ck_assert_double_eq(ring_mean(&ring, METRIC_CPU, 700), 80);
    ck_assert_double_eq(ring_mean(&ring, METRIC_CPU, 800), 80); /* the newest, as there is none after */
    ck_assert_double_eq(ring_mean(&ring, METRIC_CPU, 100000), 80);
    ck_assert(isnan(ring_mean(&ring, METRIC_MEMORY, 0)));
    ring_deinit(&ring);
}
END_TEST

START_TEST(a_mean_leaves_out_what_is_absent)
{
    struct ring ring = ring_of(8);
    struct sample without = {.seq = 1};

    ck_assert(push_cpu(&ring, 100, 10));
    ck_assert(ring_push(&ring, 200, &without));
    ck_assert(push_cpu(&ring, 300, 30));
    ck_assert(ring_push(&ring, 400, &without));
    ck_assert_double_eq(ring_mean(&ring, METRIC_CPU, 0), 20);
    ck_assert_double_eq(ring_mean(&ring, METRIC_CPU, 150), 30);
    ck_assert(isnan(ring_mean(&ring, METRIC_CPU, 300)));
    ring_deinit(&ring);
}
END_TEST

START_TEST(several_means_are_taken_in_one_pass)
{
    static const enum metric metrics[] = {METRIC_MEMORY, METRIC_CPU, METRIC_LOAD1, METRIC_DISK_READ, METRIC_SWAP};
    struct ring ring = ring_of(5);
    double means[5];

    for (unsigned i = 1; i <= 8; i++) {
        struct sample sample = {.seq = i, .uptime_ms = (uint64_t)i * 1000};
        sample_set_gauge(&sample, METRIC_CPU, i);
        sample_set_gauge(&sample, METRIC_LOAD1, 1.25 * i);
        sample_set_counter(&sample, METRIC_DISK_READ, (uint64_t)i * i * 100);
        if (i % 2 == 0)
            sample_set_gauge(&sample, METRIC_MEMORY, 0.01 * i);
        ck_assert(ring_push(&ring, i * 100, &sample));
    }
    ring_means(&ring, metrics, 5, 450, 700, means); /* samples 5 to 7 */
    ck_assert_double_eq(means[0], 0.06);
    ck_assert_double_eq(means[1], 6);
    ck_assert_double_eq(means[2], 7.5);
    ck_assert_double_eq_tol(means[3], 1100, 0.5); /* (7 x 7 - 4 x 4) x 100 / 3 */
    ck_assert(isnan(means[4]));
    for (unsigned k = 0; k < 5; k++) {
        double whole = ring_mean(&ring, metrics[k], 450);
        ring_means(&ring, metrics, 5, 450, INT64_MAX, means);
        ck_assert(means[k] == whole || (isnan(means[k]) && isnan(whole)));
    }
    ring_deinit(&ring);
}
END_TEST

START_TEST(a_mean_leaves_out_what_came_later)
{
    static const enum metric cpu = METRIC_CPU;
    struct ring ring = ring_of(5);
    double mean = 0;

    for (unsigned i = 1; i <= 8; i++)
        ck_assert(push_cpu(&ring, i * 100, i * 10));
    ring_means(&ring, &cpu, 1, 500, 700, &mean);
    ck_assert_double_eq(mean, 65); /* at the end still counts */
    ring_means(&ring, &cpu, 1, 600, 699, &mean);
    ck_assert_double_eq(mean, 60); /* the newest of then, as there was none after */
    ring_means(&ring, &cpu, 1, 0, 399, &mean);
    ck_assert(isnan(mean)); /* no sample of that time is left */
    ring_deinit(&ring);
}
END_TEST

/* ---- another capacity ---- */

START_TEST(a_resized_ring_has_the_newest_that_fit_and_goes_on)
{
    for (unsigned before = 1; before <= 7; before++) {
        for (unsigned after = 1; after <= 7; after++) {
            for (unsigned pushed = 0; pushed <= 15; pushed++) {
                struct ring ring = ring_of(before);
                for (unsigned i = 0; i < pushed; i++)
                    ck_assert(push_cpu(&ring, i, i));
                unsigned held = pushed < before ? pushed : before;
                held = held < after ? held : after;

                ck_assert_int_eq(ring_resize(&ring, after), 0);
                ck_assert_uint_eq(ring.count, held);
                for (unsigned k = 0; k < held; k++)
                    ck_assert_double_eq(ring_value(&ring, k, METRIC_CPU), pushed - held + k);
                ck_assert(push_cpu(&ring, 100, 50));
                ck_assert_double_eq(ring_value(&ring, ring.count - 1, METRIC_CPU), 50);
                ck_assert_uint_eq(ring.count, held < after ? held + 1 : after);
                ring_deinit(&ring);
            }
        }
    }
}
END_TEST

START_TEST(a_resized_ring_still_knows_the_last_counters)
{
    struct ring ring = ring_of(4);

    (void)push_read(&ring, 1, 1000, 5000);
    ck_assert_int_eq(ring_resize(&ring, 9), 0);
    ck_assert_double_eq(push_read(&ring, 2, 2000, 5500), 500);
    ring_deinit(&ring);
}
END_TEST

START_TEST(a_ring_given_back_can_be_made_again)
{
    struct ring ring = ring_of(4);

    (void)push_read(&ring, 1, 1000, 5000);
    ring_deinit(&ring);
    ck_assert(isnan(ring_mean(&ring, METRIC_CPU, 0)));
    ck_assert_int_eq(ring_resize(&ring, 4), 0);
    ck_assert(isnan(push_read(&ring, 2, 2000, 5500)));
    ring_deinit(&ring);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ring");
    TCase *tcase = tcase_create("ring");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, numbers_are_exact_below_2048_and_near_above);
    tcase_add_test(tcase, the_encoding_is_monotone);
    tcase_add_test(tcase, every_code_stands_for_itself);
    tcase_add_test(tcase, the_newest_samples_are_kept_in_order);
    tcase_add_test(tcase, the_first_sample_after_a_time_is_found);
    tcase_add_test(tcase, a_sample_that_is_not_newer_is_left_out);
    tcase_add_test(tcase, a_sample_that_the_node_took_later_comes_next_though_its_time_seems_earlier);
    tcase_add_test(tcase, times_are_exact_over_any_length_and_only_what_is_far_behind_is_dropped);
    tcase_add_test(tcase, a_sample_takes_half_a_cache_line);
    tcase_add_test(tcase, percentages_are_exact_and_gauges_near);
    tcase_add_test(tcase, a_rate_is_the_growth_over_the_nodes_own_time);
    tcase_add_test(tcase, a_reset_costs_one_rate);
    tcase_add_test(tcase, an_absent_counter_costs_its_own_rate_and_the_next);
    tcase_add_test(tcase, rates_of_any_counters_do_no_harm);
    tcase_add_test(tcase, a_metric_that_comes_late_is_absent_before);
    tcase_add_test(tcase, a_resized_ring_has_all_metrics_and_the_last_counters);
    tcase_add_test(tcase, a_slow_column_is_exact_now_and_nearly_so_before);
    tcase_add_test(tcase, the_applications_capacity_is_known_as_long_as_the_ring_has_one);
    tcase_add_test(tcase, no_event_is_too_rare_to_be_seen);
    tcase_add_test(tcase, a_mean_is_over_the_samples_after_the_time_given);
    tcase_add_test(tcase, a_mean_leaves_out_what_is_absent);
    tcase_add_test(tcase, several_means_are_taken_in_one_pass);
    tcase_add_test(tcase, a_mean_leaves_out_what_came_later);
    tcase_add_test(tcase, a_resized_ring_has_the_newest_that_fit_and_goes_on);
    tcase_add_test(tcase, a_resized_ring_still_knows_the_last_counters);
    tcase_add_test(tcase, a_ring_given_back_can_be_made_again);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
