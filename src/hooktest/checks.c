#include "hooktest/checks.h"

#include "collector/autoscale/hook_contract.h"
#include "common/limits.h"
#include "hooktest/strange_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CREATED_MAX 128U /* nodes that an order of the test names */

#define EXIT_CANT_SAY 64
#define EXIT_TOO_FEW  65

/* ---- the nodes of the test ---- */

/* Those that it has added and are still there. They belong to trial->now. */
static unsigned created(const struct trial *trial, const char *names[CREATED_MAX])
{
    unsigned count = node_list_beyond(&trial->now, &trial->initial, names, CREATED_MAX);

    return count < CREATED_MAX ? count : CREATED_MAX;
}

static unsigned initial(const struct trial *trial)
{
    return node_list_number(&trial->initial);
}

static unsigned now(const struct trial *trial)
{
    return node_list_number(&trial->now);
}

static unsigned largest(const struct trial *trial)
{
    return initial(trial) + trial->options->nodes_max;
}

/* Whether there are as many of the test's nodes as a check needs; if not, it is reported. */
static bool has_created(struct trial *trial, const char *check, const char *names[CREATED_MAX], unsigned needed)
{
    char why[64];
    unsigned count = created(trial, names);

    if (count >= needed)
        return true;
    (void)snprintf(why, sizeof why, "too few nodes are left for it: %u instead of %u", count, needed);
    report_untested(trial->report, check, why);
    return false;
}

/* The checks that follow can't be made. */
static void give_up(struct trial *trial, const char *check, const char *why)
{
    report_untested(trial->report, check, why);
    trial->is_over = true;
    trial->is_incomplete = true;
}

/* ---- questions ---- */

static void checks_on_contract(const char *data, size_t len, void *arg)
{
    hook_contract_add(arg, data, len);
}

static void check_contract(struct trial *trial)
{
    static const char check[] = "contract prints " HOOK_CONTRACT_VERSION;
    const struct hook_call call = {.verb = HOOK_CONTRACT};
    struct hook_contract contract;

    hook_contract_init(&contract, 1);
    hook_contract_begin(&contract);
    const struct hook_result *result = caller_call(trial->caller, &call, NULL, 0, checks_on_contract, &contract);
    (void)hook_contract_end(&contract, result, trial->caller->program, 0);
    trial->is_over = contract.state != HOOK_CONTRACT_KEPT;
    if (trial->is_over)
        report_failed(trial->report, check, contract.reason, NULL);
    else
        report_passed(trial->report, check);
}

static void check_unknown_operation(struct trial *trial)
{
    static const char check[] = "an operation that the contract does not have is refused";
    const struct hook_call call = {.verb = HOOK_UNKNOWN, .group = trial->options->group, .to = 1};
    char why[TRIAL_WHY_MAX];
    char outcome[128];
    char text[CALL_TEXT_MAX];

    const struct hook_result *result = caller_call(trial->caller, &call, NULL, 0, NULL, NULL);
    bool is_another = result->exit_status != EXIT_CANT_SAY && result->exit_status != EXIT_TOO_FEW;
    if (result->verdict == HOOK_REFUSED && is_another) {
        report_passed(trial->report, check);
        return;
    }
    hook_result_outcome(result, outcome, sizeof outcome);
    (void)snprintf(why, sizeof why, "%s; an exit status other than 0, 64 and 65 is right", outcome);
    call_text(&call, text, sizeof text);
    report_failed(trial->report, check, why, text);
}

static void check_count(struct trial *trial)
{
    static const char check[] = "count prints how many nodes exist";
    enum hook_verdict verdict = trial_count(trial, &trial->initial);

    if (verdict == HOOK_ACCEPTED && trial_count(trial, &trial->now) == HOOK_ACCEPTED) {
        report_passed(trial->report, check);
        return;
    }
    trial->is_over = true;
    if (verdict == HOOK_CANT_SAY && trial->options->any_victims)
        (void)snprintf(trial->why, sizeof trial->why,
                       "the hook can't say; with victims = any the collector then refuses scale-in");
    if (verdict == HOOK_CANT_SAY && !trial->options->any_victims)
        give_up(trial, check, "the hook can't say, so its orders can't be tested either");
    else
        report_failed(trial->report, check, trial->why, NULL);
}

/* Nodes that were there before may be removed by a hook that is wrong. */
static void check_confirmation(struct trial *trial)
{
    if (initial(trial) == 0 || trial->options->is_confirmed)
        return;
    (void)snprintf(
        trial->why, sizeof trial->why,
        "the group has nodes already, %u by count, which may be removed if the hook is wrong; --yes allows that",
        initial(trial));
    give_up(trial, "scale-out and scale-in", trial->why);
}

/* ---- scale-out ---- */

static void check_scale_out(struct trial *trial)
{
    struct trial_order order = {
        .check = "scale-out is accepted",
        .verb = HOOK_SCALE_OUT,
        .to = initial(trial) + 1,
        .verdict = HOOK_ACCEPTED,
        .is_unwatched = true,
    };

    (void)trial_order(trial, &order);
    order.check = "scale-out that is repeated at once adds no more nodes";
    order.change.added = 1;
    order.is_unwatched = false;
    order.is_watched_on = true;
    (void)trial_order(trial, &order);
}

/* Without names, none of the nodes that the test adds could be removed. */
static void check_names(struct trial *trial)
{
    if (trial->options->any_victims || !node_list_is_nameless(&trial->now))
        return;
    give_up(trial, "scale-in of named nodes", "count does not print the names of the nodes");
}

static struct trial_order full_scale_out(const struct trial *trial, const char *check)
{
    return (struct trial_order){.check = check,
                                .verb = HOOK_SCALE_OUT,
                                .to = largest(trial),
                                .verdict = HOOK_ACCEPTED,
                                .change = {.added = largest(trial) - now(trial)},
                                .is_later = true};
}

static void check_difference(struct trial *trial)
{
    const struct trial_order order =
        full_scale_out(trial, "scale-out adds the difference; its record has a member of a later version");

    (void)trial_order(trial, &order);
    trial->out_ms = trial->duration_ms;
}

static void check_gap(struct trial *trial)
{
    const struct trial_order order = full_scale_out(trial, "scale-out adds a node in place of a removed one");

    (void)trial_order(trial, &order);
}

/* In the middle of its usual duration: as if the collector and its unit had ended. */
static void check_kill(struct trial *trial)
{
    const struct trial_order order =
        full_scale_out(trial, "scale-out that was killed adds what is missing, and no more, when it is repeated");

    trial_order_and_kill(trial, &order, trial->out_ms / 2 + 1);
    (void)trial_order(trial, &order);
}

static void check_lower_scale_out(struct trial *trial)
{
    const struct trial_order order = {.check = "scale-out to fewer nodes than exist changes nothing",
                                      .verb = HOOK_SCALE_OUT,
                                      .to = initial(trial) + 1,
                                      .verdict = HOOK_ACCEPTED};

    (void)trial_order(trial, &order);
}

/* ---- scale-in of named nodes ---- */

static void check_strange_names(struct trial *trial)
{
    static const char check[] = "scale-in takes no other name for that of a node";
    strange_name names[STRANGE_NAMES_MAX];
    const char *nodes[STRANGE_NAMES_MAX];
    const char *all[CREATED_MAX];

    if (!has_created(trial, check, all, 1))
        return;
    unsigned count = strange_names_like(names, all[0], &trial->now);
    for (unsigned i = 0; i < count; i++)
        nodes[i] = names[i];
    const struct trial_order order = {.check = check,
                                      .verb = HOOK_SCALE_IN,
                                      .to = initial(trial),
                                      .nodes = nodes,
                                      .node_count = count,
                                      .verdict = HOOK_ACCEPTED};
    (void)trial_order(trial, &order);
}

static void scale_in_many(struct trial *trial, const char *check, strange_name *names, const char **nodes)
{
    const struct trial_order order = {.check = check,
                                      .verb = HOOK_SCALE_IN,
                                      .to = initial(trial),
                                      .nodes = nodes,
                                      .node_count = VICTIMS_MAX,
                                      .verdict = HOOK_ACCEPTED};

    strange_names_long(names, VICTIMS_MAX);
    for (unsigned i = 0; i < VICTIMS_MAX; i++)
        nodes[i] = names[i];
    (void)trial_order(trial, &order);
}

static void check_many_names(struct trial *trial)
{
    static const char check[] = "scale-in takes as many and as long names as the collector may give";
    const char *all[CREATED_MAX];

    if (!has_created(trial, check, all, 1))
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

static void check_too_few(struct trial *trial)
{
    static const char check[] = "scale-in to as many nodes as exist exits with 65";
    const char *all[CREATED_MAX];

    if (!has_created(trial, check, all, 1))
        return;
    const struct trial_order order = {.check = check,
                                      .verb = HOOK_SCALE_IN,
                                      .to = now(trial),
                                      .nodes = all,
                                      .node_count = 1,
                                      .verdict = HOOK_TOO_FEW};
    (void)trial_order(trial, &order);
}

/* Neither the first nor the last one: a hook may choose those by itself. */
static void check_named_only(struct trial *trial)
{
    static const char check[] = "scale-in removes the named node and no other";
    const char *all[CREATED_MAX];

    if (!has_created(trial, check, all, 3))
        return;
    const struct trial_order order = {.check = check,
                                      .verb = HOOK_SCALE_IN,
                                      .to = initial(trial),
                                      .nodes = &all[1],
                                      .node_count = 1,
                                      .verdict = HOOK_ACCEPTED,
                                      .change = {.removed = 1, .named = &all[1], .named_count = 1},
                                      .is_watched_on = true};
    (void)trial_order(trial, &order);
}

/* The names outlive the count that they are from. */
static void check_stop_at_to(struct trial *trial)
{
    static const char check[] = "scale-in of two nodes removes one if the other must be left";
    strange_name kept[2];
    const char *nodes[2] = {kept[0], kept[1]};
    const char *all[CREATED_MAX];

    if (!has_created(trial, check, all, 2))
        return;
    for (unsigned i = 0; i < 2; i++)
        (void)snprintf(kept[i], sizeof kept[i], "%s", all[i]);
    struct trial_order order = {.check = check,
                                .verb = HOOK_SCALE_IN,
                                .to = now(trial) - 1,
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

static void check_all_named(struct trial *trial)
{
    static const char check[] = "scale-in removes all named nodes";
    const char *all[CREATED_MAX];

    if (!has_created(trial, check, all, 1))
        return;
    unsigned count = created(trial, all);
    const struct trial_order order = {.check = check,
                                      .verb = HOOK_SCALE_IN,
                                      .to = initial(trial),
                                      .nodes = all,
                                      .node_count = count,
                                      .verdict = HOOK_ACCEPTED,
                                      .change = {.removed = count, .named = all, .named_count = count},
                                      .is_watched_on = true};
    (void)trial_order(trial, &order);
}

/* ---- scale-in with victims = any ---- */

static void scale_in_any(struct trial *trial, const char *check, unsigned to, unsigned removed)
{
    const struct trial_order order = {.check = check,
                                      .verb = HOOK_SCALE_IN,
                                      .to = to,
                                      .verdict = removed > 0 ? HOOK_ACCEPTED : HOOK_TOO_FEW,
                                      .change = {.removed = removed}};

    (void)trial_order(trial, &order);
}

static void check_any_too_few(struct trial *trial)
{
    scale_in_any(trial, "scale-in to as many nodes as exist exits with 65", now(trial), 0);
}

static void check_any_one(struct trial *trial)
{
    unsigned to = now(trial) - 1;

    if (now(trial) <= initial(trial) + 1)
        return;
    scale_in_any(trial, "scale-in lowers the number of nodes to TO", to, 1);
    if (trial_goes_on(trial) && now(trial) == to)
        scale_in_any(trial, "the same scale-in exits with 65 when it is repeated", to, 0);
}

static void check_any_all(struct trial *trial)
{
    if (now(trial) > initial(trial))
        scale_in_any(trial, "scale-in lowers the number of nodes by several", initial(trial),
                     now(trial) - initial(trial));
}

/* ---- orders of a queue ---- */

/* After a scale-in, so that the older scale-out would add nodes. */
static void check_old_order(struct trial *trial)
{
    const struct trial_order order = {.check = "an order that is older than the last one is refused",
                                      .verb = HOOK_SCALE_OUT,
                                      .to = largest(trial),
                                      .verdict = HOOK_REFUSED,
                                      .is_old = true};

    if (trial->options->has_queue)
        (void)trial_order(trial, &order);
    else
        report_untested(trial->report, order.check, "only a hook with a queue must do this (--queue)");
}

/* ---- all runs ---- */

static void report_fault(struct trial *trial, const char *check, const struct caller_fault *fault)
{
    if (fault->is_found)
        report_failed(trial->report, check, fault->why, fault->call);
    else
        report_passed(trial->report, check);
}

static void report_faults(struct trial *trial)
{
    static const char leftover[] = "no run leaves processes behind, which would end with the collector's unit";
    const struct caller *caller = trial->caller;

    report_fault(trial, "all runs end within their time limit", &caller->overtime);
    report_fault(trial, "no run prints more than the collector logs", &caller->chatter);
    if (caller->leftovers_error < 0)
        report_untested(trial->report, leftover, strerror(-caller->leftovers_error));
    else
        report_fault(trial, leftover, &caller->leftover);
}

/* ---- the end ---- */

/* What is left of the test's nodes, after checks that have failed or were not made. Returns false if some remain. */
static bool clean_up(struct trial *trial)
{
    const char *all[CREATED_MAX];
    unsigned count = created(trial, all);
    bool any = trial->options->any_victims;

    if (now(trial) <= initial(trial))
        return true;
    const struct trial_order order = {
        .check = "scale-in removes the nodes that the test has added",
        .verb = HOOK_SCALE_IN,
        .to = initial(trial),
        .nodes = any ? NULL : all,
        .node_count = any ? 0 : count,
        .verdict = HOOK_ACCEPTED,
        .change = {.removed = now(trial) - initial(trial), .named = any ? NULL : all, .named_count = count},
    };
    return (any || count > 0) && trial_order(trial, &order);
}

static void print_remains(const struct trial *trial)
{
    const char *all[CREATED_MAX];
    unsigned count = created(trial, all);

    (void)fprintf(trial->report->out,
                  "nodes that the test has added may still be there, %u by the last count; remove "
                  "them yourself",
                  now(trial) - initial(trial));
    for (unsigned i = 0; i < count; i++)
        (void)fprintf(trial->report->out, "%s%s", i == 0 ? ": " : " ", all[i]);
    (void)fprintf(trial->report->out, "\n");
}

typedef void check_function(struct trial *trial);

static void run(struct trial *trial, check_function *const *checks)
{
    for (; *checks != NULL && trial_goes_on(trial); checks++)
        (*checks)(trial);
}

void checks_run(struct trial *trial)
{
    static check_function *const first[] = {check_contract,     check_unknown_operation, check_count,
                                            check_confirmation, check_scale_out,         check_names,
                                            check_difference,   check_lower_scale_out,   NULL};
    static check_function *const named[] = {
        check_strange_names, check_many_names, check_too_few, check_named_only, check_gap,
        check_stop_at_to,    check_old_order,  check_kill,    check_all_named,  NULL};
    static check_function *const any[] = {check_any_too_few, check_any_one, check_gap,     check_any_one,
                                          check_old_order,   check_kill,    check_any_all, NULL};

    run(trial, first);
    run(trial, trial->options->any_victims ? any : named);
    if (!clean_up(trial) && now(trial) > initial(trial))
        print_remains(trial);
    report_faults(trial);
    if (caller_is_interrupted(trial->caller))
        report_untested(trial->report, "the rest", "the test was interrupted");
}
