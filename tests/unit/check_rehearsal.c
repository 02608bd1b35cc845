#include "scaler/rehearsal.h"

#include "common/random.h"
#include "scaler/sizing.h"
#include "support/suite.h"

#include <limits.h>
#include <math.h>

#define STEPS 2000U

/* A naive model of the same fleet: ordered nodes by the step at which they become ready. */
struct naive {
    unsigned ready;
    unsigned ordered[STEPS + REHEARSAL_DELAY_MAX + 1]; /* by the step of their arrival */
    double price;
};

static unsigned pending(const struct naive *fleet, unsigned now)
{
    unsigned nodes = 0;

    for (unsigned step = now + 1; step < STEPS + REHEARSAL_DELAY_MAX + 1; step++)
        nodes += fleet->ordered[step];
    return nodes;
}

static void cancel(struct naive *fleet, unsigned now, unsigned nodes)
{
    for (unsigned step = STEPS + REHEARSAL_DELAY_MAX; step > now; step--)
        for (; fleet->ordered[step] > 0 && nodes > 0; nodes--)
            fleet->ordered[step]--;
    fleet->ready -= nodes;
}

static void run(struct naive *fleet, unsigned now, const struct rehearsal_step *s, unsigned raw, unsigned highest)
{
    fleet->ready += fleet->ordered[now];
    unsigned there = fleet->ready + pending(fleet, now);
    double paid = there * s->weight / s->mean_fleet + (s->demand > s->high * fleet->ready * s->weight ? s->price : 0.0);
    unsigned goal = raw > there ? raw : highest < there ? highest : there;

    goal = goal < s->nodes_min ? s->nodes_min : goal > s->nodes_max ? s->nodes_max : goal;
    if (raw <= there && goal > there)
        goal = there;
    if (raw > there && goal > there)
        goal = sizing_out(there, raw) < s->nodes_max ? sizing_out(there, raw) : s->nodes_max;
    if (goal > there || sizing_worth(there, goal)) {
        if (goal > there)
            fleet->ordered[now + s->delay_steps] += goal - there;
        else
            cancel(fleet, now, there - goal);
        paid += s->action_price;
    }
    fleet->price += s->memory * (paid - fleet->price);
}

/* Every delay that there is, on a demand that walks and jumps. */
START_TEST(test_it_is_what_a_naive_fleet_does)
{
    static struct naive naive;
    struct rehearsal rehearsal;
    uint64_t random = (uint64_t)_i;
    unsigned past[8] = {0};
    struct rehearsal_window window;
    double demand = 40.0;
    struct rehearsal_step step = {.high = 0.8,
                                  .weight = 4.0,
                                  .mean_fleet = 50.0,
                                  .price = 12.0,
                                  .action_price = 0.2,
                                  .memory = 0.01,
                                  .delay_steps = (unsigned)_i,
                                  .nodes_min = 3,
                                  .nodes_max = 60};

    naive = (struct naive){.ready = 10};
    rehearsal_init(&rehearsal, 10);
    rehearsal_window_init(&window, 8);
    for (unsigned i = 1; i < STEPS; i++) {
        unsigned highest = 0;
        demand = fmax(demand + (double)random_below(&random, 1001) / 100.0 - 5.0, 0.0);
        step.demand = random_below(&random, 30) == 0 ? 4.0 * demand : demand;
        past[i % 8] = sizing_nodes(step.demand * 1.1, 0.8, 4.0);
        for (unsigned k = 0; k < 8; k++)
            highest = past[k] > highest ? past[k] : highest;
        run(&naive, i, &step, past[i % 8], highest);
        rehearsal_window_push(&window, past[i % 8]);
        rehearsal_run(&rehearsal, &step, past[i % 8], &window, 8);
        ck_assert_uint_eq(rehearsal.fleet.ready, naive.ready);
        ck_assert_uint_eq(rehearsal.fleet.pending, pending(&naive, i));
        ck_assert_double_eq_tol(rehearsal.price, naive.price, 1e-9);
    }
}
END_TEST

/* Exact for windows of up to REHEARSAL_BLOCKS steps; a longer window is at most one block too long. */
START_TEST(test_the_highest_of_a_window)
{
    static const unsigned lengths[] = {1, 5, 20, 40, 41, 200, 400};
    unsigned longest = lengths[_i];
    static unsigned all[10000];
    struct rehearsal_window wanted;
    uint64_t random = 9;

    rehearsal_window_init(&wanted, longest);
    for (unsigned i = 0; i < 10000; i++) {
        all[i] = (unsigned)random_below(&random, 1 + random_below(&random, 1000));
        rehearsal_window_push(&wanted, all[i]);
        for (unsigned window = longest; window > 0; window = window * 2 / 5) {
            unsigned exact = 0;
            unsigned beyond = 0;
            for (unsigned age = 0; age <= i && age < window + wanted.block_steps; age++) {
                beyond = all[i - age] > beyond ? all[i - age] : beyond;
                exact = age < window && all[i - age] > exact ? all[i - age] : exact;
            }
            unsigned highest = rehearsal_window_highest(&wanted, window, UINT_MAX);
            unsigned enough = rehearsal_window_highest(&wanted, window, 500);
            ck_assert_uint_le(highest, beyond);
            ck_assert(highest < 500 ? enough == highest : enough >= 500 && enough <= highest);
            if (wanted.block_steps == 1)
                ck_assert_uint_eq(highest, exact);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rehearsal");
    TCase *tcase = tcase_create("rehearsal");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_it_is_what_a_naive_fleet_does, 1, REHEARSAL_DELAY_MAX + 1);
    tcase_add_loop_test(tcase, test_the_highest_of_a_window, 0, 7);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
