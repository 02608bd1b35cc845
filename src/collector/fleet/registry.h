/* Pure. Who is known: nodes by id, the runs (instances) of each node's agent with how far they have come, and groups by
 * name.
 *
 * All times are milliseconds of the collector's monotonic clock. Nodes, instances and groups are never moved in
 * memory, so that others may keep pointers to them. Groups stay for ever; a node is forgotten only for another one, see
 * registry_ensure_node(), and its instances with it. */
#ifndef COLLECTOR_FLEET_REGISTRY_H
#define COLLECTOR_FLEET_REGISTRY_H

#include "collector/fleet/agent_account.h"
#include "collector/fleet/node_clock.h"
#include "collector/fleet/ring.h"
#include "common/limits.h"

#include <stdbool.h>
#include <stdint.h>

#define HASH_NONFATAL_OOM 1 /* without it, uthash ends the program when memory is out */
#include <uthash.h>

struct intake;
struct node;

/* One run of a node's agent. seq counts within it. */
struct instance {
    uint64_t id;
    struct node *node;
    struct instance *next;  /* of the same node */
    uint64_t used;          /* the node's count of uses when this one was last used */
    uint64_t stored_seq;    /* the last one on disk */
    uint64_t segment;       /* number that the file of that row has, or will have when it is rotated; 0: no row */
    int64_t stored_time_ms; /* wall clock of that sample */
    uint64_t received_seq;  /* the last one received */
    uint64_t missing_seq;   /* up to here, what lies above received_seq is known to be missing, and counted */
    struct intake *intake;  /* the session that speaks for it, or NULL */
    uint32_t pending;       /* rows that are in the backlog */
    bool heard;             /* since the collector's start */
    bool left;              /* has said Goodbye, and was not heard again */
    struct node_clock clock;
    struct agent_account account;
    /* the backlog's own: its share of each half */
    struct {
        uint32_t rows;
        uint32_t gaps;
        uint64_t missing_before; /* missing_seq before the first of them */
        uint64_t last_seq;       /* of the rows; 0: only gaps */
        int64_t last_time_ms;
        struct instance *next;
    } half[2];
};

/* On their way to the disk: gaps, or anything. */
static inline bool instance_has_gaps(const struct instance *instance)
{
    return instance->half[0].gaps > 0 || instance->half[1].gaps > 0;
}

static inline bool instance_waits(const struct instance *instance)
{
    return instance->pending > 0 || instance_has_gaps(instance);
}

struct group {
    char name[NAME_LEN_MAX + 1];
    unsigned index;
    UT_hash_handle hh;
};

/* Whether a node is part of its group's capacity, as the scaler saw it last. */
enum presence { PRESENCE_UNKNOWN, PRESENCE_ABSENT, PRESENCE_PRESENT };

#define NEVER_JOINED INT64_MIN

/* What a tick and a sample need comes first. */
struct node {
    struct group *group;
    struct intake *intake; /* the session that speaks for it, or NULL */
    unsigned index;
    uint32_t interval_ms;
    uint32_t cores; /* 0: unknown */
    enum presence presence;
    bool recovered;        /* known from before the collector started */
    bool reported;         /* has sent a sample since then */
    bool departed;         /* said that it is gone on purpose */
    uint8_t outlook_told;  /* of which resources it was said that they near their limit, a bit each */
    int clock_off;         /* 1, -1: its wall clock is ahead of ours, or behind, by more than CLOCK_SKEW_MS_MAX */
    int clock_told;        /* what was said of that last */
    int64_t skew_ms;       /* above 0: ahead */
    int64_t seen_ms;       /* when the newest sample was taken */
    int64_t known_ms;      /* since when the node is known */
    int64_t joined_ms;     /* when it turned from absent to live; NEVER_JOINED: it was there before */
    uint64_t memory_bytes; /* 0: unknown */
    struct ring ring;
    struct agent_account forgotten; /* of instances whose place was taken */
    uint64_t uses;                  /* of its instances: their order of use, whatever clocks say */
    struct instance *instances;     /* INSTANCES_PER_NODE_MAX at most, by next */
    UT_hash_handle hh;
    char id[]; /* 1 to NAME_LEN_MAX bytes and a 0 */
};

enum liveness {
    NODE_NEW,        /* has said Hello, and no sample yet: counts as nothing */
    NODE_LIVE,       /* a sample within LIVE_INTERVALS intervals */
    NODE_STALE,      /* none for longer */
    NODE_UNREPORTED, /* known from before the start, not heard of since; for STARTING_MS, then it is stale */
    NODE_GONE        /* said goodbye, or silent for too long and not connected: a backlog begins with old samples */
};

struct registry {
    struct node **nodes; /* by index, NODES_MAX places */
    unsigned node_count;
    struct node *nodes_by_id;
    struct group *groups[GROUPS_MAX];
    unsigned group_count;
    struct group *groups_by_name;
    int64_t history_ms; /* what a ring holds */
    uint64_t roster;    /* another number whenever a node comes, goes, or changes its group */
    bool pinned;        /* a worker reads the names of nodes: none may be freed */
};

/* 0 or -ENOMEM. */
int registry_init(struct registry *registry, int64_t history_ms);
void registry_deinit(struct registry *registry);

/* While a worker reads the names of nodes and groups, none of them is freed. */
void registry_pin(struct registry *registry);
void registry_unpin(struct registry *registry);

/* The node or group of that name; a new one is made when it is not known. NULL: no memory, or as many as there may be.
 * Names match parse_name_ok(). interval_ms sizes the ring of a new node. When all places are taken, a new node gets
 * that of the one silent for longest, if that was for FORGET_MS at least and the registry is not pinned. */
struct node *registry_ensure_node(struct registry *registry, const char *id, uint32_t interval_ms, int64_t now_ms);
struct group *registry_ensure_group(struct registry *registry, const char *name);
struct node *registry_find_node(const struct registry *registry, const char *id);
struct group *registry_find_group(const struct registry *registry, const char *name);
void registry_assign(struct registry *registry, struct node *node, struct group *group);

/* The node's instance of that id; one not known is made, or gets the place longest unused when there are as many as
 * there may be. NULL: all of these have rows on their way to the disk, or memory is out. */
struct instance *registry_ensure_instance(struct node *node, uint64_t id);

/* The same, or NULL: it is not known. */
struct instance *registry_find_instance(const struct node *node, uint64_t id);

/* An instance not known would take no other's place. */
bool registry_has_place(const struct node *node);

/* The node's instance that was used last, or NULL. */
struct instance *registry_latest(const struct node *node);

/* The whole fleet's account: what all agents heard of since the start say, summed. Returns how many nodes have a wall
 * clock that is off. */
unsigned registry_sum(const struct registry *registry, struct agent_account *sum);

/* The longest silence of a live node. */
int64_t registry_live_ms(const struct node *node);

enum liveness registry_liveness(const struct node *node, int64_t now_ms, int64_t gone_ms);

/* A ring whose samples are all older than the history is given back; it is made again, or fitted to the node's
 * interval, before the next sample. 0 or -ENOMEM. */
void registry_trim_rings(struct registry *registry, int64_t now_ms);
int registry_ready_ring(const struct registry *registry, struct node *node);

#endif
