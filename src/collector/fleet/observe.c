#include "collector/fleet/observe.h"

#include "common/uint.h"

#include <math.h>
#include <string.h>

#define AHEAD 4U  /* nodes whose memory is prefetched */
#define LINE  64U /* bytes of a cache line */

const enum metric observe_metric[OBSERVE_METRICS] = {
    [RESOURCE_CPU] = METRIC_CPU,
    [RESOURCE_MEMORY] = METRIC_MEMORY,
    [RESOURCE_DISK] = METRIC_DISK_BUSY,
    [RESOURCE_APP] = METRIC_APP_LOAD,
    [RESOURCE_COUNT + RESOURCE_CPU] = METRIC_PSI_CPU,
    [RESOURCE_COUNT + RESOURCE_MEMORY] = METRIC_PSI_MEMORY,
    [RESOURCE_COUNT + RESOURCE_DISK] = METRIC_PSI_IO,
    [OBSERVE_THROTTLED] = METRIC_THROTTLED,
};

double observe_weight(const struct node *node, enum resource resource)
{
    switch (resource) {
    case RESOURCE_CPU:
        return node->cpu_milli > 0 ? node->cpu_milli / 1000.0 : 1.0;
    case RESOURCE_MEMORY:
        return node->memory_bytes > 0 ? (double)node->memory_bytes : 1.0;
    case RESOURCE_APP:
        return fmax(0.0, ring_app_capacity(&node->ring)); /* of NaN, too */
    default:
        return 1.0;
    }
}

double observe_share(const struct node *node, enum resource resource, double value)
{
    double weight = resource == RESOURCE_APP ? observe_weight(node, resource) : 100.0;

    return weight > 0.0 ? value / weight : NAN;
}

static bool has_weight(const struct node *node, enum resource resource)
{
    switch (resource) {
    case RESOURCE_CPU:
        return node->cpu_milli > 0;
    case RESOURCE_MEMORY:
        return node->memory_bytes > 0;
    case RESOURCE_APP:
        return observe_weight(node, resource) > 0.0;
    default:
        return true;
    }
}

/* The tasks of a throttled node wait for its quota, even where the kernel has no pressure to report of that. */
static double pressure_of(const double *means, enum resource r)
{
    return r == RESOURCE_CPU ? fmax(means[RESOURCE_COUNT + r], means[OBSERVE_THROTTLED]) : means[RESOURCE_COUNT + r];
}

static void add_resource(const struct node *node, enum resource r, const double *means, struct observe_sum *to)
{
    struct resource_observation *sum = &to->resource[r];
    double weight = observe_weight(node, r);
    double share = observe_share(node, r, means[r]);
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
    return i != RESOURCE_APP || observe_weight(node, RESOURCE_APP) > 0.0;
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
static void add_newest(const struct node *node, struct observe_sums *sums)
{
    if (node->joined_ms == NEVER_JOINED || !node->by_order || node->joined_ms < sums->newest_ms)
        return;
    if (node->joined_ms > sums->newest_ms) {
        sums->newest_ms = node->joined_ms;
        memset(sums->newest, 0, sizeof sums->newest);
        memset(sums->newest_weight, 0, sizeof sums->newest_weight);
    }
    for (unsigned r = 0; r < RESOURCE_COUNT; r++) {
        double weight = observe_weight(node, r);
        sums->newest[r] += weight > 0.0;
        sums->newest_weight[r] += weight;
    }
}

static void add_live(const struct node *node, const struct observe_pass *pass, struct observe_sums *sums,
                     struct group_observation *observed)
{
    int64_t now_ms = pass->now_ms;
    bool warming = node->joined_ms != NEVER_JOINED && now_ms - node->joined_ms < sums->warm_up_ms;
    double means[OBSERVE_METRICS];

    observed->live++;
    observed->warming += warming;
    observed->protected_nodes += node->protects;
    if (now_ms - node->seen_ms > observed->age_ms)
        observed->age_ms = now_ms - node->seen_ms;
    add_newest(node, sums);
    read_node(node, pass, sums, means);
    for (unsigned r = 0; r < RESOURCE_COUNT; r++)
        add_resource(node, r, means, warming ? &sums->warming : &sums->settled);
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
    for (unsigned r = 0; r < RESOURCE_COUNT; r++)
        if (has_weight(node, r))
            sums->silent_weight[r] += observe_weight(node, r);
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

/* A node that has changed its group still exists, but not for the group that it was in. */
static void add_regrouped(const struct node *node, enum liveness liveness, struct observe_pass *pass)
{
    if (node->former != NULL && node->former->index < pass->group_count)
        pass->observed[node->former->index].regrouped += liveness == NODE_LIVE || liveness == NODE_RETURNING;
}

static void add_arrival(const struct node *node, enum liveness liveness, bool joined, struct observe_sums *sums)
{
    sums->arrived += joined || (liveness == NODE_NEW && node->intake != NULL);
    if (liveness != NODE_GONE && node->interval_ms > sums->interval_ms)
        sums->interval_ms = node->interval_ms;
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

/* ---- the judgement of a whole group ---- */

static double mean_weight(const struct resource_observation *o)
{
    return o->nodes > 0 ? o->capacity / o->nodes : 0.0;
}

/* Nodes that warm up are left out, unless all nodes of the group do. */
static void conclude_sums(const struct observe_sums *sums, struct group_observation *observed)
{
    for (unsigned r = 0; r < RESOURCE_COUNT; r++) {
        const struct observe_sum *seen = sums->settled.resource[r].nodes > 0 ? &sums->settled : &sums->warming;
        const struct observe_sum *pressed = sums->settled.pressured[r] > 0 ? &sums->settled : &sums->warming;
        unsigned pressured = pressed->pressured[r];
        observed->resource[r] = seen->resource[r];
        observed->resource[r].pressure = pressured > 0 ? pressed->resource[r].pressure / pressured : 0.0;
        observed->resource[r].unread = sums->settled.resource[r].unread;
        observed->resource[r].silent_weight =
            sums->silent_weight[r] + sums->weightless[r] * mean_weight(&seen->resource[r]);
        observed->resource[r].newest_weight = sums->newest[r] > 0 ? sums->newest_weight[r] / sums->newest[r] : 0.0;
    }
}

static bool is_above_high(const struct group_observation *observed, const double *high)
{
    for (unsigned r = 0; r < RESOURCE_COUNT; r++) {
        const struct resource_observation *o = &observed->resource[r];
        if (o->nodes > 0 && o->demand > high[r] * o->capacity)
            return true;
    }
    return observed->live == 0;
}

static unsigned existing(const struct group_observation *o)
{
    return o->live + o->returning + o->missing + o->leaving + o->unreported;
}

static unsigned without(unsigned a, unsigned b)
{
    return a > b ? a - b : 0;
}

/* Nodes whose agents moved are not forgotten anyway, and those that leave by an order are no loss. Neither are those
 * that newcomers replace, as in a deployment; a newcomer replaces one node, the earliest first. */
static struct mass_loss_tick loss_tick(const struct observe_pass *pass, unsigned i)
{
    const struct group_observation *observed = &pass->observed[i];
    const struct observe_sums *sums = &pass->sums[i];
    unsigned held = sums->left - observed->leaving; /* their grace is over, and they count as missing */
    unsigned left = without(sums->left, pass->registry->groups[i]->ordered_away);
    unsigned replaced = uint_min(left, without(sums->newcomers, sums->left_before));

    return (struct mass_loss_tick){.now_ms = pass->now_ms,
                                   .existing = existing(observed) - replaced,
                                   .missing = observed->missing - sums->moved - held,
                                   .left = left - replaced,
                                   .is_above_high = is_above_high(observed, pass->sums[i].high),
                                   .is_suspected = pass->is_suspected};
}

/* Most groups, and more than one. An agent that says goodbye shows that the network works. */
static bool suspects_network(const struct observe_pass *pass)
{
    unsigned groups = 0;
    unsigned losing = 0;

    for (unsigned i = 0; i < pass->group_count; i++) {
        struct mass_loss_tick tick = loss_tick(pass, i);
        tick.missing = pass->sums[i].silent;
        tick.left = 0;
        groups += tick.existing > 0;
        losing += tick.existing > 0 && mass_loss_is(&tick);
    }
    return groups > 1 && 2 * losing > groups;
}

/* Many nodes that had been given up return. */
static bool is_mass_return(const struct observe_pass *pass, unsigned i)
{
    unsigned returned = pass->sums[i].returned;

    return returned > 1 && 3 * returned >= pass->observed[i].live;
}

/* Most agents prefer another collector, which orders for the group: those that report, or all while none does. */
static bool is_elsewhere(const struct observe_sums *sums, const struct group_observation *observed)
{
    if (observed->live > 0)
        return 2 * sums->elsewhere_live > observed->live;
    return 2 * sums->elsewhere > existing(observed);
}

static void conclude_group(struct observe_pass *pass, unsigned i)
{
    struct group *group = pass->registry->groups[i];
    struct group_observation *observed = &pass->observed[i];
    struct observe_sums *sums = &pass->sums[i];
    struct mass_loss_tick tick = loss_tick(pass, i);

    sums->event = mass_loss_tick(&group->loss, &tick);
    observed->lost_at_once = group->loss.under_way ? group->loss.lost : 0;
    if (sums->event == MASS_LOSS_RETURNING || is_mass_return(pass, i))
        roll_call_again(&group->roll_call, pass->now_ms);
    observed->roll_call = roll_call_tick(&group->roll_call, &(struct roll_call_tick){.now_ms = pass->now_ms,
                                                                                     .tick_ms = pass->tick_ms,
                                                                                     .interval_ms = sums->interval_ms,
                                                                                     .known = sums->known,
                                                                                     .awaited = observed->unreported,
                                                                                     .arrived = sums->arrived});
    observed->roll_call_blind = roll_call_is_blind(&group->roll_call);
    observed->orders_elsewhere = is_elsewhere(sums, observed);
}

static void conclude(struct observe_pass *pass)
{
    for (unsigned i = 0; i < pass->group_count; i++)
        conclude_sums(&pass->sums[i], &pass->observed[i]);
    pass->is_suspected = suspects_network(pass);
    for (unsigned i = 0; i < pass->group_count; i++)
        conclude_group(pass, i);
    pass->done = true;
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
    for (unsigned r = 0; r < RESOURCE_COUNT; r++)
        sums->high[r] = settings->thresholds[r].high;
    group->lead_time_ms = settings->lead_time_ms;
    pass->observed[group->index].configured = collector_config_names(config, group->name);
    pass->observed[group->index].moved = group->moved;
    group->moved = 0;
}

/* A node is missing for at least one tick before it is forgotten, so that a mass loss is noticed before. */
void observe_begin(struct observe_pass *pass, const struct registry *registry, const struct collector_config *config,
                   int64_t now_ms, struct group_observation *observed)
{
    int64_t two_ticks_ms = 2 * config->settings.tick_ms;

    pass->registry = registry;
    pass->observed = observed;
    pass->now_ms = now_ms;
    pass->tick_ms = config->settings.tick_ms;
    pass->gone_ms = config->gone_ms > two_ticks_ms ? config->gone_ms : two_ticks_ms;
    pass->group_count = registry->group_count;
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
static void prefetch(const struct registry *registry, unsigned at)
{
    if (at + 2 * AHEAD < registry->node_count) {
        const struct node *node = registry->nodes[at + 2 * AHEAD];
        for (const char *line = (const char *)node; line < (const char *)&node->ring.last_uptime_ms; line += LINE)
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
        prefetch(registry, pass->at++);
        if (node->seen_ms > pass->newest_ms)
            pass->newest_ms = node->seen_ms;
        if (node->group != NULL && node->group->index < pass->group_count)
            add_node(node, pass);
    }
    if (pass->at < registry->node_count || pass->done)
        return pass->done;
    conclude(pass);
    return true;
}

void observe_groups(const struct registry *registry, const struct collector_config *config, int64_t now_ms,
                    struct group_observation *observed)
{
    struct observe_pass pass;

    observe_begin(&pass, registry, config, now_ms, observed);
    (void)observe_step(&pass, NODES_MAX);
}
