/* When a file that could not be read is tried again. */
#include "agent/node/retry.h"

#include "support/suite.h"

#include <check.h>

/* Ticks until the next try, that one included. */
static unsigned ticks_to_try(struct retry *retry)
{
    unsigned ticks = 1;

    while (!retry_tick(retry))
        ticks++;
    return ticks;
}

START_TEST(pauses_double_up_to_the_maximum)
{
    static const unsigned pauses[] = {1, 2, 4, 8, 16, 32, RETRY_TICKS_MAX, RETRY_TICKS_MAX};
    struct retry retry = {0};

    ck_assert_uint_eq(ticks_to_try(&retry), 1);
    for (unsigned i = 0; i < sizeof pauses / sizeof *pauses; i++) {
        retry_on_failure(&retry);
        ck_assert_uint_eq(ticks_to_try(&retry), pauses[i]);
    }
}
END_TEST

START_TEST(success_begins_with_a_short_pause_again)
{
    struct retry retry = {0};

    for (unsigned i = 0; i < 5; i++)
        retry_on_failure(&retry);
    (void)ticks_to_try(&retry);
    retry_on_success(&retry);
    retry_on_failure(&retry);
    ck_assert_uint_eq(ticks_to_try(&retry), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("retry");
    TCase *tests = tcase_create("retry");

    tcase_add_test(tests, pauses_double_up_to_the_maximum);
    tcase_add_test(tests, success_begins_with_a_short_pause_again);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
