#include "sim/sim_rings.h"

#include "collector/store/backlog.h"
#include "sim/sim_world.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#define RING_ERROR (1.0 / 2048)
#define PUSHES_MAX 4096U /* of one call */

/* Linked with --wrap=ring_push: the time that the collector assigns to each sample, in the order of the rows. */
static struct push {
    const struct ring *ring;
    uint64_t seq;
    int64_t time_ms;
} pushes[PUSHES_MAX];
static unsigned push_count;

void rings_deinit(struct sim_rings *rings)
{
    for (unsigned i = 0; i < SIM_AGENTS_MAX; i++)
        free(rings->nodes[i].entries);
}

static const struct node *find_node(const struct sim_collector *collector, unsigned i)
{
    return registry_find_node(&collector->registry, collector->world->agents[i].node_id);
}

void rings_begin(struct sim_collector *collector)
{
    push_count = 0;
    for (unsigned i = 0; i < SIM_AGENTS_MAX; i++) {
        struct node_view *view = &collector->rings.nodes[i];
        const struct node *node = i < collector->world->agent_count ? find_node(collector, i) : NULL;
        view->count = 0;
        view->reported = false;
        view->last_ms = INT64_MIN;
        if (node != NULL && node->ring.count > 0)
            view->last_ms = ring_time_ms(&node->ring, node->ring.count - 1);
        if (node != NULL)
            view->last_uptime_ms = node->ring.last_uptime_ms;
    }
}

void rings_trimmed(struct sim_collector *collector)
{
    for (unsigned i = 0; i < collector->world->agent_count; i++) {
        const struct node *node = find_node(collector, i);
        if (node == NULL || node->ring.count > 0)
            continue;
        collector->rings.nodes[i].count = 0;
        collector->rings.nodes[i].last_ms = INT64_MIN;
    }
}

static const struct sample *sample_of(const struct ring_entry *entry)
{
    return &entry->run->samples[entry->seq - 1].sample;
}

static void add(struct world *world, struct node_view *view, const struct ring_entry *entry)
{
    if (view->count == view->size) {
        view->size = view->size == 0 ? 256 : 2 * view->size;
        view->entries = realloc(view->entries, view->size * sizeof *view->entries);
        if (view->entries == NULL)
            sim_fail(world, "the simulation itself is out of memory");
    }
    view->entries[view->count++] = *entry;
    view->last_ms = entry->taken_ms;
    view->last_uptime_ms = sample_of(entry)->uptime_ms;
}

/* ---- input ---- */

bool __real_ring_push(struct ring *ring, int64_t time_ms, const struct sample *sample);
bool __wrap_ring_push(struct ring *ring, int64_t time_ms, const struct sample *sample);

bool __wrap_ring_push(struct ring *ring, int64_t time_ms, const struct sample *sample)
{
    if (push_count < PUSHES_MAX)
        pushes[push_count++] = (struct push){ring, sample->seq, time_ms};
    return __real_ring_push(ring, time_ms, sample);
}

/* That time is not before the sample was taken, and not later than if its batch had arrived at once. A reading comes
 * without a batch. */
static void check_time(const struct sim_collector *collector, const struct truth_sample *sample, int64_t time_ms,
                       bool is_reading)
{
    int64_t taken_ms = (int64_t)(sample->taken_ms - collector->boot_ms);
    int64_t age_ms = is_reading ? 0 : (int64_t)(sample->sent_uptime_ms[collector->index] - sample->sample.uptime_ms);

    if (sample->clock_gone)
        return;
    if (time_ms < taken_ms || time_ms > (int64_t)sim_collector_mono(collector) - age_ms)
        sim_fail(collector->world,
                 "collector %u takes seq %" PRIu64 " for taken at %" PRId64 ", but it was at %" PRId64,
                 collector->index, sample->sample.seq, time_ms, taken_ms);
}

static void note_push(struct sim_collector *collector, const struct instance *instance, const struct push *push,
                      bool is_reading)
{
    struct world *world = collector->world;
    const struct run *run = truth_find(&world->truth, instance->id);
    struct node_view *view = &collector->rings.nodes[run->node];
    struct ring_entry entry = {push->time_ms, run, push->seq};

    check_time(collector, truth_at(world, run, push->seq), push->time_ms, is_reading);
    if (!view->reported || entry.taken_ms > view->seen_ms)
        view->seen_ms = entry.taken_ms;
    view->reported = true;
    /* Its time is an estimate, the order in which its node took it is known. */
    if (entry.taken_ms <= view->last_ms && sample_of(&entry)->uptime_ms > view->last_uptime_ms &&
        view->last_ms - entry.taken_ms <= RING_DOUBT_MS)
        entry.taken_ms = view->last_ms + 1;
    if (entry.taken_ms > view->last_ms)
        add(world, view, &entry);
    else
        world->totals.passed_over++;
}

/* What is pushed without a row has come as a reading, of the instance that is connected. */
static void note_reading(struct sim_collector *collector, const struct push *push)
{
    const struct node *node = NULL;

    for (unsigned i = 0; i < collector->registry.node_count && node == NULL; i++)
        if (&collector->registry.nodes[i]->ring == push->ring)
            node = collector->registry.nodes[i];
    if (node == NULL || node->intake == NULL)
        sim_fail(collector->world, "collector %u puts a sample into the ring of a node that is not connected",
                 collector->index);
    collector->world->totals.readings++;
    note_push(collector, node->intake->instance, push, true);
}

/* The push of a row, from `at` on. push_count: there is none. */
static unsigned find_push(const struct row *row, unsigned at)
{
    while (at < push_count && (pushes[at].ring != &row->instance->node->ring || pushes[at].seq != row->sample.seq))
        at++;
    return at;
}

/* A node that had left, and has only said Hello since, comes as a new one: maybe with old samples first. */
static void note_returns(struct sim_collector *collector)
{
    for (unsigned i = 0; i < collector->world->agent_count; i++) {
        const struct node *node = find_node(collector, i);
        if (node != NULL && !node->reported)
            collector->rings.nodes[i].reported = false;
    }
}

/* A row that came as a reading before is not pushed again. */
void rings_received(struct sim_collector *collector, const struct row *rows, unsigned count)
{
    unsigned at = 0;

    for (unsigned i = 0; i < count; i++) {
        unsigned found = find_push(&rows[i], at);
        bool was_read = rows[i].sample.seq <= rows[i].instance->reading_seq; /* it, or a later one */
        if (found == push_count && !was_read)
            sim_fail(collector->world, "collector %u puts seq %" PRIu64 " into its backlog, and not into its ring",
                     collector->index, rows[i].sample.seq);
        if (found == push_count)
            continue;
        for (; at < found; at++)
            note_reading(collector, &pushes[at]);
        note_push(collector, rows[i].instance, &pushes[at++], was_read);
    }
    for (; at < push_count; at++)
        note_reading(collector, &pushes[at]);
    push_count = 0;
    note_returns(collector);
}

/* ---- comparison ---- */

/* The value that the ring should return: for a counter, the rate since the entry before. */
static double expected(const struct ring_entry *entry, enum metric metric)
{
    const struct sample *sample = sample_of(entry);
    const struct sample *before = sample_of(entry - 1);

    if (!sample_has(sample, metric))
        return NAN;
    if (!METRIC_COUNTS(metric_table[metric].kind))
        return sample->value[metric].gauge;
    if (!sample_has(before, metric) || sample->value[metric].counter < before->value[metric].counter ||
        sample->uptime_ms <= before->uptime_ms)
        return NAN;
    return (double)(sample->value[metric].counter - before->value[metric].counter) * 1000.0 /
           (double)(sample->uptime_ms - before->uptime_ms);
}

static bool value_ok(enum metric metric, double value, double wanted)
{
    if (isnan(wanted) || isnan(value))
        return isnan(wanted) && isnan(value);
    switch (metric_table[metric].kind) {
    case METRIC_PERCENT:
        return fabs(value - wanted) < 1e-9;
    case METRIC_GAUGE:
        return fabs(value - wanted) <= wanted * RING_ERROR + 0.005;
    case METRIC_EVENTS:
        return fabs(value - wanted) <= wanted * RING_ERROR + 0.01;
    case METRIC_COUNTER:
        break;
    }
    return fabs(value - wanted) <= wanted * RING_ERROR + 0.501;
}

static void check_entry(const struct sim_collector *collector, const struct node *node, unsigned at,
                        const struct ring_entry *entry, bool first)
{
    if (ring_time_ms(&node->ring, at) != entry->taken_ms)
        sim_fail(collector->world,
                 "collector %u: in the ring of %s stands %" PRId64 " where seq %" PRIu64 " taken at %" PRId64
                 " belongs",
                 collector->index, node->id, ring_time_ms(&node->ring, at), entry->seq, entry->taken_ms);
    /* The rate of the first entry is from one before the list. */
    for (unsigned m = 0; m < METRIC_COUNT && !first; m++)
        if (!ring_is_slow(m) && !value_ok(m, ring_value(&node->ring, at, m), expected(entry, m)))
            sim_fail(collector->world, "collector %u: the ring of %s has %g for %s of seq %" PRIu64 " instead of %g",
                     collector->index, node->id, ring_value(&node->ring, at, m), metric_table[m].name, entry->seq,
                     expected(entry, m));
}

static void check_ring(const struct sim_collector *collector, const struct node *node, const struct node_view *view)
{
    const struct ring *ring = &node->ring;

    for (unsigned i = 1; i < ring->count; i++)
        if (ring_time_ms(ring, i) <= ring_time_ms(ring, i - 1))
            sim_fail(collector->world, "collector %u: the ring of %s is not in order", collector->index, node->id);
    if (view->count > ring->count && ring->count < ring->capacity)
        sim_fail(collector->world, "collector %u: the ring of %s has %u samples and room, but %zu came",
                 collector->index, node->id, ring->count, view->count);
    for (unsigned i = 0; i < ring->count && i < view->count; i++) {
        size_t from = view->count - 1 - i;
        check_entry(collector, node, ring->count - 1 - i, &view->entries[from], from == 0);
    }
}

void rings_check(const struct sim_collector *collector)
{
    for (unsigned i = 0; i < collector->world->agent_count; i++) {
        const struct node *node = find_node(collector, i);
        if (node != NULL && collector->world->agents[i].node == i)
            check_ring(collector, node, &collector->rings.nodes[i]);
    }
}

void rings_check_liveness(const struct sim_collector *collector)
{
    int64_t now_ms = (int64_t)sim_collector_mono(collector);

    for (unsigned i = 0; i < collector->world->agent_count; i++) {
        const struct node *node = find_node(collector, i);
        const struct node_view *view = &collector->rings.nodes[i];
        if (node == NULL || !view->reported)
            continue;
        int64_t silent_ms = now_ms - view->seen_ms;
        bool live = node->farewell == FAREWELL_NONE && silent_ms <= registry_live_ms(node);
        bool maybe = node->farewell == FAREWELL_NONE && node->intake != NULL && silent_ms <= collector->gone_ms;
        if (live != (registry_liveness(node, now_ms, collector->gone_ms) == NODE_LIVE) && (live || !maybe))
            sim_fail(collector->world, "collector %u takes %s for %s, whose newest sample is %" PRId64 " ms old",
                     collector->index, node->id, live ? "not live" : "live", silent_ms);
    }
}
