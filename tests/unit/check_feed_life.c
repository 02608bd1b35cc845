/* When a program that reports signals is started, and what its silence and its end mean. */
#include "collector/feeds/feed_life.h"
#include "collector/feeds/feed_specs.h"

#include "support/suite.h"

#include <stdlib.h>
#include <string.h>

#define TICK_MS   UINT64_C(15000)
#define SECOND_MS UINT64_C(1000)

static struct feed_life life;

static void begin(void)
{
    feed_life_init(&life, TICK_MS, FEED_SILENCE_MS, 300, 0);
    ck_assert_int_eq(feed_life_step(&life, 0), FEED_START);
}

/* Until a step; nothing happens before due_ms. */
static enum feed_step next(uint64_t *now_ms)
{
    enum feed_step step = FEED_NOTHING;

    while (step == FEED_NOTHING) {
        uint64_t due_ms = feed_life_due_ms(&life);
        ck_assert_uint_ge(due_ms, *now_ms);
        if (due_ms > *now_ms)
            ck_assert_int_eq(feed_life_step(&life, due_ms - 1), FEED_NOTHING);
        *now_ms = due_ms;
        step = feed_life_step(&life, due_ms);
    }
    return step;
}

START_TEST(one_that_ends_is_run_before_each_tick)
{
    uint64_t now_ms = 20;

    for (unsigned i = 1; i < 10; i++) {
        feed_life_heard(&life, now_ms);
        ck_assert(!feed_life_ended(&life, true, now_ms + 10));
        ck_assert_int_eq(next(&now_ms), FEED_START);
        ck_assert_uint_eq(now_ms, i * TICK_MS - 800);
    }
}
END_TEST

START_TEST(one_that_keeps_running_must_print)
{
    uint64_t now_ms = 0;

    for (; now_ms < 3600 * SECOND_MS; now_ms += 9 * SECOND_MS) {
        ck_assert_int_eq(feed_life_step(&life, now_ms), FEED_NOTHING);
        feed_life_heard(&life, now_ms);
    }
    uint64_t last_ms = now_ms - 9 * SECOND_MS;
    ck_assert_int_eq(next(&now_ms), FEED_SILENT);
    ck_assert_uint_eq(now_ms, last_ms + FEED_SILENCE_MS);
    feed_life_heard(&life, now_ms);
    ck_assert_int_eq(next(&now_ms), FEED_SILENT);
    ck_assert_uint_eq(now_ms, last_ms + 2 * FEED_SILENCE_MS);
    ck_assert_int_eq(next(&now_ms), FEED_KILL);
    ck_assert_uint_eq(now_ms, last_ms + 2 * FEED_SILENCE_MS + FEED_HANG_MS);
    ck_assert_uint_eq(feed_life_due_ms(&life), UINT64_MAX);
    ck_assert(feed_life_ended(&life, false, now_ms));
}
END_TEST

START_TEST(one_that_ends_may_take_a_tick)
{
    uint64_t now_ms = 10;

    feed_life_heard(&life, now_ms);
    ck_assert(!feed_life_ended(&life, true, now_ms));
    ck_assert_int_eq(next(&now_ms), FEED_START);
    uint64_t started_ms = now_ms;
    ck_assert_int_eq(next(&now_ms), FEED_SILENT);
    ck_assert_uint_eq(now_ms, started_ms + TICK_MS);
}
END_TEST

START_TEST(one_that_fails_waits_longer_each_time)
{
    uint64_t now_ms = 0, total_ms = 0;

    for (unsigned i = 0; i < 20; i++) {
        uint64_t end_ms = now_ms;
        ck_assert(feed_life_ended(&life, false, now_ms));
        ck_assert_int_eq(next(&now_ms), FEED_START);
        ck_assert_uint_ge(now_ms - end_ms, i < 6 ? (FEED_WAIT_MIN << i) / 2 : FEED_WAIT_MAX / 2);
        ck_assert_uint_le(now_ms - end_ms, FEED_WAIT_MAX);
        total_ms += now_ms - end_ms;
    }
    ck_assert_uint_gt(total_ms, 12 * FEED_WAIT_MAX / 2);
    /* After a run that went well for a minute, the next failure is the first again. */
    feed_life_heard(&life, now_ms + FEED_WAIT_MAX);
    now_ms += FEED_WAIT_MAX;
    ck_assert(feed_life_ended(&life, false, now_ms));
    ck_assert_uint_le(feed_life_due_ms(&life) - now_ms, FEED_WAIT_MIN);
}
END_TEST

START_TEST(one_that_prints_nothing_has_failed)
{
    ck_assert(feed_life_ended(&life, true, 10));
    ck_assert_uint_le(feed_life_due_ms(&life), 10 + FEED_WAIT_MIN);
}
END_TEST

/* ---- which programs there are ---- */

static struct collector_config config;
static struct feed_specs specs;

static struct signal_settings *add_signal(const char *name, const char *program)
{
    struct signal_settings *signal = &config.signals[config.signal_count++];

    *signal = signal_settings_initial;
    strcpy(signal->name, name);
    strcpy(program[0] == '/' ? signal->program : signal->query, program);
    return signal;
}

static void begin_config(void)
{
    config = collector_config_defaults;
    config.signals = calloc(8, sizeof *config.signals);
    ck_assert_ptr_nonnull(config.signals);
    add_signal("zeta", "sum(x)");
    add_signal("jobs", "/bin/jobs batch");
    add_signal("beta", "sum(y)");
    add_signal("floor", "/bin/jobs batch");
    add_signal("other", "/bin/jobs long");
}

static void end_config(void)
{
    feed_specs_deinit(&specs);
    free(config.signals);
}

static void make(void)
{
    feed_specs_deinit(&specs);
    ck_assert_int_eq(feed_specs_make(&specs, &config), 0);
}

START_TEST(each_program_runs_once)
{
    make();
    ck_assert_uint_eq(specs.count, 3);
    ck_assert_str_eq(feed_spec_title(&specs.items[0]), "headroom-bridge query");
    ck_assert_str_eq(feed_spec_title(&specs.items[1]), "/bin/jobs batch");
    ck_assert_uint_eq(specs.items[0].name_count, 2);
    ck_assert_str_eq(specs.items[0].names[0], "beta");
    ck_assert(feed_spec_has(&specs.items[0], "zeta"));
    ck_assert(!feed_spec_has(&specs.items[0], "jobs"));
    ck_assert(feed_spec_has(&specs.items[1], "floor"));
    ck_assert(!feed_spec_has(&specs.items[2], "floor"));
    config.signal_count = 0;
    make();
    ck_assert_uint_eq(specs.count, 0);
}
END_TEST

START_TEST(what_the_bridge_reads_changes_its_hash)
{
    make();
    uint64_t before = specs.items[0].hash, program = specs.items[1].hash;
    make();
    ck_assert_uint_eq(specs.items[0].hash, before);
    config.signals[0].high = 0.5; /* the scaler's */
    config.signals[1].missing_after_ms = 1;
    make();
    ck_assert_uint_eq(specs.items[0].hash, before);
    for (unsigned i = 0; i < 8; i++) {
        struct signal_settings *signal = &config.signals[0];
        if (i == 0)
            strcpy(config.query_url, "http://vm");
        else if (i == 1)
            config.query_timeout_ms++;
        else if (i == 2)
            strcpy(signal->query, "sum(z)");
        else if (i == 3)
            signal->missing_after_ms++;
        else if (i == 4)
            signal->empty_is_zero = true;
        else if (i == 5)
            strcpy(config.query_ca_file, "/etc/ca.pem");
        else if (i == 6)
            strcpy(signal->nodes_query, "count(z)");
        else
            config.settings.tick_ms++;
        make();
        ck_assert_uint_ne(specs.items[0].hash, before);
        ck_assert_int_eq(specs.items[1].hash == program, i < 7);
        before = specs.items[0].hash;
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("feed_life");
    TCase *tcase = tcase_create("life");

    tcase_add_checked_fixture(tcase, begin, NULL);
    tcase_add_test(tcase, one_that_ends_is_run_before_each_tick);
    tcase_add_test(tcase, one_that_keeps_running_must_print);
    tcase_add_test(tcase, one_that_ends_may_take_a_tick);
    tcase_add_test(tcase, one_that_fails_waits_longer_each_time);
    tcase_add_test(tcase, one_that_prints_nothing_has_failed);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("specs");
    tcase_add_checked_fixture(tcase, begin_config, end_config);
    tcase_add_test(tcase, each_program_runs_once);
    tcase_add_test(tcase, what_the_bridge_reads_changes_its_hash);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
