/* Problems that begin, last and end, as the program of on-alert hears of them. */
#include "collector/problems/alerts.h"
#include "collector/problems/alerts_file.h"

#include "support/suite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#define NOW_MS    INT64_C(10000000)
#define WALL_MS   INT64_C(1795950000000)
#define SECOND_MS INT64_C(1000)
#define LOOK_MS   (5 * SECOND_MS)

static const struct alert_times times = {.interval_ms = 5 * PROBLEM_MINUTE_MS, .repeat_ms = 4 * PROBLEM_HOUR_MS};
static struct alerts alerts;
static struct problems problems;
static struct moment now;
static char told[65536]; /* "begins limits-reached/groups; ..." of the last run */

static void setup(void)
{
    alerts = (struct alerts){0};
    problems = (struct problems){0};
    now = (struct moment){NOW_MS, WALL_MS};
}

static void teardown(void)
{
    alerts_deinit(&alerts);
    problems_deinit(&problems);
}

static void read_told(const char *text, size_t len)
{
    json_error_t error;
    json_t *message = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    const json_t *alert = NULL;
    size_t i = 0, at = 0;

    ck_assert_msg(message != NULL, "%s: %.200s", error.text, text);
    ck_assert_str_eq(json_string_value(json_object_get(message, "collector")), "mon-1");
    ck_assert_int_eq(json_integer_value(json_object_get(message, "time_ms")), now.wall_ms);
    json_array_foreach(json_object_get(message, "alerts"), i, alert)
    {
        const char *group = json_string_value(json_object_get(alert, "group"));
        at += (size_t)snprintf(told + at, sizeof told - at, "%s%s %s%s%s", i == 0 ? "" : "; ",
                               json_string_value(json_object_get(alert, "event")),
                               json_string_value(json_object_get(alert, "name")), group != NULL ? "/" : "",
                               group != NULL ? group : "");
        ck_assert_uint_lt(at, sizeof told);
    }
    json_decref(message);
}

/* Begins a run if it is time for one. Returns how many alerts it has. */
static int run(bool is_time)
{
    char *text = NULL;
    size_t len = 0;

    told[0] = '\0';
    int count = is_time ? alerts_begin_run(&alerts, &times, "mon-1", &now, &text, &len) : 0;
    if (count > 0)
        read_told(text, len);
    free(text);
    return count;
}

/* Time passes, with looks that see these problems: names of groups that are at max, and "!": the store is held. The
 * program accepts what it is told, or not. Returns all that it was told in that time. */
static const char *pass_with(int64_t ms, const char *seen, bool is_accepted)
{
    static char all[sizeof told];
    size_t at = 0;

    all[0] = '\0';
    for (int64_t end_ms = now.now_ms + ms; now.now_ms < end_ms;) {
        char names[1024];
        now.now_ms += LOOK_MS;
        now.wall_ms += LOOK_MS;
        problems_begin_look(&problems, now.wall_ms);
        snprintf(names, sizeof names, "%s", seen);
        for (char *name = strtok(names, " "); name != NULL; name = strtok(NULL, " ")) {
            bool is_store = strcmp(name, "!") == 0;
            const struct problem_note note = {.kind = is_store ? PROBLEM_STORE_HELD : PROBLEM_LIMITED,
                                              .group = is_store ? NULL : name,
                                              .text = "so it is"};
            problems_note(&problems, &note);
        }
        problems_end_look(&problems);
        if (run(alerts_look(&alerts, &problems, &times, &now)) == 0)
            continue;
        at += (size_t)snprintf(all + at, sizeof all - at, "%s%s", at == 0 ? "" : " | ", told);
        ck_assert_uint_lt(at, sizeof all);
        alerts_end_run(&alerts, is_accepted, &now);
    }
    return all;
}

static const char *pass(int64_t ms, const char *seen)
{
    return pass_with(ms, seen, true);
}

START_TEST(a_problem_is_reported_when_it_has_lasted)
{
    ck_assert_str_eq(pass(PROBLEM_MINUTE_MS, "!"), "");
    ck_assert_str_eq(pass(3 * LOOK_MS, "!"), "begins store-held");
    ck_assert_str_eq(pass(PROBLEM_HOUR_MS, "!"), "");
    ck_assert_str_eq(pass(3 * LOOK_MS, ""), "ends store-held");
    ck_assert_str_eq(pass(PROBLEM_HOUR_MS, ""), "");
    ck_assert_uint_eq(alerts.count, 0);
}
END_TEST

START_TEST(one_that_does_not_last_is_not)
{
    ck_assert_str_eq(pass(50 * SECOND_MS, "!"), "");
    ck_assert_str_eq(pass(LOOK_MS, ""), "");
    ck_assert_str_eq(pass(50 * SECOND_MS, "!"), "");
    ck_assert_str_eq(pass(PROBLEM_HOUR_MS, ""), "");
}
END_TEST

START_TEST(one_that_lasts_is_repeated)
{
    ck_assert_str_eq(pass(2 * PROBLEM_MINUTE_MS, "!"), "begins store-held");
    ck_assert_str_eq(pass(4 * PROBLEM_HOUR_MS - PROBLEM_MINUTE_MS, "!"), "");
    ck_assert_str_eq(pass(PROBLEM_MINUTE_MS, "!"), "continues store-held");
    ck_assert_str_eq(pass(8 * PROBLEM_HOUR_MS, "!"), "continues store-held | continues store-held");
    ck_assert_str_eq(pass(6 * PROBLEM_MINUTE_MS, ""), "ends store-held");
}
END_TEST

/* Half a minute on, half a minute off: reported at most once in each interval, and only if what was said has changed.
 */
START_TEST(one_that_comes_and_goes_is_not_reported_each_time)
{
    unsigned messages = 0;

    ck_assert_str_eq(pass(2 * PROBLEM_MINUTE_MS, "!"), "begins store-held");
    for (unsigned i = 0; i < 60; i++) {
        messages += *pass(30 * SECOND_MS, "") != '\0';
        messages += *pass(30 * SECOND_MS, "!") != '\0';
    }
    ck_assert_uint_le(messages, 12);
    pass(10 * PROBLEM_MINUTE_MS, "!");
    ck_assert_str_eq(pass(PROBLEM_HOUR_MS, ""), "ends store-held");
}
END_TEST

START_TEST(one_that_is_back_soon_has_not_ended)
{
    ck_assert_str_eq(pass(2 * PROBLEM_MINUTE_MS, "!"), "begins store-held");
    ck_assert_str_eq(pass(PROBLEM_MINUTE_MS, ""), "");
    ck_assert_str_eq(pass(PROBLEM_HOUR_MS, "!"), "");
    int64_t since_ms = alerts.by_key->problem.since_ms;
    ck_assert_int_eq(since_ms, WALL_MS + LOOK_MS);
}
END_TEST

START_TEST(what_begins_together_is_one_run)
{
    char names[1024] = "";
    unsigned seen = 0;

    for (size_t i = 0, at = 0; i < 200; i++)
        at += (size_t)snprintf(names + at, sizeof names - at, "g%zu ", i);
    const char *all = pass(16 * PROBLEM_MINUTE_MS, names);
    ck_assert_ptr_null(strchr(all, '|'));
    for (const char *at = all; (at = strstr(at, "begins limited/g")) != NULL; at++)
        seen++;
    ck_assert_uint_eq(seen, 200);
}
END_TEST

START_TEST(more_than_a_run_takes_is_told_in_the_next)
{
    char name[16];

    for (unsigned look = 0; look < 3; look++) {
        now.now_ms += LOOK_MS;
        now.wall_ms += LOOK_MS;
        problems_begin_look(&problems, now.wall_ms);
        for (unsigned i = 0; i < ALERTS_RUN_MAX + 7; i++) {
            const struct problem_note note = {
                .kind = PROBLEM_LIMITED, .group = name, .since_ms = 1, .text = "\"\"\"\"\"\"\"\"\"\""};
            snprintf(name, sizeof name, "g%u", i);
            problems_note(&problems, &note);
        }
        problems_end_look(&problems);
        bool is_time = alerts_look(&alerts, &problems, &times, &now);
        ck_assert(is_time == (look > 0));
        if (!is_time)
            continue;
        ck_assert_int_eq(run(true), look == 1 ? (int)ALERTS_RUN_MAX : 7);
        alerts_end_run(&alerts, true, &now);
        alerts.due_ms = now.now_ms - ALERTS_GATHER_MS; /* as after the time in which alerts are gathered */
    }
    ck_assert_int_eq(run(true), 0);
}
END_TEST

START_TEST(what_was_not_accepted_is_told_as_it_is_then)
{
    ck_assert_ptr_nonnull(
        strstr(pass_with(2 * PROBLEM_MINUTE_MS, "!", false), "begins store-held | begins store-held"));
    ck_assert_str_eq(pass_with(PROBLEM_MINUTE_MS, "", false), ""); /* nobody knows that it had begun */
    pass_with(20 * PROBLEM_MINUTE_MS, "web", false);
    ck_assert_str_eq(pass(2 * LOOK_MS, "web"), "begins limited/web");
    pass_with(10 * PROBLEM_MINUTE_MS, "", false);
    ck_assert_str_eq(pass(2 * LOOK_MS, ""), "ends limited/web");
}
END_TEST

START_TEST(a_clock_that_is_set_back_holds_nothing_up)
{
    ck_assert_str_eq(pass(2 * PROBLEM_MINUTE_MS, "!"), "begins store-held");
    now.wall_ms -= 24 * PROBLEM_HOUR_MS;
    ck_assert_str_eq(pass(PROBLEM_MINUTE_MS, "!"), "");
    ck_assert_str_eq(pass(5 * PROBLEM_MINUTE_MS, ""), "ends store-held");
}
END_TEST

/* ---- over a restart ---- */

static void restart(void)
{
    size_t len = 0;
    char *text = alerts_file_text(&alerts, &len);

    alerts_deinit(&alerts);
    problems_deinit(&problems);
    ck_assert_int_eq(alerts_file_parse(text, len, &alerts), 0);
    free(text);
}

START_TEST(a_restart_repeats_nothing)
{
    ck_assert_str_eq(pass(20 * PROBLEM_MINUTE_MS, "! web"), "begins store-held | begins limited/web");
    restart();
    ck_assert_uint_eq(alerts.count, 2);
    ck_assert_str_eq(pass(2 * PROBLEM_MINUTE_MS, ""), ""); /* not seen yet */
    ck_assert_str_eq(pass(2 * PROBLEM_HOUR_MS, "! web"), "");
    ck_assert_int_eq(alerts.by_key->problem.since_ms, WALL_MS + LOOK_MS);
    ck_assert_str_eq(pass(2 * PROBLEM_HOUR_MS, "! web"), "continues store-held | continues limited/web");
    ck_assert_str_eq(pass(PROBLEM_MINUTE_MS, "!"), "ends limited/web");
}
END_TEST

START_TEST(what_ended_during_a_restart_is_reported)
{
    ck_assert_str_eq(pass(2 * PROBLEM_MINUTE_MS, "!"), "begins store-held");
    restart();
    ck_assert_str_eq(pass(ALERTS_SETTLE_MS - LOOK_MS, ""), "");
    ck_assert_str_eq(pass(PROBLEM_MINUTE_MS, ""), "ends store-held");
    restart();
    ck_assert_uint_eq(alerts.count, 0);
}
END_TEST

START_TEST(a_damaged_file_is_refused_whole)
{
    size_t len = 0;

    pass(20 * PROBLEM_MINUTE_MS, "! web");
    char *text = alerts_file_text(&alerts, &len);
    for (size_t cut = 0; cut < len; cut++) {
        struct alerts read = {0};
        const char *end = cut > 0 ? text + cut - 1 : text;
        bool is_whole = cut > 0 && *end == '\n';
        ck_assert_int_eq(alerts_file_parse(text, cut, &read), is_whole ? 0 : -EBADMSG);
        ck_assert(is_whole || read.by_key == NULL);
        alerts_deinit(&read);
    }
    free(text);
}
END_TEST

START_TEST(other_contents_are_refused)
{
    static const char *const bad[] = {
        "",
        "{\"alerts\":2}\n",
        "{\"alerts\":1}\n\n",
        "{\"alerts\":1}\n{}\n",
        "{\"alerts\":1}\n{\"name\":\"limited\",\"group\":\"a b\",\"subject\":\"\",\"node\":\"\",\"since_ms\":1,\"sent_"
        "ms\":1,\"text\":\"\"}\n",
        "{\"alerts\":1}\n{\"name\":\"limited\",\"group\":\"a\",\"subject\":\"\",\"node\":\"\",\"since_ms\":0,\"sent_"
        "ms\":1,\"text\":\"\"}\n",
        "{\"alerts\":1}\n{\"name\":\"limited\",\"group\":\"a\",\"subject\":\"\",\"node\":\"\",\"since_ms\":1,\"sent_"
        "ms\":1,\"text\":\"\\n\"}\n",
    };
    const char *other = "{\"alerts\":1}\n{\"name\":\"of-later\",\"group\":\"a\",\"subject\":\"\",\"node\":\"\","
                        "\"since_ms\":1,\"sent_ms\":1,\"text\":\"\"}\n";

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_int_eq(alerts_file_parse(bad[i], strlen(bad[i]), &alerts), -EBADMSG);
        ck_assert_ptr_null(alerts.by_key);
    }
    ck_assert_int_eq(alerts_file_parse(other, strlen(other), &alerts), 0); /* a kind of a later version */
    ck_assert_uint_eq(alerts.count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("alerts");
    TCase *tcase = tcase_create("core");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_problem_is_reported_when_it_has_lasted);
    tcase_add_test(tcase, one_that_does_not_last_is_not);
    tcase_add_test(tcase, one_that_lasts_is_repeated);
    tcase_add_test(tcase, one_that_comes_and_goes_is_not_reported_each_time);
    tcase_add_test(tcase, one_that_is_back_soon_has_not_ended);
    tcase_add_test(tcase, what_begins_together_is_one_run);
    tcase_add_test(tcase, more_than_a_run_takes_is_told_in_the_next);
    tcase_add_test(tcase, what_was_not_accepted_is_told_as_it_is_then);
    tcase_add_test(tcase, a_clock_that_is_set_back_holds_nothing_up);
    tcase_add_test(tcase, a_restart_repeats_nothing);
    tcase_add_test(tcase, what_ended_during_a_restart_is_reported);
    tcase_add_test(tcase, a_damaged_file_is_refused_whole);
    tcase_add_test(tcase, other_contents_are_refused);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
