/* What headroom why prints. */
#include "cli/why_text.h"

#include "support/suite.h"

#include <string.h>

static char *text;

static void release(void)
{
    free(text);
    text = NULL;
}

static json_t *parse(const char *line)
{
    json_error_t error;
    json_t *object = line != NULL ? json_loads(line, 0, &error) : NULL;

    ck_assert_msg(line == NULL || object != NULL, "%s in %s", error.text, line);
    return object;
}

static const char *print(const char *decision, const char *group, unsigned width)
{
    size_t len = 0;
    json_t *first = parse(decision);
    json_t *second = parse(group);

    release();
    const struct view view = {
        .out = open_memstream(&text, &len), .width = width, .now_ms = 1795888860000, .to_local = gmtime_r};
    why_text_print(first, second, &view);
    (void)fclose(view.out);
    json_decref(first);
    json_decref(second);
    return text;
}

static const char grows[] =
    "{\"time_ms\":1795888800000,\"group\":\"web\",\"action\":\"up\",\"current\":4,\"raw\":6,\"desired\":6,"
    "\"rule\":\"forecast\",\"guard\":\"none\",\"order\":\"accepted\",\"why\":\"web: scale up 4 -> 6 (cpu 71% now)\","
    "\"row\":{\"order_epoch\":17,\"order_number\":3,\"resource\":\"cpu\",\"mode\":\"full\",\"live\":4,\"warming\":1,"
    "\"missing\":1,\"pending\":2,\"overdue\":1,\"existing\":6,\"carrying\":5,\"count\":6,\"cpu_demand\":5.68,"
    "\"cpu_capacity\":8,\"cpu\":71,\"memory\":40,\"app\":68,\"app_demand\":410,\"app_capacity\":600,\"memory_unread\":"
    "1,"
    "\"signals\":\"rps=1410 age=2\",\"high\":80,\"target\":70,\"forecaster\":\"line-120s\",\"cpu_forecast\":6.2,"
    "\"cpu_forecast_low\":5.8,\"cpu_forecast_high\":6.9,\"cpu_forecast_bound\":7.04,\"horizon_s\":135,\"coverage\":90,"
    "\"price_promised\":0.01,\"price_paid\":0.02,\"reactive_vote\":5,\"forecast_vote\":6,\"nodes_min\":2,"
    "\"nodes_max\":40,\"lead_time_s\":120,\"slow_lead_time_s\":180,\"stabilization_s\":300,\"roll_call\":0}}";

START_TEST(a_decision_is_explained_with_all_of_its_inputs)
{
    ck_assert_str_eq(
        print(grows, NULL, 0),
        "Group           web\n"
        "Decided         2026-11-28 18:00:00 GMT, 1 min ago\n"
        "Decision        add nodes, 4 -> 6; order 17.3: the hook has accepted it\n"
        "Reason          scale up 4 -> 6 (cpu 71% now)\n"
        "\n"
        "Why not more?   The largest vote is for 6 nodes.\n"
        "Why not fewer?  The largest vote is for 6 nodes.\n"
        "\n"
        "Nodes           4 live, 1 warming up, 1 missing, 2 on order, 1 of those overdue; 6 may exist, 5 carry load or "
        "will in time; the actuator counts 6\n"
        "Demand          cpu 5.68 of 8 cores, 71%; memory 40%; app 68%, 410 of 600; cpu: high 80%, target 70%; "
        "1 without a reading of memory\n"
        "Signals         rps=1410 age=2\n"
        "Forecast        within 135 s 6.2 cores are expected, 5.8 to 6.9 with 90% certainty; the group is sized for "
        "7.04, 88% of what it has (line-120s); 90% of past outcomes were within their interval; price promised 0.01, "
        "paid 0.02 mean fleets\n"
        "Votes           the demand asks for 5 nodes, the forecast asks for 6 nodes; the forecast decided (cpu)\n"
        "Bounds          min 2, max 40\n"
        "By hand         nothing is pinned or paused\n"
        "Orders          mode full; lead time 120 s, and 180 s for the slowest tenth; stabilization window 300 s\n"
        "Roll call       over\n");
}
END_TEST

START_TEST(no_line_is_wider_than_the_terminal)
{
    for (const char *line = print(grows, NULL, 80); *line != '\0'; line = strchr(line, '\n') + 1)
        ck_assert_uint_le((unsigned)(strchr(line, '\n') - line), 80);
}
END_TEST

START_TEST(the_last_decision_has_its_schedules_and_who_ordered_what)
{
    const char *printed = print(grows,
                                "{\"schedules\":[\"day\",\"sale\"],\"overrides\":[{\"text\":\"pinned to 6 nodes by "
                                "alice\"},{\"text\":\"scale-in paused\"}]}",
                                0);

    ck_assert_ptr_nonnull(strstr(printed, "\nBounds          min 2, max 40; schedules in force: day, sale\n"));
    ck_assert_ptr_nonnull(strstr(printed, "\nBy hand         pinned to 6 nodes by alice\n"
                                          "By hand         scale-in paused\n"));
}
END_TEST

START_TEST(what_was_ordered_after_the_decision_is_none_of_its_inputs)
{
    ck_assert_ptr_nonnull(strstr(print(grows, "{\"overrides\":[{\"text\":\"later\",\"set_ms\":1795888800001}]}", 0),
                                 "\nBy hand         nothing is pinned or paused\n"));
}
END_TEST

START_TEST(a_decision_that_holds_without_data)
{
    const char *printed =
        print("{\"time_ms\":1795888800000,\"group\":\"web\",\"action\":\"hold\",\"current\":1,\"raw\":0,\"desired\":1,"
              "\"rule\":\"none\",\"guard\":\"no-data\",\"order\":null,\"why\":\"web: hold 1\",\"row\":{\"mode\":"
              "\"observe\",\"live\":0,\"cpu_capacity\":0,\"nodes_min\":1,\"paused\":1,\"pin\":3,\"roll_call\":1}}",
              NULL, 0);

    ck_assert_ptr_nonnull(strstr(printed, "\nDecision        hold 1 node\n"));
    ck_assert_ptr_nonnull(strstr(printed, "\nDemand          cpu unknown;"));
    ck_assert_ptr_nonnull(strstr(printed, "\nForecast        none of cpu\n"));
    ck_assert_ptr_nonnull(strstr(printed, "\nVotes           the demand has no vote, the forecast has no vote; nothing "
                                          "decided\n"));
    ck_assert_ptr_nonnull(strstr(printed, "\nGuard           no-data\n"));
    ck_assert_ptr_nonnull(strstr(printed, "\nBounds          min 1, no max\n"));
    ck_assert_ptr_nonnull(strstr(printed, "\nBy hand         pinned to 3\nBy hand         all orders paused\n"));
    ck_assert_ptr_nonnull(strstr(printed, "\nRoll call       under way:"));
}
END_TEST

START_TEST(a_decision_that_removes_nodes_in_a_mode_that_only_observes)
{
    ck_assert_ptr_nonnull(
        strstr(print("{\"action\":\"down\",\"current\":6,\"desired\":4,\"row\":{\"mode\":\"observe\","
                     "\"victim_count\":2}}",
                     NULL, 0),
               "\nDecision        remove nodes, 6 -> 4; it names 2 of them; not carried out: the mode "
               "is observe\n"));
}
END_TEST

START_TEST(forecasts_without_an_outcome_have_no_price)
{
    const char *printed = print("{\"action\":\"hold\",\"desired\":4,\"row\":{\"cpu_forecast\":6.2,\"cpu_capacity\":8,"
                                "\"forecaster\":\"last\",\"price_promised\":0,\"price_paid\":0}}",
                                NULL, 0);

    ck_assert_ptr_nonnull(strstr(printed, " (last)\n"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("why_text");
    TCase *tests = tcase_create("why_text");

    tcase_add_checked_fixture(tests, NULL, release);
    tcase_add_test(tests, a_decision_is_explained_with_all_of_its_inputs);
    tcase_add_test(tests, no_line_is_wider_than_the_terminal);
    tcase_add_test(tests, the_last_decision_has_its_schedules_and_who_ordered_what);
    tcase_add_test(tests, what_was_ordered_after_the_decision_is_none_of_its_inputs);
    tcase_add_test(tests, a_decision_that_holds_without_data);
    tcase_add_test(tests, forecasts_without_an_outcome_have_no_price);
    tcase_add_test(tests, a_decision_that_removes_nodes_in_a_mode_that_only_observes);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
