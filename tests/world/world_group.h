/* A group of nodes: its settings, its load, and what is between the two. */
#ifndef WORLD_WORLD_GROUP_H
#define WORLD_WORLD_GROUP_H

#include "scaler/settings.h"
#include "world/world_actuator.h"
#include "world/world_check.h"
#include "world/world_deploy.h"
#include "world/world_limits.h"
#include "world/world_load.h"
#include "world/world_reader.h"
#include "world/world_view.h"

#include <stdbool.h>
#include <stdint.h>

struct world;

/* Who carries out orders. */
enum world_actuator_kind {
    ACTUATED_BY_NAMES, /* a hook that removes the nodes that it is told */
    ACTUATED_BY_COUNT, /* a hook that can't choose which ones */
    ACTUATED_BY_READER /* KEDA and an HPA */
};

struct world_group {
    char name[WORLD_NAME_SIZE];
    unsigned index;
    unsigned serial;   /* of the last node's name */
    bool reuses_names; /* new nodes take the first free name */
    struct scaler_settings settings;
    enum world_actuator_kind actuated;
    bool counts;       /* its actuator can be asked how many nodes exist, */
    bool counts_names; /* and which */
    uint64_t count_ms; /* when it answers what it was asked */

    /* nodes */
    double cores;
    double memory_bytes;
    double memory_idle; /* share of memory of an idle node */
    double memory_rise; /* from idle to busy */
    uint64_t boot_ms_min;
    uint64_t boot_ms_max;
    bool old_agents;        /* they are of 0.1 */
    uint64_t interval_ms;   /* of its agents */
    uint64_t balancer_ms;   /* until the load balancer has noticed that a node is gone */
    uint64_t slow_start_ms; /* over which it gives a new node more and more */
    enum parting removal;   /* how the actuator ends a node */

    struct world_load load;
    struct world_actuator actuator;
    struct world_reader reader;
    struct world_deploy deploy;

    uint64_t quiet_ms;      /* since when the world does nothing to it, or until when
                               it will */
    uint64_t fault_ms;      /* the same, of anything but the load */
    const char *trouble;    /* what the world did last */
    uint64_t changed_ms;    /* the last join or end of a node, whoever did it */
    struct world_view view; /* the collector's last decision */
    bool has_view;
    struct check_memory memory;
};

/* Shares the demand among the nodes. */
void group_step(struct world *world, struct world_group *group);

unsigned group_existing(const struct world *world, const struct world_group *group);
unsigned group_running(const struct world *world, const struct world_group *group);

/* Nodes that were in the group and are in another one now. */
unsigned group_lent(const struct world *world, const struct world_group *group);

/* Nodes of the usual weight that carry the present load at that utilisation. */
unsigned group_need(const struct world_group *group, double utilisation);

#endif
