#include "collector/fleet/report_pace.h"

#include "common/limits.h"
#include "common/uint.h"

#define LEAST_MS   1000U /* a shorter report would hardly have fewer frames */
#define STEP_MS    500U
#define FALL_MS    1000U
#define AGENTS_END (REPORT_PACE_AGENTS / 5 * 4) /* where reports end again */
#define BUSY       0.5
#define SMOOTHING  0.1 /* of the busy share: about ten seconds */

static uint32_t wanted_ms(uint32_t now_ms, unsigned agents, double busy, uint32_t most_ms)
{
    double by_agents = 1000.0 * agents / REPORT_PACE_AGENTS;
    double by_load = now_ms * busy / BUSY;
    double longest = by_agents > by_load ? by_agents : by_load;
    uint32_t bounded_ms = longest < most_ms ? (uint32_t)longest : most_ms;

    return uint_max(bounded_ms / STEP_MS * STEP_MS, LEAST_MS);
}

uint32_t report_pace_next(uint32_t now_ms, unsigned agents, double busy, uint32_t most_ms)
{
    if (most_ms < LEAST_MS || agents <= (now_ms > 0 ? AGENTS_END : REPORT_PACE_AGENTS))
        return 0;
    uint32_t next_ms = wanted_ms(now_ms, agents, busy, most_ms);
    return next_ms > now_ms || next_ms + FALL_MS <= now_ms || now_ms > most_ms ? next_ms : now_ms;
}

/* A decision every tick needs samples that are no older than a third of it. */
static uint32_t longest_ms(const struct report_pace_load *load)
{
    int64_t tick_ms = load->config->settings.tick_ms;
    uint32_t third_ms = tick_ms / 3 < REPORT_MS_MAX ? (uint32_t)tick_ms / 3 : REPORT_MS_MAX;

    return uint_min(third_ms, load->ack_interval_ms);
}

static unsigned urgent_nodes(const struct registry *registry)
{
    unsigned nodes = 0;

    for (unsigned i = 0; i < registry->group_count; i++)
        nodes += registry->groups[i]->report.is_urgent ? registry->groups[i]->report.live : 0;
    return nodes;
}

/* Of a group that no tick has seen; afterwards each tick sets it. */
static void look_up(struct group *group, const struct collector_config *config)
{
    if (group->report.is_configured)
        return;
    group->report.is_configured = true;
    group->report.configured_ms = (uint32_t)collector_config_group(config, group->name)->report_ms;
}

static uint32_t group_ms(const struct report_pace *pace, const struct group_report *report, uint32_t most_ms)
{
    if (report->configured_ms > 0)
        return uint_min(report->configured_ms, most_ms);
    if (!report->is_urgent || pace->general_ms == 0)
        return pace->general_ms;
    return uint_min(pace->general_ms, uint_max(pace->urgent_ms, LEAST_MS));
}

bool report_pace_update(struct report_pace *pace, const struct report_pace_load *load, const struct registry *registry)
{
    uint32_t most_ms = longest_ms(load);
    uint32_t chosen_ms = uint_min(most_ms, REPORT_PACE_MS_MAX);
    bool shorter = false;

    pace->busy += (load->busy - pace->busy) * SMOOTHING;
    pace->general_ms = report_pace_next(pace->general_ms, load->agents, pace->busy, chosen_ms);
    pace->urgent_ms = report_pace_next(pace->urgent_ms, urgent_nodes(registry), 0.0, chosen_ms);
    for (unsigned i = 0; i < registry->group_count; i++) {
        struct group_report *report = &registry->groups[i]->report;
        look_up(registry->groups[i], load->config);
        uint32_t next_ms = group_ms(pace, report, most_ms);
        shorter = shorter || next_ms < report->ms;
        report->ms = next_ms;
    }
    return shorter;
}
