#include "collector/fleet/forwarders.h"

#include "bridge/forward/forward_state.h"
#include "support/suite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct forwarders forwarders;
static struct collector_config config;
static struct forwarder_state vm;
static char lines[1024];
static int64_t now_ms;

static void note_line(bool is_warning, const char *line)
{
    size_t len = strlen(lines);

    snprintf(lines + len, sizeof lines - len, "%s%s\n", is_warning ? "warning: " : "", line);
}

static void setup(void)
{
    forwarders = (struct forwarders){0};
    config = collector_config_defaults;
    vm = (struct forwarder_state){.name = "vm", .time_ms = 1};
    now_ms = 1000000;
    lines[0] = '\0';
}

/* Another report of vm after that time. */
static void report_after(int64_t ms)
{
    now_ms += ms;
    vm.time_ms += ms;
    forwarders_take(&forwarders, &vm, 1, &config, now_ms, note_line);
}

static void must_log(const char *text)
{
    ck_assert_msg(strstr(lines, text) != NULL && (*text != '\0' || lines[0] == '\0'), "\"%s\" instead of \"%s\"", lines,
                  text);
    lines[0] = '\0';
}

START_TEST(what_a_forwarder_writes_is_read)
{
    const struct forward_state written = {
        .name = "vm",
        .rows = {.settled = 1, .unsettled = 2, .refused = 3, .filtered = 4, .waiting = 5},
        .damaged = 6,
        .lost = {.files = 7, .from_ms = 8, .to_ms = 9},
        .bytes_behind = 10,
        .wall_ms = 1795876884495,
        .behind_ms = 11,
        .problem = "the \"engine\" is\tgone",
    };
    char text[FORWARDERS_FILE_MAX];
    struct forwarder_state read;

    size_t len = forward_state_json(&written, text, sizeof text);
    ck_assert_int_eq(forwarders_parse(text, len, &read), 0);
    ck_assert_str_eq(read.name, "vm");
    ck_assert_int_eq(read.time_ms, 1795876884495);
    ck_assert_int_eq(read.behind_ms, 11);
    ck_assert_uint_eq(read.bytes_behind, 10);
    ck_assert_uint_eq(read.lost_files, 7);
    ck_assert_uint_eq(read.rows[FORWARDER_SETTLED], 1);
    ck_assert_uint_eq(read.rows[FORWARDER_UNSETTLED], 2);
    ck_assert_uint_eq(read.rows[FORWARDER_REFUSED], 3);
    ck_assert_uint_eq(read.rows[FORWARDER_FILTERED], 4);
    ck_assert_uint_eq(read.rows[FORWARDER_WAITING], 5);
    ck_assert_str_eq(read.problem, "the \"engine\" is?gone");
    for (size_t i = 0; i < len - 1; i++)
        ck_assert_int_eq(forwarders_parse(text, i, &read), -EBADMSG);
}
END_TEST

START_TEST(what_is_no_state)
{
    static const char *const texts[] = {"", "{}", "[]", "null", "{\"name\":\"vm\"}", "{\"name\":\"../vm\"}"};
    struct forwarder_state read;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_int_eq(forwarders_parse(texts[i], strlen(texts[i]), &read), -EBADMSG);
}
END_TEST

/* They are added to others. */
START_TEST(times_have_a_limit)
{
    static const char text[] = "{\"name\":\"vm\",\"time_ms\":1,\"behind_ms\":%s,\"bytes_behind\":1,"
                               "\"lost_to_retention\":{\"files\":0},\"settled\":1,\"unsettled\":1,\"refused\":1,"
                               "\"filtered\":1,\"waiting\":1,\"problem\":\"\"}";
    char filled[512];
    struct forwarder_state read;

    snprintf(filled, sizeof filled, text, "253402300799999");
    ck_assert_int_eq(forwarders_parse(filled, strlen(filled), &read), 0);
    snprintf(filled, sizeof filled, text, "9223372036854775807");
    ck_assert_int_eq(forwarders_parse(filled, strlen(filled), &read), -EBADMSG);
}
END_TEST

START_TEST(far_behind_and_caught_up)
{
    report_after(0);
    must_log("");
    vm.behind_ms = 299999;
    report_after(5000);
    must_log("");
    vm.behind_ms = 300000;
    strcpy(vm.problem, "the engine answers with status 503");
    report_after(5000);
    must_log("warning: engine vm: the forwarder is 5 min behind: the engine answers with status 503\n");
    ck_assert_int_eq(forwarders.of[0].condition, FORWARDER_BEHIND);
    report_after(5000);
    must_log("");
    vm.behind_ms = 0;
    report_after(5000);
    must_log("engine vm: the forwarder has caught up\n");
}
END_TEST

START_TEST(one_that_stops_reporting_is_silent)
{
    report_after(0);
    vm.behind_ms = 2000;
    report_after(5000);
    now_ms += 59000;
    forwarders_take(&forwarders, &vm, 1, &config, now_ms, note_line); /* the same file */
    must_log("");
    now_ms += 1000;
    forwarders_take(&forwarders, NULL, 0, &config, now_ms, note_line); /* no file */
    must_log("warning: engine vm: the forwarder has not reported for a minute; no rows are sent to it\n");
    ck_assert_int_eq(forwarders_behind_ms(&forwarders.of[0], now_ms), 62000);
    report_after(5000);
    must_log("engine vm: the forwarder has caught up\n");
    now_ms += 24 * 3600 * 1000 - 1;
    forwarders_take(&forwarders, NULL, 0, &config, now_ms, note_line);
    ck_assert_uint_eq(forwarders.count, 1);
    now_ms++;
    forwarders_take(&forwarders, NULL, 0, &config, now_ms, note_line);
    ck_assert_uint_eq(forwarders.count, 0);
}
END_TEST

START_TEST(retention_is_about_to_overtake)
{
    config.retain_ms = 1000000;
    vm.behind_ms = 799999;
    report_after(0);
    ck_assert_int_eq(forwarders.of[0].condition, FORWARDER_BEHIND);
    vm.behind_ms = 800000;
    report_after(5000);
    ck_assert_int_eq(forwarders.of[0].condition, FORWARDER_OVERTAKEN);
    must_log("retain or retain-size will soon delete rows that it has not sent");
    vm.behind_ms = 0;
    config.retain_ms = 0;
    config.retain_bytes = 1000;
    vm.bytes_behind = 796;
    report_after(5000);
    ck_assert_int_eq(forwarders.of[0].condition, FORWARDER_OK);
    vm.bytes_behind = 800;
    report_after(5000);
    ck_assert_int_eq(forwarders.of[0].condition, FORWARDER_OVERTAKEN);
}
END_TEST

START_TEST(the_nearer_limit_of_the_retention_counts)
{
    config.retain_ms = 0;
    config.retain_bytes = 0;
    vm.behind_ms = 100000;
    vm.bytes_behind = 300;
    report_after(0);
    ck_assert_double_nan(forwarders_retention_share(&forwarders.of[0], &config, now_ms));
    ck_assert_int_eq(forwarders.of[0].condition, FORWARDER_OK);
    config.retain_ms = 1000000;
    ck_assert_double_eq(forwarders_retention_share(&forwarders.of[0], &config, now_ms), 0.1);
    config.retain_bytes = 1000;
    ck_assert_double_eq(forwarders_retention_share(&forwarders.of[0], &config, now_ms), 0.3);
    /* One that does not report falls behind further. */
    ck_assert_double_eq(forwarders_retention_share(&forwarders.of[0], &config, now_ms + 400000), 0.5);
}
END_TEST

START_TEST(they_are_sorted_and_bounded)
{
    struct forwarder_state found[FORWARDERS_MAX + 1] = {0};

    for (unsigned i = 0; i <= FORWARDERS_MAX; i++)
        snprintf(found[i].name, sizeof found[i].name, "e%u", FORWARDERS_MAX - i);
    forwarders_take(&forwarders, found, FORWARDERS_MAX + 1, &config, now_ms, note_line);
    ck_assert_uint_eq(forwarders.count, FORWARDERS_MAX);
    ck_assert_str_eq(forwarders.of[0].state.name, "e1");
    ck_assert_str_eq(forwarders.of[FORWARDERS_MAX - 1].state.name, "e8");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("forwarders");
    TCase *tc = tcase_create("forwarders");

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, what_a_forwarder_writes_is_read);
    tcase_add_test(tc, what_is_no_state);
    tcase_add_test(tc, times_have_a_limit);
    tcase_add_test(tc, far_behind_and_caught_up);
    tcase_add_test(tc, one_that_stops_reporting_is_silent);
    tcase_add_test(tc, retention_is_about_to_overtake);
    tcase_add_test(tc, the_nearer_limit_of_the_retention_counts);
    tcase_add_test(tc, they_are_sorted_and_bounded);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
