/* What headroom describe prints. */
#include "cli/describe_text.h"

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
    json_t *object = json_loads(line, 0, &error);

    ck_assert_msg(object != NULL, "%s in %s", error.text, line);
    return object;
}

static const char *print(const char *group_line, const char *problems_line, const char *decisions_line, unsigned width)
{
    size_t len = 0;
    json_t *group = parse(group_line), *problems = parse(problems_line), *decisions = parse(decisions_line);

    release();
    const struct view view = {
        .out = open_memstream(&text, &len), .width = width, .now_ms = 1795888860000, .to_local = gmtime_r};
    ck_assert_int_eq(describe_text_print(group, problems, decisions, &view), 0);
    (void)fclose(view.out);
    json_decref(group);
    json_decref(problems);
    json_decref(decisions);
    return text;
}

static const char web[] =
    "{\"name\":\"web\",\"desired\":6,\"nodes\":{\"new\":0,\"live\":4,\"missing\":1},\"utilisation\":{\"cpu\":0.71,"
    "\"memory\":0.5,\"disk\":null},\"demand\":{\"cpu\":5.68,\"memory\":2147483648},\"capacity\":{\"cpu\":8,\"memory\":"
    "4294967296},\"fs\":{\"fullest\":0.82,\"filling\":1},\"min\":2,\"max\":null,\"tick_ms\":15000,\"stabilization_ms\":"
    "300000,\"price\":12,\"thresholds\":{\"cpu\":{\"high\":0.8,\"target\":0.7,\"low\":0.3},\"memory\":{\"high\":0.85,"
    "\"target\":0.8,\"low\":0}},\"signals\":[{\"name\":\"rps\",\"kind\":\"load\",\"state\":\"present\",\"value\":7,"
    "\"age_ms\":2100,\"per_node\":200,\"limit\":null}],\"conditions\":{\"limited\":{\"status\":false,\"since_ms\":"
    "1795888800000,\"why\":\"no bound\"}},\"overrides\":[{\"kind\":\"pin\",\"text\":\"pinned to 6\"}],\"schedules\":"
    "[\"day\"],\"decided_ms\":1795888800000,\"existing\":6,\"carrying\":5,\"pending\":2,\"count\":6,\"mode\":\"full\","
    "\"lead_time_ms\":120000,\"lead_times_seen\":3,\"why\":\"web: hold 6\",\"forecast\":{\"resource\":\"cpu\","
    "\"within_ms\":135000,\"forecaster\":\"last\",\"scored\":212,\"expected\":6.2,\"low\":5.8,\"high\":6.9,\"bound\":"
    "7.04,\"utilisation\":0.88,\"coverage\":0.9,\"promised_price\":0.01,\"paid_price\":0.02},\"app_forecast\":{"
    "\"resource\":\"app\",\"within_ms\":135000,\"scored\":0,\"expected\":900,\"low\":800,\"high\":950,\"bound\":960}}";
static const char decisions[] = "[{\"time_ms\":1795888800000,\"group\":\"web\",\"action\":\"up\",\"current\":4,"
                                "\"desired\":6,\"order\":\"accepted\",\"why\":\"web: scale up\"}]";

START_TEST(a_group_is_described)
{
    ck_assert_str_eq(
        print(web,
              "{\"problems\":[{\"severity\":\"warning\",\"name\":\"nodes-missing\",\"group\":\"web\",\"since_ms\":"
              "1795888800000,\"text\":\"1 node is "
              "missing\"},{\"severity\":\"warning\",\"group\":\"db\",\"text\":\"x\"}]}",
              decisions, 0),
        "Group         web\n"
        "Mode          full\n"
        "Nodes         4 live, 1 missing; 6 may exist, 5 carry load or will in time; 2 on order; the actuator counts "
        "6\n"
        "Desired       6\n"
        "Decision      hold 6 (2026-11-28 18:00:00 GMT)\n"
        "Bounds        min 2, no max\n"
        "Settings      tick 15 s, stabilization window 5 min, price 12, lead time 2 min (from 3 nodes that came)\n"
        "File systems  the fullest one is at 82%; on 1 node one is full, or will be within six hours\n"
        "  by hand: pinned to 6\n"
        "  schedule in force: day\n"
        "\nProblems\n"
        "  warning    1 min  nodes-missing         1 node is missing\n"
        "\nResources\n"
        "RESOURCE  UTILISATION  DEMAND  CAPACITY  HIGH  TARGET  LOW\n"
        "cpu               71%    5.68         8   80%     70%  30%\n"
        "memory            50%   2 GiB     4 GiB   85%     80%    -\n"
        "\nForecasts\n"
        "  cpu         within 135 s 6.2 cores are expected, 5.8 to 6.9 with 90% certainty; the group is sized for "
        "7.04, "
        "a utilisation of 88% (last). Of 212 past forecasts, 90% had an outcome within their interval; price promised "
        "0.01, paid 0.02 mean fleets.\n"
        "  app         within 135 s 900 are expected, 800 to 950 with 90% certainty; the group is sized for 960, a "
        "utilisation of - (-). No outcome of an earlier forecast is known yet.\n"
        "\nConditions\n"
        "  limited           false  for 1 min   no bound\n"
        "\nSignals\n"
        "  signal rps (load, per-node 200): 7, 2 s old\n"
        "\nLatest decisions to add or remove nodes\n"
        "TIME                      NODES             ORDER           WHY\n"
        "2026-11-28 18:00:00 GMT   up 4 -> 6         accepted        scale up\n");
}
END_TEST

START_TEST(a_group_of_which_nothing_is_known_yet)
{
    ck_assert_str_eq(print("{\"name\":\"db\",\"desired\":null,\"nodes\":{\"live\":0},\"min\":1,\"max\":4,\"tick_ms\":"
                           "1000,\"stabilization_ms\":300000,\"price\":2,\"conditions\":{},\"fs\":null}",
                           "{\"problems\":[]}", "[]", 80),
                     "Group         db\n"
                     "Mode          -\n"
                     "Nodes         0 live\n"
                     "Desired       not known yet\n"
                     "Bounds        min 1, max 4\n"
                     "Settings      tick 1 s, stabilization window 5 min, price 2\n"
                     "\nConditions\n"
                     "\nLatest decisions to add or remove nodes\n"
                     "  none are recorded\n");
}
END_TEST

START_TEST(no_line_is_wider_than_the_terminal)
{
    for (const char *line = print(web, "{}", decisions, 80); *line != '\0'; line = strchr(line, '\n') + 1)
        ck_assert_uint_le((unsigned)(strchr(line, '\n') - line), 80);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("describe_text");
    TCase *tests = tcase_create("describe_text");

    tcase_add_checked_fixture(tests, NULL, release);
    tcase_add_test(tests, a_group_is_described);
    tcase_add_test(tests, a_group_of_which_nothing_is_known_yet);
    tcase_add_test(tests, no_line_is_wider_than_the_terminal);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
