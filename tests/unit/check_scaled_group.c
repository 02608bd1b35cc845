#include "collector/autoscale/scaled_group.h"

#include "support/cases.h"
#include "support/suite.h"

#include <stdlib.h>

#define MINUTE_MS 60000

static struct scaled_group group;

static void begin(void)
{
    group = (struct scaled_group){0};
    group.last = (struct decision){.settings = SCALER_SETTINGS_DEFAULT, .observed = {.live = 20}, .desired = 20};
    ck_assert(scaled_group_is_due(&group, 0));
    scaled_group_note_logged(&group, 0);
}

static void end(void)
{
    scaler_free(group.scaler);
}

START_TEST(a_decision_that_stands_is_logged_again_after_5_minutes)
{
    ck_assert(!scaled_group_is_due(&group, 5 * MINUTE_MS - 1));
    ck_assert(scaled_group_is_due(&group, 5 * MINUTE_MS));
}
END_TEST

START_TEST(holding_for_another_reason_is_logged_at_most_once_a_minute)
{
    group.last.guard = GUARD_DEAD_BAND;
    ck_assert(!scaled_group_is_due(&group, MINUTE_MS - 1));
    ck_assert(scaled_group_is_due(&group, MINUTE_MS));
}
END_TEST

START_TEST(another_count_is_logged_at_once)
{
    group.last.action = ACTION_UP;
    group.last.desired = 22;
    ck_assert(scaled_group_is_due(&group, 1));
}
END_TEST

START_TEST(silence_is_logged_at_once)
{
    group.last.observed.missing = 1; /* a single node of a large group is not */
    ck_assert(!scaled_group_is_due(&group, 1));
    group.last.observed.missing = 5;
    ck_assert(scaled_group_is_due(&group, 1));
    group.last.observed.missing = 0;
    group.last.guard = GUARD_NO_DATA;
    ck_assert(scaled_group_is_due(&group, 1));
}
END_TEST

START_TEST(silence_is_logged_at_once_in_a_roll_call_too)
{
    group.last.observed.roll_call = true;
    ck_assert(scaled_group_is_due(&group, 1));
    scaled_group_note_logged(&group, 1);
    group.last.observed.missing = 5;
    ck_assert(scaled_group_is_due(&group, 2));
    scaled_group_note_logged(&group, 2);
    group.last.observed.roll_call = false;
    ck_assert(scaled_group_is_due(&group, 3));
}
END_TEST

START_TEST(only_a_mode_that_orders_makes_an_order)
{
    struct collector_config config = {.settings = SCALER_SETTINGS_DEFAULT};

    ck_assert(!scaled_group_is_order(&group));
    group.last.action = ACTION_UP;
    ck_assert(scaled_group_is_order(&group));
    group.last.settings = scaled_group_settings(&config, "web", false);
    ck_assert_int_eq(group.last.settings.mode, MODE_OBSERVE);
    ck_assert(!scaled_group_is_order(&group));
    ck_assert_int_eq(scaled_group_settings(&config, "default", true).mode, MODE_FULL);
}
END_TEST

/* An agent chooses the name of its group. */
START_TEST(a_group_that_is_not_configured_is_only_observed)
{
    struct group_config section = {.name = "web", .settings = SCALER_SETTINGS_DEFAULT};
    struct collector_config config = {.settings = SCALER_SETTINGS_DEFAULT};

    ck_assert_int_eq(scaled_group_settings(&config, "web", true).mode, MODE_OBSERVE);
    ck_assert_int_eq(scaled_group_settings(&config, "default", true).mode, MODE_FULL);
    config.groups = &section;
    config.group_count = 1;
    ck_assert_int_eq(scaled_group_settings(&config, "web", true).mode, MODE_FULL);
    ck_assert_int_eq(scaled_group_settings(&config, "default", true).mode, MODE_OBSERVE);
    config.scale_groups = SCALE_GROUPS_ANY;
    ck_assert_int_eq(scaled_group_settings(&config, "default", true).mode, MODE_FULL);
}
END_TEST

START_TEST(a_group_of_old_files_is_not_scaled)
{
    struct group_observation observed = {0};

    ck_assert_int_eq(scaled_group_prepare(&group, &observed, false, 0), SCALED_GROUP_EMPTY);
    observed.unreported = 1;
    ck_assert_int_eq(scaled_group_prepare(&group, &observed, false, 0), SCALED_GROUP_READY);
    observed.unreported = 0;
    ck_assert_int_eq(scaled_group_prepare(&group, &observed, false, 0), SCALED_GROUP_READY);
}
END_TEST

START_TEST(what_is_saved_is_taken_over)
{
    static struct scaled_group adopted[GROUPS_MAX];
    const struct state_moment now = {.boot = "b", .mono_ms = 1000, .wall_ms = 2000};
    struct group_observation observed = {.live = 1};
    struct state_text text = {0};
    struct state_reader reader;
    struct registry registry;

    ck_assert_int_eq(registry_init(&registry, MINUTE_MS), 0);
    struct group *web = registry_ensure_group(&registry, "web");
    ck_assert_int_eq(scaled_group_prepare(&group, &observed, false, 0), SCALED_GROUP_READY);
    state_begin(&text, &now);
    scaled_group_save(&group, "web", &text);
    scaled_group_save(&group, "gone", &text);
    ck_assert_int_eq(state_end(&text), 0);
    ck_assert_int_eq(state_open(&reader, text.text, text.len, &now), 0);
    ck_assert_int_eq(scaled_group_adopt_all(adopted, &registry, &reader, 0), 1);
    ck_assert_ptr_nonnull(adopted[web->index].scaler);
    ck_assert(adopted[web->index].has_logged);
    ck_assert_uint_eq(adopted[web->index].logged.desired, 20);
    scaled_group_free_all(adopted);
    ck_assert_ptr_null(adopted[web->index].scaler);
    free(text.text);
    registry_deinit(&registry);
}
END_TEST

/* The epoch of the first order of a collector that starts at that time without a saved state. */
static uint64_t first_epoch(int64_t wall_ms)
{
    struct scaler_settings settings = SCALER_SETTINGS_DEFAULT;
    const struct group_observation none = {0};
    struct scaled_group fresh = {0};

    settings.actuator = ACTUATOR_HOOK;
    settings.nodes_min = 3;
    ck_assert_int_eq(scaled_group_prepare(&fresh, &none, true, wall_ms), SCALED_GROUP_READY);
    scaled_group_step(&fresh, &settings, 1000, &none);
    ck_assert(scaled_group_is_order(&fresh));
    scaler_free(fresh.scaler);
    return fresh.last.order_epoch;
}

START_TEST(a_restart_within_the_same_second_gives_other_order_ids)
{
    ck_assert_uint_lt(first_epoch(1764000000100), first_epoch(1764000000900));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scaled_group");

    CASES_ADD(suite, "scaled_group", begin, end, a_decision_that_stands_is_logged_again_after_5_minutes,
              holding_for_another_reason_is_logged_at_most_once_a_minute, another_count_is_logged_at_once,
              silence_is_logged_at_once, silence_is_logged_at_once_in_a_roll_call_too,
              only_a_mode_that_orders_makes_an_order, a_group_that_is_not_configured_is_only_observed,
              a_group_of_old_files_is_not_scaled, what_is_saved_is_taken_over,
              a_restart_within_the_same_second_gives_other_order_ids);
    return suite_run(suite);
}
