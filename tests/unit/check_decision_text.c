/* Lists of decisions. */
#include "cli/decision_text.h"

#include "support/suite.h"

static char *text;

static void release(void)
{
    free(text);
    text = NULL;
}

static const char *print(unsigned width, unsigned group_width)
{
    json_t *decision =
        json_loads("{\"time_ms\":1795888800000,\"group\":\"web\",\"action\":\"up\",\"current\":4,\"desired\":"
                   "6,\"order\":\"accepted\",\"why\":\"web: scale up 4 -> 6 (cpu 71% now, 88% within "
                   "135 s, high 80%)\"}",
                   0, NULL);
    json_t *hold =
        json_loads("{\"time_ms\":1795888860000,\"group\":\"web\",\"action\":\"hold\",\"desired\":6,\"order\":"
                   "null,\"why\":\"web: hold 6\"}",
                   0, NULL);
    size_t len = 0;

    release();
    const struct view view = {.out = open_memstream(&text, &len), .width = width, .to_local = gmtime_r};
    decision_text_titles(group_width, &view);
    decision_text_print(decision, group_width, &view);
    decision_text_print(hold, group_width, &view);
    (void)fclose(view.out);
    json_decref(decision);
    json_decref(hold);
    return text;
}

START_TEST(a_decision_is_a_line)
{
    ck_assert_str_eq(print(0, 6), "TIME                      GROUP   NODES             ORDER           WHY\n"
                                  "2026-11-28 18:00:00 GMT   web     up 4 -> 6         accepted        scale up 4 -> 6 "
                                  "(cpu 71% now, 88% within 135 s, high 80%)\n"
                                  "2026-11-28 18:01:00 GMT   web     hold 6            -               hold 6\n");
}
END_TEST

START_TEST(on_a_narrow_terminal_the_sentence_stands_below)
{
    ck_assert_str_eq(print(60, 0), "TIME                      NODES             ORDER\n"
                                   "2026-11-28 18:00:00 GMT   up 4 -> 6         accepted\n"
                                   "    scale up 4 -> 6 (cpu 71% now, 88% within 135 s, high\n"
                                   "    80%)\n"
                                   "2026-11-28 18:01:00 GMT   hold 6            -\n"
                                   "    hold 6\n");
}
END_TEST

START_TEST(the_column_of_groups_fits_the_longest_one)
{
    json_t *decisions = json_loads("[{\"group\":\"web\"},{\"group\":\"a-longer-name\"},{}]", 0, NULL);

    ck_assert_uint_eq(decision_text_group_width(decisions), 13);
    (void)json_array_clear(decisions);
    ck_assert_uint_eq(decision_text_group_width(decisions), 5);
    json_decref(decisions);
}
END_TEST

static int64_t nodes_before(const char *json)
{
    json_t *decision = json_loads(json, 0, NULL);
    int64_t nodes = decision_text_nodes_before(decision);

    json_decref(decision);
    return nodes;
}

START_TEST(missing_nodes_count_as_in_the_sentence)
{
    /* "scale up 4 -> 6 (...; 1 missing)" */
    ck_assert_int_eq(nodes_before("{\"action\":\"up\",\"current\":3,\"desired\":6,\"row\":{\"existing\":4}}"), 4);
    ck_assert_int_eq(nodes_before("{\"action\":\"down\",\"current\":6,\"desired\":4,\"row\":{\"existing\":6}}"), 6);
    /* "scale up to at least 6, 3 of them carry load" */
    ck_assert_int_eq(nodes_before("{\"action\":\"up\",\"current\":3,\"desired\":6,\"row\":{\"existing\":8}}"), 3);
    ck_assert_int_eq(nodes_before("{\"action\":\"up\",\"current\":3,\"desired\":6,\"row\":{}}"), 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("decision_text");
    TCase *tests = tcase_create("decision_text");

    tcase_add_checked_fixture(tests, NULL, release);
    tcase_add_test(tests, a_decision_is_a_line);
    tcase_add_test(tests, on_a_narrow_terminal_the_sentence_stands_below);
    tcase_add_test(tests, the_column_of_groups_fits_the_longest_one);
    tcase_add_test(tests, missing_nodes_count_as_in_the_sentence);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
