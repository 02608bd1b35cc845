#include "collector/autoscale.h"

#include "collector/observe.h"
#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define REPEAT_MS   300000U /* a decision that stands is said again */
#define HOLD_MS_MIN 60000U  /* holding for another reason is no news more often than this */
#define WHY_MAX     512
#define NUMBER_MAX  16

/* journalctl MESSAGE_ID=...; explained in packaging/headroom.catalog. */
#define DECISION_MESSAGE_ID "1c1fa655bfd04bdc86f978c0557f9ae9"

/* How much of the group was seen: a change of that is news at any time. */
enum sight { SIGHT_NONE, SIGHT_PART, SIGHT_WHOLE };

static enum sight sight_of(const struct decision *decision)
{
    if (decision->guard == GUARD_STARTING || decision->guard == GUARD_NO_DATA)
        return SIGHT_NONE;
    return decision->guard == GUARD_SILENT_NODES ? SIGHT_PART : SIGHT_WHOLE;
}

static bool is_news(const struct autoscale_group *group, const struct decision *decision, uint64_t now_ms)
{
    if (group->said_ms == 0 || now_ms - group->said_ms >= REPEAT_MS)
        return true;
    if (decision_same(&group->said, decision))
        return false;
    bool holding = group->said.action == ACTION_HOLD && decision->action == ACTION_HOLD;
    bool same_sight = sight_of(&group->said) == sight_of(decision);
    return !holding || !same_sight || now_ms - group->said_ms >= HOLD_MS_MIN;
}

static void log_decision(const char *group, const struct decision *decision, const char *why)
{
    char current[NUMBER_MAX];
    char desired[NUMBER_MAX];
    char raw[NUMBER_MAX];
    const struct log_field fields[] = {
        {"MESSAGE_ID", DECISION_MESSAGE_ID},
        {"HEADROOM_GROUP", group},
        {"HEADROOM_ACTION", action_names[decision->action]},
        {"HEADROOM_CURRENT", current},
        {"HEADROOM_DESIRED", desired},
        {"HEADROOM_RAW", raw},
        {"HEADROOM_RULE", rule_names[decision->rule]},
        {"HEADROOM_GUARD", guard_names[decision->guard]},
        {"HEADROOM_REASON", why},
    };

    snprintf(current, sizeof current, "%u", decision->current);
    snprintf(desired, sizeof desired, "%u", decision->desired);
    snprintf(raw, sizeof raw, "%u", decision->raw);
    log_record(LOG_LEVEL_INFO, why, fields, sizeof fields / sizeof fields[0]);
}

static void say(struct autoscale *autoscale, struct autoscale_group *group, const char *name,
                const struct decision *decision, uint64_t now_ms)
{
    char why[WHY_MAX];

    decision_sentence(decision, name, why, sizeof why);
    log_decision(name, decision, why);
    decision_log_add(autoscale->decisions, clock_wall_ms(), name, decision, why);
    group->said = *decision;
    group->said_ms = now_ms;
}

static void decide(struct autoscale *autoscale, const struct group *group, uint64_t now_ms)
{
    struct autoscale_group *mine = &autoscale->groups[group->index];
    const struct scaler_settings *settings = collector_config_group(autoscale->config, group->name);
    const struct group_observation *observed = &autoscale->observed[group->index];

    if (mine->scaler == NULL) {
        if (observed->live + observed->stale + observed->unreported == 0)
            return; /* known from old files only */
        mine->scaler = scaler_new();
    }
    if (mine->scaler == NULL) {
        log_error("out of memory: no decisions for group %s", group->name);
        return;
    }
    struct decision decision = scaler_step(mine->scaler, settings, (int64_t)now_ms, observed);
    if (is_news(mine, &decision, now_ms))
        say(autoscale, mine, group->name, &decision, now_ms);
}

static void autoscale_on_tick(uint64_t now_ms, void *arg)
{
    struct autoscale *autoscale = arg;
    const struct registry *registry = autoscale->registry;

    observe_groups(registry, (int64_t)now_ms, autoscale->config->settings.tick_ms, autoscale->config->gone_ms,
                   autoscale->observed);
    for (unsigned i = 0; i < registry->group_count; i++)
        decide(autoscale, registry->groups[i], now_ms);
}

int autoscale_start(struct autoscale *autoscale, uv_loop_t *loop, const struct registry *registry,
                    const struct collector_config *config, struct decision_log *decisions)
{
    *autoscale = (struct autoscale){.registry = registry, .config = config, .decisions = decisions};
    autoscale->groups = calloc(GROUPS_MAX, sizeof *autoscale->groups);
    autoscale->observed = calloc(GROUPS_MAX, sizeof *autoscale->observed);
    if (autoscale->groups == NULL || autoscale->observed == NULL) {
        autoscale_deinit(autoscale);
        return -ENOMEM;
    }
    ticker_start(&autoscale->ticker, loop, (uint64_t)config->settings.tick_ms, 0, autoscale_on_tick, autoscale);
    return 0;
}

void autoscale_reconfigure(struct autoscale *autoscale, const struct collector_config *config)
{
    autoscale->config = config;
    ticker_set_interval(&autoscale->ticker, (uint64_t)config->settings.tick_ms);
}

void autoscale_close(struct autoscale *autoscale)
{
    ticker_close(&autoscale->ticker);
}

void autoscale_deinit(struct autoscale *autoscale)
{
    for (unsigned i = 0; autoscale->groups != NULL && i < GROUPS_MAX; i++)
        scaler_free(autoscale->groups[i].scaler);
    free(autoscale->groups);
    free(autoscale->observed);
    autoscale->groups = NULL;
    autoscale->observed = NULL;
}
