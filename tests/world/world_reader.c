#include "world/world_reader.h"

#include "world/world.h"

#include <math.h>

#define POLL_MS      (15 * SECOND_MS)
#define TOLERANCE    0.1
#define FAILURES_MAX 3U /* KEDA's failureThreshold */

/* ---- the number ---- */

/* What KEDA tells the HPA. false: nothing, and the HPA changes nothing. */
static bool ask(const struct world *world, struct world_group *group, unsigned *metric)
{
    struct world_reader *reader = &group->reader;

    if (collector_read(world, group, metric)) {
        reader->failures = 0;
        return true;
    }
    reader->failures++;
    *metric = reader->fallback > reader->replicas ? reader->fallback : reader->replicas; /* currentReplicasIfHigher */
    return reader->failures > FAILURES_MAX;
}

/* The HPA's replicas for a metric of type AverageValue with a target of 1. */
static unsigned recommend(const struct world_reader *reader, unsigned metric)
{
    if (reader->replicas > 0 && fabs((double)metric / reader->replicas - 1.0) <= TOLERANCE)
        return reader->replicas;
    return metric;
}

/* The highest recommendation within the window. */
static unsigned stabilize(const struct world *world, struct world_reader *reader, unsigned replicas)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < reader->count; i++)
        if (reader->recommended[i].at_ms + reader->window_ms > world->now_ms)
            reader->recommended[kept++] = reader->recommended[i];
    if (kept == READER_WINDOW_MAX)
        kept--;
    reader->recommended[kept].at_ms = world->now_ms;
    reader->recommended[kept].replicas = replicas;
    reader->count = kept + 1;
    for (unsigned i = 0; i < reader->count; i++)
        if (reader->recommended[i].replicas > replicas)
            replicas = reader->recommended[i].replicas;
    return replicas;
}

/* ---- the replicas ---- */

static void poll_collector(struct world *world, struct world_group *group)
{
    struct world_reader *reader = &group->reader;
    unsigned metric = 0;

    if (!ask(world, group, &metric))
        metric = reader->replicas;
    unsigned replicas = stabilize(world, reader, recommend(reader, metric));
    if (replicas < group->settings.nodes_min) /* minReplicaCount */
        replicas = group->settings.nodes_min;
    if (replicas != reader->replicas)
        world_log(world, "%s: the HPA scales %u -> %u (it reads %u)", group->name, reader->replicas, replicas, metric);
    reader->replicas = replicas;
}

/* A ReplicaSet replaces pods that are gone, and ends those that are too many. A
 * deployment may have one more. */
static void reconcile(struct world *world, struct world_group *group)
{
    struct world_order order = {.kind = WORLD_ORDER_BRING, .to = group->reader.replicas};
    unsigned exist = group_existing(world, group);

    if (group->deploy.active && exist > order.to)
        order.to++;
    if (exist != order.to)
        actuator_bring(world, group, &order);
}

void reader_step(struct world *world, struct world_group *group)
{
    struct world_reader *reader = &group->reader;

    if (reader->next_ms <= world->now_ms && group->actuator.mood != MOOD_HANGS && group->actuator.mood != MOOD_FAILS) {
        reader->next_ms = world->now_ms + POLL_MS;
        poll_collector(world, group);
    }
    if (group->actuator.mood == MOOD_WORKS)
        reconcile(world, group);
}
