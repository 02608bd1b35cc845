#include "collector/fleet/observe.h"

#include "collector/fleet/node_weight.h"
#include "collector/fleet/observe_conclude.h"
#include "common/prefetch.h"
#include "common/uint.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define AHEAD 4U /* nodes whose memory is prefetched */

const enum metric observe_metric[OBSERVE_METRICS] = {
    [RESOURCE_CPU] = METRIC_CPU,
    [RESOURCE_MEMORY] = METRIC_MEMORY,
    [RESOURCE_DISK] = METRIC_DISK_BUSY,
    [RESOURCE_APP] = METRIC_APP_LOAD,
    [RESOURCE_NODE_COUNT + RESOURCE_CPU] = METRIC_PSI_CPU,
    [RESOURCE_NODE_COUNT + RESOURCE_MEMORY] = METRIC_PSI_MEMORY,
    [RESOURCE_NODE_COUNT + RESOURCE_DISK] = METRIC_PSI_IO,
    [OBSERVE_THROTTLED] = METRIC_THROTTLED,
};

/* The tasks of a throttled node wait for its quota, even where the kernel has no pressure to report of that. */
static double pressure_of(const double *means, enum resource r)
{
    return r == RESOURCE_CPU ? fmax(means[RESOURCE_NODE_COUNT + r], means[OBSERVE_THROTTLED])
                             : means[RESOURCE_NODE_COUNT + r];
}

static void add_resource(enum resource r, double weight, const double *means, struct observe_sum *to)
{
    struct resource_observation *sum = &to->resource[r];
    double share = node_weight_share_of(weight, r, means[r]);
    double pressure = r < RESOURCE_APP ? pressure_of(means, r) : NAN;

    if (!isnan(pressure)) {
        sum->pressure += pressure / 100.0;
        to->pressured[r]++;
    }
    if (isnan(share)) {
        sum->unread += weight > 0.0;
        return;
    }
    sum->demand += share * weight;
    sum->capacity += weight;
    sum->nodes++;
}

/* Few nodes have a quota, or an application with a number of its own: the others are not asked for it. */
static bool is_read(const struct node *node, unsigned i)
{
    if (i == OBSERVE_THROTTLED)
        return node->ring.last_present >> METRIC_THROTTLED & 1U;
    return i != RESOURCE_APP || node_weight_is_said(node, RESOURCE_APP);
}

/* The means of a node without a fresh reading are absent. */
static void read_node(const struct node *node, const struct observe_pass *pass, const struct observe_sums *sums,
                      double means[OBSERVE_METRICS])
{
    int64_t age_ms = pass->now_ms - node->seen_ms;
    bool is_fresh = age_ms <= sums->horizon_ms || age_ms <= registry_live_ms(node);
    enum metric metrics[OBSERVE_METRICS];
    double read[OBSERVE_METRICS];
    unsigned count = 0;

    for (unsigned i = 0; i < OBSERVE_METRICS; i++)
        if (is_fresh && is_read(node, i))
            metrics[count++] = observe_metric[i];
    ring_means(&node->ring, metrics, count, pass->now_ms - pass->tick_ms, pass->now_ms, read);
    for (unsigned i = OBSERVE_METRICS; i-- > 0;)
        means[i] = is_fresh && is_read(node, i) ? read[--count] : NAN;
}

/* What an order will bring is like what orders have brought last, whatever has come otherwise. */
static void add_newest(const struct node *node, const double *weights, struct observe_sums *sums)
{
    if (node->joined_ms == NEVER_JOINED || !node->by_order || node->joined_ms < sums->newest_ms)
        return;
    if (node->joined_ms > sums->newest_ms) {
        sums->newest_ms = node->joined_ms;
        memset(sums->newest, 0, sizeof sums->newest);
        memset(sums->newest_weight, 0, sizeof sums->newest_weight);
    }
    for (unsigned r = 0; r < RESOURCE_NODE_COUNT; r++) {
        sums->newest[r] += weights[r] > 0.0;
        sums->newest_weight[r] += weights[r];
    }
}

/* Counts what the node says of its size, and whether it is believed. weights: those that count. */
static void add_sizes(const struct node *node, struct observe_pass *pass, double weights[RESOURCE_NODE_COUNT])
{
    unsigned index = node->group->index;
    const struct group_sizes *sizes = &node->group->sizes;
    bool believed = true;

    for (unsigned r = 0; r < RESOURCE_NODE_COUNT; r++) {
        weights[r] = node_weight_said(node, r);
        if (r == RESOURCE_DISK || !node_weight_is_said(node, r))
            continue;
        if (group_sizes_add(&pass->sums[index].sizes[r], &pass->tables[index][r], weights[r]))
            continue; /* the group, which is not in the cache, need not be looked at */
        if (group_sizes_believes(sizes, r, weights[r]))
            continue;
        weights[r] = sizes->median[r];
        believed = false;
    }
    pass->observed[index].implausible += !believed;
}

static void add_live(const struct node *node, struct observe_pass *pass, struct observe_sums *sums,
                     struct group_observation *observed)
{
    int64_t now_ms = pass->now_ms;
    bool warming = node->joined_ms != NEVER_JOINED && now_ms - node->joined_ms < sums->warm_up_ms;
    double weights[RESOURCE_NODE_COUNT];
    double means[OBSERVE_METRICS];

    observed->live++;
    observed->warming += warming;
    observed->protected_nodes += node->protects;
    observed->slow += registry_interval_ms(node) < node->interval_ms;
    add_sizes(node, pass, weights);
    if (now_ms - node->seen_ms > observed->age_ms)
        observed->age_ms = now_ms - node->seen_ms;
    add_newest(node, weights, sums);
    read_node(node, pass, sums, means);
    for (unsigned r = 0; r < RESOURCE_NODE_COUNT; r++)
        add_resource(r, weights[r], means, warming ? &sums->warming : &sums->settled);
}

static void join(struct node *node, int64_t now_ms)
{
    node->joined_ms = now_ms;
    node->by_order = node->group->on_order > 0;
    node->group->on_order -= node->by_order;
}

/* A node read back from disk was present before the start, whatever has become of it since. One that left does not
 * count twice if it is held as missing later. */
static void notice_presence(struct node *node, bool there, bool live, const struct observe_pass *pass,
                            struct group_observation *observed)
{
    bool absent = node->presence == PRESENCE_ABSENT || (node->presence == PRESENCE_UNKNOWN && !node->recovered);

    if (!there && node->presence == PRESENCE_PRESENT)
        observed->left++;
    if (there && absent && live)
        join(node, pass->now_ms);
    else if (there && node->presence != PRESENCE_PRESENT)
        node->joined_ms = NEVER_JOINED;
    observed->joined += there && absent && live;
    node->presence = there ? PRESENCE_PRESENT : PRESENCE_ABSENT;
}

static void note_change(struct node *node, enum liveness liveness, struct observe_pass *pass)
{
    struct observe_notice notice = {.node = node, .before = (enum liveness)node->noticed, .after = liveness};

    if (notice.before == liveness)
        return;
    if (pass->notice_count < OBSERVE_NOTICES_MAX)
        pass->notices[pass->notice_count] = notice;
    pass->notice_count++;
    node->noticed = (uint8_t)liveness;
}

static void add_silent(const struct node *node, struct observe_sums *sums)
{
    for (unsigned r = 0; r < RESOURCE_NODE_COUNT; r++)
        if (node_weight_is_said(node, r))
            sums->silent_weight[r] += node_weight_of(node, r);
        else
            sums->weightless[r]++;
}

static bool is_silent(enum liveness liveness)
{
    switch (liveness) {
    case NODE_RETURNING:
    case NODE_MISSING:
    case NODE_LEAVING:
    case NODE_UNREPORTED:
        return true;
    case NODE_NEW:
    case NODE_LIVE:
    case NODE_GONE:
        break;
    }
    return false;
}

static bool is_there(const struct node *node, enum liveness liveness)
{
    switch (liveness) {
    case NODE_LIVE:
    case NODE_RETURNING:
    case NODE_UNREPORTED:
        return true;
    case NODE_MISSING:
        return node->farewell != FAREWELL_LEAVING;
    case NODE_NEW:
    case NODE_LEAVING:
    case NODE_GONE:
        break;
    }
    return false;
}

/* Whether the group had its place when the pass began. */
static bool is_in_pass(const struct group *group, const struct observe_pass *pass)
{
    return group->index < pass->group_count && group->number <= pass->group_comings;
}

/* A node that has changed its group still exists, but not for the group that it was in. */
static void add_regrouped(const struct node *node, enum liveness liveness, struct observe_pass *pass)
{
    if (node->former != NULL && is_in_pass(node->former, pass))
        pass->observed[node->former->index].regrouped += liveness == NODE_LIVE || liveness == NODE_RETURNING;
}

static void add_arrival(const struct node *node, enum liveness liveness, bool joined, struct observe_sums *sums)
{
    sums->arrived += joined || (liveness == NODE_NEW && node->intake != NULL);
    if (liveness == NODE_GONE)
        return;
    int64_t interval_ms = registry_interval_ms(node);
    if (interval_ms > sums->interval_ms)
        sums->interval_ms = interval_ms;
}

/* For the judgement of a mass loss, see loss_tick(). */
static void add_departure(const struct node *node, enum liveness liveness, const struct observe_pass *pass,
                          struct observe_sums *sums)
{
    bool left = node->farewell == FAREWELL_LEAVING;
    bool is_recent = pass->now_ms - node->known_ms <= pass->gone_ms;

    sums->silent += liveness == NODE_MISSING && node->farewell == FAREWELL_NONE;
    sums->moved += liveness == NODE_MISSING && node->farewell == FAREWELL_MOVED;
    sums->left += left && liveness != NODE_GONE;
    sums->left_before += left && liveness == NODE_GONE && pass->now_ms - node->farewell_ms <= pass->gone_ms;
    sums->newcomers += liveness == NODE_LIVE && is_recent && node->joined_ms != NEVER_JOINED &&
                       roll_call_is_after(&node->group->roll_call, node->joined_ms);
}

static void add_node(struct node *node, struct observe_pass *pass)
{
    struct observe_sums *sums = &pass->sums[node->group->index];
    struct group_observation *observed = &pass->observed[node->group->index];
    enum liveness liveness = registry_liveness(node, pass->now_ms, pass->gone_ms);
    bool was_absent = node->presence == PRESENCE_ABSENT && node->noticed == NODE_GONE;
    unsigned joined = observed->joined;

    notice_presence(node, is_there(node, liveness), liveness == NODE_LIVE, pass, observed);
    add_arrival(node, liveness, observed->joined > joined, sums);
    sums->known += node->recovered && (liveness == NODE_LIVE || liveness == NODE_UNREPORTED);
    sums->returned += was_absent && liveness == NODE_LIVE;
    note_change(node, liveness, pass);
    if (liveness == NODE_LIVE)
        add_live(node, pass, sums, observed);
    else if (is_silent(liveness))
        add_silent(node, sums);
    sums->elsewhere += node->prefers_other && liveness != NODE_GONE;
    sums->elsewhere_live += node->prefers_other && liveness == NODE_LIVE;
    observed->returning += liveness == NODE_RETURNING;
    observed->missing += liveness == NODE_MISSING;
    observed->leaving += liveness == NODE_LEAVING;
    observed->unreported += liveness == NODE_UNREPORTED;
    add_departure(node, liveness, pass, sums);
    add_regrouped(node, liveness, pass);
}

/* ---- the pass ---- */

/* The settings are copied: another configuration may take their place while the pass is under way. */
static void begin_group(struct observe_pass *pass, struct group *group, const struct collector_config *config)
{
    const struct scaler_settings *settings = collector_config_group(config, group->name);
    struct observe_sums *sums = &pass->sums[group->index];

    *sums = (struct observe_sums){.newest_ms = NEVER_JOINED,
                                  .warm_up_ms = settings->warm_up_ms,
                                  .horizon_ms = settings->lead_time_ms + pass->tick_ms};
    for (unsigned r = 0; r < RESOURCE_NODE_COUNT; r++) {
        sums->high[r] = settings->thresholds[r].high;
        sums->sizes[r].usual = group->sizes.median[r];
    }
    group->lead_time_ms = settings->lead_time_ms;
    group->longest_interval_ms = settings->longest_interval_ms;
    group->report.configured_ms = (uint32_t)settings->report_ms;
    group->sizes.any = settings->node_sizes == NODE_SIZES_ANY;
    pass->observed[group->index].configured = collector_config_names(config, group->name);
    pass->observed[group->index].unlisted = !collector_config_scales(config, group->name);
    pass->observed[group->index].moved = group->moved;
    group->moved = 0;
}

/* A node is missing for at least one tick before it is forgotten, so that a mass loss is noticed before. */
void observe_begin(struct observe_pass *pass, const struct registry *registry, const struct collector_config *config,
                   int64_t now_ms, struct group_observation *observed)
{
    pass->registry = registry;
    pass->observed = observed;
    pass->now_ms = now_ms;
    pass->tick_ms = config->settings.tick_ms;
    pass->gone_ms = 2 * pass->tick_ms;
    if (config->gone_ms > pass->gone_ms)
        pass->gone_ms = config->gone_ms;
    pass->group_count = registry->group_count;
    pass->group_comings = registry->group_comings;
    pass->at = 0;
    pass->newest_ms = INT64_MIN;
    pass->notice_count = 0;
    pass->is_suspected = false;
    pass->done = false;
    memset(observed, 0, registry->group_count * sizeof *observed);
    for (unsigned i = 0; i < registry->group_count; i++)
        begin_group(pass, registry->groups[i], config);
}

/* With many nodes neither a node nor its newest samples are cached: both are prefetched in time. */
static void prefetch_ahead(const struct registry *registry, unsigned at)
{
    if (at + 2 * AHEAD < registry->node_count) {
        const struct node *node = registry->nodes[at + 2 * AHEAD];
        for (const char *line = (const char *)node; line < (const char *)&node->ring.last_uptime_ms;
             line += PREFETCH_LINE)
            __builtin_prefetch(line);
    }
    if (at + AHEAD < registry->node_count)
        ring_prefetch(&registry->nodes[at + AHEAD]->ring);
}

bool observe_step(struct observe_pass *pass, unsigned nodes)
{
    const struct registry *registry = pass->registry;

    pass->notice_count = 0;
    for (; nodes > 0 && pass->at < registry->node_count && !pass->done; nodes--) {
        struct node *node = registry->nodes[pass->at];
        prefetch_ahead(registry, pass->at++);
        if (node->seen_ms > pass->newest_ms)
            pass->newest_ms = node->seen_ms;
        if (node->group != NULL && is_in_pass(node->group, pass))
            add_node(node, pass);
    }
    if (pass->at < registry->node_count || pass->done)
        return pass->done;
    observe_conclude(pass);
    return true;
}

void observe_groups(const struct registry *registry, const struct collector_config *config, int64_t now_ms,
                    struct group_observation *observed)
{
    struct observe_pass pass;

    observe_begin(&pass, registry, config, now_ms, observed);
    (void)observe_step(&pass, NODES_MAX);
}
