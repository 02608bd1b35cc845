#include "offline/clairvoyant.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* The cheapest plan that has this many nodes ready at the present step. */
struct plan {
    double cost; /* INFINITY: there is none */
    struct score score;
};

struct search {
    const struct sim_setup *setup;
    double price;
    unsigned least, most; /* nodes that a plan may have */
    struct plan *now;     /* by the number of nodes, from 0 */
    struct plan *next;
    unsigned *above; /* the cheapest present plan with at least this many nodes */
};

/* More nodes than the highest demand needs are of no use, but for those that are there at first. */
static unsigned most_nodes(const struct sim_setup *setup, unsigned ready)
{
    double peak = 0.0;

    for (size_t k = 0; k < setup->steps; k++)
        peak = fmax(peak, setup->demand[k]);
    unsigned nodes = score_nodes(peak, SCORE_VIOLATION, setup->nodes_min, setup->nodes_max);
    nodes += nodes < setup->nodes_max; /* what score_nodes() took for a rounding error may be a violation */
    return nodes > ready ? nodes : ready;
}

/* A plan goes on with that many nodes. Each one more was paid from its order on, a step after which it is ready. */
static struct plan extend(const struct search *s, size_t step, const struct plan *from, unsigned before, unsigned nodes)
{
    struct plan plan = *from;
    double starting = nodes > before ? (s->setup->delay - 1.0) * (nodes - before) : 0.0;
    size_t violations = plan.score.violations;

    score_step(&plan.score, s->setup->demand[step], nodes, 0, (int)nodes - (int)before);
    plan.score.node_steps += starting;
    plan.cost += nodes + starting + s->price * (double)(plan.score.violations - violations);
    return plan;
}

/* What the nodes of a plan would cost less if they had not been ready yet. */
static double value_below(const struct search *s, unsigned nodes)
{
    return s->now[nodes].cost - (s->setup->delay - 1.0) * nodes;
}

/* Advances all plans from the step before to this one. */
static void advance(struct search *s, size_t step)
{
    bool may_grow = step >= s->setup->delay;
    unsigned below = s->least;

    s->above[s->most] = s->most;
    for (unsigned nodes = s->most; nodes-- > s->least;)
        s->above[nodes] = s->now[nodes].cost <= s->now[s->above[nodes + 1]].cost ? nodes : s->above[nodes + 1];
    for (unsigned nodes = s->least; nodes <= s->most; nodes++) {
        unsigned from = s->above[nodes];
        if (value_below(s, nodes) < value_below(s, below))
            below = nodes;
        if (may_grow && value_below(s, below) + (s->setup->delay - 1.0) * nodes < s->now[from].cost)
            from = below;
        s->next[nodes] = extend(s, step, &s->now[from], from, nodes);
    }
    struct plan *spare = s->now;
    s->now = s->next;
    s->next = spare;
}

static void search(struct search *s, unsigned ready, struct score *score)
{
    for (unsigned nodes = s->least; nodes <= s->most; nodes++)
        s->now[nodes] = (struct plan){.cost = INFINITY, .score = {.optimum = score->optimum}};
    s->now[ready].cost = 0.0;
    s->now[ready] = extend(s, 0, &s->now[ready], ready, ready);
    for (size_t step = 1; step < s->setup->steps; step++)
        advance(s, step);

    unsigned best = s->least;
    for (unsigned nodes = s->least; nodes <= s->most; nodes++)
        if (s->now[nodes].cost < s->now[best].cost)
            best = nodes;
    *score = s->now[best].score;
}

int clairvoyant_score(const struct sim_setup *setup, unsigned ready, double price, struct score *score)
{
    struct search s = {.setup = setup, .price = price, .least = setup->nodes_min, .most = most_nodes(setup, ready)};
    size_t places = (size_t)s.most + 1;

    s.now = reallocarray(NULL, places, sizeof *s.now);
    s.next = reallocarray(NULL, places, sizeof *s.next);
    s.above = reallocarray(NULL, places, sizeof *s.above);
    bool done = s.now != NULL && s.next != NULL && s.above != NULL;
    if (done)
        search(&s, ready, score);
    free(s.now);
    free(s.next);
    free(s.above);
    return done ? 0 : -ENOMEM;
}
