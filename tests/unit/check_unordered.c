/* scaler/unordered.h: nodes that came without an order, within a window. */
#include "scaler/unordered.h"

#include "support/cases.h"
#include "support/suite.h"

#define WINDOW_MS 160000
#define NOW_MS    INT64_C(1000000)

static struct unordered unordered;

static void begin(void)
{
    unordered = (struct unordered){0};
}

static void end(void)
{
}

START_TEST(nodes_count_for_a_window_and_a_sixteenth_at_most)
{
    unordered_note(&unordered, NOW_MS, WINDOW_MS, 3);
    unordered_note(&unordered, NOW_MS + 60000, WINDOW_MS, 2);
    unordered_note(&unordered, NOW_MS + 60000, WINDOW_MS, 0);
    ck_assert_uint_eq(unordered_nodes(&unordered, NOW_MS + 60000, WINDOW_MS), 5);
    ck_assert_uint_eq(unordered_nodes(&unordered, NOW_MS + WINDOW_MS, WINDOW_MS), 5);
    ck_assert_uint_eq(unordered_nodes(&unordered, NOW_MS + WINDOW_MS + 10000, WINDOW_MS), 2);
    ck_assert_uint_eq(unordered_nodes(&unordered, NOW_MS + 60000 + WINDOW_MS + 10000, WINDOW_MS), 0);
}
END_TEST

/* One a second for an hour: no node is forgotten too early, and the table never overflows. */
START_TEST(steady_arrivals_are_counted_in_few_slices)
{
    for (int64_t now_ms = NOW_MS; now_ms < NOW_MS + 3600000; now_ms += 1000) {
        unordered_note(&unordered, now_ms, WINDOW_MS, 1);
        unsigned nodes = unordered_nodes(&unordered, now_ms, WINDOW_MS);
        ck_assert_uint_le(unordered.count, 18);
        ck_assert_uint_le(nodes, 160 + 10 + 10);
        ck_assert(now_ms < NOW_MS + WINDOW_MS || nodes >= 160);
    }
}
END_TEST

/* A window of no time: each tick is a slice. */
START_TEST(a_full_table_keeps_the_sum)
{
    for (unsigned i = 0; i < 3 * UNORDERED_MAX; i++)
        unordered_note(&unordered, NOW_MS + 60000 * (int64_t)i, 16000, 1);
    ck_assert_uint_eq(unordered.count, UNORDERED_MAX);
    ck_assert_uint_eq(unordered_nodes(&unordered, NOW_MS, 16000 * (int64_t)1000), 3 * UNORDERED_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("unordered");

    CASES_ADD(suite, "unordered", begin, end, nodes_count_for_a_window_and_a_sixteenth_at_most,
              steady_arrivals_are_counted_in_few_slices, a_full_table_keeps_the_sum);
    return suite_run(suite);
}
