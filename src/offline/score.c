#include "offline/score.h"

#include "offline/trace.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define ROUNDING       1e-9 /* of a node: the rounding error of a whole number */
#define STEPS_PER_HOUR (3600.0 / REPLAY_STEP_S)

static void count_action(struct score *score, int change)
{
    score->recent = (score->recent << 1) & ((UINT64_C(1) << SCORE_REGRET_STEPS) - 1);
    score->actions += change != 0;
    if (change < 0) {
        score->scale_ins++;
        score->recent |= 1;
    } else if (change > 0) {
        score->regretted += (size_t)__builtin_popcountll(score->recent);
        score->recent = 0;
    }
}

void score_step(struct score *score, double demand, unsigned ready, unsigned pending, int change)
{
    double utilisation = demand / ready;

    score->steps++;
    if (utilisation > SCORE_VIOLATION)
        score->violations++;
    count_action(score, change);
    score->demand += demand;
    score->unserved += fmax(0.0, demand - ready);
    score->node_steps += ready + pending;
    score->busy_steps += fmin(1.0, utilisation);
    if (ready + pending > score->nodes_max)
        score->nodes_max = ready + pending;
}

double score_violation_share(const struct score *score)
{
    return (double)score->violations / (double)score->steps;
}

double score_unserved_share(const struct score *score)
{
    return score->unserved / fmax(score->demand, 1e-12);
}

double score_cost_ratio(const struct score *score)
{
    return score->node_steps / score->optimum;
}

double score_actions_per_hour(const struct score *score)
{
    return (double)score->actions / ((double)score->steps / STEPS_PER_HOUR);
}

double score_regretted_share(const struct score *score)
{
    return score->scale_ins > 0 ? (double)score->regretted / (double)score->scale_ins : 0.0;
}

double score_utilisation(const struct score *score)
{
    return score->busy_steps / (double)score->steps;
}

double score_node_hours(const struct score *score)
{
    return score->node_steps / STEPS_PER_HOUR;
}

unsigned score_nodes(double demand, double utilisation, unsigned nodes_min, unsigned nodes_max)
{
    double nodes = ceil(demand / utilisation - ROUNDING);

    return (unsigned)fmax(nodes_min, fmin(nodes_max, nodes));
}

/* A sliding maximum. The ring has the steps whose demand can still become the largest of a window, in order of falling
 * demand: a step is dropped as soon as a later one is as large. */
int score_optimum(const double *demand, size_t steps, unsigned delay, unsigned nodes_min, unsigned nodes_max,
                  double *node_steps)
{
    size_t window = (size_t)delay + 1;
    size_t *ring = reallocarray(NULL, window, sizeof *ring);
    size_t head = 0, tail = 0; /* steps ever removed, and ever added */
    double sum = 0.0;

    if (ring == NULL)
        return -ENOMEM;
    for (size_t end = 0; end < steps + delay; end++) {
        if (head < tail && ring[head % window] + window <= end)
            head++;
        if (end < steps) {
            while (head < tail && demand[ring[(tail - 1) % window]] <= demand[end])
                tail--;
            ring[tail++ % window] = end;
        }
        if (end >= delay)
            sum += score_nodes(head < tail ? demand[ring[head % window]] : 0.0, SCORE_TARGET, nodes_min, nodes_max);
    }
    free(ring);
    *node_steps = sum;
    return 0;
}
