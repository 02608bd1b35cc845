/* Nodes as they are: when they began to exist, what they carry, and how they
 * end. */
#ifndef WORLD_WORLD_NODE_H
#define WORLD_WORLD_NODE_H

#include "world/world_agent.h"
#include "world/world_limits.h"

#include <stdbool.h>
#include <stdint.h>

struct world;
struct world_group;

enum phase {
    PHASE_NONE,    /* the slot is free */
    PHASE_BOOTING, /* ordered: runs at ready_ms */
    PHASE_RUNNING,
    PHASE_DOWN, /* reboots: runs again at ready_ms */
    PHASE_DEAD
};

/* Who ended a node. */
enum ender { ENDED_BY_WORLD, ENDED_BY_ORDER };

struct world_node {
    char name[WORLD_NAME_SIZE];
    unsigned group;
    unsigned former_group; /* the one that it came from; WORLD_GROUPS_MAX: none */
    unsigned told_group;   /* the one of its last Hello */
    enum phase phase;
    bool by_order; /* an order started it */
    uint64_t ordered_ms;
    uint64_t ready_ms;
    uint64_t running_ms; /* since when it has run */
    uint64_t ended_ms;
    uint64_t boot_id;
    double cores;
    double share; /* of the load, relative to others of its weight */
    double memory_bytes;

    /* what it carries, of the last step */
    bool balanced;          /* the load balancer gives it load */
    uint64_t balanced_ms;   /* since when */
    uint64_t unbalanced_ms; /* when the load balancer notices that it has ended;
                               NEVER */
    double cpu;             /* shares */
    double memory;
    double cpu_mean; /* over about a minute */

    bool protects;
    uint64_t protects_ms;     /* since when */
    uint64_t unread_ms;       /* since when, and until when, */
    uint64_t unread_until_ms; /* it has no reading of cpu */

    /* what the collector can know of it */
    bool known;            /* a sample has reached the collector's folder's present life */
    uint64_t delivered_ms; /* when the last one did */
    uint64_t fresh_ms;     /* when that one was taken */
    bool moved;            /* its agent has said that it uses another collector */
    uint64_t left_ms;      /* when it was told that the node leaves; 0: it was not */
    uint64_t stored_seq;   /* of the instance of that id: what is on the collector's
                              disk */
    uint64_t stored_instance;
    uint64_t stored_ms;

    struct world_agent agent;
};

/* Orders a node of the group, which runs after its boot time; or one that has
 * run for a while. */
struct world_node *node_boot(struct world *world, struct world_group *group, bool by_order);
struct world_node *node_running(struct world *world, struct world_group *group);

void node_end(struct world *world, struct world_node *node, enum parting parting, enum ender ender);

/* It says that it restarts, and runs again after that time with another boot
 * id. */
void node_reboot(struct world *world, struct world_node *node, uint64_t down_ms);

/* Its agent is about to come back under another name: what was known under the
 * old one stays behind. */
void node_rename(struct world *world, struct world_node *node);

void node_step(struct world *world, struct world_node *node);

/* Exists: it runs, boots, or reboots. */
bool node_exists(const struct world_node *node);

struct world_node *node_find(struct world *world, const char *name);

#endif
