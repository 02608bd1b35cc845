/* When a collector counts as steadily reachable. */
#include "agent/uplink/reachability.h"

#include "support/suite.h"

#include <check.h>

#define INTERVAL_MS 10U
#define STEADY_MS   60U
#define START_MS    1000U

static struct reachability reachability;

static void begin(void)
{
    reachability = (struct reachability){.interval_ms = INTERVAL_MS, .steady_ms = STEADY_MS};
    reachability_watch(&reachability, START_MS);
}

START_TEST(rests_at_first)
{
    struct reachability resting = {.interval_ms = INTERVAL_MS, .steady_ms = STEADY_MS};

    ck_assert_uint_eq(reachability_due_ms(&resting), UINT64_MAX);
    ck_assert(!reachability_on_attempt(&resting, true, START_MS + 1000));
    ck_assert_uint_eq(reachability_due_ms(&resting), UINT64_MAX);
}
END_TEST

START_TEST(attempts_are_an_interval_apart)
{
    ck_assert_uint_eq(reachability_due_ms(&reachability), START_MS + INTERVAL_MS);
    reachability_on_attempt(&reachability, true, START_MS + 12);
    ck_assert_uint_eq(reachability_due_ms(&reachability), START_MS + 12 + INTERVAL_MS);
    reachability_on_attempt(&reachability, false, START_MS + 25);
    ck_assert_uint_eq(reachability_due_ms(&reachability), START_MS + 25 + INTERVAL_MS);
}
END_TEST

/* One character an attempt, an interval apart: '+' succeeds, '-' fails. */
static const struct {
    const char *attempts;
    unsigned steady_at; /* the attempt that makes it steady; 0: none */
} courses[] = {
    {"+++++++", 7}, /* the first one begins the time */
    {"++++++", 0},          {"-+++++++", 8},           {"++++++-++++++", 0},
    {"++++++-+++++++", 14}, {"------------------", 0}, {"+-+-+-+-+-+-+-+-+-", 0},
};

START_TEST(failure_begins_the_time_from_scratch)
{
    unsigned steady_at = 0;

    for (unsigned i = 0; courses[_i].attempts[i] != '\0'; i++) {
        uint64_t now_ms = START_MS + (i + 1) * INTERVAL_MS;
        if (reachability_on_attempt(&reachability, courses[_i].attempts[i] == '+', now_ms))
            steady_at = i + 1;
    }
    ck_assert_uint_eq(steady_at, courses[_i].steady_at);
}
END_TEST

START_TEST(steady_is_reported_once)
{
    reachability_on_attempt(&reachability, true, START_MS);
    ck_assert(reachability_on_attempt(&reachability, true, START_MS + STEADY_MS));
    ck_assert_uint_eq(reachability_due_ms(&reachability), UINT64_MAX);
    ck_assert(!reachability_on_attempt(&reachability, true, START_MS + 2 * STEADY_MS));
    reachability_watch(&reachability, START_MS + 100);
    ck_assert(!reachability_on_attempt(&reachability, true, START_MS + 110));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reachability");
    TCase *tests = tcase_create("reachability");

    tcase_add_checked_fixture(tests, begin, NULL);
    tcase_add_test(tests, rests_at_first);
    tcase_add_test(tests, attempts_are_an_interval_apart);
    tcase_add_loop_test(tests, failure_begins_the_time_from_scratch, 0, sizeof courses / sizeof courses[0]);
    tcase_add_test(tests, steady_is_reported_once);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
