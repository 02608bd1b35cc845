/* Requests of the program headroom: all that may be asked, and nothing else. */
#include "collector/admin/admin_request.h"

#include "support/suite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct admin_request request;
static char error[256];

static int parse(const char *line)
{
    error[0] = '\0';
    return admin_request_parse(&request, line, strlen(line), error, sizeof error);
}

START_TEST(each_command_is_read)
{
    ck_assert_int_eq(parse("{\"command\":\"pin\",\"group\":\"web\",\"nodes\":20,\"until_ms\":1795888800000,"
                           "\"reason\":\"a sale\",\"user\":\"alice\",\"force\":true}"),
                     0);
    ck_assert_int_eq(request.command, ADMIN_PIN);
    ck_assert_str_eq(request.group, "web");
    ck_assert_uint_eq(request.nodes, 20);
    ck_assert_int_eq(request.until_ms, 1795888800000);
    ck_assert_str_eq(request.reason, "a sale");
    ck_assert_str_eq(request.user, "alice");
    ck_assert(request.force);
    ck_assert_int_eq(parse("{\"command\":\"pause\",\"group\":\"web\",\"until_ms\":1}"), 0);
    ck_assert_int_eq(request.command, ADMIN_PAUSE);
    ck_assert_int_eq(parse("{\"command\":\"pause-scale-in\",\"group\":\"web\",\"until_ms\":1}"), 0);
    ck_assert_int_eq(request.command, ADMIN_PAUSE_SCALE_IN);
    ck_assert_int_eq(parse("{\"command\":\"activate\",\"group\":\"web\",\"until_ms\":1}"), 0);
    ck_assert_int_eq(request.command, ADMIN_ACTIVATE);
    ck_assert_int_eq(parse("{\"command\":\"activate\",\"group\":\"web\"}"), -EINVAL);
    ck_assert_int_eq(parse("{\"command\":\"resume\",\"group\":\"web\"}"), 0);
    ck_assert_int_eq(request.command, ADMIN_RESUME);
    ck_assert_int_eq(parse("{\"command\":\"forget\",\"group\":\"web\",\"nodes\":[\"a\",\"b\"]}"), 0);
    ck_assert_uint_eq(request.node_count, 2);
    ck_assert_str_eq(request.node_ids[1], "b");
    ck_assert_int_eq(parse("{\"command\":\"forget\",\"group\":\"web\",\"missing\":true}"), 0);
    ck_assert(request.missing && request.node_count == 0);
}
END_TEST

START_TEST(anything_else_is_refused_with_the_reason)
{
    static const struct {
        const char *line, *error;
    } rows[] = {
        {"", "a request must be"},
        {"pin web=20", "a request must be"},
        {"[1]", "a request must be"},
        {"{\"command\":\"pin\",\"command\":\"pin\"}", "a request must be"},
        {"{}", "command must be"},
        {"{\"command\":\"stop\"}", "command must be"},
        {"{\"command\":7}", "command must be"},
        {"{\"command\":\"pin\",\"nodes\":5,\"until_ms\":1}", "group must be"},
        {"{\"command\":\"resume\",\"group\":\"we b\"}", "group must be"},
        {"{\"command\":\"resume\",\"group\":[]}", "group must be"},
        {"{\"command\":\"pin\",\"group\":\"web\",\"nodes\":5}", "until_ms must be"},
        {"{\"command\":\"pause\",\"group\":\"web\",\"until_ms\":-1}", "until_ms must be"},
        {"{\"command\":\"pause\",\"group\":\"web\",\"until_ms\":1e3}", "until_ms must be"},
        {"{\"command\":\"pin\",\"group\":\"web\",\"until_ms\":1}", "nodes must be"},
        {"{\"command\":\"pin\",\"group\":\"web\",\"until_ms\":1,\"nodes\":0}", "nodes must be"},
        {"{\"command\":\"pin\",\"group\":\"web\",\"until_ms\":1,\"nodes\":4294967297}", "nodes must be"},
        {"{\"command\":\"resume\",\"group\":\"web\",\"user\":\"a\\nb\"}", "user must be"},
        {"{\"command\":\"resume\",\"group\":\"web\",\"user\":\"a\\u001b[31m\"}", "user must be"},
        {"{\"command\":\"resume\",\"group\":\"web\",\"user\":\"a\\u009b31m\"}", "user must be"},
        {"{\"command\":\"resume\",\"group\":\"web\",\"reason\":7}", "reason must be at most 200 bytes"},
        {"{\"command\":\"forget\",\"group\":\"web\"}", "name the nodes"},
        {"{\"command\":\"forget\",\"group\":\"web\",\"missing\":true,\"nodes\":[\"a\"]}", "name the nodes"},
        {"{\"command\":\"forget\",\"group\":\"web\",\"nodes\":[\"a\",7]}", "nodes must be names"},
        {"{\"command\":\"forget\",\"group\":\"web\",\"nodes\":[\"../a\"]}", "nodes must be names"},
    };

    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert_msg(parse(rows[i].line) == -EINVAL, "%s", rows[i].line);
        ck_assert_msg(strstr(error, rows[i].error) != NULL, "%s: %s", rows[i].line, error);
    }
}
END_TEST

START_TEST(texts_and_lists_are_bounded)
{
    static char line[ADMIN_REQUEST_MAX];
    char reason[OVERRIDE_REASON_MAX + 2];

    for (unsigned more = 0; more <= 1; more++) {
        memset(reason, 'r', sizeof reason);
        reason[OVERRIDE_REASON_MAX + more] = '\0';
        snprintf(line, sizeof line, "{\"command\":\"resume\",\"group\":\"web\",\"reason\":\"%s\"}", reason);
        ck_assert_int_eq(parse(line), more == 0 ? 0 : -EINVAL);
        size_t len = (size_t)snprintf(line, sizeof line, "{\"command\":\"forget\",\"group\":\"web\",\"nodes\":[\"n\"");
        for (unsigned i = 1; i < ADMIN_NODES_MAX + more; i++)
            len += (size_t)snprintf(line + len, sizeof line - len, ",\"n%u\"", i);
        snprintf(line + len, sizeof line - len, "]}");
        ck_assert_int_eq(parse(line), more == 0 ? 0 : -EINVAL);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("admin_request");
    TCase *tests = tcase_create("admin_request");

    tcase_add_test(tests, each_command_is_read);
    tcase_add_test(tests, anything_else_is_refused_with_the_reason);
    tcase_add_test(tests, texts_and_lists_are_bounded);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
