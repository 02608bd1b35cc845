/* How the commands that read reach the collector. */
#include "cli/reach.h"

#include "support/suite.h"

#include <errno.h>
#include <string.h>

static char *nothing(const char *name)
{
    (void)name;
    return NULL;
}

static char *everything(const char *name)
{
    static char url[] = "https://c:1", file[] = "/f", empty[] = "";

    if (strcmp(name, "HEADROOM_COLLECTOR_URL") == 0)
        return url;
    return strcmp(name, "HEADROOM_TOKEN_FILE") == 0 ? file : empty;
}

START_TEST(without_anything_it_is_the_collector_of_this_machine)
{
    struct reach reach;
    char error[256];

    reach_init(&reach, nothing);
    ck_assert_str_eq(reach.collector, "http://127.0.0.1:7421");
    ck_assert_ptr_null(reach.token_file);
    ck_assert_ptr_null(reach.ca_file);
    ck_assert_int_eq(reach_check(&reach, error, sizeof error), 0);
}
END_TEST

START_TEST(the_environment_is_overridden_by_flags)
{
    struct reach reach;

    reach_init(&reach, everything);
    ck_assert_str_eq(reach.collector, "https://c:1");
    ck_assert_str_eq(reach.token_file, "/f");
    ck_assert_ptr_null(reach.ca_file);
    ck_assert(reach_take(&reach, REACH_COLLECTOR, "http://d"));
    ck_assert(reach_take(&reach, REACH_TOKEN_FILE, "/g"));
    ck_assert(reach_take(&reach, REACH_CA_FILE, "/h"));
    ck_assert(!reach_take(&reach, REACH_OWN, "/i"));
    ck_assert_str_eq(reach.collector, "http://d");
    ck_assert_str_eq(reach.token_file, "/g");
    ck_assert_str_eq(reach.ca_file, "/h");
}
END_TEST

START_TEST(a_url_has_a_scheme_and_a_host_and_nothing_else)
{
    static const char *const good[] = {"http://c", "http://127.0.0.1:7421/", "https://[::1]:7421"};
    static const char *const bad[] = {"",           "c:7421",       "ftp://c",         "http://",   "http:///x",
                                      "http://c/x", "http://a@b:1", "http://c?token=", "http://c#", "http://c /"};
    char error[256];
    struct reach reach = {0};

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        reach.collector = good[i];
        ck_assert_int_eq(reach_check(&reach, error, sizeof error), 0);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        reach.collector = bad[i];
        ck_assert_int_eq(reach_check(&reach, error, sizeof error), -EINVAL);
        ck_assert_ptr_nonnull(strstr(error, "--collector must be a URL such as https://collector.example:7421, got"));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reach");
    TCase *tests = tcase_create("reach");

    tcase_add_test(tests, without_anything_it_is_the_collector_of_this_machine);
    tcase_add_test(tests, the_environment_is_overridden_by_flags);
    tcase_add_test(tests, a_url_has_a_scheme_and_a_host_and_nothing_else);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
