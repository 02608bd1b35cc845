/* Log lines that a peer can provoke. */
#include "common/log_limit.h"

#include "support/suite.h"

#include <check.h>

START_TEST(limit_lets_a_burst_pass_in_each_interval)
{
    static const struct {
        uint64_t now_ms;
        bool pass;
        unsigned suppressed;
    } rows[] = {
        {5, true, 0},    {5, true, 0},    {6, true, 0},    {7, false, 0},    {900, false, 0},  {1004, false, 0},
        {1005, true, 3}, {1006, true, 0}, {1006, true, 0}, {1007, false, 0}, {99000, true, 1}, {200000, true, 0},
    };
    struct log_limit limit = {.interval_ms = 1000, .burst = 3};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned suppressed = 99;
        ck_assert_msg(log_limit_pass(&limit, rows[i].now_ms, &suppressed) == rows[i].pass, "row %zu", i);
        ck_assert_msg(suppressed == rows[i].suppressed, "row %zu: %u", i, suppressed);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log_limit");
    TCase *tests = tcase_create("log_limit");

    tcase_add_test(tests, limit_lets_a_burst_pass_in_each_interval);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
