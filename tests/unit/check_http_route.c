#include "collector/http/http_route.h"

#include "collector/fleet/registry.h"
#include "support/suite.h"

#include <errno.h>
#include <string.h>

static struct http_query request;
static struct http_refusal refusal;

static int route(const char *method, const char *uri)
{
    memset(&request, 0x5a, sizeof request);
    return http_route(method, uri, false, &request, &refusal);
}

START_TEST(each_path_has_its_answer)
{
    static const struct {
        const char *uri;
        enum http_endpoint endpoint;
        const char *name;
    } paths[] = {
        {"/", HTTP_ASSET, ""},
        {"/page.js", HTTP_ASSET, ""},
        {"/healthz", HTTP_HEALTHZ, ""},
        {"/readyz?", HTTP_READYZ, ""},
        {"/api/v1/fleet", HTTP_FLEET, ""},
        {"/api/v1/groups", HTTP_GROUPS, ""},
        {"/api/v1/groups/web", HTTP_GROUP, "web"},
        {"/api/v1/groups/web%2D1", HTTP_GROUP, "web-1"},
        {"/api/v1/groups/web/series", HTTP_GROUP_SERIES, "web"},
        {"/api/v1/nodes", HTTP_NODES, ""},
        {"/api/v1/nodes/a.b_c-1", HTTP_NODE, "a.b_c-1"},
        {"/api/v1/nodes/n/series?&&", HTTP_NODE_SERIES, "n"},
        {"/api/v1/decisions", HTTP_DECISIONS, ""},
        {"/metrics", HTTP_METRICS, ""},
        {"/metrics/nodes", HTTP_METRICS_NODES, ""},
    };

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        ck_assert_msg(route("GET", paths[i].uri) == 0, "%s: %s", paths[i].uri, refusal.text);
        ck_assert_int_eq(request.endpoint, paths[i].endpoint);
        ck_assert_str_eq(request.name, paths[i].name);
        ck_assert(!request.head);
        ck_assert_int_eq(route("HEAD", paths[i].uri), 0);
        ck_assert(request.head);
    }
}
END_TEST

START_TEST(parameters_are_read)
{
    ck_assert_int_eq(route("GET", "/api/v1/nodes"), 0);
    ck_assert_int_eq(request.state, -1);
    ck_assert_uint_eq(request.column_count, 0);
    ck_assert_uint_eq(request.limit, 0);
    ck_assert(request.since == INT64_MIN);

    ck_assert_int_eq(route("GET", "/api/v1/nodes?group=web&state=stale&after=17&limit=100000&columns=id%2Ccpu_percent"),
                     0);
    ck_assert_str_eq(request.group, "web");
    ck_assert_int_eq(request.state, NODE_STALE);
    ck_assert_uint_eq(request.after, 17);
    ck_assert_uint_eq(request.limit, 100000);
    ck_assert_uint_eq(request.column_count, 2);
    ck_assert_uint_eq(request.columns[0], HTTP_COLUMN_ID);
    ck_assert_uint_eq(request.columns[1], HTTP_COLUMN_METRIC + METRIC_CPU);

    ck_assert_int_eq(route("GET", "http://proxy:80/api/v1/groups/web?x"), -EINVAL);
    ck_assert_uint_eq(refusal.status, 400);
    ck_assert_int_eq(route("GET", "HTTP://proxy/metrics"), 0);
    ck_assert_int_eq(request.endpoint, HTTP_METRICS);
    ck_assert_int_eq(route("GET", "http://proxy"), 0);
    ck_assert_int_eq(request.endpoint, HTTP_ASSET);
    ck_assert_int_eq(route("GET", "http://proxy?x"), -EINVAL);
    ck_assert_uint_eq(refusal.status, 400);

    ck_assert_int_eq(route("GET", "/api/v1/nodes/n/series?metric=disk_read_bytes_per_second&since=1764000000000"), 0);
    ck_assert_uint_eq(request.columns[0], HTTP_COLUMN_METRIC + METRIC_DISK_READ);
    ck_assert_int_eq(request.since, 1764000000000);
}
END_TEST

START_TEST(what_is_not_known_is_refused)
{
    static const struct {
        const char *method;
        const char *uri;
        unsigned status;
        const char *says;
    } refused[] = {
        {"GET", "/nothing", 404, "/nothing"},
        {"GET", "//", 404, ""},
        {"GET", "/api/v1/groups/", 404, ""},
        {"GET", "/api/v1/groups/..", 404, ""},
        {"GET", "/api/v1/groups/a/b", 404, ""},
        {"GET", "/api/v1/groups/%2e%2e%2f", 404, ""},
        {"GET", "/../../etc/passwd", 404, ""},
        {"GET", "/page.js/", 404, ""},
        {"GET", "/api/v1/nodes/n\xff", 404, ""},
        {"GET", "/metrics%00", 400, "path"},
        {"GET", "/metrics%", 400, "path"},
        {"GET", "/metrics%zz", 400, "path"},
        {"GET", "/metrics\n", 400, "path"},
        {"POST", "/metrics", 405, "--http-ingest"},
        {"PUT", "/metrics", 405, "PUT"},
        {"GET", "/metrics/latest", 404, "--http-ingest"},
        {"GET", "http://localhost/nothing", 404, "/nothing"},
        {"GET", "http:/metrics", 404, ""},
        {"DELETE", "/api/v1/nodes/n", 405, "DELETE"},
        {"BREW", "/", 405, "BREW"},
        {"POST", "/nothing", 404, ""},
        {"GET", "/metrics?x", 400, "\"x\""},
        {"GET", "/metrics?group=web", 400, "group"},
        {"GET", "/api/v1/nodes?=1", 400, "\"\""},
        {"GET", "/api/v1/nodes?limit", 400, "limit: write"},
        {"GET", "/api/v1/nodes?limit=0", 400, "limit: write"},
        {"GET", "/api/v1/nodes?limit=100001", 400, "limit: write"},
        {"GET", "/api/v1/nodes?limit=1e3", 400, "limit: write"},
        {"GET", "/api/v1/nodes?limit=-1", 400, "limit: write"},
        {"GET", "/api/v1/nodes?limit=1&limit=1", 400, "limit is given twice"},
        {"GET", "/api/v1/nodes?after=99999999999999999999", 400, "after: write"},
        {"GET", "/api/v1/nodes?state=dead", 400, "state: write"},
        {"GET", "/api/v1/nodes?group=%2e%2e", 400, "group: write"},
        {"GET", "/api/v1/nodes?columns=", 400, "columns: write"},
        {"GET", "/api/v1/nodes?columns=id,id", 400, "columns: write"},
        {"GET", "/api/v1/nodes?columns=id,", 400, "columns: write"},
        {"GET", "/api/v1/nodes?columns=cpu", 400, "columns: write"},
        {"GET", "/api/v1/nodes/n/series?metric=id", 400, "metric: write"},
        {"GET", "/api/v1/nodes/n/series?since=NaN", 400, "since: write"},
        {"GET", "/api/v1/nodes/n/series?since=-1", 400, "since: write"},
        {"GET", "/api/v1/nodes/n/series?since=%00", 400, "since: write"},
        {"GET", "/api/v1/nodes/n/series?since=9223372036854775808", 400, "since: write"},
    };
    char path[1000] = "/";

    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        ck_assert_msg(route(refused[i].method, refused[i].uri) < 0, "%s", refused[i].uri);
        ck_assert_msg(refusal.status == refused[i].status, "%s: %u", refused[i].uri, refusal.status);
        ck_assert_msg(strstr(refusal.text, refused[i].says) != NULL, "%s: %s", refused[i].uri, refusal.text);
        ck_assert_msg((refusal.allow != NULL) == (refusal.status == 405), "%s", refused[i].uri);
        ck_assert_int_eq(request.state, 0x5a5a5a5a); /* untouched */
    }
    memset(path + 1, 'a', sizeof path - 2);
    ck_assert_int_lt(route("GET", path), 0);
    ck_assert_uint_eq(refusal.status, 400);
}
END_TEST

START_TEST(old_agents_doors_are_there_only_when_they_are_open)
{
    ck_assert_int_eq(http_route("POST", "/metrics", true, &request, &refusal), 0);
    ck_assert_int_eq(request.endpoint, HTTP_INGEST);
    ck_assert_int_eq(http_route("GET", "/metrics", true, &request, &refusal), 0);
    ck_assert_int_eq(request.endpoint, HTTP_METRICS);
    ck_assert_int_eq(http_route("GET", "/metrics/latest", true, &request, &refusal), 0);
    ck_assert_int_eq(http_route("GET", "/health", true, &request, &refusal), 0);
    ck_assert_int_lt(http_route("PUT", "/metrics", true, &request, &refusal), 0);
    ck_assert_str_eq(refusal.allow, "GET, HEAD, POST");
    ck_assert_int_lt(route("GET", "/metrics/latest"), 0);
    ck_assert_uint_eq(refusal.status, 404);
    ck_assert_int_lt(route("GET", "/health"), 0);
    ck_assert_int_lt(route("POST", "/metrics"), 0);
    ck_assert_str_eq(refusal.allow, "GET, HEAD");
}
END_TEST

START_TEST(a_token_must_be_the_whole_token)
{
    ck_assert(http_token_ok("s3cret", "Bearer s3cret"));
    ck_assert(http_token_ok("s3cret", "bearer s3cret"));
    ck_assert(!http_token_ok("s3cret", NULL));
    ck_assert(!http_token_ok("s3cret", ""));
    ck_assert(!http_token_ok("s3cret", "Bearer"));
    ck_assert(!http_token_ok("s3cret", "Bearer "));
    ck_assert(!http_token_ok("s3cret", "Bearer s3cre"));
    ck_assert(!http_token_ok("s3cret", "Bearer s3crets3cret"));
    ck_assert(!http_token_ok("s3cret", "Bearer s3creT"));
    ck_assert(!http_token_ok("s3cret", "Basic s3cret"));
    ck_assert(http_is_open(HTTP_ASSET) && http_is_open(HTTP_HEALTHZ) && http_is_open(HTTP_READYZ));
    ck_assert(!http_is_open(HTTP_METRICS) && !http_is_open(HTTP_GROUPS) && !http_is_open(HTTP_INGEST));
}
END_TEST

START_TEST(a_strangers_name_is_not_this_machine)
{
    ck_assert(http_host_is_local(NULL));
    ck_assert(http_host_is_local("localhost"));
    ck_assert(http_host_is_local("LOCALHOST:7421"));
    ck_assert(http_host_is_local("127.0.0.1:7421"));
    ck_assert(http_host_is_local("[::1]:7421"));
    ck_assert(!http_host_is_local("evil.example:7421"));
    ck_assert(!http_host_is_local("localhost.evil.example"));
    ck_assert(!http_host_is_local("127.0.0.1.evil.example"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http route");
    TCase *tcase = tcase_create("http route");

    tcase_add_test(tcase, each_path_has_its_answer);
    tcase_add_test(tcase, parameters_are_read);
    tcase_add_test(tcase, what_is_not_known_is_refused);
    tcase_add_test(tcase, old_agents_doors_are_there_only_when_they_are_open);
    tcase_add_test(tcase, a_token_must_be_the_whole_token);
    tcase_add_test(tcase, a_strangers_name_is_not_this_machine);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
