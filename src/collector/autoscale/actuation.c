#include "collector/autoscale/actuation.h"

#include "collector/autoscale/record_json.h"
#include "collector/autoscale/victims.h"
#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WHY_MAX 512

/* ---- victims ---- */

static bool is_candidate(const struct node *node, const struct group *group)
{
    return node->group == group && node->presence == PRESENCE_PRESENT && node->reported && !node->departed;
}

static struct victim_candidate candidate(const struct node *node, const struct decision *decision)
{
    int64_t warm_ms = decision->now_ms - decision->settings.warm_up_ms;

    return (struct victim_candidate){
        .node_id = node->id,
        .known_ms = node->known_ms,
        .load = ring_mean(&node->ring, METRIC_CPU, decision->now_ms - decision->settings.tick_ms),
        .is_warming = node->joined_ms != NEVER_JOINED && node->joined_ms > warm_ms,
    };
}

/* The names of those that may go, in a list that the caller frees; NULL: none, or no memory, and nobody is suggested.
 * Those of an earlier order that are still there are among them, since they come first again. */
static const char **suggest(const struct actuation *actuation, const struct group *group,
                            const struct decision *decision, unsigned *count)
{
    const struct registry *registry = actuation->registry;
    struct victim_candidate *candidates = calloc(registry->node_count + 1, sizeof *candidates);
    unsigned n = 0;

    *count = 0;
    for (unsigned i = 0; candidates != NULL && i < registry->node_count; i++)
        if (is_candidate(registry->nodes[i], group))
            candidates[n++] = candidate(registry->nodes[i], decision);
    unsigned wanted = n > decision->desired ? n - decision->desired : 0;
    unsigned chosen = candidates != NULL ? victims_choose(candidates, n, wanted) : 0;
    const char **names = chosen > 0 ? calloc(chosen, sizeof *names) : NULL;
    for (unsigned i = 0; names != NULL && i < chosen; i++)
        names[i] = candidates[i].node_id;
    *count = names != NULL ? chosen : 0;
    free(candidates);
    return names;
}

/* ---- an order's way ---- */

static int record_stage(struct actuation *actuation, const struct group *group, const struct decision *decision,
                        enum order_stage order, const char *why)
{
    const struct decision_record record = {
        .wall_ms = clock_wall_ms(), .group = group->name, .decision = decision, .order = order, .why = why};

    return decision_log_add(actuation->decisions, &record);
}

static void hand_over(struct actuation *actuation, unsigned index)
{
    struct actuation_group *mine = &actuation->groups[index];
    const struct hook_order order = {.current = mine->ordered.current,
                                     .desired = mine->ordered.desired,
                                     .record = mine->record,
                                     .record_len = mine->record_len};

    mine->waits_ms = 0;
    mine->record = NULL;
    mine->handed = mine->ordered;
    hook_put(&actuation->hook, index, actuation->registry->groups[index]->name, &order);
}

static int make_record(struct actuation *actuation, const struct group *group, const struct decision *decision,
                       const char *why, char **text, size_t *len)
{
    unsigned count = 0;
    const char **victims = decision->desired < decision->current ? suggest(actuation, group, decision, &count) : NULL;
    const struct decision_record record = {.wall_ms = clock_wall_ms(),
                                           .group = group->name,
                                           .decision = decision,
                                           .why = why,
                                           .victims = victims,
                                           .victim_count = count};
    int rc = record_json_text(&record, text, len);

    free(victims);
    return rc;
}

void actuation_order(struct actuation *actuation, const struct group *group, struct scaler *scaler,
                     const struct decision *decision, const char *why)
{
    struct actuation_group *mine = &actuation->groups[group->index];
    char *record = NULL;
    size_t len = 0;

    int rc = make_record(actuation, group, decision, why, &record, &len);
    if (rc < 0) {
        log_error("group %s: no order, its record can't be made: %s", group->name, strerror(-rc));
        return;
    }
    bool recorded = record_stage(actuation, group, decision, ORDER_INTENT, why) == 0;
    if (!recorded && decision->desired < decision->current) {
        free(record);
        return;
    }
    free(mine->record);
    mine->record = record;
    mine->record_len = len;
    mine->scaler = scaler;
    mine->ordered = *decision;
    mine->intent = actuation->decisions->added;
    if (mine->waits_ms == 0)
        mine->waits_ms = decision->now_ms;
    if (mine->unaccepted_ms == 0)
        mine->unaccepted_ms = decision->now_ms;
    if (mine->running && mine->since_run_ms == 0)
        mine->since_run_ms = decision->now_ms;
    scaler_ordered(scaler, decision);
    if (!recorded || (actuation->decisions->again && decision->desired > decision->current))
        hand_over(actuation, group->index);
}

void actuation_synced(struct actuation *actuation)
{
    for (unsigned i = 0; i < actuation->registry->group_count; i++)
        if (actuation->groups[i].waits_ms != 0 && actuation->groups[i].intent <= actuation->decisions->synced)
            hand_over(actuation, i);
}

/* Takes back what no run of the hook has begun with. */
static void cancel(struct actuation *actuation, struct actuation_group *mine, unsigned index)
{
    int64_t since_ms = mine->running ? mine->since_run_ms : mine->unaccepted_ms;

    if (since_ms == 0)
        return;
    mine->waits_ms = 0;
    hook_withdraw(&actuation->hook, index);
    scaler_withdrawn(mine->scaler, since_ms);
    mine->since_run_ms = 0;
    if (!mine->running)
        mine->unaccepted_ms = 0;
}

static bool is_allowed(const struct actuation_group *mine, enum scale_mode mode)
{
    return mode == MODE_FULL || (mode == MODE_OUT_ONLY && mine->ordered.desired > mine->ordered.current);
}

void actuation_tick(struct actuation *actuation, unsigned index, enum scale_mode mode)
{
    struct actuation_group *mine = &actuation->groups[index];

    if (!is_allowed(mine, mode))
        cancel(actuation, mine, index);
    else if (mine->waits_ms != 0 && actuation->decisions->again && mine->ordered.desired > mine->ordered.current)
        hand_over(actuation, index);
}

/* ---- the hook ---- */

static const char *program(const char *group, void *arg)
{
    const struct actuation *actuation = arg;

    (void)group;
    return actuation_possible(actuation) ? actuation->program : NULL;
}

static void on_started(unsigned index, const char *group, unsigned current, unsigned desired, void *arg)
{
    struct actuation_group *mine = &((struct actuation *)arg)->groups[index];

    (void)group;
    (void)current;
    (void)desired;
    mine->running = true;
    mine->run = mine->handed;
    mine->since_run_ms = mine->waits_ms;
}

static void on_ended(unsigned index, const char *name, const struct hook_result *result, void *arg)
{
    struct actuation *actuation = arg;
    struct actuation_group *mine = &actuation->groups[index];
    const struct group *group = actuation->registry->groups[index];
    bool accepted = result->verdict == HOOK_ACCEPTED;
    char why[WHY_MAX];

    hook_result_sentence(result, name, why, sizeof why);
    mine->running = false;
    if (result->verdict == HOOK_STOPPED)
        return; /* nobody knows how far it came */
    if (result->verdict == HOOK_NOT_STARTED)
        mine->run = mine->handed;
    (void)record_stage(actuation, group, &mine->run, accepted ? ORDER_ACCEPTED : ORDER_FAILED, why);
    if (!accepted) {
        hook_withdraw(&actuation->hook, index);
        mine->waits_ms = 0;
        if (mine->unaccepted_ms != 0) /* else it was cancelled meanwhile */
            scaler_withdrawn(mine->scaler, mine->unaccepted_ms);
    }
    mine->unaccepted_ms = accepted ? mine->since_run_ms : 0;
    mine->since_run_ms = 0;
}

static const struct hook_events events = {.program = program, .on_started = on_started, .on_ended = on_ended};

bool actuation_possible(const struct actuation *actuation)
{
    return actuation->program[0] != '\0';
}

/* ---- life ---- */

int actuation_start(struct actuation *actuation, uv_loop_t *loop, const struct registry *registry,
                    struct decision_log *decisions, const char *program_path, uint64_t timeout_ms)
{
    *actuation = (struct actuation){.registry = registry, .decisions = decisions, .program = program_path};
    actuation->groups = calloc(GROUPS_MAX, sizeof *actuation->groups);
    if (actuation->groups == NULL)
        return -ENOMEM;
    return hook_start(&actuation->hook, loop, timeout_ms, (uint64_t)uv_hrtime(), &events, actuation);
}

void actuation_drain(struct actuation *actuation, hook_drained_cb *drained_cb, void *arg)
{
    for (unsigned i = 0; i < actuation->registry->group_count; i++)
        cancel(actuation, &actuation->groups[i], i);
    hook_drain(&actuation->hook, drained_cb, arg);
}

void actuation_close(struct actuation *actuation)
{
    hook_close(&actuation->hook);
}

void actuation_deinit(struct actuation *actuation)
{
    hook_deinit(&actuation->hook);
    for (unsigned i = 0; actuation->groups != NULL && i < GROUPS_MAX; i++)
        free(actuation->groups[i].record);
    free(actuation->groups);
    actuation->groups = NULL;
}
