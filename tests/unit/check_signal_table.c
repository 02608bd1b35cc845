/* The values of signals: what lines make of them, and when they are missing. */
#include "collector/autoscale/signal_table.h"

#include "support/cases.h"
#include "support/suite.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define START_MS INT64_C(5000000)
#define TICK_MS  15000
#define GONE_MS  600000

static struct collector_config config;
static struct signal_settings signals[SIGNALS_OF_GROUP_MAX + 2];
static struct signal_table table;
static struct group_observation observed;

static struct signal_settings make(const char *group, const char *name, enum signal_kind kind)
{
    struct signal_settings signal = signal_settings_initial;

    snprintf(signal.group, sizeof signal.group, "%s", group);
    snprintf(signal.name, sizeof signal.name, "%s", name);
    signal.kind = kind;
    signal.per_node = kind == SIGNAL_LOAD ? 200 : 0;
    signal.limit = kind == SIGNAL_LIMIT ? 0.3 : 0;
    strcpy(signal.query, "x");
    return signal;
}

/* Ascending by group and name. */
static void begin(void)
{
    config = (struct collector_config){.settings = SCALER_SETTINGS_DEFAULT, .gone_ms = GONE_MS, .signals = signals};
    config.settings.tick_ms = TICK_MS;
    signals[0] = make("db", "zeta", SIGNAL_SHARE);
    signals[1] = make("web", "p99", SIGNAL_LIMIT);
    signals[2] = make("web", "requests", SIGNAL_LOAD);
    config.signal_count = 3;
    ck_assert_int_eq(signal_table_init(&table, &config, START_MS), 0);
}

static void end(void)
{
    signal_table_deinit(&table);
}

static int take(const char *text, int64_t now_ms)
{
    struct feed_line line;
    char error[256];

    ck_assert_int_eq(feed_line_parse(text, strlen(text), &line, error, sizeof error), 0);
    return signal_table_take(&table, &line, now_ms);
}

static const struct signal_observation *observe(const char *group, const char *name, int64_t now_ms)
{
    signal_table_observe(&table, group, &config.settings, now_ms, &observed);
    for (unsigned i = 0; i < SIGNALS_OF_GROUP_MAX; i++)
        if (strcmp(observed.signal[i].name, name) == 0)
            return &observed.signal[i];
    ck_abort_msg("%s", name);
}

static struct signal_status status_of(const char *group, unsigned index, int64_t now_ms)
{
    struct signal_status status;
    unsigned count;

    signal_table_status(&table, signal_table_of(&table, group, &count) + index, now_ms, &status);
    ck_assert_uint_lt(index, count);
    return status;
}

#define assert_missing(group, index, now_ms, since, reason)                                                            \
    do {                                                                                                               \
        struct signal_status found = status_of(group, index, now_ms);                                                  \
        ck_assert_int_eq(found.state, SIGNAL_MISSING);                                                                 \
        ck_assert_int_eq(found.since_ms, since);                                                                       \
        ck_assert_str_eq(found.why, reason);                                                                           \
    } while (0)

START_TEST(a_value_reaches_the_observation_of_its_group)
{
    ck_assert_int_eq(take("signal requests 1410.5 800", START_MS + 1000), 0);
    const struct signal_observation *signal = observe("web", "requests", START_MS + 2000);
    ck_assert_int_eq(signal->kind, SIGNAL_LOAD);
    ck_assert_int_eq(signal->state, SIGNAL_PRESENT);
    ck_assert_double_eq(signal->value, 1410.5);
    ck_assert_int_eq(signal->age_ms, 1800);
    ck_assert_double_eq(signal->per_node, 200);
    ck_assert_double_eq(signal->high, 0.8);
    ck_assert_double_eq_tol(signal->target, 0.7, 1e-9);
    ck_assert(signal->forecast);
    ck_assert(!signal->has_nodes);
    ck_assert_uint_eq(signal->floor, 0);
    ck_assert_str_eq(observed.signal[0].name, "p99");
    ck_assert_double_eq(observed.signal[0].limit, 0.3);
    ck_assert_str_eq(observed.signal[2].name, "");
}
END_TEST

START_TEST(groups_see_only_their_own)
{
    observe("db", "zeta", START_MS);
    ck_assert_str_eq(observed.signal[1].name, "");
    signal_table_observe(&table, "other", &config.settings, START_MS, &observed);
    ck_assert_str_eq(observed.signal[0].name, "");
}
END_TEST

START_TEST(nodes_and_floor_are_passed_on)
{
    take("signal requests 10 0 nodes 7 floor 3", START_MS);
    const struct signal_observation *signal = observe("web", "requests", START_MS);
    ck_assert(signal->has_nodes);
    ck_assert_uint_eq(signal->nodes, 7);
    ck_assert_uint_eq(signal->floor, 3);
    take("missing requests the queue is away", START_MS + 1);
    signal = observe("web", "requests", START_MS + 1);
    ck_assert(signal->has_nodes);
    ck_assert_uint_eq(signal->nodes, 7);
    ck_assert_uint_eq(signal->floor, 0);
    take("signal requests 10 0", START_MS + 2);
    ck_assert(!observe("web", "requests", START_MS + 2)->has_nodes);
}
END_TEST

START_TEST(without_a_value_it_is_missing_since_it_was_configured)
{
    assert_missing("web", 1, START_MS + 100, START_MS, "no value has come yet");
    ck_assert_int_eq(observe("web", "requests", START_MS)->state, SIGNAL_MISSING);
}
END_TEST

START_TEST(an_old_value_is_missing)
{
    int64_t stale_ms = START_MS + 3 * TICK_MS;

    take("signal requests 10 1000", START_MS + 1000);
    ck_assert_int_eq(status_of("web", 1, stale_ms).state, SIGNAL_PRESENT);
    assert_missing("web", 1, stale_ms + 1, stale_ms, "the last value is 45 s old");
    signals[2].missing_after_ms = 120000;
    ck_assert_int_eq(status_of("web", 1, START_MS + 120000).state, SIGNAL_PRESENT);
    ck_assert_int_eq(status_of("web", 1, START_MS + 120001).state, SIGNAL_MISSING);
    take("signal requests 10 600000", START_MS + 700000); /* one that arrives old */
    ck_assert_int_eq(status_of("web", 1, START_MS + 700000).state, SIGNAL_MISSING);
}
END_TEST

START_TEST(a_line_that_says_so_makes_it_missing_at_once_and_a_value_ends_it)
{
    take("signal requests 10 0", START_MS);
    take("missing requests connection refused", START_MS + 1000);
    take("missing requests timed out", START_MS + 2000);
    assert_missing("web", 1, START_MS + 3000, START_MS + 1000, "timed out");
    ck_assert_double_eq(observe("web", "requests", START_MS + 3000)->value, 10);
    take("signal requests 12 0", START_MS + 4000);
    ck_assert_int_eq(status_of("web", 1, START_MS + 4000).state, SIGNAL_PRESENT);
    ck_assert_str_eq(status_of("web", 1, START_MS + 4000).why, "");
    take("missing requests away", START_MS + 5000);
    assert_missing("web", 1, START_MS + 6000, START_MS + 5000, "away");
}
END_TEST

START_TEST(values_that_can_not_be_are_missing)
{
    static const double values[] = {NAN, INFINITY, -1.0};
    struct feed_line line = {.kind = FEED_LINE_SIGNAL, .name = "requests"};

    for (unsigned i = 0; i < sizeof values / sizeof *values; i++) {
        line.value = values[i];
        ck_assert_int_eq(signal_table_take(&table, &line, START_MS), 0);
        ck_assert_int_eq(status_of("web", 1, START_MS).state, SIGNAL_MISSING);
    }
    take("signal zeta 85 0", START_MS);
    assert_missing("db", 0, START_MS, START_MS,
                   "a share must be from 0 to 1, and it is 85; if it is a percentage, divide it by 100");
    take("signal zeta 1.02 0", START_MS); /* of rates, whose clocks differ */
    ck_assert_double_eq(observe("db", "zeta", START_MS)->value, 1.0);
}
END_TEST

START_TEST(missing_for_long_it_is_gone)
{
    take("signal requests 10 0", START_MS);
    take("missing requests away", START_MS + 1000);
    ck_assert_int_eq(status_of("web", 1, START_MS + 1000 + GONE_MS - 1).state, SIGNAL_MISSING);
    ck_assert_int_eq(status_of("web", 1, START_MS + 1000 + GONE_MS).state, SIGNAL_GONE);
    signals[2].when_gone = SIGNAL_NODES;
    signals[2].gone_nodes = 6;
    const struct signal_observation *signal = observe("web", "requests", START_MS + 1000 + GONE_MS);
    ck_assert_int_eq(signal->when_gone, SIGNAL_NODES);
    ck_assert_uint_eq(signal->gone_nodes, 6);
}
END_TEST

START_TEST(a_name_that_is_not_configured_is_reported)
{
    ck_assert_int_eq(take("signal other 1 0", START_MS), -ENOENT);
    ck_assert_int_eq(take("missing zz away", START_MS), -ENOENT);
    ck_assert_int_eq(take("comment of a later version", START_MS), 0);
}
END_TEST

START_TEST(ticks_at_which_it_is_missing_are_counted)
{
    unsigned count;

    observe("web", "requests", START_MS);
    observe("web", "requests", START_MS + TICK_MS);
    take("signal requests 10 0", START_MS + TICK_MS);
    observe("web", "requests", START_MS + TICK_MS);
    ck_assert_uint_eq(signal_table_of(&table, "web", &count)[1].missing_ticks, 2);
    ck_assert_uint_eq(signal_table_of(&table, "web", &count)[0].missing_ticks, 3);
}
END_TEST

static struct collector_config with(struct signal_settings *list, unsigned count)
{
    struct collector_config next = config;

    next.signals = list;
    next.signal_count = count;
    return next;
}

START_TEST(a_reload_keeps_what_still_means_the_same)
{
    static struct signal_settings list[3];

    take("signal requests 10 0", START_MS);
    take("signal zeta 0.5 0", START_MS);
    list[0] = make("api", "errors", SIGNAL_LOAD);
    list[1] = make("db", "zeta", SIGNAL_SHARE);
    list[2] = make("web", "requests", SIGNAL_LOAD);
    list[2].per_node = 300;
    strcpy(list[1].query, "another");
    struct collector_config next = with(list, 3);
    signal_table_reconfigure(&table, &next, START_MS + 5000);
    ck_assert_double_eq(observe("web", "requests", START_MS + 5000)->value, 10);
    ck_assert_double_eq(observed.signal[0].per_node, 300);
    assert_missing("db", 0, START_MS + 6000, START_MS + 5000, "no value has come yet");
    ck_assert_int_eq(take("signal errors 1 0", START_MS), 0);
    ck_assert_int_eq(take("signal p99 1 0", START_MS), -ENOENT);
    next = with(list, 0);
    signal_table_reconfigure(&table, &next, START_MS + 7000);
    ck_assert_int_eq(take("signal requests 1 0", START_MS), -ENOENT);
    next = with(list, 3);
    signal_table_reconfigure(&table, &next, START_MS + 8000);
    assert_missing("web", 0, START_MS + 8000, START_MS + 8000, "no value has come yet");
}
END_TEST

START_TEST(a_veto_that_lasts_is_noted_each_five_minutes)
{
    char note[SIGNAL_NOTE_MAX];
    int64_t gone_ms = START_MS + GONE_MS;

    signals[1].when_gone = SIGNAL_IGNORE;
    ck_assert(!signal_table_take_note(&table, "web", gone_ms - 1, note));
    ck_assert(signal_table_take_note(&table, "web", gone_ms, note));
    ck_assert_str_eq(note, "the signal requests has been missing for 10 min, and forbids scale-in: no value has come "
                           "yet");
    ck_assert(!signal_table_take_note(&table, "web", gone_ms + 299999, note));
    ck_assert(signal_table_take_note(&table, "web", gone_ms + 300000, note));
    take("signal requests 1 0", gone_ms + 300001);
    observe("web", "requests", gone_ms + 300001);
    ck_assert(!signal_table_take_note(&table, "web", gone_ms + 300001, note));
}
END_TEST

START_TEST(a_thousand_are_found_by_name)
{
    static struct signal_settings list[SIGNAL_SECTIONS_MAX];
    char text[64];

    for (unsigned i = 0; i < SIGNAL_SECTIONS_MAX; i++) {
        char group[16], name[16];
        snprintf(group, sizeof group, "g%04u", i / SIGNALS_OF_GROUP_MAX);
        snprintf(name, sizeof name, "s%u", (i * 7919U) % SIGNAL_SECTIONS_MAX); /* each number once */
        list[i] = make(group, name, SIGNAL_LOAD);
    }
    struct collector_config next = with(list, SIGNAL_SECTIONS_MAX);
    signal_table_reconfigure(&table, &next, START_MS);
    for (unsigned i = 0; i < SIGNAL_SECTIONS_MAX; i++) {
        snprintf(text, sizeof text, "signal %.16s %u 0", list[i].name, i);
        ck_assert_int_eq(take(text, START_MS), 0);
    }
    for (unsigned i = 0; i < SIGNAL_SECTIONS_MAX; i++)
        ck_assert_double_eq(observe(list[i].group, list[i].name, START_MS)->value, i);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("signal_table");

    CASES_ADD(suite, "signal_table", begin, end, a_value_reaches_the_observation_of_its_group,
              groups_see_only_their_own, nodes_and_floor_are_passed_on,
              without_a_value_it_is_missing_since_it_was_configured, an_old_value_is_missing,
              a_line_that_says_so_makes_it_missing_at_once_and_a_value_ends_it, values_that_can_not_be_are_missing,
              missing_for_long_it_is_gone, a_name_that_is_not_configured_is_reported,
              ticks_at_which_it_is_missing_are_counted, a_reload_keeps_what_still_means_the_same,
              a_veto_that_lasts_is_noted_each_five_minutes, a_thousand_are_found_by_name);
    return suite_run(suite);
}
