#include "hooktest/trial_options.h"

#include "support/suite.h"

#include <errno.h>
#include <string.h>

static struct trial_options options;
static char error[256];

/* Reads up to four arguments. */
static int read_arguments(const char *a, const char *b, const char *c, const char *d)
{
    const char *arguments[] = {"headroom-hook-test", a, b, c, d, NULL};
    int count = 1;

    while (arguments[count] != NULL)
        count++;
    return trial_options_read(&options, count, (char **)arguments, error, sizeof error);
}

START_TEST(a_program_is_enough)
{
    ck_assert_int_eq(read_arguments("./hook", NULL, NULL, NULL), 0);
    ck_assert_str_eq(options.program, "./hook");
    ck_assert_str_eq(options.group, "hook-test");
    ck_assert_uint_eq(options.nodes_max, 3);
    ck_assert_int_eq(options.timeout_ms, 60000);
    ck_assert_int_eq(options.settle_ms, 60000);
    ck_assert(!options.any_victims && !options.has_queue && !options.is_sandboxed && !options.is_confirmed);
}
END_TEST

START_TEST(flags_change_the_test)
{
    ck_assert_int_eq(read_arguments("--group=web", "--yes", "--victims=any", "./hook"), 0);
    ck_assert_str_eq(options.group, "web");
    ck_assert(options.is_confirmed && options.any_victims);
    ck_assert_int_eq(read_arguments("--max=12", "--hook-timeout=2s", "--settle=5m", "./hook"), 0);
    ck_assert_uint_eq(options.nodes_max, 12);
    ck_assert_int_eq(options.timeout_ms, 2000);
    ck_assert_int_eq(options.settle_ms, 300000);
    ck_assert_int_eq(read_arguments("--queue", "--sandbox", "--victims=oldest", "./hook"), 0);
    ck_assert(options.has_queue && options.is_sandboxed && !options.any_victims);
}
END_TEST

static const struct {
    const char *arguments[2];
    const char *error;
} wrong[] = {
    {{NULL}, "give the PROGRAM to test; see --help"},
    {{"a", "b"}, "only one PROGRAM is tested: \"b\" is one too many"},
    {{"--group=web/1", "a"}, "--group: \"web/1\" is not the name of a group"},
    {{"--victims=all", "a"}, "--victims: \"all\" is not least-loaded, newest, oldest or any"},
    {{"--max=2", "a"}, "--max: \"2\" is not a number from 3 to 100"},
    {{"--max=101", "a"}, "--max: \"101\" is not a number from 3 to 100"},
    {{"--settle=0", "a"}, "--settle: \"0\" is not a time, such as 90s"},
    {{"--hook-timeout=long", "a"}, "--hook-timeout: \"long\" is not a time, such as 90s"},
};

START_TEST(other_command_lines_are_refused)
{
    ck_assert_int_eq(read_arguments(wrong[_i].arguments[0], wrong[_i].arguments[1], NULL, NULL), -EINVAL);
    ck_assert_str_eq(error, wrong[_i].error);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trial_options");
    TCase *tests = tcase_create("trial_options");

    tcase_add_test(tests, a_program_is_enough);
    tcase_add_test(tests, flags_change_the_test);
    tcase_add_loop_test(tests, other_command_lines_are_refused, 0, sizeof wrong / sizeof *wrong);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
