/* One point in time by both clocks. */
#include "common/moment.h"

#include "support/suite.h"

#include <check.h>

START_TEST(jitter_does_not_move_the_wall_clock_and_a_step_does)
{
    static const struct {
        int64_t now_ms, wall_ms, expected_ms;
    } rows[] = {
        {100, 5000, 5000}, {200, 5120, 5100}, {300, 5180, 5200}, {400, 5321, 5321}, {500, 5421, 5421}, {600, 100, 100},
    };
    int64_t offset_ms = 0;

    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct moment moment = moment_of(rows[i].now_ms, rows[i].wall_ms, &offset_ms);
        ck_assert_int_eq(moment.now_ms, rows[i].now_ms);
        ck_assert_msg(moment.wall_ms == rows[i].expected_ms, "row %u", i);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("moment");
    TCase *tests = tcase_create("moment");

    tcase_add_test(tests, jitter_does_not_move_the_wall_clock_and_a_step_does);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
