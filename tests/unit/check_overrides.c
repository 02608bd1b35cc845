/* Overrides: what is allowed, what they say of a group, their end, and their text. */
#include "collector/autoscale/overrides.h"

#include "support/suite.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#define NOW_MS  INT64_C(1795888800000) /* 28 November 2026, 18:00 UTC */
#define HOUR_MS INT64_C(3600000)

static struct overrides overrides;
static char error[256];

static void release(void)
{
    overrides_deinit(&overrides);
}

static struct override make(enum override_kind kind, const char *group, unsigned nodes)
{
    struct override override = {.kind = kind, .nodes = nodes, .set_ms = NOW_MS, .until_ms = NOW_MS + HOUR_MS};

    strcpy(override.group, group);
    return override;
}

static void set(enum override_kind kind, const char *group, unsigned nodes)
{
    struct override override = make(kind, group, nodes);

    ck_assert_int_eq(overrides_set(&overrides, &override), 0);
}

static int check(unsigned nodes, bool forced, int64_t until_ms, unsigned max)
{
    struct scaler_settings settings = SCALER_SETTINGS_DEFAULT;
    struct override pin = make(OVERRIDE_PIN, "web", nodes);

    settings.nodes_min = 3;
    settings.nodes_max = max;
    pin.forced = forced;
    pin.until_ms = until_ms;
    error[0] = '\0';
    return overrides_check(&pin, &settings, NOW_MS, error, sizeof error);
}

START_TEST(a_pin_stays_within_the_bounds_unless_forced)
{
    int64_t soon_ms = NOW_MS + HOUR_MS;

    ck_assert_int_eq(check(3, false, soon_ms, 20), 0);
    ck_assert_int_eq(check(20, false, soon_ms, 20), 0);
    ck_assert_int_eq(check(2, false, soon_ms, 20), -EINVAL);
    ck_assert_ptr_nonnull(strstr(error, "fewer than the min of group web, which is 3"));
    ck_assert_int_eq(check(21, false, soon_ms, 20), -EINVAL);
    ck_assert_ptr_nonnull(strstr(error, "--force"));
    ck_assert_int_eq(check(2, true, soon_ms, 20), 0);
    ck_assert_int_eq(check(21, true, soon_ms, 20), 0);
    ck_assert_int_eq(check(0, true, soon_ms, 20), -EINVAL);
    ck_assert_int_eq(check(NODES_MAX + 1, true, soon_ms, 20), -EINVAL);
    ck_assert_int_eq(check(5000, false, soon_ms, 0), 0); /* without max */
}
END_TEST

START_TEST(it_ends_in_the_future_and_within_7_days)
{
    ck_assert_int_eq(check(5, false, NOW_MS, 20), -EINVAL);
    ck_assert_ptr_nonnull(strstr(error, "past"));
    ck_assert_int_eq(check(5, false, NOW_MS + 1, 20), 0);
    ck_assert_int_eq(check(5, false, NOW_MS + OVERRIDE_MS_MAX, 20), 0);
    ck_assert_int_eq(check(5, true, NOW_MS + OVERRIDE_MS_MAX + 1, 20), -EINVAL);
    ck_assert_ptr_nonnull(strstr(error, "7 days"));
}
END_TEST

START_TEST(a_group_has_one_pin_and_one_pause)
{
    set(OVERRIDE_PIN, "web", 5);
    set(OVERRIDE_PAUSE, "web", 0);
    set(OVERRIDE_PIN, "db", 2);
    set(OVERRIDE_PIN, "web", 6);
    set(OVERRIDE_PAUSE_IN, "web", 0);

    ck_assert_uint_eq(overrides.count, 3);
    ck_assert_uint_eq(overrides.changes, 5);
    ck_assert_uint_eq(overrides_pin(&overrides, "web")->nodes, 6);
    ck_assert_int_eq(overrides_pause(&overrides, "web")->kind, OVERRIDE_PAUSE_IN);
    ck_assert_ptr_null(overrides_pause(&overrides, "db"));
    ck_assert_ptr_null(overrides_pin(&overrides, "other"));
}
END_TEST

START_TEST(there_is_a_limit)
{
    char name[16];

    for (unsigned i = 0; i < OVERRIDES_MAX; i++) {
        snprintf(name, sizeof name, "g%u", i);
        set(OVERRIDE_PIN, name, 1);
    }
    struct override more = make(OVERRIDE_PIN, "more", 1);
    ck_assert_int_eq(overrides_set(&overrides, &more), -ENOSPC);
    set(OVERRIDE_PIN, "g7", 9); /* takes the place of another one */
    ck_assert_uint_eq(overrides.count, OVERRIDES_MAX);
}
END_TEST

START_TEST(they_say_what_a_tick_takes_into_account)
{
    struct group_observation observed = {.live = 3};
    struct scaler_settings settings = SCALER_SETTINGS_DEFAULT;
    const struct scaler_settings before = settings;

    overrides_apply(&overrides, "web", &observed, &settings);
    ck_assert(observed.pin == 0 && !observed.paused && !observed.paused_in);
    set(OVERRIDE_PIN, "web", 5);
    set(OVERRIDE_PAUSE, "web", 0);
    overrides_apply(&overrides, "web", &observed, &settings);
    ck_assert(observed.pin == 5 && observed.paused && !observed.paused_in);
    set(OVERRIDE_PAUSE_IN, "web", 0);
    overrides_apply(&overrides, "web", &observed, &settings);
    ck_assert(observed.pin == 5 && !observed.paused && observed.paused_in);
    ck_assert_mem_eq(&settings, &before, sizeof settings);
    overrides_apply(&overrides, "db", &observed, &settings);
    ck_assert(observed.pin == 0 && !observed.paused && !observed.paused_in);
}
END_TEST

START_TEST(an_activation_lets_this_collector_order)
{
    struct group_observation observed = {.live = 3, .orders_elsewhere = true};
    struct scaler_settings settings = SCALER_SETTINGS_DEFAULT;

    set(OVERRIDE_PAUSE, "web", 0);
    overrides_apply(&overrides, "web", &observed, &settings);
    ck_assert(observed.orders_elsewhere);
    set(OVERRIDE_ACTIVATE, "web", 0);
    overrides_apply(&overrides, "web", &observed, &settings);
    ck_assert(!observed.orders_elsewhere && observed.paused);
    ck_assert_uint_eq(overrides.count, 2); /* it takes no place of a pause */
    observed.orders_elsewhere = true;
    overrides_apply(&overrides, "db", &observed, &settings);
    ck_assert(observed.orders_elsewhere);
}
END_TEST

START_TEST(a_forced_pin_widens_the_bounds)
{
    static const struct {
        unsigned nodes, max, expected_min, expected_max;
    } rows[] = {{2, 20, 2, 20}, {25, 20, 3, 25}, {5, 20, 3, 20}, {25, 0, 3, 0}};

    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct group_observation observed = {0};
        struct scaler_settings settings = SCALER_SETTINGS_DEFAULT;
        struct override pin = make(OVERRIDE_PIN, "web", rows[i].nodes);
        pin.forced = true;
        settings.nodes_min = 3;
        settings.nodes_max = rows[i].max;
        ck_assert_int_eq(overrides_set(&overrides, &pin), 0);
        overrides_apply(&overrides, "web", &observed, &settings);
        ck_assert_uint_eq(settings.nodes_min, rows[i].expected_min);
        ck_assert_uint_eq(settings.nodes_max, rows[i].expected_max);
    }
}
END_TEST

START_TEST(they_are_removed_by_group_or_when_they_are_over)
{
    struct override removed;

    set(OVERRIDE_PIN, "web", 5);
    set(OVERRIDE_PAUSE, "web", 0);
    set(OVERRIDE_PIN, "db", 2);
    overrides.items[2].until_ms += HOUR_MS;
    ck_assert(!overrides_remove(&overrides, NULL, NOW_MS + HOUR_MS - 1, &removed));
    ck_assert(overrides_remove(&overrides, NULL, NOW_MS + HOUR_MS, &removed));
    ck_assert_str_eq(removed.group, "web");
    ck_assert_uint_eq(removed.nodes, 5);
    ck_assert(overrides_remove(&overrides, "web", 0, &removed));
    ck_assert_int_eq(removed.kind, OVERRIDE_PAUSE);
    ck_assert(!overrides_remove(&overrides, "web", 0, &removed));
    ck_assert_uint_eq(overrides.count, 1);
    ck_assert_uint_eq(overrides.changes, 5);
    ck_assert_uint_eq(overrides_pin(&overrides, "db")->nodes, 2);
}
END_TEST

START_TEST(they_are_told_with_their_end_who_and_why)
{
    char text[OVERRIDE_TEXT_MAX];
    struct override override = make(OVERRIDE_PIN, "web", 20);

    override.uid = 1000;
    overrides_describe(&override, text, sizeof text);
    ck_assert_str_eq(text, "pinned to 20 nodes until 2026-11-28 19:00 UTC by uid 1000");
    strcpy(override.user, "alice");
    strcpy(override.reason, "a sale");
    override.kind = OVERRIDE_PAUSE;
    overrides_describe(&override, text, sizeof text);
    ck_assert_str_eq(text, "all orders paused, min included until 2026-11-28 19:00 UTC by alice (uid 1000): a sale");
    override.kind = OVERRIDE_PAUSE_IN;
    overrides_describe(&override, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "scale-in paused until"));
}
END_TEST

START_TEST(their_json_is_valid_and_fits_at_its_longest)
{
    struct override override = make(OVERRIDE_PIN, "web", NODES_MAX);
    char text[2 * OVERRIDE_JSON_MAX + 8];
    struct writer writer = {.text = text, .size = OVERRIDE_JSON_MAX};
    json_error_t where;

    memset(override.group, 'g', NAME_LEN_MAX);
    memset(override.user, '"', OVERRIDE_USER_MAX);
    memset(override.reason, '\\', OVERRIDE_REASON_MAX);
    override.uid = UINT32_MAX;
    overrides_put_one(&writer, &override);
    ck_assert(!writer.full);
    json_t *object = json_loadb(text, writer.len, 0, &where);
    ck_assert_str_eq(json_string_value(json_object_get(object, "reason")), override.reason);
    json_decref(object);

    set(OVERRIDE_PIN, "web", 5);
    set(OVERRIDE_PAUSE, "web", 0);
    writer = (struct writer){.text = text, .size = sizeof text};
    overrides_put_json(&writer, &overrides, "web");
    json_t *array = json_loadb(text, writer.len, 0, &where);
    ck_assert_uint_eq(json_array_size(array), 2);
    json_decref(array);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("overrides");
    TCase *tests = tcase_create("overrides");

    tcase_add_checked_fixture(tests, NULL, release);
    tcase_add_test(tests, a_pin_stays_within_the_bounds_unless_forced);
    tcase_add_test(tests, it_ends_in_the_future_and_within_7_days);
    tcase_add_test(tests, a_group_has_one_pin_and_one_pause);
    tcase_add_test(tests, there_is_a_limit);
    tcase_add_test(tests, they_say_what_a_tick_takes_into_account);
    tcase_add_test(tests, an_activation_lets_this_collector_order);
    tcase_add_test(tests, a_forced_pin_widens_the_bounds);
    tcase_add_test(tests, they_are_removed_by_group_or_when_they_are_over);
    tcase_add_test(tests, they_are_told_with_their_end_who_and_why);
    tcase_add_test(tests, their_json_is_valid_and_fits_at_its_longest);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
