#include "collector/problems/problems.h"

#include "support/suite.h"

#include <stdio.h>
#include <string.h>

#define WALL_MS INT64_C(1795950000000)

static struct problems problems;
static int64_t wall_ms;

static void setup(void)
{
    problems = (struct problems){0};
    wall_ms = WALL_MS;
}

static void teardown(void)
{
    problems_deinit(&problems);
}

static void begin_after(int64_t ms)
{
    wall_ms += ms;
    problems_begin_look(&problems, wall_ms);
}

static void note(enum problem_kind kind, const char *group)
{
    const struct problem_note noted = {.kind = kind, .group = group, .text = "it is so"};

    problems_note(&problems, &noted);
}

/* The shown ones in their order: "store-held nodes-missing/web". */
static void must_show(const char *expected)
{
    char text[512] = "";

    for (unsigned i = 0; i < problems.shown; i++) {
        const struct problem_key *key = &problems.sorted[i]->key;
        size_t len = strlen(text);
        snprintf(text + len, sizeof text - len, "%s%s%s%s", i == 0 ? "" : " ", problem_kinds[key->kind].name,
                 key->group[0] == '\0' ? "" : "/", key->group);
    }
    ck_assert_str_eq(text, expected);
}

START_TEST(a_problem_lasts_as_long_as_looks_note_it)
{
    begin_after(0);
    note(PROBLEM_NODES_MISSING, "web");
    problems_end_look(&problems);
    begin_after(5000);
    note(PROBLEM_NODES_MISSING, "web");
    note(PROBLEM_NODES_MISSING, "db");
    problems_end_look(&problems);
    must_show("nodes-missing/web nodes-missing/db");
    ck_assert_int_eq(problems.sorted[0]->since_ms, WALL_MS);
    ck_assert_int_eq(problems.sorted[1]->since_ms, WALL_MS + 5000);
    begin_after(5000);
    note(PROBLEM_NODES_MISSING, "db");
    problems_end_look(&problems);
    must_show("nodes-missing/db");
    begin_after(5000);
    note(PROBLEM_NODES_MISSING, "web");
    problems_end_look(&problems);
    ck_assert_int_eq(problems.sorted[0]->since_ms, wall_ms);
}
END_TEST

START_TEST(what_is_severe_comes_first_and_then_what_is_old)
{
    begin_after(0);
    note(PROBLEM_LIMITED, "web");
    problems_end_look(&problems);
    begin_after(5000);
    note(PROBLEM_CLOCKS_OFF, NULL);
    note(PROBLEM_LIMITED, "web");
    note(PROBLEM_STORE_HELD, NULL);
    note(PROBLEM_ABLE_TO_SCALE, "web");
    problems_end_look(&problems);
    must_show("able-to-scale/web store-held limited/web clocks-off");
}
END_TEST

/* A list that is cut has what has lasted, whatever else has begun before it. */
START_TEST(what_fires_comes_before_what_may_yet_pass)
{
    begin_after(0);
    note(PROBLEM_DATA_COMPLETE, "web");
    problems_end_look(&problems);
    begin_after(5000);
    note(PROBLEM_DATA_COMPLETE, "web");
    note(PROBLEM_LIMITS_REACHED, NULL);
    problems_end_look(&problems);
    must_show("limits-reached data-complete/web");
}
END_TEST

START_TEST(what_is_only_worth_knowing_is_shown_when_it_has_lasted)
{
    const struct problem_note pin = {
        .kind = PROBLEM_PINNED, .group = "web", .since_ms = WALL_MS - 20 * PROBLEM_HOUR_MS, .text = "pinned"};

    for (unsigned hour = 0; hour < 4; hour++) {
        begin_after(PROBLEM_HOUR_MS);
        note(PROBLEM_FORECAST_TRUSTED, "web"); /* shown after 6 hours */
        problems_note(&problems, &pin);        /* older, and shown after 24 */
        problems_end_look(&problems);
        must_show(hour < 3 ? "" : "pinned/web");
    }
    begin_after(4 * PROBLEM_HOUR_MS);
    note(PROBLEM_FORECAST_TRUSTED, "web");
    note(PROBLEM_PAUSED, "web");
    problems_end_look(&problems);
    must_show("forecast-trusted/web");
    ck_assert_uint_eq(problems.count, 2);
}
END_TEST

START_TEST(subjects_tell_problems_of_a_kind_apart)
{
    const struct problem_note vm = {.kind = PROBLEM_FORWARDER_BEHIND, .subject = "vm", .text = "vm"};
    const struct problem_note mimir = {.kind = PROBLEM_FORWARDER_BEHIND, .subject = "mimir", .text = "mimir"};

    begin_after(0);
    problems_note(&problems, &vm);
    problems_note(&problems, &mimir);
    problems_note(&problems, &vm);
    problems_end_look(&problems);
    ck_assert_uint_eq(problems.count, 2);
}
END_TEST

START_TEST(a_sentence_may_change_and_is_plain_text)
{
    struct problem_note noted = {.kind = PROBLEM_NODES_MISSING, .group = "web", .node = "web-1", .text = "one"};

    begin_after(0);
    problems_note(&problems, &noted);
    problems_end_look(&problems);
    ck_assert_str_eq(problems.sorted[0]->node, "web-1");
    begin_after(5000);
    noted.node = NULL;
    noted.text = "tw\xc3\xb6\n";
    problems_note(&problems, &noted);
    problems_end_look(&problems);
    ck_assert_uint_eq(problems.count, 1);
    ck_assert_int_eq(problems.sorted[0]->since_ms, WALL_MS);
    ck_assert_str_eq(problems.sorted[0]->node, "");
    ck_assert_str_eq(problems.sorted[0]->text, "tw???");
}
END_TEST

START_TEST(there_may_be_thousands)
{
    char name[16];

    for (unsigned look = 0; look < 2; look++) {
        begin_after(5000);
        for (unsigned i = 0; i < 3000; i++) {
            snprintf(name, sizeof name, "g%u", i);
            note(i % 1000 == 0 ? PROBLEM_ABLE_TO_SCALE : PROBLEM_LIMITED, name);
        }
        problems_end_look(&problems);
    }
    ck_assert_uint_eq(problems.shown, 3000);
    ck_assert_uint_eq(problems.left_out, 0);
    ck_assert_int_eq(problems.sorted[2]->key.kind, PROBLEM_ABLE_TO_SCALE);
    ck_assert_int_eq(problems.sorted[3]->key.kind, PROBLEM_LIMITED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("problems");
    TCase *tcase = tcase_create("core");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_problem_lasts_as_long_as_looks_note_it);
    tcase_add_test(tcase, what_is_severe_comes_first_and_then_what_is_old);
    tcase_add_test(tcase, what_fires_comes_before_what_may_yet_pass);
    tcase_add_test(tcase, what_is_only_worth_knowing_is_shown_when_it_has_lasted);
    tcase_add_test(tcase, subjects_tell_problems_of_a_kind_apart);
    tcase_add_test(tcase, a_sentence_may_change_and_is_plain_text);
    tcase_add_test(tcase, there_may_be_thousands);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
