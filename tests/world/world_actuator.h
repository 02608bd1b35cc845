/* What carries out a group's orders: a hook with the cloud behind it. It works,
 * or is slow, fails, hangs, lies, or queues orders. It knows how many nodes
 * exist, whoever started them. */
#ifndef WORLD_WORLD_ACTUATOR_H
#define WORLD_WORLD_ACTUATOR_H

#include "world/world_limits.h"

#include <stdbool.h>
#include <stdint.h>

struct world;
struct world_group;

enum mood { MOOD_WORKS, MOOD_SLOW, MOOD_FAILS, MOOD_HANGS, MOOD_LIES, MOOD_QUEUES, MOOD_COUNT };

extern const char *const mood_names[MOOD_COUNT];

enum world_order_kind {
    WORLD_ORDER_BRING, /* contract 1: bring the group to that number */
    WORLD_ORDER_OUT,   /* to at least that number */
    WORLD_ORDER_IN     /* remove the named nodes, as long as more than that number are
                          there */
};

#define ORDER_NAMES_MAX 128U

struct world_order {
    uint64_t epoch; /* 0 in contract 1 */
    uint64_t number;
    enum world_order_kind kind;
    unsigned to;
    uint64_t decided_ms;
    unsigned name_count;
    char names[ORDER_NAMES_MAX][WORLD_NAME_SIZE];
};

enum run_result { RUN_ACCEPTED, RUN_FAILED, RUN_TOO_FEW, RUN_TIMED_OUT };

struct world_run {
    bool active;
    bool effective; /* it has done what it does */
    bool orphan;    /* its collector was killed: nobody waits for the result */
    struct world_order order;
    uint64_t begun_ms;
    uint64_t effect_ms;
    uint64_t end_ms;
    enum run_result result;
};

#define QUEUED_MAX 4U

struct world_actuator {
    enum mood mood;
    uint64_t mood_until_ms;
    struct world_run run;
    unsigned queued;
    struct world_order queue[QUEUED_MAX];
    uint64_t queue_ms;     /* when the first one is carried out */
    uint64_t newest_epoch; /* carried out */
    uint64_t newest_number;
};

/* A run of the hook begins. */
void actuator_begin(struct world *world, struct world_group *group, const struct world_order *order);

/* The collector's time limit has ended the run. */
void actuator_kill_run(struct world *world, struct world_group *group);

/* Whether the run has ended, and how. */
bool actuator_take_result(const struct world *world, struct world_group *group, enum run_result *result);

void actuator_on_collector_gone(struct world *world, struct world_group *group);

void actuator_step(struct world *world, struct world_group *group);

/* Brings the group to that number as a hook of contract 1, or a ReplicaSet,
 * does: nodes that boot go first, then the named ones, then the newest. */
void actuator_bring(struct world *world, struct world_group *group, const struct world_order *order);

/* How many nodes exist, as far as the actuator can say: with a reader, the
 * Deployment's replicas. false: it can't. */
bool actuator_count(const struct world *world, const struct world_group *group, unsigned *count);

#endif
