#include "offline/simulate.h"

#include "support/suite.h"

#include <math.h>

/* A policy that follows a script and records its views. */
struct script {
    const unsigned *desired;
    struct sim_view seen[16];
};

static struct sim_move script_step(void *state, const struct sim_view *view)
{
    struct script *script = state;

    script->seen[view->step] = *view;
    return (struct sim_move){.desired = script->desired[view->step]};
}

static unsigned begin_with_5(void *state, const struct sim_setup *setup)
{
    (void)state;
    (void)setup;
    return 5;
}

static struct script script;
static struct sim_policy policy = {.name = "script", .state = &script, .step = script_step};

static void on_step(const struct simulate_step *step, void *arg)
{
    struct simulate_step *last = arg;

    ck_assert_uint_eq(step->step, step->step > 0 ? last->step + 1 : 0);
    *last = *step;
}

START_TEST(a_move_is_seen_from_the_next_step_on)
{
    const double demand[] = {7.0, 7.0, 12.0, 7.0, 7.0};
    static const unsigned desired[] = {12, 12, 12, 8, 8};
    static const unsigned ready[] = {10, 10, 12, 12, 8}, pending[] = {0, 2, 0, 0, 0};
    struct sim_setup setup = {.demand = demand, .steps = 5, .delay = 2, .nodes_min = 1, .nodes_max = 200};
    struct simulate_step last = {0};

    script.desired = desired;
    struct score score = simulate_run(&setup, 50.0, &policy, on_step, &last);
    for (size_t k = 0; k < 5; k++) {
        ck_assert_uint_eq(script.seen[k].ready, ready[k]);
        ck_assert_uint_eq(script.seen[k].pending, pending[k]);
    }
    ck_assert_uint_eq(score.actions, 2);
    ck_assert_uint_eq(score.violations, 1); /* 12 on 12 */
    ck_assert_double_eq(score.node_steps, 10 + 12 + 12 + 12 + 8);
    ck_assert_double_eq(score_unserved_share(&score), 0.0);
    ck_assert_uint_eq(last.step, 4);
    ck_assert_uint_eq(last.desired, 8);
}
END_TEST

START_TEST(a_monitor_never_sees_more_than_all_nodes_busy)
{
    const double demand[] = {7.0, 70.0};
    static const unsigned desired[] = {10, 10};
    struct sim_setup setup = {.demand = demand, .steps = 2, .delay = 1, .nodes_min = 1, .nodes_max = 200};

    script.desired = desired;
    struct score score = simulate_run(&setup, 1.0, &policy, NULL, NULL);
    ck_assert_double_eq(script.seen[1].utilisation, 1.0);
    ck_assert_double_eq(script.seen[1].demand, 10.0);
    ck_assert_double_eq_tol(score.unserved, 60.0, 1e-12);
}
END_TEST

START_TEST(the_bounds_bind_everybody)
{
    const double demand[] = {1e6, 0.0, 0.0};
    static const unsigned desired[] = {0, 1000000, 1};
    struct sim_setup setup = {.demand = demand, .steps = 3, .delay = 1, .nodes_min = 3, .nodes_max = 20};
    struct simulate_step last = {0};

    script.desired = desired;
    (void)simulate_run(&setup, 1.0, &policy, on_step, &last);
    ck_assert_uint_eq(script.seen[0].ready, 20); /* what the first step needs */
    ck_assert_uint_eq(script.seen[1].ready, 3);
    ck_assert_uint_eq(script.seen[2].ready, 20);
    ck_assert_uint_eq(last.desired, 3);
    ck_assert_uint_eq(script.seen[2].nodes_min, 3);
    ck_assert_uint_eq(script.seen[2].nodes_max, 20);
}
END_TEST

START_TEST(a_policy_may_say_what_it_begins_with)
{
    const double demand[] = {100.0};
    static const unsigned desired[] = {5};
    struct sim_setup setup = {.demand = demand, .steps = 1, .delay = 1, .nodes_min = 1, .nodes_max = 200};
    struct sim_policy own = policy;

    own.begin = begin_with_5;
    script.desired = desired;
    (void)simulate_run(&setup, 1.0, &own, NULL, NULL);
    ck_assert_uint_eq(script.seen[0].ready, 5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("simulate");
    TCase *tests = tcase_create("simulate");

    tcase_add_test(tests, a_move_is_seen_from_the_next_step_on);
    tcase_add_test(tests, a_monitor_never_sees_more_than_all_nodes_busy);
    tcase_add_test(tests, the_bounds_bind_everybody);
    tcase_add_test(tests, a_policy_may_say_what_it_begins_with);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
