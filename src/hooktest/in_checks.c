#include "hooktest/in_checks.h"

#include "common/limits.h"
#include "hooktest/strange_names.h"
#include "hooktest/trial.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- named nodes ---- */

void in_checks_strange_names(struct trial *trial)
{
    static const char check[] = "scale-in takes no other name for that of a node";
    strange_name names[STRANGE_NAMES_MAX];
    const char *nodes[STRANGE_NAMES_MAX];
    const char *all[TRIAL_CREATED_MAX];

    if (!trial_has_created(trial, check, all, 1))
        return;
    unsigned count = strange_names_like(names, all[0], &trial->now);
    for (unsigned i = 0; i < count; i++)
        nodes[i] = names[i];
    const struct trial_order order = {.check = check,
                                      .verb = HOOK_SCALE_IN,
                                      .to = trial_initial(trial),
                                      .nodes = nodes,
                                      .node_count = count,
                                      .verdict = HOOK_ACCEPTED};
    (void)trial_order(trial, &order);
}

static void scale_in_many(struct trial *trial, const char *check, strange_name *names, const char **nodes)
{
    const struct trial_order order = {.check = check,
                                      .verb = HOOK_SCALE_IN,
                                      .to = trial_initial(trial),
                                      .nodes = nodes,
                                      .node_count = VICTIMS_MAX,
                                      .verdict = HOOK_ACCEPTED};

    strange_names_long(names, VICTIMS_MAX);
    for (unsigned i = 0; i < VICTIMS_MAX; i++)
        nodes[i] = names[i];
    (void)trial_order(trial, &order);
}

void in_checks_many_names(struct trial *trial)
{
    static const char check[] = "scale-in takes as many and as long names as the collector may give";
    const char *all[TRIAL_CREATED_MAX];

    if (!trial_has_created(trial, check, all, 1))
        return;
    strange_name *names = calloc(VICTIMS_MAX, sizeof *names);
    const char **nodes = calloc(VICTIMS_MAX, sizeof *nodes);
    if (names != NULL && nodes != NULL)
        scale_in_many(trial, check, names, nodes);
    else
        report_untested(trial->report, check, "out of memory");
    free(nodes);
    free(names);
}

void in_checks_too_few(struct trial *trial)
{
    static const char check[] = "scale-in to as many nodes as exist exits with 65";
    const char *all[TRIAL_CREATED_MAX];

    if (!trial_has_created(trial, check, all, 1))
        return;
    const struct trial_order order = {.check = check,
                                      .verb = HOOK_SCALE_IN,
                                      .to = trial_nodes(trial),
                                      .nodes = all,
                                      .node_count = 1,
                                      .verdict = HOOK_TOO_FEW};
    (void)trial_order(trial, &order);
}

/* Neither the first nor the last one: a hook may choose those by itself. */
void in_checks_named_only(struct trial *trial)
{
    static const char check[] = "scale-in removes the named node and no other";
    const char *all[TRIAL_CREATED_MAX];

    if (!trial_has_created(trial, check, all, 3))
        return;
    const struct trial_order order = {.check = check,
                                      .verb = HOOK_SCALE_IN,
                                      .to = trial_initial(trial),
                                      .nodes = &all[1],
                                      .node_count = 1,
                                      .verdict = HOOK_ACCEPTED,
                                      .change = {.removed = 1, .named = &all[1], .named_count = 1},
                                      .is_watched_on = true};
    (void)trial_order(trial, &order);
}

/* The names outlive the count that they are from. */
void in_checks_stop_at_to(struct trial *trial)
{
    static const char check[] = "scale-in of two nodes removes one if the other must be left";
    strange_name kept[2];
    const char *nodes[2] = {kept[0], kept[1]};
    const char *all[TRIAL_CREATED_MAX];

    if (!trial_has_created(trial, check, all, 2))
        return;
    for (unsigned i = 0; i < 2; i++)
        (void)snprintf(kept[i], sizeof kept[i], "%s", all[i]);
    struct trial_order order = {.check = check,
                                .verb = HOOK_SCALE_IN,
                                .to = trial_nodes(trial) - 1,
                                .nodes = nodes,
                                .node_count = 2,
                                .verdict = HOOK_ACCEPTED,
                                .change = {.removed = 1, .named = nodes, .named_count = 2}};
    if (!trial_order(trial, &order))
        return;
    order.check = "the same scale-in exits with 65 when it is repeated";
    order.verdict = HOOK_TOO_FEW;
    order.change = (struct change){0};
    (void)trial_order(trial, &order);
}

void in_checks_all_named(struct trial *trial)
{
    static const char check[] = "scale-in removes all named nodes";
    const char *all[TRIAL_CREATED_MAX];

    if (!trial_has_created(trial, check, all, 1))
        return;
    unsigned count = trial_created(trial, all);
    const struct trial_order order = {.check = check,
                                      .verb = HOOK_SCALE_IN,
                                      .to = trial_initial(trial),
                                      .nodes = all,
                                      .node_count = count,
                                      .verdict = HOOK_ACCEPTED,
                                      .change = {.removed = count, .named = all, .named_count = count},
                                      .is_watched_on = true};
    (void)trial_order(trial, &order);
}

/* ---- victims = any ---- */

static void scale_in_any(struct trial *trial, const char *check, unsigned to, unsigned removed)
{
    const struct trial_order order = {.check = check,
                                      .verb = HOOK_SCALE_IN,
                                      .to = to,
                                      .verdict = removed > 0 ? HOOK_ACCEPTED : HOOK_TOO_FEW,
                                      .change = {.removed = removed}};

    (void)trial_order(trial, &order);
}

void in_checks_any_too_few(struct trial *trial)
{
    scale_in_any(trial, "scale-in to as many nodes as exist exits with 65", trial_nodes(trial), 0);
}

void in_checks_any_one(struct trial *trial)
{
    unsigned to = trial_nodes(trial) - 1;

    if (trial_nodes(trial) <= trial_initial(trial) + 1)
        return;
    scale_in_any(trial, "scale-in lowers the number of nodes to TO", to, 1);
    if (trial_goes_on(trial) && trial_nodes(trial) == to)
        scale_in_any(trial, "the same scale-in exits with 65 when it is repeated", to, 0);
}

void in_checks_any_all(struct trial *trial)
{
    if (trial_nodes(trial) > trial_initial(trial))
        scale_in_any(trial, "scale-in lowers the number of nodes by several", trial_initial(trial),
                     trial_nodes(trial) - trial_initial(trial));
}
