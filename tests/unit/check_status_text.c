/* What headroom status prints. */
#include "cli/status_text.h"

#include "cli/problem_text.h"
#include "support/suite.h"

#include <string.h>

#define NOW_MS INT64_C(1795888800000) /* 28 November 2026, 18:00 UTC */

static char *text;
static size_t len;
static struct view view;
static struct status_documents documents;
static json_t *fleet, *problems, *groups;

static json_t *parse(const char *line)
{
    json_error_t error;
    json_t *object = json_loads(line, 0, &error);

    ck_assert_msg(object != NULL, "%s in %s", error.text, line);
    return object;
}

static void begin(void)
{
    view = (struct view){.now_ms = NOW_MS, .to_local = gmtime_r};
    fleet = parse("{\"version\":\"1.2\",\"started_ms\":1795881600000,\"nodes\":{\"new\":0,\"live\":4,\"missing\":1},"
                  "\"forwarders\":[]}");
    problems = parse("{\"problems\":[],\"more\":0}");
    groups = json_pack("{s:[]}", "groups");
    documents.group = NULL;
}

static void end(void)
{
    json_decref(fleet);
    json_decref(problems);
    json_decref(groups);
    free(text);
    text = NULL;
}

static void add_group(const char *line)
{
    (void)json_array_append_new(json_object_get(groups, "groups"), parse(line));
}

static void add_problem(const char *severity, const char *group, const char *name, const char *sentence)
{
    json_t *problem = json_pack("{s:s, s:s, s:s?, s:s, s:I}", "severity", severity, "name", name, "group", group,
                                "text", sentence, "since_ms", (json_int_t)(NOW_MS - 840000));

    ck_assert_int_eq(json_array_append_new(json_object_get(problems, "problems"), problem), 0);
}

static const char *print(void)
{
    documents = (struct status_documents){
        .collector = "http://c:1", .fleet = fleet, .problems = problems, .groups = groups, .group = documents.group};
    free(text);
    view.out = open_memstream(&text, &len);
    ck_assert_int_eq(status_text_print(&documents, &view), 0);
    (void)fclose(view.out);
    return text;
}

static const char web[] =
    "{\"name\":\"web\",\"desired\":6,\"nodes\":{\"live\":4,\"missing\":1},\"utilisation\":{\"cpu\":0.714,\"memory\":"
    "0.4,\"disk\":null,\"app\":null},\"fs\":{\"fullest\":0.82},\"min\":2,\"max\":null,\"mode\":\"full\",\"overrides\":"
    "[{\"kind\":\"pin\",\"text\":\"pinned to 6 nodes\"}],\"schedules\":[\"day\"],\"signals\":["
    "{\"name\":\"rps\",\"kind\":\"load\",\"state\":\"present\",\"value\":1410.5,\"age_ms\":2100,\"per_node\":200,"
    "\"limit\":null},{\"name\":\"p99\",\"kind\":\"limit\",\"state\":\"gone\",\"value\":null,\"age_ms\":null,"
    "\"per_node\":null,\"limit\":0.25,\"missing_since_ms\":1795888200000}],"
    "\"conditions\":{\"able-to-scale\":{\"status\":true,\"since_ms\":1795888740000,\"why\":\"the hook works\"},"
    "\"limited\":{\"status\":true,\"since_ms\":1795888799500,\"why\":\"pinned\"}},\"why\":\"web: hold 6 (cpu 71%)\"}";
static const char new_group[] = "{\"name\":\"batch\",\"desired\":null,\"nodes\":{\"live\":0,\"missing\":0},"
                                "\"utilisation\":{\"cpu\":null},\"fs\":null,\"min\":1,\"max\":4,\"overrides\":[],"
                                "\"schedules\":[],\"signals\":[],\"conditions\":{}}";

START_TEST(all_is_well)
{
    add_group(web);
    add_group(new_group);
    ck_assert_str_eq(print(),
                     "2026-11-28 18:00:00 GMT  headroom-collector 1.2, up 2 h\n"
                     "http://c:1  5 nodes: 4 live, 1 missing\n"
                     "\n"
                     "No problems.\n"
                     "\n"
                     "GROUP  LIVE  MISSING  DESIRED  MIN  MAX  CPU  MEM   FS  MODE  PROBLEMS      WHY\n"
                     "batch     0        0        -    1    4    -    -    -  -     -             -\n"
                     "web       4        1        6    2    -  71%  40%  82%  full  by hand: pin  hold 6 (cpu 71%)\n");
    ck_assert(!status_text_is_ill(&documents));
}
END_TEST

START_TEST(what_is_wrong_comes_first_and_its_groups_too)
{
    add_group(new_group);
    add_group(web);
    add_problem("critical", "web", "able-to-scale", "web: the hook fails");
    add_problem("info", NULL, "clocks-off", "clocks are off");
    const char *printed = print();
    ck_assert_ptr_nonnull(strstr(printed, "\nProblems\n"
                                          "  critical  14 min  able-to-scale         web: the hook fails\n"
                                          "  info      14 min  clocks-off            clocks are off\n\nGROUP"));
    ck_assert_ptr_nonnull(strstr(printed, "able-to-scale, by hand: pin  hold"));
    ck_assert(strstr(printed, "\nweb ") < strstr(printed, "\nbatch "));
    ck_assert(status_text_is_ill(&documents));
}
END_TEST

START_TEST(what_is_only_worth_knowing_is_not_ill)
{
    add_problem("info", NULL, "pinned", "web: pinned");
    print();
    ck_assert(!status_text_is_ill(&documents));
    add_problem("warning", "db", "limited", "db: at max");
    print();
    ck_assert(status_text_is_ill(&documents));
    documents.group = "web";
    ck_assert(!status_text_is_ill(&documents)); /* another group is */
}
END_TEST

START_TEST(one_group_has_its_conditions_and_what_was_ordered_by_hand)
{
    add_group(new_group);
    add_group(web);
    add_problem("warning", "batch", "limited", "batch: at max");
    documents.group = "web";
    const char *printed = print();
    ck_assert_ptr_null(strstr(printed, "batch"));
    ck_assert_ptr_nonnull(strstr(printed, "\n"
                                          "  by hand: pinned to 6 nodes\n"
                                          "  schedule in force: day\n"
                                          "  signal rps (load, per-node 200): 1410.5, 2 s old\n"
                                          "  signal p99 (limit 0.25): gone for 10 min\n"
                                          "  able-to-scale     true   for 1 min   the hook works\n"
                                          "  limited           true   for 0 s     pinned\n"));
}
END_TEST

START_TEST(forwarders_have_a_line_each)
{
    (void)json_object_set_new(
        fleet, "forwarders",
        parse("[{\"name\":\"vm\",\"condition\":\"ok\",\"behind_ms\":3500,\"lost_files\":0,\"problem\":null},"
              "{\"name\":\"mimir\",\"condition\":\"overtaken\",\"behind_ms\":90000000,\"lost_files\":2,"
              "\"problem\":\"no answer\"}]"));
    ck_assert_ptr_nonnull(
        strstr(print(), "\nforwarder vm: ok, 3 s behind\n"
                        "forwarder mimir: overtaken, 1 d behind, 2 files deleted before they were sent: no answer\n"
                        "\nNo problems.\n\nNo groups: no agent has connected"));
}
END_TEST

static unsigned lines_of(const char *printed)
{
    unsigned lines = 0;

    for (; *printed != '\0'; printed++)
        lines += *printed == '\n';
    return lines;
}

static void add_many(unsigned count, unsigned ill)
{
    char name[32];

    for (unsigned i = 0; i < count; i++) {
        json_t *group = parse(web);
        (void)snprintf(name, sizeof name, "group-%03u", i);
        (void)json_object_set_new(group, "name", json_string(name));
        (void)json_array_append_new(json_object_get(groups, "groups"), group);
        if (i >= count - ill)
            add_problem("warning", name, "nodes-missing",
                        "3 of 21 nodes are missing, and a sentence that is so long does not fit on one line");
    }
}

/* With a prompt of two lines, a screen is full. */
START_TEST(a_screen_is_full_at_most_and_no_line_is_too_long)
{
    static const struct {
        unsigned width, height, groups, ill;
    } rows[] = {{80, 24, 200, 0}, {80, 24, 200, 150}, {80, 24, 3, 3}, {200, 50, 200, 60}, {80, 24, 30, 4}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        end();
        begin();
        view.width = rows[i].width;
        view.height = rows[i].height;
        add_many(rows[i].groups, rows[i].ill);
        const char *printed = print();
        ck_assert_uint_le(lines_of(printed), rows[i].height - 2);
        if (rows[i].groups >= rows[i].height)
            ck_assert_uint_eq(lines_of(printed), rows[i].height - 2);
        for (const char *line = printed; *line != '\0'; line = strchr(line, '\n') + 1)
            ck_assert_uint_le((unsigned)(strchr(line, '\n') - line), rows[i].width);
    }
}
END_TEST

START_TEST(what_does_not_fit_is_counted)
{
    view.width = 80;
    view.height = 24;
    add_many(200, 150);
    (void)json_object_set_new(problems, "more", json_integer(7));
    const char *printed = print();
    ck_assert_ptr_nonnull(strstr(printed, "\n  and 153 more\n\nGROUP"));
    ck_assert_ptr_nonnull(strstr(printed, "\nand 194 more groups: headroom top, or headroom status | less\n"));
    ck_assert_ptr_nonnull(strstr(printed, "\ngroup-050  ")); /* the first of those with a problem */
}
END_TEST

START_TEST(what_is_not_there_is_not_invented)
{
    json_decref(fleet);
    fleet = parse("{}");
    json_decref(problems);
    problems = parse("{\"problems\":[{},[],7]}");
    add_group("{}");
    add_group("{\"name\":7,\"nodes\":[],\"overrides\":{},\"conditions\":[]}");
    ck_assert_ptr_nonnull(strstr(print(), "headroom-collector -, up"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("status_text");
    TCase *tests = tcase_create("status_text");

    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, all_is_well);
    tcase_add_test(tests, what_is_wrong_comes_first_and_its_groups_too);
    tcase_add_test(tests, what_is_only_worth_knowing_is_not_ill);
    tcase_add_test(tests, one_group_has_its_conditions_and_what_was_ordered_by_hand);
    tcase_add_test(tests, forwarders_have_a_line_each);
    tcase_add_test(tests, a_screen_is_full_at_most_and_no_line_is_too_long);
    tcase_add_test(tests, what_does_not_fit_is_counted);
    tcase_add_test(tests, what_is_not_there_is_not_invented);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
