#include "hooktest/trial.h"

#include "common/clock.h"
#include "hooktest/test_record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POLL_MS_MIN 250U
#define POLL_MS_MAX 5000U /* a cloud limits how often it is asked */
#define LAST_MS_MAX 3000U /* for which a change must last */

void trial_init(struct trial *trial, const struct trial_options *options, struct caller *caller, struct report *report,
                uint64_t epoch)
{
    *trial = (struct trial){.options = options, .caller = caller, .report = report, .epoch = epoch};
}

void trial_deinit(struct trial *trial)
{
    node_list_deinit(&trial->initial);
    node_list_deinit(&trial->now);
}

bool trial_goes_on(const struct trial *trial)
{
    return !trial->is_over && !caller_is_interrupted(trial->caller);
}

/* ---- the nodes of the test ---- */

unsigned trial_created(const struct trial *trial, const char *names[TRIAL_CREATED_MAX])
{
    unsigned count = node_list_beyond(&trial->now, &trial->initial, names, TRIAL_CREATED_MAX);

    return count < TRIAL_CREATED_MAX ? count : TRIAL_CREATED_MAX;
}

unsigned trial_initial(const struct trial *trial)
{
    return node_list_number(&trial->initial);
}

unsigned trial_nodes(const struct trial *trial)
{
    return node_list_number(&trial->now);
}

unsigned trial_largest(const struct trial *trial)
{
    return trial_initial(trial) + trial->options->nodes_max;
}

bool trial_has_created(struct trial *trial, const char *check, const char *names[TRIAL_CREATED_MAX], unsigned needed)
{
    char why[64];
    unsigned count = trial_created(trial, names);

    if (count >= needed)
        return true;
    (void)snprintf(why, sizeof why, "too few nodes are left for it: %u instead of %u", count, needed);
    report_untested(trial->report, check, why);
    return false;
}

void trial_give_up(struct trial *trial, const char *check, const char *why)
{
    report_untested(trial->report, check, why);
    trial->is_over = true;
    trial->is_incomplete = true;
}

/* ---- counts ---- */

static void trial_on_answer(const char *data, size_t len, void *arg)
{
    node_list_add(arg, data, len);
}

enum hook_verdict trial_count(struct trial *trial, struct node_list *list)
{
    const struct hook_call call = {.verb = HOOK_COUNT, .group = trial->options->group};
    struct node_list answer;
    char outcome[128];

    node_list_begin(&answer);
    const struct hook_result *result = caller_call(trial->caller, &call, NULL, 0, trial_on_answer, &answer);
    enum hook_verdict verdict = result->verdict;
    if (verdict != HOOK_ACCEPTED) {
        hook_result_outcome(result, outcome, sizeof outcome);
        (void)snprintf(trial->why, sizeof trial->why, "count: %s", outcome);
    } else if (node_list_end(&answer, trial->why, sizeof trial->why) < 0) {
        verdict = HOOK_REFUSED;
    }
    if (verdict == HOOK_ACCEPTED)
        *list = answer;
    else
        node_list_deinit(&answer);
    return verdict;
}

static void take_count(struct trial *trial, struct node_list *list)
{
    node_list_deinit(&trial->now);
    trial->now = *list;
    trial->is_over =
        trial->is_over || node_list_number(&trial->now) > node_list_number(&trial->initial) + trial->options->nodes_max;
}

/* ---- what an order changes ---- */

/* Counts once. A count that fails may be right the next time. */
static enum change_state look(struct trial *trial, const struct change *change, struct node_list *after)
{
    struct node_list list;

    if (trial_count(trial, &list) != HOOK_ACCEPTED)
        return CHANGE_INCOMPLETE;
    node_list_deinit(after);
    *after = list;
    return change_judge(change, &trial->now, after, trial->why, sizeof trial->why);
}

static enum change_state watch(struct trial *trial, const struct change *change, struct node_list *after)
{
    uint64_t limit_ms = caller_now_ms(trial->caller) + (uint64_t)trial->options->settle_ms;
    uint64_t wait_ms = POLL_MS_MIN;
    enum change_state state = look(trial, change, after);

    while (state == CHANGE_INCOMPLETE && caller_now_ms(trial->caller) < limit_ms) {
        caller_wait(trial->caller, wait_ms);
        wait_ms = wait_ms < POLL_MS_MAX / 2 ? 2 * wait_ms : POLL_MS_MAX;
        state = look(trial, change, after);
    }
    return state;
}

static enum change_state watch_on(struct trial *trial, const struct change *change, struct node_list *after)
{
    uint64_t last_ms = (uint64_t)trial->options->settle_ms / 20;

    caller_wait(trial->caller, last_ms < LAST_MS_MAX ? last_ms : LAST_MS_MAX);
    return look(trial, change, after);
}

/* ---- orders ---- */

static struct hook_call call_of(struct trial *trial, const struct trial_order *order)
{
    bool is_old = order->is_old && trial->number > 0;

    return (struct hook_call){.verb = order->verb,
                              .group = trial->options->group,
                              .to = order->to,
                              .nodes = order->nodes,
                              .node_count = order->node_count,
                              .epoch = trial->epoch,
                              .number = is_old ? trial->number - 1 : ++trial->number};
}

static const char *wanted_text(enum hook_verdict verdict)
{
    switch (verdict) {
    case HOOK_ACCEPTED:
        return "exit status 0";
    case HOOK_TOO_FEW:
        return "exit status 65";
    default:
        return "another exit status";
    }
}

/* Returns whether the order has ended as it should; why: how it has ended instead. */
static bool run_order(struct trial *trial, const struct trial_order *order, const struct hook_call *call, char *why,
                      size_t size)
{
    char outcome[128];
    char *record = NULL;
    size_t len = 0;

    int rc = test_record_text(call, node_list_number(&trial->now), clock_wall_ms(), order->is_later, &record, &len);
    if (rc < 0) {
        (void)snprintf(why, size, "its record can't be made: %s", strerror(-rc));
        return false;
    }
    const struct hook_result *result = caller_call(trial->caller, call, record, len, NULL, NULL);
    free(record);
    trial->duration_ms = result->duration_ms;
    hook_result_outcome(result, outcome, sizeof outcome);
    (void)snprintf(why, size, "%s; %s is right", outcome, wanted_text(order->verdict));
    return result->verdict == order->verdict;
}

/* After an order that has not ended as it should, no change is waited for. */
static enum change_state look_at_change(struct trial *trial, const struct trial_order *order, bool is_ended_well)
{
    struct node_list after = {0};

    enum change_state state = (is_ended_well ? watch : look)(trial, &order->change, &after);
    if (state == CHANGE_MADE && order->is_watched_on)
        state = watch_on(trial, &order->change, &after);
    if (after.reply.has_number)
        take_count(trial, &after);
    else
        trial->is_over = true; /* the count has failed each time */
    return state;
}

/* What is wrong besides its end is worth a word if it is more than what is missing because of that. */
static void report_order(const struct trial *trial, const char *check, const char *end, enum change_state state,
                         const char *call)
{
    char why[(size_t)2 * TRIAL_WHY_MAX + sizeof "; "];

    if (end == NULL && state == CHANGE_MADE) {
        report_passed(trial->report, check);
        return;
    }
    (void)snprintf(why, sizeof why, "%s%s%s", end != NULL ? end : "", end != NULL && state == CHANGE_WRONG ? "; " : "",
                   end == NULL || state == CHANGE_WRONG ? trial->why : "");
    report_failed(trial->report, check, why, call);
}

bool trial_order(struct trial *trial, const struct trial_order *order)
{
    const struct hook_call call = call_of(trial, order);
    char end[TRIAL_WHY_MAX];
    char text[CALL_TEXT_MAX];

    call_text(&call, text, sizeof text);
    bool is_ended_well = run_order(trial, order, &call, end, sizeof end);
    enum change_state state = order->is_unwatched ? CHANGE_MADE : look_at_change(trial, order, is_ended_well);
    report_order(trial, order->check, is_ended_well ? NULL : end, state, text);
    return is_ended_well && state == CHANGE_MADE;
}

void trial_order_and_kill(struct trial *trial, const struct trial_order *order, uint64_t after_ms)
{
    const struct hook_call call = call_of(trial, order);
    char *record = NULL;
    size_t len = 0;

    if (test_record_text(&call, node_list_number(&trial->now), clock_wall_ms(), false, &record, &len) == 0)
        caller_call_and_kill(trial->caller, &call, record, len, after_ms);
    free(record);
}
