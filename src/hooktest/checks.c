#include "hooktest/checks.h"

#include "collector/autoscale/hook_contract.h"
#include "hooktest/in_checks.h"
#include "hooktest/out_checks.h"

#include <stdio.h>
#include <string.h>

#define EXIT_CANT_SAY 64
#define EXIT_TOO_FEW  65

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
        trial_give_up(trial, check, "the hook can't say, so its orders can't be tested either");
    else
        report_failed(trial->report, check, trial->why, NULL);
}

/* Nodes that were there before may be removed by a hook that is wrong. */
static void check_confirmation(struct trial *trial)
{
    if (trial_initial(trial) == 0 || trial->options->is_confirmed)
        return;
    (void)snprintf(
        trial->why, sizeof trial->why,
        "the group has nodes already, %u by count, which may be removed if the hook is wrong; --yes allows that",
        trial_initial(trial));
    trial_give_up(trial, "scale-out and scale-in", trial->why);
}

/* Without names, none of the nodes that the test adds could be removed. */
static void check_names(struct trial *trial)
{
    if (trial->options->any_victims || !node_list_is_nameless(&trial->now))
        return;
    trial_give_up(trial, "scale-in of named nodes", "count does not print the names of the nodes");
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
    const char *all[TRIAL_CREATED_MAX];
    unsigned count = trial_created(trial, all);
    bool any = trial->options->any_victims;

    if (trial_nodes(trial) <= trial_initial(trial))
        return true;
    const struct trial_order order = {
        .check = "scale-in removes the nodes that the test has added",
        .verb = HOOK_SCALE_IN,
        .to = trial_initial(trial),
        .nodes = any ? NULL : all,
        .node_count = any ? 0 : count,
        .verdict = HOOK_ACCEPTED,
        .change = {.removed = trial_nodes(trial) - trial_initial(trial),
                   .named = any ? NULL : all,
                   .named_count = count},
    };
    return (any || count > 0) && trial_order(trial, &order);
}

static void print_remains(const struct trial *trial)
{
    const char *all[TRIAL_CREATED_MAX];
    unsigned count = trial_created(trial, all);

    (void)fprintf(trial->report->out,
                  "nodes that the test has added may still be there, %u by the last count; remove them yourself",
                  trial_nodes(trial) - trial_initial(trial));
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
    static check_function *const first[] = {check_contract,        check_unknown_operation, check_count,
                                            check_confirmation,    out_checks_repeated,     check_names,
                                            out_checks_difference, out_checks_lower,        NULL};
    static check_function *const named[] = {
        in_checks_strange_names, in_checks_many_names, in_checks_too_few, in_checks_named_only, out_checks_gap,
        in_checks_stop_at_to,    out_checks_old_order, out_checks_kill,   in_checks_all_named,  NULL};
    static check_function *const any[] = {
        in_checks_any_too_few, in_checks_any_one, out_checks_gap,    in_checks_any_one,
        out_checks_old_order,  out_checks_kill,   in_checks_any_all, NULL};

    run(trial, first);
    run(trial, trial->options->any_victims ? any : named);
    bool is_beyond = trial_nodes(trial) > trial_largest(trial);
    if (!clean_up(trial) && trial_nodes(trial) > trial_initial(trial))
        print_remains(trial);
    report_faults(trial);
    if (is_beyond)
        report_untested(trial->report, "the rest", "there were more nodes than the test may add");
    if (caller_is_interrupted(trial->caller))
        report_untested(trial->report, "the rest", "the test was interrupted");
}
