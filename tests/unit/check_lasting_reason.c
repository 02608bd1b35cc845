/* What keeps being wrong is logged once, and again each hour. */
#include "common/lasting_reason.h"

#include "support/suite.h"

#include <check.h>

#define HOUR_MS UINT64_C(3600000)

START_TEST(reason_is_news_once_an_hour_and_when_it_is_another)
{
    static const struct {
        uint64_t now_ms;
        const char *text;
        bool is_news;
    } rows[] = {
        {5, "a", true},           {6, "a", false},           {HOUR_MS + 4, "a", false},
        {HOUR_MS + 5, "a", true}, {HOUR_MS + 6, "a", false}, {HOUR_MS + 7, "b", true},
        {HOUR_MS + 8, "a", true},
    };
    struct lasting_reason reason = {0};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_msg(lasting_reason_is_news(&reason, rows[i].text, rows[i].now_ms) == rows[i].is_news, "row %zu", i);
}
END_TEST

START_TEST(reason_that_comes_back_is_news)
{
    struct lasting_reason reason = {0};

    ck_assert(lasting_reason_is_news(&reason, "a", 1));
    lasting_reason_end(&reason);
    ck_assert(lasting_reason_is_news(&reason, "a", 2));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lasting_reason");
    TCase *tests = tcase_create("lasting_reason");

    tcase_add_test(tests, reason_is_news_once_an_hour_and_when_it_is_another);
    tcase_add_test(tests, reason_that_comes_back_is_news);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
