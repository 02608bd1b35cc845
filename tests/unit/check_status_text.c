/* What headroom status prints. */
#include "cli/status_text.h"

#include "support/suite.h"

#include <string.h>

static char *text;

static void release(void)
{
    free(text);
    text = NULL;
}

static const char *print(const char *line)
{
    size_t len = 0;
    json_error_t error;
    json_t *object = json_loads(line, 0, &error);

    ck_assert_msg(object != NULL, "%s", error.text);
    free(text);
    FILE *out = open_memstream(&text, &len);
    status_text_print(object, 1000000, out);
    (void)fclose(out);
    json_decref(object);
    return text;
}

START_TEST(the_collector_has_a_line_and_its_condition)
{
    ck_assert_str_eq(print("{\"collector\":{\"version\":\"1.2\",\"groups\":1,\"config-in-force\":"
                           "{\"status\":false,\"since_ms\":940000,\"why\":\"changed\"}}}"),
                     "headroom-collector 1.2, 1 group\n  config-in-force   false for 1 min   changed\n");
}
END_TEST

START_TEST(a_group_has_its_numbers_what_was_ordered_by_hand_and_its_conditions)
{
    ck_assert_str_eq(
        print(
            "{\"group\":\"web\",\"decided_ms\":1,\"desired\":6,\"live\":4,\"missing\":1,\"pending\":2,"
            "\"returning\":0,\"existing\":8,\"count\":7,\"min\":2,\"max\":0,\"mode\":\"full\",\"why\":\"web: hold 6\","
            "\"overrides\":[{\"text\":\"pinned to 6 nodes\"}],\"schedules\":[\"day\"],"
            "\"conditions\":{\"limited\":{\"status\":true,\"since_ms\":999500,\"why\":\"pinned\"}}}"),
        "\nweb: desired 6, existing 8; 4 live, 1 missing, 2 on order; count 7; min 2, no max; mode full\n"
        "  web: hold 6\n"
        "  BY HAND: pinned to 6 nodes\n"
        "  schedule in force: day\n"
        "  limited           true  for 0 s     pinned\n");
}
END_TEST

START_TEST(forwarders_have_a_line_each)
{
    ck_assert_str_eq(
        print("{\"collector\":{\"version\":\"1.2\",\"groups\":2,\"config-in-force\":"
              "{\"status\":true,\"since_ms\":940000,\"why\":\"\"},\"forwarders\":["
              "{\"name\":\"vm\",\"condition\":\"ok\",\"behind_ms\":3500,\"lost_files\":0,\"problem\":null},"
              "{\"name\":\"mimir\",\"condition\":\"overtaken\",\"behind_ms\":90000000,\"lost_files\":2,"
              "\"problem\":\"no answer\"}]}}"),
        "headroom-collector 1.2, 2 groups\n  config-in-force   true  for 1 min   \n"
        "  forwarder vm: ok, 3 s behind\n"
        "  forwarder mimir: overtaken, 1 d behind, 2 files deleted before they were sent: no answer\n");
}
END_TEST

START_TEST(signals_have_a_line_each)
{
    ck_assert_str_eq(print("{\"group\":\"web\",\"conditions\":{},\"overrides\":[],\"schedules\":[],\"signals\":["
                           "{\"name\":\"rps\",\"kind\":\"load\",\"state\":\"present\",\"value\":1410.5,\"age_ms\":2100,"
                           "\"per_node\":200,\"limit\":null},"
                           "{\"name\":\"gpu\",\"kind\":\"share\",\"state\":\"missing\",\"value\":null,\"age_ms\":50000,"
                           "\"per_node\":null,\"limit\":null,\"missing_since_ms\":955000,\"why\":\"slow\"},"
                           "{\"name\":\"p99\",\"kind\":\"limit\",\"state\":\"gone\",\"value\":null,\"age_ms\":null,"
                           "\"per_node\":null,\"limit\":0.25,\"missing_since_ms\":400000,\"why\":\"no\"}]}"),
                     "\nweb: no decision yet\n"
                     "  signal rps (load, per-node 200): 1410.5, 2 s old\n"
                     "  signal gpu (share): missing for 45 s, the last value is 50 s old\n"
                     "  signal p99 (limit 0.25): gone for 10 min\n");
}
END_TEST

START_TEST(what_is_not_known_is_said_to_be_unknown)
{
    ck_assert_str_eq(print("{\"group\":\"web\",\"conditions\":{},\"overrides\":[],\"schedules\":[]}"),
                     "\nweb: no decision yet\n");
    ck_assert_ptr_nonnull(strstr(print("{\"group\":\"web\",\"decided_ms\":1,\"desired\":null,\"count\":null}"),
                                 "desired unknown, existing 0; 0 live; min 0, no max; mode ?"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("status_text");
    TCase *tests = tcase_create("status_text");

    tcase_add_checked_fixture(tests, NULL, release);
    tcase_add_test(tests, the_collector_has_a_line_and_its_condition);
    tcase_add_test(tests, a_group_has_its_numbers_what_was_ordered_by_hand_and_its_conditions);
    tcase_add_test(tests, forwarders_have_a_line_each);
    tcase_add_test(tests, signals_have_a_line_each);
    tcase_add_test(tests, what_is_not_known_is_said_to_be_unknown);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
