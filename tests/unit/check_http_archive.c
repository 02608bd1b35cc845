#include "collector/http/http_archive.h"

#include "collector/http/http_route.h"
#include "support/suite.h"

#include <errno.h>
#include <string.h>

#define NOW_MS INT64_C(1764000000000)
#define DAY_MS INT64_C(86400000)

static struct http_query query;
static struct http_refusal refusal;
static struct archive_query archive;

static int ask(const char *uri)
{
    ck_assert_msg(http_route("GET", uri, false, &query, &refusal) == 0, "%s: %s", uri, refusal.text);
    ck_assert(http_archive_is_asked(&query));
    return http_archive_query(&query, NOW_MS, &archive, &refusal);
}

START_TEST(what_is_in_memory_is_not_asked_for)
{
    static const char *const uris[] = {"/api/v1/decisions", "/api/v1/decisions?since=7&group=web",
                                       "/api/v1/groups/web/series", "/metrics"};

    for (size_t i = 0; i < sizeof uris / sizeof *uris; i++) {
        ck_assert_int_eq(http_route("GET", uris[i], false, &query, &refusal), 0);
        ck_assert_msg(!http_archive_is_asked(&query), "%s", uris[i]);
    }
}
END_TEST

START_TEST(history_is_of_a_group_or_a_node)
{
    ck_assert_int_eq(ask("/api/v1/history?group=web&from=1000&to=3000&metric=demand%2Cdesired"), 0);
    ck_assert_int_eq(archive.kind, ARCHIVE_GROUP);
    ck_assert_str_eq(archive.name, "web");
    ck_assert_int_eq(archive.from_ms, 1000);
    ck_assert_int_eq(archive.to_ms, 3000);
    ck_assert_uint_eq(archive.column_count, 2);
    ck_assert_uint_eq(archive.columns[1], ARCHIVE_GROUP_DESIRED);
    ck_assert_int_eq(ask("/api/v1/history?node=web-1"), 0);
    ck_assert_int_eq(archive.kind, ARCHIVE_NODE);
    ck_assert_str_eq(archive.name, "web-1");
    ck_assert_uint_eq(archive.column_count, METRIC_COUNT);
}
END_TEST

START_TEST(an_error_lists_all_columns_of_a_group)
{
    ck_assert_int_eq(ask("/api/v1/history?group=web&metric=cpu_percent"), -EINVAL);
    for (unsigned i = 0; i < ARCHIVE_GROUP_COLUMN_COUNT; i++) {
        const char *name = archive_group_columns[i].name;
        ck_assert_msg(strstr(refusal.text, name) != NULL, "%s is not in %s", name, refusal.text);
    }
    ck_assert_ptr_nonnull(strstr(refusal.text, "at most one signal")); /* it is not cut */
}
END_TEST

START_TEST(the_time_is_a_day_until_now)
{
    ck_assert_int_eq(ask("/api/v1/history?group=web"), 0);
    ck_assert_int_eq(archive.to_ms, NOW_MS);
    ck_assert_int_eq(archive.from_ms, NOW_MS - DAY_MS);
    ck_assert_int_eq(ask("/api/v1/history?group=web&to=5"), 0);
    ck_assert_int_eq(archive.from_ms, 0);
    ck_assert_int_eq(archive.to_ms, 5);
    ck_assert_int_eq(ask("/api/v1/decisions?from=5"), 0);
    ck_assert_int_eq(archive.kind, ARCHIVE_DECISIONS);
    ck_assert_int_eq(archive.to_ms, NOW_MS);
    ck_assert_uint_eq(archive.limit, 100);
    ck_assert_str_eq(archive.name, "");
    ck_assert_int_eq(ask("/api/v1/decisions?to=5&limit=1000&group=web"), 0);
    ck_assert_uint_eq(archive.limit, 1000);
    ck_assert_str_eq(archive.name, "web");
    ck_assert_uint_eq(archive.actions, 0);
    ck_assert_int_eq(ask("/api/v1/decisions?action=up,down"), 0);
    ck_assert_uint_eq(archive.actions, 1U << ACTION_UP | 1U << ACTION_DOWN);
}
END_TEST

START_TEST(what_can_not_be_answered_is_refused)
{
    static const struct {
        const char *uri;
        const char *says;
    } refused[] = {
        {"/api/v1/history", "either group=NAME or node=NAME"},
        {"/api/v1/history?group=a&node=b", "either group=NAME or node=NAME"},
        {"/api/v1/history?group=web&metric=cpu_percent", "metric: write demand"},
        {"/api/v1/history?node=web-1&metric=demand", "metric: write metrics"},
        {"/api/v1/history?node=web-1&metric=load1,load1", "metric: write metrics"},
        {"/api/v1/history?group=web&from=7&to=7", "from must be before to"},
        {"/api/v1/history?group=web&from=8&to=7", "from must be before to"},
        {"/api/v1/history?group=web&from=1764000000000", "from must be before to"},
        {"/api/v1/decisions?from=1&since=1", "since"},
        {"/api/v1/decisions?from=1&limit=1001", "limit: with from, to or action"},
    };

    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        memset(&archive, 0x5a, sizeof archive);
        ck_assert_msg(ask(refused[i].uri) == -EINVAL, "%s", refused[i].uri);
        ck_assert_uint_eq(refusal.status, 400);
        ck_assert_msg(strstr(refusal.text, refused[i].says) != NULL, "%s: %s", refused[i].uri, refusal.text);
        ck_assert_uint_eq(archive.limit, 0x5a5a5a5a); /* untouched */
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http archive");
    TCase *tcase = tcase_create("http archive");

    tcase_add_test(tcase, what_is_in_memory_is_not_asked_for);
    tcase_add_test(tcase, history_is_of_a_group_or_a_node);
    tcase_add_test(tcase, an_error_lists_all_columns_of_a_group);
    tcase_add_test(tcase, the_time_is_a_day_until_now);
    tcase_add_test(tcase, what_can_not_be_answered_is_refused);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
