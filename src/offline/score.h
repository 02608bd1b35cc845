/* Pure. Computes the score of a policy in a simulation: too few nodes, too many nodes, and the number of actions. */
#ifndef OFFLINE_SCORE_H
#define OFFLINE_SCORE_H

#include <stddef.h>
#include <stdint.h>

#define SCORE_VIOLATION    0.9 /* utilisation above which there are too few nodes */
#define SCORE_REGRET_STEPS 40U /* 10 minutes */
#define SCORE_TARGET       0.7 /* utilisation of the optimum, see score_optimum() */

/* All zeros before the first step. */
struct score {
    size_t steps;
    size_t violations; /* steps with utilisation above SCORE_VIOLATION */
    size_t actions;    /* steps that changed the fleet */
    size_t scale_ins;  /* of these, with fewer nodes */
    size_t regretted;  /* scale-ins that were followed by more nodes within 10 minutes */
    uint64_t recent;   /* steps with a scale-in that may be regretted yet, a bit each: the lowest is the present one */
    double demand;
    double unserved;
    double node_steps; /* of ready and pending nodes: a node is paid for from its order on */
    double busy_steps; /* utilisation, at most 1, over all steps */
    unsigned nodes_max;
    double optimum; /* node-steps, see score_optimum() */
};

/* change: of the number of nodes, pending ones included. */
void score_step(struct score *score, double demand, unsigned ready, unsigned pending, int change);

double score_violation_share(const struct score *score);
double score_unserved_share(const struct score *score);
double score_cost_ratio(const struct score *score);
double score_actions_per_hour(const struct score *score);
double score_utilisation(const struct score *score);     /* the mean */
double score_regretted_share(const struct score *score); /* of the scale-ins; 0: there was none */
double score_node_hours(const struct score *score);

/* The cost, in node-steps, of a fleet that knows the future: at each step it has the nodes, within the bounds, that the
 * largest demand within the next `delay` steps needs at SCORE_TARGET. 0 or -ENOMEM. */
int score_optimum(const double *demand, size_t steps, unsigned delay, unsigned nodes_min, unsigned nodes_max,
                  double *node_steps);

/* The fewest nodes, within the bounds, that carry the demand at that utilisation. */
unsigned score_nodes(double demand, double utilisation, unsigned nodes_min, unsigned nodes_max);

#endif
