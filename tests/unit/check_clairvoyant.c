#include "offline/clairvoyant.h"

#include "common/random.h"
#include "offline/fleet.h"
#include "support/suite.h"

#include <math.h>

#define STEPS_MAX 7

/* Every plan there is: at each step some nodes are ordered, and some of those that are ready go. */
struct brute {
    const struct sim_setup *setup;
    double price;
    double cheapest;
};

static void try_all(struct brute *b, size_t step, unsigned ready, const unsigned ordered[STEPS_MAX + 8], double cost)
{
    unsigned delay = b->setup->delay;
    unsigned pending = 0;

    if (step == b->setup->steps) {
        b->cheapest = fmin(b->cheapest, cost);
        return;
    }
    ready += ordered[step];
    for (unsigned ahead = 1; ahead < delay; ahead++)
        pending += ordered[step + ahead];
    cost += ready + pending + (b->setup->demand[step] / ready > SCORE_VIOLATION ? b->price : 0.0);
    for (unsigned order = 0; ready + pending + order <= b->setup->nodes_max; order++) {
        unsigned then[STEPS_MAX + 8];
        for (unsigned i = 0; i < STEPS_MAX + 8; i++)
            then[i] = ordered[i];
        then[step + delay] += order;
        for (unsigned gone = 0; ready - gone >= b->setup->nodes_min; gone++)
            try_all(b, step + 1, ready - gone, then, cost);
    }
}

static const unsigned none[STEPS_MAX + 8];

START_TEST(test_no_plan_is_cheaper)
{
    static const double prices[] = {0.0, 0.5, 1.7, 3.0, 8.0, 1000.0};
    uint64_t random = (uint64_t)_i + 1;
    double demand[STEPS_MAX];
    struct sim_setup setup = {.demand = demand,
                              .steps = 1 + random_below(&random, STEPS_MAX),
                              .delay = 1 + (unsigned)random_below(&random, 4),
                              .nodes_min = 1,
                              .nodes_max = 3};

    for (size_t k = 0; k < setup.steps; k++)
        demand[k] = (double)random_below(&random, 30) / 10.0;
    for (unsigned i = 0; i < sizeof prices / sizeof prices[0]; i++) {
        unsigned ready = 1 + (unsigned)random_below(&random, 3);
        struct brute brute = {.setup = &setup, .price = prices[i], .cheapest = INFINITY};
        struct score score = {.optimum = 5.0};
        try_all(&brute, 0, ready, none, 0.0);
        ck_assert_int_eq(clairvoyant_score(&setup, ready, prices[i], &score), 0);
        ck_assert_double_eq_tol(score.node_steps + prices[i] * (double)score.violations, brute.cheapest, 1e-9);
        ck_assert_uint_eq(score.steps, setup.steps);
        ck_assert_double_eq(score.optimum, 5.0);
    }
}
END_TEST

/* Nobody can serve what comes before the first order is ready. */
START_TEST(test_only_what_can_be_avoided)
{
    const double demand[] = {8.0, 8.0, 8.0, 8.0, 8.0, 1.0};
    struct sim_setup setup = {.demand = demand, .steps = 6, .delay = 3, .nodes_min = 1, .nodes_max = 20};
    struct score score = {0};

    ck_assert_int_eq(clairvoyant_score(&setup, 2, 1000.0, &score), 0);
    ck_assert_uint_eq(score.violations, 3);
    ck_assert_double_eq_tol(score.node_steps, 3 * 2 + 7 * 2 + 2 * 9 + 2, 1e-9); /* 7 nodes start for two paid steps */
    ck_assert_uint_eq(score.nodes_max, 9);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clairvoyant");
    TCase *tcase = tcase_create("clairvoyant");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_no_plan_is_cheaper, 0, 60);
    tcase_add_test(tcase, test_only_what_can_be_avoided);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
