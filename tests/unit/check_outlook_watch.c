#include "collector/autoscale/outlook_watch.h"

#include "support/suite.h"

#include <stdio.h>
#include <string.h>

#define MINUTE_MS 60000
#define BEGIN_MS  INT64_C(7200000)

static struct registry registry;
static struct collector_config config;
static struct outlook_watch watch;
static char lines[64][256];
static unsigned line_count;

static void note_line(const char *line)
{
    ck_assert_uint_lt(line_count, 64);
    snprintf(lines[line_count++], sizeof lines[0], "%s", line);
}

static void setup(void)
{
    line_count = 0;
    config = collector_config_defaults;
    ck_assert_int_eq(registry_init(&registry, 600000), 0);
    watch = (struct outlook_watch){
        .registry = &registry, .config = &config, .on_line = note_line, .minute_ms = (uint64_t)BEGIN_MS};
}

static void teardown(void)
{
    registry_deinit(&registry);
}

static struct node *add_node(const char *id)
{
    struct node *node = registry_ensure_node(&registry, id, 15000, BEGIN_MS - MINUTE_MS);

    ck_assert_ptr_nonnull(node);
    registry_assign(&registry, node, registry_ensure_group(&registry, "web"));
    return node;
}

static void push(struct node *node, int64_t now_ms, double percent)
{
    struct sample sample = {.seq = 1, .uptime_ms = (uint64_t)now_ms};

    sample_set_gauge(&sample, METRIC_FS, percent);
    ck_assert(ring_push(&node->ring, now_ms, &sample));
    node->seen_ms = now_ms;
    node->reported = true;
}

static void second(int64_t now_ms)
{
    outlook_watch_begin(&watch, (uint64_t)now_ms);
    while (outlook_watch_step(&watch))
        ;
}

/* Each second the watch has its turn, and each 15 s the node reports. It grows by 10 points an hour. */
static void run(struct node *node, unsigned from_minute, unsigned to_minute, double from, double per_hour)
{
    for (unsigned s = from_minute * 60; s < to_minute * 60; s++) {
        int64_t now_ms = BEGIN_MS + s * 1000;
        if (s % 15 == 0)
            push(node, now_ms, from + per_hour * (s / 3600.0));
        second(now_ms);
    }
}

START_TEST(a_file_system_that_fills_is_logged_once_and_taken_back)
{
    struct node *node = add_node("web-1");

    run(node, 0, 150, 50.0, 10.0);
    ck_assert_uint_eq(line_count, 1);
    ck_assert_str_eq(lines[0], "web-1: fullest file system 63% now, full in about 4 h");
    ck_assert(node->fills);
    run(node, 150, 152, 30.0, 0.0);
    ck_assert_uint_eq(line_count, 2);
    ck_assert_str_eq(lines[1], "web-1: fullest file system 30% now, not expected to be full soon");
    ck_assert(!node->fills);
}
END_TEST

START_TEST(a_fleet_that_fills_at_once_is_bounded)
{
    char id[16];

    for (unsigned i = 0; i < OUTLOOK_LINES_MAX + 7; i++) {
        snprintf(id, sizeof id, "web-%u", i);
        push(add_node(id), BEGIN_MS, 99.9);
    }
    for (unsigned s = 0; s < 30; s++)
        second(BEGIN_MS + s * 1000);
    ck_assert_uint_eq(line_count, OUTLOOK_LINES_MAX);
    ck_assert_str_eq(lines[0], "web-0: fullest file system 100% now, full");
    second(BEGIN_MS + MINUTE_MS);
    ck_assert_uint_eq(line_count, OUTLOOK_LINES_MAX + 1);
    ck_assert_str_eq(lines[OUTLOOK_LINES_MAX], "7 more nodes near a limit within the minute were not logged");
}
END_TEST

START_TEST(each_node_is_looked_at_once_in_half_a_minute_some_each_second)
{
    char id[16];

    for (unsigned i = 0; i < 65; i++) {
        snprintf(id, sizeof id, "web-%u", i);
        add_node(id);
    }
    for (unsigned s = 0; s < 22; s++) {
        unsigned looks = 0;
        outlook_watch_begin(&watch, (uint64_t)(BEGIN_MS + s * 1000));
        do
            looks++;
        while (outlook_watch_step(&watch));
        ck_assert_uint_eq(looks, 3);
        ck_assert(!outlook_watch_step(&watch));
    }
    ck_assert_uint_eq(watch.next, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outlook_watch");
    TCase *tcase = tcase_create("outlook_watch");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_file_system_that_fills_is_logged_once_and_taken_back);
    tcase_add_test(tcase, a_fleet_that_fills_at_once_is_bounded);
    tcase_add_test(tcase, each_node_is_looked_at_once_in_half_a_minute_some_each_second);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
