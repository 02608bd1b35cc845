/* The outlook of the fullest file system, on traces of three days: what is foretold when, and what is a false alarm. */
#include "collector/fleet/fs_outlook.h"

#include "common/random.h"
#include "support/suite.h"

#include <math.h>
#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define LOOK_MS      30000
#define HOUR_MS      3600000.0
#define DAYS         3
#define SEEDS        20U
#define BEGIN_MS     INT64_C(123456789)

enum noise {
    QUIET,
    READINGS, /* each reading is off by 1 point (standard deviation) */
    FILES     /* files that exist for about an hour: the same, but readings within an hour are alike */
};

static struct registry registry;
static struct node *node;

static void setup(void)
{
    ck_assert_int_eq(registry_init(&registry, 600000), 0);
    node = registry_ensure_node(&registry, "node-7", 60000, BEGIN_MS);
    ck_assert_ptr_nonnull(node);
}

static void teardown(void)
{
    registry_deinit(&registry);
}

/* ---- traces: percent by hours ---- */

static double at_92(double hours)
{
    (void)hours;
    return 92.0;
}

static double at_97(double hours)
{
    (void)hours;
    return 97.0;
}

static double slow_growth(double hours)
{
    return 60.0 + hours;
}

static double growth(double hours)
{
    return 50.0 + 5.0 * hours;
}

static double growth_that_begins(double hours)
{
    return 40.0 + 20.0 * fmax(hours - 10.0, 0.0);
}

static double batches(double hours)
{
    return 40.0 + 3.0 * floor(hours);
}

static double large_file(double hours)
{
    return hours < 20.0 ? 60.0 : 85.0;
}

static double large_file_that_takes_20_minutes(double hours)
{
    return 60.0 + 25.0 * fmin(fmax((hours - 20.0) * 3.0, 0.0), 1.0);
}

static double rotation(double hours, double period, double low, double high)
{
    return low + (high - low) * fmod(hours, period) / period;
}

static double hourly_rotation(double hours)
{
    return rotation(hours, 1.0, 40.0, 80.0);
}

static double rotation_each_6_hours(double hours)
{
    return rotation(hours, 6.0, 40.0, 90.0);
}

static double daily_rotation(double hours)
{
    return rotation(hours, 24.0, 50.0, 95.0);
}

static double daily_wave(double hours)
{
    return 80.0 - 10.0 * cos(hours / 24.0 * 6.283185307);
}

static double leak_below_rotation(double hours)
{
    return 50.0 + 1.5 * hours + rotation(hours, 1.0, 0.0, 5.0);
}

static double growth_with_a_cleanup(double hours)
{
    return 50.0 + 4.0 * hours - (hours > 9.0 ? 30.0 : 0.0);
}

/* ---- runs ---- */

struct run {
    double (*trace)(double hours);
    enum noise noise;
    uint64_t seed;
    double down_from_h; /* the node does not report between these */
    double down_to_h;
};

struct events {
    unsigned said;       /* that it will be full, or is */
    unsigned taken_back; /* that it is not expected any more */
    unsigned full;
    double first_h;      /* when it was said first, */
    double foretold_h;   /* and when it would be full */
    double taken_back_h; /* when it was first taken back */
    double full_h;
};

/* Normal with a standard deviation of 1, nearly: the sum of 12 uniform numbers. */
static double normal(uint64_t *seed)
{
    double sum = -6.0;

    for (unsigned i = 0; i < 12; i++)
        sum += (double)random_below(seed, 1U << 20) / (double)(1U << 20);
    return sum;
}

static void push(int64_t now_ms, double percent)
{
    struct sample sample = {.seq = 1, .uptime_ms = (uint64_t)now_ms};

    sample_set_gauge(&sample, METRIC_FS, fmin(fmax(percent, 0.0), 100.0));
    ck_assert(ring_push(&node->ring, now_ms, &sample));
}

static void note(struct events *events, enum fs_outlook_level before, const struct fs_outlook *outlook, double hours)
{
    enum fs_outlook_level after = fs_outlook_level(node);

    if (before == FS_OUTLOOK_NONE && events->said++ == 0) {
        events->first_h = hours;
        events->foretold_h = hours + outlook->until_s / 3600.0;
    }
    if (after == FS_OUTLOOK_NONE && events->taken_back++ == 0)
        events->taken_back_h = hours;
    if (after == FS_OUTLOOK_FULL && events->full++ == 0)
        events->full_h = hours;
}

static struct events look_for_days(const struct run *run)
{
    struct events events = {0};
    uint64_t seed = run->seed;
    double files = 0.0;

    for (int64_t now_ms = BEGIN_MS; now_ms < BEGIN_MS + DAYS * 86400000; now_ms += LOOK_MS) {
        double hours = (double)(now_ms - BEGIN_MS) / HOUR_MS;
        double kept = exp(-LOOK_MS / HOUR_MS);
        double reading = normal(&seed);
        files = kept * files + sqrt(1.0 - kept * kept) * reading;
        if (hours >= run->down_from_h && hours < run->down_to_h)
            continue;
        push(now_ms, run->trace(hours) + (run->noise == FILES ? files : run->noise == READINGS ? reading : 0.0));
        fs_outlook_add(node, now_ms);
        enum fs_outlook_level before = fs_outlook_level(node);
        struct fs_outlook outlook = fs_outlook_of(node, now_ms);
        if (fs_outlook_changed(node, &outlook))
            note(&events, before, &outlook, hours);
    }
    return events;
}

/* ---- what is foretold ---- */

/* Said once, hours ahead, with the right time, and then that it is full. */
START_TEST(growth_is_foretold_once_and_hours_ahead)
{
    static const struct {
        double (*trace)(double hours);
        enum noise noise;
        double full_h;
        double error_h;   /* of the time that is foretold */
        double ahead_min; /* hours before it is full */
    } cases[] = {
        {slow_growth, QUIET, 39.5, 0.3, 5.5},
        {slow_growth, READINGS, 39.5, 1.0, 5.0},
        {growth, QUIET, 9.9, 0.2, 5.5},
        {growth, READINGS, 9.9, 0.6, 5.0},
        {growth, FILES, 9.9, 2.0, 4.0},
        {growth_that_begins, QUIET, 12.98, 1.3, 1.8},
        {growth_that_begins, READINGS, 12.98, 1.3, 1.8},
        {batches, QUIET, 20.0, 1.0, 5.0},
        {batches, READINGS, 20.0, 1.2, 5.0},
        {leak_below_rotation, QUIET, 30.0, 1.5, 5.0},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        teardown();
        setup();
        struct events events = look_for_days(&(struct run){.trace = cases[i].trace, .noise = cases[i].noise});
        ck_assert_msg(events.said == 1 && events.taken_back == 0 && events.full == 1,
                      "%zu: said %u times, taken back %u times, full %u times", i, events.said, events.taken_back,
                      events.full);
        ck_assert_msg(fabs(events.foretold_h - cases[i].full_h) <= cases[i].error_h, "%zu: foretold for %.2f h", i,
                      events.foretold_h);
        ck_assert_msg(events.first_h <= cases[i].full_h - cases[i].ahead_min &&
                          events.first_h >= cases[i].full_h - 7.0 - cases[i].error_h,
                      "%zu: said at %.2f h", i, events.first_h);
    }
}
END_TEST

START_TEST(it_is_taken_back_when_space_is_freed)
{
    struct events events = look_for_days(&(struct run){.trace = growth_with_a_cleanup});

    ck_assert_double_eq_tol(events.first_h, 6.5, 0.5);
    ck_assert_double_eq_tol(events.taken_back_h, 9.0, 0.02); /* with the next reading */
    ck_assert_uint_eq(events.said, 2);
    ck_assert_uint_eq(events.taken_back, 1);
    ck_assert_double_eq_tol(events.full_h, 19.9, 0.1);
}
END_TEST

/* An agent that restarts leaves no trace, a longer outage periods without a reading. */
START_TEST(outages_cost_no_more_than_their_time)
{
    static const struct {
        double from_h, to_h, latest_h;
    } cases[] = {{3.0, 3.02, 4.5}, {2.0, 3.0, 4.5}, {3.0, 4.5, 5.5}, {1.0, 6.0, 7.5}};

    for (size_t i = 0; i < COUNT(cases); i++) {
        teardown();
        setup();
        struct events events =
            look_for_days(&(struct run){.trace = growth, .down_from_h = cases[i].from_h, .down_to_h = cases[i].to_h});
        ck_assert_msg(events.said == 1 && events.taken_back == 0 && events.first_h <= cases[i].latest_h,
                      "%zu: said %u times, first at %.2f h", i, events.said, events.first_h);
    }
}
END_TEST

/* ---- what is not ---- */

START_TEST(a_large_file_is_no_trend)
{
    for (enum noise noise = QUIET; noise <= READINGS; noise++) {
        struct events events = look_for_days(&(struct run){.trace = large_file, .noise = noise});
        ck_assert_uint_eq(events.said, 0);
        teardown();
        setup();
        events = look_for_days(&(struct run){.trace = large_file_that_takes_20_minutes, .noise = noise});
        ck_assert_uint_eq(events.said, 0);
        teardown();
        setup();
    }
}
END_TEST

/* A rise is only known to end again once it has: in the first period it may be foretold. */
START_TEST(logs_that_are_rotated_are_a_false_alarm_once_at_most)
{
    static double (*const traces[])(double hours) = {hourly_rotation, rotation_each_6_hours, daily_rotation,
                                                     daily_wave};

    for (size_t i = 0; i < COUNT(traces); i++)
        for (enum noise noise = QUIET; noise <= READINGS; noise++) {
            teardown();
            setup();
            struct events events = look_for_days(&(struct run){.trace = traces[i], .noise = noise, .seed = i});
            ck_assert_msg(events.said <= 1 && events.taken_back == events.said, "%zu: said %u times", i, events.said);
            ck_assert_msg(events.said == 0 || events.first_h < 24.0, "%zu: said at %.2f h", i, events.first_h);
        }
}
END_TEST

static unsigned alarms(double (*trace)(double hours), enum noise noise)
{
    unsigned sum = 0;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        teardown();
        setup();
        sum += look_for_days(&(struct run){.trace = trace, .noise = noise, .seed = seed}).said;
    }
    return sum;
}

/* Of 60 days each. Files of an hour's life that make 1 point of difference look like growth for a while; only so close
 * to the end that the file system may well be full soon is that an alarm more often than once a week. */
START_TEST(a_steady_level_is_hardly_ever_an_alarm)
{
    ck_assert_uint_eq(alarms(at_92, QUIET), 0);
    ck_assert_uint_eq(alarms(at_92, READINGS), 0);
    ck_assert_uint_le(alarms(at_97, READINGS), SEEDS); /* once each: a reading of 99.5 is full */
    ck_assert_uint_le(alarms(at_92, FILES), 3);
    ck_assert_uint_le(alarms(at_97, FILES), 24);
}
END_TEST

/* ---- single readings ---- */

START_TEST(full_is_said_without_a_history)
{
    struct fs_outlook outlook = fs_outlook_of(node, BEGIN_MS);
    ck_assert(isnan(outlook.now));
    ck_assert(!fs_outlook_changed(node, &outlook));
    fs_outlook_add(node, BEGIN_MS); /* it has no file system */
    ck_assert_ptr_null(node->fs_history);

    push(BEGIN_MS, 99.6);
    fs_outlook_add(node, BEGIN_MS);
    outlook = fs_outlook_of(node, BEGIN_MS);
    ck_assert_double_eq(outlook.until_s, 0.0);
    ck_assert(fs_outlook_changed(node, &outlook));
    ck_assert(!fs_outlook_changed(node, &outlook));
    ck_assert(node->fills);
}
END_TEST

static void assert_sentence(enum fs_outlook_level level, double now, double until_s, const char *expected)
{
    char text[128];

    node->fs_history->level = (uint8_t)level;
    fs_outlook_sentence(node, &(struct fs_outlook){.now = now, .until_s = until_s}, text, sizeof text);
    ck_assert_str_eq(text, expected);
}

START_TEST(sentences)
{
    push(BEGIN_MS, 50.0);
    fs_outlook_add(node, BEGIN_MS);
    assert_sentence(FS_OUTLOOK_SOON, 0.82, 10900.0, "node-7: fullest file system 82% now, full in about 3 h");
    assert_sentence(FS_OUTLOOK_SOON, 0.96, INFINITY, "node-7: fullest file system 96% now, almost full");
    assert_sentence(FS_OUTLOOK_FULL, 0.996, 0.0, "node-7: fullest file system 100% now, full");
    assert_sentence(FS_OUTLOOK_FULL, 0.97, 0.0, "node-7: fullest file system 97% now, almost full");
    assert_sentence(FS_OUTLOOK_NONE, 0.6, INFINITY,
                    "node-7: fullest file system 60% now, not expected to be full soon");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fs_outlook");
    TCase *tcase = tcase_create("fs_outlook");

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, growth_is_foretold_once_and_hours_ahead);
    tcase_add_test(tcase, it_is_taken_back_when_space_is_freed);
    tcase_add_test(tcase, outages_cost_no_more_than_their_time);
    tcase_add_test(tcase, a_large_file_is_no_trend);
    tcase_add_test(tcase, logs_that_are_rotated_are_a_false_alarm_once_at_most);
    tcase_add_test(tcase, a_steady_level_is_hardly_ever_an_alarm);
    tcase_add_test(tcase, full_is_said_without_a_history);
    tcase_add_test(tcase, sentences);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
