/* How the descriptors of a process are divided between agents and connections without a Hello. */
#include "collector/file_limit.h"

#include "common/limits.h"
#include "support/cases.h"
#include "support/suite.h"

#include <check.h>
#include <sys/resource.h>

#define OTHERS 64U

/* Each test has a process of its own, and may only lower the limit. */
static struct file_limit with_files(rlim_t files, unsigned agents_max)
{
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_uint_ge(limit.rlim_max, files);
    limit = (struct rlimit){.rlim_cur = files / 2, .rlim_max = files};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    struct file_limit divided = file_limit_raise(agents_max, OTHERS);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_uint_eq(limit.rlim_cur, files);
    ck_assert_uint_lt(divided.agents + divided.strangers + OTHERS, files);
    return divided;
}

START_TEST(a_small_fleet_leaves_room_for_all_strangers)
{
    struct file_limit divided = with_files(4096, 1000);

    ck_assert_uint_eq(divided.agents, 1000);
    ck_assert_uint_eq(divided.strangers, STRANGERS_MAX);
}
END_TEST

START_TEST(agents_come_before_most_strangers)
{
    struct file_limit divided = with_files(4096, 3000);

    ck_assert_uint_eq(divided.agents, 3000);
    ck_assert_uint_ge(divided.strangers, STRANGERS_SCARCE);
    ck_assert_uint_lt(divided.strangers, STRANGERS_MAX);
}
END_TEST

START_TEST(strangers_keep_some_room_whatever_the_fleet)
{
    struct file_limit divided = with_files(4096, 20000);

    ck_assert_uint_eq(divided.strangers, STRANGERS_SCARCE);
    ck_assert_uint_gt(divided.agents, 3000);
}
END_TEST

START_TEST(few_descriptors_serve_a_few_of_both)
{
    struct file_limit divided = with_files(600, 20000);

    ck_assert_uint_ge(divided.strangers, STRANGERS_MIN);
    ck_assert_uint_gt(divided.agents, divided.strangers);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("file_limit");

    CASES_ADD(suite, "file_limit", NULL, NULL, a_small_fleet_leaves_room_for_all_strangers,
              agents_come_before_most_strangers, strangers_keep_some_room_whatever_the_fleet,
              few_descriptors_serve_a_few_of_both);
    return suite_run(suite);
}
