#include "collector/fleet/sample_budget.h"

#include "support/cases.h"
#include "support/suite.h"

#define HOUR_MS INT64_C(3600000)
#define BURST   128

static struct sample_budget budget;
static struct sample_budget_terms terms;

static void setup(void)
{
    budget = (struct sample_budget){0};
    terms = (struct sample_budget_terms){
        .interval_ms = 1000, .burst = BURST, .hello_ms = 1000 * HOUR_MS, .now_ms = 1000 * HOUR_MS};
    sample_budget_begin(&budget, &terms);
}

/* Takes samples that were taken just now, as many as come; at most `most`. */
static unsigned flood(unsigned most)
{
    unsigned count = 0;

    for (; count < most && sample_budget_left(&budget, &terms) > 0; count++)
        sample_budget_take(&budget, &terms, terms.now_ms);
    return count;
}

START_TEST(a_node_that_keeps_its_interval_always_has_its_burst)
{
    static const uint32_t intervals_ms[] = {50, 333, 1000, 60000, 3600000};

    for (unsigned i = 0; i < sizeof intervals_ms / sizeof *intervals_ms; i++) {
        setup();
        terms.interval_ms = intervals_ms[i];
        for (unsigned n = 0; n < 10000; n++) {
            terms.now_ms += intervals_ms[i];
            sample_budget_take(&budget, &terms, terms.now_ms);
            ck_assert_int_ge(sample_budget_left(&budget, &terms), BURST - 2);
        }
    }
}
END_TEST

START_TEST(what_is_new_comes_in_a_burst_and_then_two_in_an_interval)
{
    ck_assert_uint_eq(flood(100000), BURST);
    for (unsigned i = 1; i <= 100; i++) {
        terms.now_ms += terms.interval_ms;
        ck_assert_uint_eq(flood(100000), 2);
    }
}
END_TEST

START_TEST(an_hour_between_samples_means_two_in_an_hour)
{
    terms.interval_ms = HOUR_MS;
    ck_assert_uint_eq(flood(100000), BURST);
    terms.now_ms += HOUR_MS / 2 - 1;
    ck_assert_uint_eq(flood(100000), 0);
    terms.now_ms += 1;
    ck_assert_uint_eq(flood(100000), 1);
}
END_TEST

START_TEST(what_was_kept_during_an_outage_comes_at_once)
{
    sample_budget_take(&budget, &terms, terms.now_ms);
    int64_t last_ms = terms.now_ms;
    terms.now_ms += 12 * HOUR_MS;
    terms.hello_ms = terms.now_ms;
    for (int64_t taken_ms = last_ms + 1000; taken_ms <= terms.now_ms; taken_ms += 1000) {
        ck_assert_int_gt(sample_budget_left(&budget, &terms), 0);
        sample_budget_take(&budget, &terms, taken_ms);
    }
    ck_assert_int_ge(sample_budget_left(&budget, &terms), BURST - 1);
}
END_TEST

/* The collector is new, or another one had the node. */
START_TEST(a_node_that_is_not_known_may_bring_what_it_has_kept)
{
    int64_t first_ms = terms.now_ms - 12 * 24 * HOUR_MS;

    for (int64_t taken_ms = first_ms; taken_ms <= terms.now_ms; taken_ms += 1000) {
        ck_assert_int_gt(sample_budget_left(&budget, &terms), 0);
        sample_budget_take(&budget, &terms, taken_ms);
    }
}
END_TEST

START_TEST(samples_of_an_earlier_run_may_be_closer_together)
{
    terms.interval_ms = 60000;
    sample_budget_take(&budget, &terms, terms.now_ms - 3 * HOUR_MS);
    for (int64_t taken_ms = terms.now_ms - 3 * HOUR_MS; taken_ms < terms.now_ms; taken_ms += 1000) {
        ck_assert_int_gt(sample_budget_left(&budget, &terms), 0);
        sample_budget_take(&budget, &terms, taken_ms);
    }
}
END_TEST

START_TEST(an_invented_past_is_bounded)
{
    unsigned count = 0;

    budget = (struct sample_budget){0};
    terms.interval_ms = 50;
    sample_budget_begin(&budget, &terms);
    for (; count < 2 * SAMPLE_BUDGET_MAX && sample_budget_left(&budget, &terms) > 0; count++)
        sample_budget_take(&budget, &terms, terms.now_ms - 366 * 24 * HOUR_MS + count);
    ck_assert_uint_eq(count, SAMPLE_BUDGET_MAX);
    terms.now_ms += 1000;
    terms.hello_ms = terms.now_ms; /* it connects again */
    sample_budget_begin(&budget, &terms);
    for (count = 0; count < 1000 && sample_budget_left(&budget, &terms) > 0; count++)
        sample_budget_take(&budget, &terms, terms.now_ms - 366 * 24 * HOUR_MS + count);
    ck_assert_uint_eq(count, 40);
}
END_TEST

START_TEST(silence_saves_no_more_than_the_burst)
{
    ck_assert_uint_eq(flood(100000), BURST);
    terms.now_ms += 24 * HOUR_MS;
    sample_budget_take(&budget, &terms, terms.now_ms);
    ck_assert_uint_eq(flood(100000), BURST - 1);
}
END_TEST

START_TEST(rows_of_gaps_cost_as_samples_do)
{
    sample_budget_take(&budget, &terms, terms.now_ms);
    int64_t left = sample_budget_left(&budget, &terms);
    sample_budget_take_rows(&budget, &terms, 65);
    ck_assert_int_eq(sample_budget_left(&budget, &terms), left - 65);
}
END_TEST

/* Samples may come whatever the budget is: one with each Ack, and those that are on their way. */
START_TEST(no_more_than_one_sample_is_owed)
{
    terms.interval_ms = HOUR_MS;
    for (unsigned i = 0; i < 1000; i++)
        sample_budget_take(&budget, &terms, terms.now_ms);
    sample_budget_take_rows(&budget, &terms, 65);
    terms.now_ms += HOUR_MS / 2;
    ck_assert_int_eq(sample_budget_left(&budget, &terms), 0);
    terms.now_ms += HOUR_MS / 2;
    ck_assert_int_eq(sample_budget_left(&budget, &terms), 1);
}
END_TEST

START_TEST(rows_of_gaps_owe_no_more_than_a_sample)
{
    for (unsigned i = 0; i < 1000; i++)
        sample_budget_take_rows(&budget, &terms, UINT32_MAX);
    terms.now_ms += terms.interval_ms;
    ck_assert_int_eq(sample_budget_left(&budget, &terms), 1);
}
END_TEST

/* With another interval than before. */
START_TEST(an_agent_that_connects_owes_nothing)
{
    terms.interval_ms = HOUR_MS;
    for (unsigned i = 0; i < 1000; i++)
        sample_budget_take(&budget, &terms, terms.now_ms);
    terms.interval_ms = 100;
    terms.now_ms += 1000;
    terms.hello_ms = terms.now_ms;
    sample_budget_begin(&budget, &terms);
    ck_assert_int_eq(sample_budget_left(&budget, &terms), 0);
    terms.now_ms += 100;
    ck_assert_int_eq(sample_budget_left(&budget, &terms), 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sample_budget");

    CASES_ADD(suite, "sample_budget", setup, NULL, a_node_that_keeps_its_interval_always_has_its_burst,
              what_is_new_comes_in_a_burst_and_then_two_in_an_interval, an_hour_between_samples_means_two_in_an_hour,
              what_was_kept_during_an_outage_comes_at_once, a_node_that_is_not_known_may_bring_what_it_has_kept,
              samples_of_an_earlier_run_may_be_closer_together, an_invented_past_is_bounded,
              silence_saves_no_more_than_the_burst, rows_of_gaps_cost_as_samples_do, no_more_than_one_sample_is_owed,
              rows_of_gaps_owe_no_more_than_a_sample, an_agent_that_connects_owes_nothing);
    return suite_run(suite);
}
