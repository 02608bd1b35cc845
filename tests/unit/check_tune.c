#include "offline/tune.h"

#include "offline/trace.h"

#include "support/suite.h"

#include <math.h>
#include <stdlib.h>

enum { STEPS = 5760, DELAY = 8 };

static double demand[STEPS];
static struct tune_search search;
static struct scaler_settings present;

static void begin(void)
{
    present = (struct scaler_settings)SCALER_SETTINGS_DEFAULT;
    present.nodes_max = 200;
    present.tick_ms = REPLAY_STEP_MS;
}

static void run(void)
{
    const struct tune_load load = {
        .setup = {.demand = demand, .steps = STEPS, .delay = DELAY, .nodes_min = 1, .nodes_max = 200},
        .tuning_steps = STEPS / 2,
        .limit = present.thresholds[RESOURCE_CPU].high};

    ck_assert_int_eq(tune_run(&search, &load, &present, NULL, NULL), 0);
}

static double noise(uint64_t *random)
{
    *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*random >> 11) * 0x1p-53 - 0.5;
}

/* A wave of 4 hours, with noise. */
static void fill_wave(void)
{
    uint64_t random = 1;

    for (size_t k = 0; k < STEPS; k++)
        demand[k] = 20.0 + 10.0 * sin(2.0 * M_PI * (double)k / 960.0) + 4.0 * noise(&random);
}

/* Bursts of 20 minutes. */
static void fill_bursts(size_t from, size_t to, size_t apart)
{
    for (size_t k = from; k < to; k++)
        demand[k] = k % apart < 80 ? 30.0 : 10.0;
}

static bool is_dominated(const struct tune_candidate *candidate)
{
    for (size_t i = 0; i < search.count; i++) {
        const struct tune_score *other = &search.candidates[i].tuning;
        if (other->nodes <= candidate->tuning.nodes && other->above <= candidate->tuning.above &&
            (other->nodes < candidate->tuning.nodes || other->above < candidate->tuning.above))
            return true;
    }
    return false;
}

static void begin_wave(void)
{
    begin();
    fill_wave();
    run();
}

START_TEST(settings_around_the_present_ones_are_tried)
{
    bool prices = false, highs = false, windows = false, leads = false;

    const struct tune_candidate *first = &search.candidates[0];
    ck_assert_double_eq(first->price, present.price);
    ck_assert_double_eq(first->high, present.thresholds[RESOURCE_CPU].high);
    ck_assert_int_eq(first->stabilization_ms, present.stabilization_ms);
    ck_assert_int_eq(first->lead_time_ms, present.lead_time_ms);
    ck_assert_uint_ge(search.count, 40);
    for (size_t i = 1; i < search.count; i++) {
        const struct tune_candidate *c = &search.candidates[i];
        prices |= fabs(c->price - first->price) > 1e-9;
        highs |= fabs(c->high - first->high) > 1e-9;
        windows |= c->stabilization_ms != first->stabilization_ms;
        leads |= c->lead_time_ms != first->lead_time_ms;
        for (size_t j = 0; j < i; j++)
            ck_assert(fabs(c->price - search.candidates[j].price) > 1e-9 ||
                      fabs(c->high - search.candidates[j].high) > 1e-9 ||
                      c->stabilization_ms != search.candidates[j].stabilization_ms ||
                      c->lead_time_ms != search.candidates[j].lead_time_ms);
    }
    ck_assert(prices && highs && windows && leads);
}
END_TEST

START_TEST(the_frontier_is_shown)
{
    size_t shown = 0;

    ck_assert(search.candidates[0].is_shown && search.candidates[search.chosen].is_shown);
    for (size_t i = 0; i < search.count; i++) {
        const struct tune_candidate *candidate = &search.candidates[i];
        if (!candidate->is_shown)
            continue;
        shown++;
        ck_assert(candidate->is_checked);
        ck_assert(i == 0 || i == search.chosen || !is_dominated(candidate));
    }
    ck_assert_uint_ge(shown, 4);
    ck_assert_uint_le(shown, 30);
}
END_TEST

/* The scores are those of the whole parts, whatever the blocks. */
START_TEST(blocks_are_parts_of_the_whole)
{
    const struct tune_candidate *first = &search.candidates[0];
    struct tune_score tuning = {0}, check = {0};
    for (unsigned b = 0; b < TUNE_BLOCKS; b++) {
        tuning.nodes += first->tuning_block[b].nodes / TUNE_BLOCKS;
        tuning.cost += first->tuning_block[b].cost / TUNE_BLOCKS;
        check.nodes += first->check_block[b].nodes / TUNE_BLOCKS;
        check.above += first->check_block[b].above / TUNE_BLOCKS;
    }
    ck_assert_double_eq_tol(tuning.nodes, first->tuning.nodes, 1e-9);
    ck_assert_double_eq_tol(tuning.cost, first->tuning.cost, 1e-9);
    ck_assert_double_eq_tol(check.nodes, first->check.nodes, 1e-9);
    ck_assert_double_eq_tol(check.above, first->check.above, 1e-9);
    ck_assert_double_eq_tol(first->tuning.cost,
                            first->tuning.nodes / search.tuning_fleet + present.price * first->tuning.above, 1e-9);
}
END_TEST

START_TEST(the_target_follows_high)
{
    for (size_t i = 0; i < search.count; i++) {
        struct scaler_settings settings = tune_settings(&search, &search.candidates[i]);
        const struct thresholds *cpu = &settings.thresholds[RESOURCE_CPU];
        ck_assert_double_eq(cpu->high, search.candidates[i].high);
        ck_assert_double_eq_tol(cpu->target, cpu->high * 7.0 / 8.0, 1e-9);
        ck_assert_double_eq(settings.price, search.candidates[i].price);
    }
}
END_TEST

/* With this price, the fleet has as few nodes as it needs. What others save at the start, in one block, is noise. */
START_TEST(settings_that_can_t_be_better_are_kept)
{
    for (size_t k = 0; k < STEPS; k++)
        demand[k] = 21.0;
    present.price = 9.0;
    run();
    ck_assert_int_eq(search.verdict, TUNE_NONE);
    ck_assert_uint_eq(search.chosen, 0);
}
END_TEST

/* A constant load needs no reserve. */
START_TEST(a_price_that_is_too_high_is_found)
{
    for (size_t k = 0; k < STEPS; k++)
        demand[k] = 21.0;
    run();
    ck_assert_int_eq(search.verdict, TUNE_BETTER);
    const struct tune_candidate *chosen = &search.candidates[search.chosen], *first = &search.candidates[0];
    ck_assert_double_lt(chosen->check.nodes, first->check.nodes);
    ck_assert_double_eq(chosen->check.above, 0.0);
    ck_assert_double_lt(chosen->price, present.price);
    ck_assert_double_eq(chosen->high, first->high); /* one change is enough */
    ck_assert_int_eq(chosen->stabilization_ms, first->stabilization_ms);
    ck_assert_int_eq(chosen->lead_time_ms, first->lead_time_ms);
}
END_TEST

/* The present window keeps the nodes of a burst for nearly all the time until the next one. */
START_TEST(a_window_that_is_too_long_is_found)
{
    fill_bursts(0, STEPS, 360);
    present.stabilization_ms = 7200000;
    run();
    ck_assert_int_eq(search.verdict, TUNE_BETTER);
    const struct tune_candidate *chosen = &search.candidates[search.chosen], *first = &search.candidates[0];
    ck_assert_int_lt(chosen->stabilization_ms, present.stabilization_ms);
    ck_assert_double_lt(chosen->tuning.cost, first->tuning.cost);
    ck_assert_double_lt(chosen->check.cost, first->check.cost);
    ck_assert(!(chosen->check.above > search.present_above));
}
END_TEST

/* The same in the first half; in the second one, the bursts come so often that they are best waited for. */
START_TEST(what_suits_the_first_half_only_is_refuted)
{
    fill_bursts(0, STEPS / 2, 360);
    fill_bursts(STEPS / 2, STEPS, 240);
    present.stabilization_ms = 7200000;
    run();
    ck_assert_int_eq(search.verdict, TUNE_REFUTED);
    ck_assert_uint_ne(search.chosen, 0);
}
END_TEST

static void on_progress(size_t done, size_t all, void *arg)
{
    size_t *calls = arg;

    ck_assert_uint_eq(done, (*calls)++);
    ck_assert_uint_lt(done, all);
}

START_TEST(progress_is_reported)
{
    const struct tune_load load = {
        .setup = {.demand = demand, .steps = 960, .delay = DELAY, .nodes_min = 1, .nodes_max = 200},
        .tuning_steps = 480,
        .limit = 0.8};
    size_t calls = 0;

    fill_wave();
    ck_assert_int_eq(tune_run(&search, &load, &present, on_progress, &calls), 0);
    ck_assert_uint_gt(calls, search.count);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tune");
    TCase *wave = tcase_create("wave"), *tests = tcase_create("tune");

    tcase_add_unchecked_fixture(wave, begin_wave, NULL); /* one search for all of them */
    tcase_add_test(wave, settings_around_the_present_ones_are_tried);
    tcase_add_test(wave, the_frontier_is_shown);
    tcase_add_test(wave, blocks_are_parts_of_the_whole);
    tcase_add_test(wave, the_target_follows_high);
    suite_add_tcase(suite, wave);
    tcase_set_timeout(tests, 300);
    tcase_add_checked_fixture(tests, begin, NULL);
    tcase_add_test(tests, settings_that_can_t_be_better_are_kept);
    tcase_add_test(tests, a_price_that_is_too_high_is_found);
    tcase_add_test(tests, a_window_that_is_too_long_is_found);
    tcase_add_test(tests, what_suits_the_first_half_only_is_refuted);
    tcase_add_test(tests, progress_is_reported);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
