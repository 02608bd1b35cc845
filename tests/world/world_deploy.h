/* A rolling replacement of all nodes of a group, one after the other. */
#ifndef WORLD_WORLD_DEPLOY_H
#define WORLD_WORLD_DEPLOY_H

#include "world/world_agent.h"
#include "world/world_limits.h"

#include <stdbool.h>
#include <stdint.h>

struct world_group;

enum deployment {
    DEPLOY_SURGE,    /* a new node first, then the old one ends */
    DEPLOY_IN_PLACE, /* the old node ends, then the new one boots */
    DEPLOY_REBOOT,   /* each machine reboots */
    DEPLOY_AGENTS,   /* only the agents are replaced */
    DEPLOY_RENAME,   /* the agents come back under other names */
    DEPLOY_REGROUP,  /* the agents come back in another group */
    DEPLOY_COUNT
};

extern const char *const deployment_names[DEPLOY_COUNT];

struct world_deploy {
    bool active;
    enum deployment how;
    enum parting parting; /* of old nodes */
    uint64_t pause_ms;    /* between two of them */
    uint64_t next_ms;
    unsigned count;
    unsigned at;
    unsigned target; /* group of DEPLOY_REGROUP */
    bool surged;     /* the new node of this one is there */
    unsigned slots[WORLD_NODES_MAX];
};

void deploy_begin(struct world *world, struct world_group *group, enum deployment how, enum parting parting,
                  uint64_t pause_ms);
void deploy_step(struct world *world, struct world_group *group);

#endif
