#include "collector/fleet/node_outlook.h"

#include "support/suite.h"

#include <math.h>
#include <string.h>

#define NOW_MS INT64_C(10000000)

static struct registry registry;
static struct node *node;
static struct scaler_settings settings;

static void setup(void)
{
    ck_assert_int_eq(registry_init(&registry, 600000), 0);
    node = registry_ensure_node(&registry, "node-7", 1000, NOW_MS - 600000);
    ck_assert_ptr_nonnull(node);
    settings = (struct scaler_settings)SCALER_SETTINGS_DEFAULT;
}

static void teardown(void)
{
    registry_deinit(&registry);
}

/* A sample each second for that long; the metric rises to `now` percent by that many points a minute. */
static void fill(enum metric metric, unsigned seconds, double now, double per_minute)
{
    ring_deinit(&node->ring);
    ck_assert_int_eq(ring_init(&node->ring, 600), 0);
    for (unsigned i = seconds; i-- > 0;) {
        struct sample sample = {.seq = 1, .uptime_ms = (uint64_t)(NOW_MS - (int64_t)i * 1000)};
        sample_set_gauge(&sample, metric, now - per_minute * i / 60.0);
        ck_assert(ring_push(&node->ring, NOW_MS - (int64_t)i * 1000, &sample));
    }
}

static struct outlook look(enum resource resource)
{
    return node_outlook(node, &settings, resource, NOW_MS);
}

static void assert_sentence(enum resource resource, const struct outlook *outlook, const char *expected)
{
    char text[128];

    node_outlook_sentence(node, &settings, resource, outlook, text, sizeof text);
    ck_assert_str_eq(text, expected);
}

START_TEST(memory_that_leaks_is_full_in_some_minutes)
{
    fill(METRIC_MEMORY, 300, 91.0, 0.6);
    struct outlook o = look(RESOURCE_MEMORY);

    ck_assert_double_eq_tol(o.until_s, (98.5 - 91.0) / 0.6 * 60.0, 10.0);
    ck_assert(node_outlook_changed(node, &settings, RESOURCE_MEMORY, &o));
    assert_sentence(RESOURCE_MEMORY, &o, "node-7: memory 91% now, full in about 13 min");
}
END_TEST

START_TEST(cpu_and_disk_count_to_the_highest_utilisation)
{
    fill(METRIC_CPU, 300, 71.0, 6.0);
    struct outlook o = look(RESOURCE_CPU);
    ck_assert(node_outlook_is_news(node, &settings, RESOURCE_CPU, &o));
    assert_sentence(RESOURCE_CPU, &o, "node-7: cpu 71% now, above 80% in about 90 s");

    fill(METRIC_DISK_BUSY, 300, 40.0, 6.0);
    o = look(RESOURCE_DISK);
    ck_assert_double_eq_tol(o.until_s, 400.0, 5.0);
    ck_assert(!node_outlook_is_news(node, &settings, RESOURCE_DISK, &o)); /* beyond the horizon of 135 s */
}
END_TEST

START_TEST(an_event_is_told_once_and_when_it_is_over)
{
    fill(METRIC_MEMORY, 300, 91.0, 0.6);
    struct outlook o = look(RESOURCE_MEMORY);
    ck_assert(node_outlook_changed(node, &settings, RESOURCE_MEMORY, &o));
    ck_assert(!node_outlook_changed(node, &settings, RESOURCE_MEMORY, &o));

    fill(METRIC_MEMORY, 300, 60.0, 0.0);
    o = look(RESOURCE_MEMORY);
    ck_assert(node_outlook_changed(node, &settings, RESOURCE_MEMORY, &o));
    assert_sentence(RESOURCE_MEMORY, &o, "node-7: memory 60% now, not above 80%, not expected to be full soon");
    ck_assert(!node_outlook_changed(node, &settings, RESOURCE_MEMORY, &o));

    fill(METRIC_MEMORY, 300, 100.0, 0.5);
    o = look(RESOURCE_MEMORY);
    ck_assert(node_outlook_changed(node, &settings, RESOURCE_MEMORY, &o));
    assert_sentence(RESOURCE_MEMORY, &o, "node-7: memory 100% now, full");
}
END_TEST

/* At the limit, the readings are on both of its sides. */
START_TEST(a_plateau_is_one_event)
{
    static const double full[] = {99.0, 98.0, 98.9, 97.0, 95.0};
    static const double busy[] = {80.5, 79.0, 81.0, 77.0};

    for (size_t i = 0; i < sizeof full / sizeof *full; i++) {
        fill(METRIC_MEMORY, 300, full[i], 0.0);
        struct outlook o = look(RESOURCE_MEMORY);
        ck_assert_int_eq(node_outlook_changed(node, &settings, RESOURCE_MEMORY, &o), i == 0);
        ck_assert(node_outlook_is_news(node, &settings, RESOURCE_MEMORY, &o));
    }
    for (size_t i = 0; i < sizeof busy / sizeof *busy; i++) {
        fill(METRIC_CPU, 300, busy[i], 0.0);
        struct outlook o = look(RESOURCE_CPU);
        ck_assert_int_eq(node_outlook_changed(node, &settings, RESOURCE_CPU, &o), i == 0);
    }
}
END_TEST

START_TEST(memory_is_above_high_before_it_is_full)
{
    fill(METRIC_MEMORY, 300, 85.0, 0.0);
    struct outlook o = look(RESOURCE_MEMORY);
    ck_assert(node_outlook_changed(node, &settings, RESOURCE_MEMORY, &o));
    assert_sentence(RESOURCE_MEMORY, &o, "node-7: memory 85% now, above 80%, not expected to be full soon");

    fill(METRIC_MEMORY, 300, 99.0, 0.0);
    o = look(RESOURCE_MEMORY);
    ck_assert(node_outlook_changed(node, &settings, RESOURCE_MEMORY, &o));
    assert_sentence(RESOURCE_MEMORY, &o, "node-7: memory 99% now, full");

    fill(METRIC_MEMORY, 300, 90.0, 0.0);
    o = look(RESOURCE_MEMORY);
    ck_assert(node_outlook_changed(node, &settings, RESOURCE_MEMORY, &o));
    assert_sentence(RESOURCE_MEMORY, &o, "node-7: memory 90% now, above 80%, not expected to be full soon");
}
END_TEST

/* The sentence has the newest sample's number, as the page shows it, wherever the line is. */
START_TEST(now_is_what_was_measured)
{
    struct sample sample = {.seq = 1};

    fill(METRIC_CPU, 300, 100.0, 6.0);
    sample_set_gauge(&sample, METRIC_CPU, 94.6);
    ck_assert(ring_push(&node->ring, NOW_MS + 1, &sample));
    struct outlook o = look(RESOURCE_CPU);
    ck_assert_double_gt(o.now, 0.99);
    assert_sentence(RESOURCE_CPU, &o, "node-7: cpu 95% now, above 80%");

    sample_set_gauge(&sample, METRIC_CPU, 60.0);
    ck_assert(ring_push(&node->ring, NOW_MS + 2, &sample));
    o = look(RESOURCE_CPU);
    ck_assert_double_le(o.until_s, 0.0);
    assert_sentence(RESOURCE_CPU, &o, "node-7: cpu 60% now, above 80% by the trend of the last minutes");

    fill(METRIC_CPU, 300, 50.0, 0.0);
    sample_set_gauge(&sample, METRIC_CPU, 90.0);
    ck_assert(ring_push(&node->ring, NOW_MS + 1, &sample));
    o = look(RESOURCE_CPU);
    assert_sentence(RESOURCE_CPU, &o, "node-7: cpu 90% now, above 80% for now");

    sample = (struct sample){.seq = 2}; /* without the metric */
    fill(METRIC_CPU, 300, 71.4, 6.0);
    ck_assert(ring_push(&node->ring, NOW_MS + 1, &sample));
    o = look(RESOURCE_CPU);
    assert_sentence(RESOURCE_CPU, &o, "node-7: cpu 71% now, above 80% in about 90 s");
}
END_TEST

START_TEST(what_is_steady_or_hardly_known_is_no_news)
{
    fill(METRIC_MEMORY, 300, 79.0, 0.0);
    struct outlook o = look(RESOURCE_MEMORY);
    ck_assert(o.valid && isinf(o.until_s));
    ck_assert(!node_outlook_changed(node, &settings, RESOURCE_MEMORY, &o));

    fill(METRIC_MEMORY, 7, 95.0, 60.0);
    o = look(RESOURCE_MEMORY);
    ck_assert(!o.valid);
    ck_assert(!node_outlook_changed(node, &settings, RESOURCE_MEMORY, &o));

    o = look(RESOURCE_CPU); /* never reported */
    ck_assert(!o.valid);
}
END_TEST

/* Of a longer ring only five minutes count. */
START_TEST(an_older_past_does_not_count)
{
    fill(METRIC_MEMORY, 600, 91.0, 0.6);
    struct outlook whole = look(RESOURCE_MEMORY);
    fill(METRIC_MEMORY, 300, 91.0, 0.6);
    struct outlook window = look(RESOURCE_MEMORY);

    ck_assert_double_eq_tol(whole.until_s, window.until_s, 5.0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("node_outlook");
    TCase *tcase = tcase_create("node_outlook");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, memory_that_leaks_is_full_in_some_minutes);
    tcase_add_test(tcase, cpu_and_disk_count_to_the_highest_utilisation);
    tcase_add_test(tcase, an_event_is_told_once_and_when_it_is_over);
    tcase_add_test(tcase, a_plateau_is_one_event);
    tcase_add_test(tcase, memory_is_above_high_before_it_is_full);
    tcase_add_test(tcase, now_is_what_was_measured);
    tcase_add_test(tcase, what_is_steady_or_hardly_known_is_no_news);
    tcase_add_test(tcase, an_older_past_does_not_count);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
