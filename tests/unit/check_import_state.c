#include "offline/import_state.h"

#include "scaler/history.h"
#include "scaler/inherit.h"
#include "scaler/scaler.h"
#include "support/suite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS 15000

static const struct state_moment taken = {.boot = "boot-1", .mono_ms = 50000000, .wall_ms = 1700000000000};
static struct state_text old, merged;
static struct import_group imported;

static struct scaler *run(double level)
{
    struct scaler_settings settings = SCALER_SETTINGS_DEFAULT;
    struct scaler *scaler = scaler_new();

    settings.nodes_max = 100;
    for (int tick = 0; tick < 300; tick++) {
        struct group_observation observed = {
            .live = 4, .resource[RESOURCE_CPU] = {.demand = level + tick % 5 / 10.0, .capacity = 4.0, .nodes = 4}};
        (void)scaler_step(scaler, &settings, taken.mono_ms + (tick - 300) * TICK_MS, &observed);
    }
    return scaler;
}

static void add(const char *name, double level)
{
    struct state_group group = {.scaler = run(level)};

    snprintf(group.name, sizeof group.name, "%s", name);
    state_add(&old, &group);
    scaler_free(group.scaler);
}

static void setup(void)
{
    old = merged = (struct state_text){0};
    imported = (struct import_group){.scaler = scaler_new()};
    struct scaler *past = run(2.0);
    ck_assert_uint_eq(inherit_demand(imported.scaler, past, 0), 1);
    scaler_free(past);
    state_begin(&old, &taken);
    state_put(&old, "node web-1 web and what else the caller writes\nnode web-2 web\n");
    add("db", 1.0);
    add("web", 3.0);
    ck_assert_int_eq(state_end(&old), 0);
}

static void teardown(void)
{
    free(old.text);
    free(merged.text);
    scaler_free(imported.scaler);
}

static void merge(const char *name)
{
    struct import_moments moments;

    snprintf(imported.name, sizeof imported.name, "%s", name);
    ck_assert_int_eq(import_state_moments(old.text, old.len, taken.wall_ms, &moments), 0);
    ck_assert_int_eq(moments.taken.mono_ms, taken.mono_ms);
    ck_assert_int_eq(import_state_merge(old.text, old.len, &moments, &imported, 1, &merged), 0);
}

static const char *group_in(const struct state_text *text, const char *line)
{
    return memmem(text->text, text->len, line, strlen(line));
}

/* All but the imported group is written as it was, to the byte. */
START_TEST(test_a_new_group_is_added)
{
    merge("new");
    ck_assert(!imported.is_known);
    size_t same = (size_t)(group_in(&merged, "group new\n") - merged.text);
    ck_assert_uint_gt(merged.len, old.len);
    ck_assert_mem_eq(merged.text, old.text, same);
    ck_assert_int_eq(memcmp(old.text + same, "end 2 ", 6), 0);
}
END_TEST

START_TEST(test_a_known_group_gets_the_history)
{
    struct state_reader reader;
    struct state_group group;

    merge("web");
    ck_assert(imported.is_known);
    ck_assert_mem_eq(merged.text, old.text, (size_t)(group_in(&old, "group web\n") - old.text));
    ck_assert_int_eq(state_open(&reader, merged.text, merged.len, &taken), 0);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(state_next(&reader, &group), 1);
        const struct history *demand = scaler_demand(group.scaler);
        ck_assert_double_eq_tol(history_at(demand, 0)->value, i == 0 ? 1.4 : 2.4, 1e-9);
        ck_assert(!group.is_inherited);
        scaler_free(group.scaler);
    }
    ck_assert_int_eq(state_next(&reader, &group), 0);
}
END_TEST

START_TEST(test_without_a_state_there_is_one_group)
{
    struct state_reader reader;
    struct state_group group;
    struct import_moments moments;

    snprintf(imported.name, sizeof imported.name, "web");
    ck_assert_int_eq(import_state_moments(NULL, 0, taken.mono_ms, &moments), 0);
    ck_assert_int_eq(import_state_merge(NULL, 0, &moments, &imported, 1, &merged), 0);
    ck_assert_int_eq(state_open(&reader, merged.text, merged.len, &moments.read), 0);
    ck_assert_int_eq(state_next(&reader, &group), 1);
    ck_assert_str_eq(group.name, "web");
    ck_assert(group.is_inherited);
    ck_assert_uint_gt(scaler_demand(group.scaler)->count, 290);
    scaler_free(group.scaler);
    ck_assert_int_eq(state_next(&reader, &group), 0);
}
END_TEST

/* The group as it is read back; it is freed with the next one. */
static struct scaler *reread(struct scaler *scaler, int64_t now_ms, bool *is_inherited)
{
    struct state_moment now = taken;
    struct state_group group = {.name = "new", .scaler = scaler, .has_said = true, .said_ms = now_ms};
    struct state_reader reader;

    now.mono_ms = now_ms;
    merged.len = 0;
    state_begin(&merged, &now);
    state_add(&merged, &group);
    ck_assert_int_eq(state_end(&merged), 0);
    ck_assert_int_eq(state_open(&reader, merged.text, merged.len, &now), 0);
    ck_assert_int_eq(state_next(&reader, &group), 1);
    scaler_free(scaler);
    *is_inherited = group.is_inherited;
    return group.scaler;
}

/* However often the collector starts before the first node comes. */
START_TEST(test_the_history_waits_for_the_first_node)
{
    const struct group_observation node = {.live = 1,
                                           .resource[RESOURCE_CPU] = {.demand = 0.5, .capacity = 1.0, .nodes = 1}};
    const struct group_observation empty = {.live = 0};
    const struct scaler_settings settings = SCALER_SETTINGS_DEFAULT;
    bool is_inherited;

    for (int tick = 0; tick < 3 * 5760; tick++) {
        int64_t now_ms = taken.mono_ms + tick * TICK_MS;
        ck_assert_int_eq(scaler_step(imported.scaler, &settings, now_ms, &empty).action, ACTION_HOLD);
        if (tick % 5760 > 1)
            continue;
        imported.scaler = reread(imported.scaler, now_ms, &is_inherited);
        ck_assert(is_inherited);
    }
    int64_t now_ms = taken.mono_ms + INT64_C(3) * 5760 * TICK_MS;
    (void)scaler_step(imported.scaler, &settings, now_ms, &node);
    (void)scaler_step(imported.scaler, &settings, now_ms + TICK_MS, &empty);
    imported.scaler = reread(imported.scaler, now_ms + TICK_MS, &is_inherited);
    ck_assert(!is_inherited);
}
END_TEST

/* Records may end after the collector saved its state for the last time. */
START_TEST(test_one_import_follows_another)
{
    struct state_reader reader;
    struct state_group group;
    struct import_moments moments;
    struct state_text first;
    struct scaler *late = scaler_new();

    ck_assert_uint_eq(inherit_demand(late, imported.scaler, 2 * TICK_MS), 1);
    scaler_free(imported.scaler);
    imported.scaler = late;
    merge("first");
    first = merged;
    merged = (struct state_text){0};
    snprintf(imported.name, sizeof imported.name, "second");
    ck_assert_int_eq(import_state_moments(first.text, first.len, taken.wall_ms + 4 * TICK_MS, &moments), 0);
    ck_assert_int_eq(import_state_merge(first.text, first.len, &moments, &imported, 1, &merged), 0);
    free(first.text);

    ck_assert_int_eq(state_open(&reader, merged.text, merged.len, &moments.read), 0);
    ck_assert_int_eq(reader.taken.mono_ms, taken.mono_ms);
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_int_eq(state_next(&reader, &group), 1);
        ck_assert_uint_gt(scaler_demand(group.scaler)->count, 290);
        scaler_free(group.scaler);
    }
    ck_assert_int_eq(state_next(&reader, &group), 0);
}
END_TEST

START_TEST(test_a_damaged_state_is_refused)
{
    const struct import_moments moments = {taken, taken};
    struct import_moments refused;

    old.text[old.len / 2] ^= 1;
    ck_assert_int_eq(import_state_moments(old.text, old.len, taken.wall_ms, &refused), -EBADMSG);
    ck_assert_int_eq(import_state_merge(old.text, old.len, &moments, &imported, 1, &merged), -EBADMSG);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("import_state");
    TCase *tcase = tcase_create("import_state");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, test_a_new_group_is_added);
    tcase_add_test(tcase, test_a_known_group_gets_the_history);
    tcase_add_test(tcase, test_without_a_state_there_is_one_group);
    tcase_add_test(tcase, test_the_history_waits_for_the_first_node);
    tcase_add_test(tcase, test_one_import_follows_another);
    tcase_add_test(tcase, test_a_damaged_state_is_refused);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
