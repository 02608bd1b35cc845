#include "collector/http/http_route.h"

#include "collector/fleet/registry.h"
#include "collector/http/http_access.h"
#include "collector/http/http_assets.h"
#include "common/loopback.h"
#include "support/suite.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

static struct http_query query;
static struct http_refusal refusal;

static int route(const char *method, const char *uri)
{
    memset(&query, 0x5a, sizeof query);
    return http_route(method, uri, false, &query, &refusal);
}

START_TEST(each_path_has_its_answer)
{
    static const struct {
        const char *uri;
        const char *path; /* of the endpoint; NULL: a file of the page */
        const char *name;
    } paths[] = {
        {"/", NULL, ""},
        {"/page.js", NULL, ""},
        {"/healthz", "/healthz", ""},
        {"/metrics.js", "/metrics.js", ""},
        {"/readyz?", "/readyz", ""},
        {"/api/v1/fleet", "/api/v1/fleet", ""},
        {"/api/v1/groups", "/api/v1/groups", ""},
        {"/api/v1/groups/web", "/api/v1/groups/*", "web"},
        {"/api/v1/groups/web%2D1", "/api/v1/groups/*", "web-1"},
        {"/api/v1/groups/web/decision", "/api/v1/groups/*/decision", "web"},
        {"/api/v1/groups/web/series", "/api/v1/groups/*/series", "web"},
        {"/api/v1/nodes", "/api/v1/nodes", ""},
        {"/api/v1/nodes/a.b_c-1", "/api/v1/nodes/*", "a.b_c-1"},
        {"/api/v1/nodes/n/series?&&", "/api/v1/nodes/*/series", "n"},
        {"/api/v1/decisions", "/api/v1/decisions", ""},
        {"/api/v1/history?node=n", "/api/v1/history", ""},
        {"/metrics", "/metrics", ""},
        {"/metrics/nodes", "/metrics/nodes", ""},
    };

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        ck_assert_msg(route("GET", paths[i].uri) == 0, "%s: %s", paths[i].uri, refusal.text);
        ck_assert((query.asset != NULL) == (paths[i].path == NULL));
        if (paths[i].path == NULL)
            ck_assert_str_eq(query.asset->path, paths[i].uri);
        else
            ck_assert_str_eq(query.endpoint->path, paths[i].path);
        ck_assert_str_eq(query.name, paths[i].name);
        ck_assert(!query.head);
        ck_assert_int_eq(route("HEAD", paths[i].uri), 0);
        ck_assert(query.head);
    }
}
END_TEST

START_TEST(parameters_are_read)
{
    ck_assert_int_eq(route("GET", "/api/v1/nodes"), 0);
    ck_assert_int_eq(query.state, -1);
    ck_assert_uint_eq(query.column_count, 0);
    ck_assert_uint_eq(query.limit, 0);
    ck_assert(query.since == INT64_MIN);

    ck_assert_int_eq(
        route("GET", "/api/v1/nodes?group=web&state=missing&after=17&limit=100000&columns=id%2Ccpu_percent"), 0);
    ck_assert_str_eq(query.group, "web");
    ck_assert_int_eq(query.state, NODE_MISSING);
    ck_assert_uint_eq(query.after, 17);
    ck_assert_uint_eq(query.limit, 100000);
    ck_assert_uint_eq(query.column_count, 2);
    ck_assert_uint_eq(query.columns[0], HTTP_COLUMN_ID);
    ck_assert_uint_eq(query.columns[1], HTTP_COLUMN_METRIC + METRIC_CPU);

    ck_assert_int_eq(route("GET", "http://proxy:80/api/v1/groups/web?x"), -EINVAL);
    ck_assert_uint_eq(refusal.status, 400);
    ck_assert_int_eq(route("GET", "HTTP://proxy/metrics"), 0);
    ck_assert_str_eq(query.endpoint->path, "/metrics");
    ck_assert_int_eq(route("GET", "http://proxy"), 0);
    ck_assert_str_eq(query.asset->path, "/");
    ck_assert_int_eq(route("GET", "http://proxy?x"), -EINVAL);
    ck_assert_uint_eq(refusal.status, 400);

    ck_assert_int_eq(route("GET", "/api/v1/nodes/n/series?metric=disk_read_bytes_per_second&since=1764000000000"), 0);
    ck_assert_uint_eq(query.columns[0], HTTP_COLUMN_METRIC + METRIC_DISK_READ);
    ck_assert_int_eq(query.since, 1764000000000);
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
        {"GET", "/api/v1/history?from=-1", 400, "from: write a Unix time"},
        {"GET", "/api/v1/history?to=253402300800000", 400, "to: write a Unix time"},
        {"GET", "/api/v1/history?node=a/b", 400, "node: write"},
        {"GET", "/api/v1/history?metric=", 400, "metric: write"},
        {"GET", "/api/v1/history?since=1", 400, "takes no parameter"},
        {"GET", "/api/v1/decisions?action=", 400, "action: write"},
        {"GET", "/api/v1/decisions?action=up,up", 400, "action: write"},
        {"GET", "/api/v1/decisions?action=down,", 400, "action: write"},
        {"GET", "/api/v1/decisions?node=a", 400, "takes no parameter"},
        {"GET", "/api/v1/nodes/n/series?since=9223372036854775808", 400, "since: write"},
    };
    char path[1000] = "/";

    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        ck_assert_msg(route(refused[i].method, refused[i].uri) < 0, "%s", refused[i].uri);
        ck_assert_msg(refusal.status == refused[i].status, "%s: %u", refused[i].uri, refusal.status);
        ck_assert_msg(strstr(refusal.text, refused[i].says) != NULL, "%s: %s", refused[i].uri, refusal.text);
        ck_assert_msg((refusal.allow != NULL) == (refusal.status == 405), "%s", refused[i].uri);
        ck_assert_int_eq(query.state, 0x5a5a5a5a); /* untouched */
    }
    memset(path + 1, 'a', sizeof path - 2);
    ck_assert_int_lt(route("GET", path), 0);
    ck_assert_uint_eq(refusal.status, 400);
}
END_TEST

START_TEST(old_agents_doors_are_there_only_when_they_are_open)
{
    ck_assert_int_eq(http_route("POST", "/metrics", true, &query, &refusal), 0);
    ck_assert(query.endpoint->body);
    ck_assert_int_eq(http_route("GET", "/metrics", true, &query, &refusal), 0);
    ck_assert(!query.endpoint->body);
    ck_assert_int_eq(http_route("GET", "/metrics/latest", true, &query, &refusal), 0);
    ck_assert_int_eq(http_route("GET", "/health", true, &query, &refusal), 0);
    ck_assert_int_lt(http_route("PUT", "/metrics", true, &query, &refusal), 0);
    ck_assert_str_eq(refusal.allow, "GET, HEAD, POST");
    ck_assert_int_lt(route("GET", "/metrics/latest"), 0);
    ck_assert_uint_eq(refusal.status, 404);
    ck_assert_int_lt(route("GET", "/health"), 0);
    ck_assert_int_lt(route("POST", "/metrics"), 0);
    ck_assert_str_eq(refusal.allow, "GET, HEAD");
}
END_TEST

static bool is_open(const char *uri)
{
    ck_assert_int_eq(http_route("GET", uri, true, &query, &refusal), 0);
    return http_route_is_open(&query);
}

START_TEST(what_needs_no_token)
{
    ck_assert(is_open("/") && is_open("/healthz") && is_open("/metrics.js") && is_open("/readyz") &&
              is_open("/health"));
    ck_assert(!is_open("/metrics") && !is_open("/api/v1/groups"));
    ck_assert_int_eq(http_route("POST", "/metrics", true, &query, &refusal), 0);
    ck_assert(!http_route_is_open(&query));
}
END_TEST

START_TEST(a_token_must_be_the_whole_token)
{
    ck_assert(http_access_token_ok("s3cret", "Bearer s3cret"));
    ck_assert(http_access_token_ok("s3cret", "bearer s3cret"));
    ck_assert(!http_access_token_ok("s3cret", NULL));
    ck_assert(!http_access_token_ok("s3cret", ""));
    ck_assert(!http_access_token_ok("s3cret", "Bearer"));
    ck_assert(!http_access_token_ok("s3cret", "Bearer "));
    ck_assert(!http_access_token_ok("s3cret", "Bearer s3cre"));
    ck_assert(!http_access_token_ok("s3cret", "Bearer s3crets3cret"));
    ck_assert(!http_access_token_ok("s3cret", "Bearer s3creT"));
    ck_assert(!http_access_token_ok("s3cret", "Basic s3cret"));
    ck_assert(!http_access_token_ok("", "Bearer ")); /* there is none */
}
END_TEST

START_TEST(a_strangers_name_is_not_this_machine)
{
    ck_assert(http_access_host_is_local(NULL));
    ck_assert(http_access_host_is_local("localhost"));
    ck_assert(http_access_host_is_local("LOCALHOST:7421"));
    ck_assert(http_access_host_is_local("127.0.0.1:7421"));
    ck_assert(http_access_host_is_local("[::1]:7421"));
    ck_assert(!http_access_host_is_local("evil.example:7421"));
    ck_assert(!http_access_host_is_local("localhost.evil.example"));
    ck_assert(!http_access_host_is_local("127.0.0.1.evil.example"));
}
END_TEST

START_TEST(other_machines_need_a_token_or_leave)
{
    static const struct {
        const char *address;
        bool loopback;
    } rows[] = {{"127.0.0.1", true}, {"127.8.9.10", true}, {"10.0.0.1", false}, {"::1", true}, {"::", false}};
    struct collector_config config = {.http = {.host = "10.0.0.1", .port = 7421}};
    char error[256] = "";

    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sockaddr_storage address = {.ss_family = AF_INET};
        if (inet_pton(AF_INET, rows[i].address, &((struct sockaddr_in *)&address)->sin_addr) != 1) {
            address.ss_family = AF_INET6;
            ck_assert_int_eq(inet_pton(AF_INET6, rows[i].address, &((struct sockaddr_in6 *)&address)->sin6_addr), 1);
        }
        ck_assert_msg(loopback_is(&address) == rows[i].loopback, "%s", rows[i].address);
    }
    ck_assert_int_eq(http_access_check(&config, true, error, sizeof error), 0);
    ck_assert_int_eq(http_access_check(&config, false, error, sizeof error), -EPERM);
    ck_assert_ptr_nonnull(strstr(error, "10.0.0.1:7421 can be reached from other machines"));
    config.http_insecure = true;
    ck_assert_int_eq(http_access_check(&config, false, error, sizeof error), 0);
    config = (struct collector_config){.http_token = "s3cret"};
    ck_assert_int_eq(http_access_check(&config, false, error, sizeof error), 0);
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
    tcase_add_test(tcase, what_needs_no_token);
    tcase_add_test(tcase, a_token_must_be_the_whole_token);
    tcase_add_test(tcase, a_strangers_name_is_not_this_machine);
    tcase_add_test(tcase, other_machines_need_a_token_or_leave);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
