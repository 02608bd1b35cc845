/* Pure. The nodes by id, the instances (runs) of each node's agent with the last seqs received and stored, and the
 * groups by name.
 *
 * All times are milliseconds of the collector's monotonic clock. Nodes, instances and groups never move in memory, so
 * callers may hold pointers to them. Groups are never freed; a node is freed, with its instances, only to make room for
 * another one, see registry_ensure_node(). */
#ifndef COLLECTOR_FLEET_REGISTRY_H
#define COLLECTOR_FLEET_REGISTRY_H

#include "collector/fleet/agent_account.h"
#include "collector/fleet/backlog_place.h"
#include "collector/fleet/fs_history.h"
#include "collector/fleet/mass_loss.h"
#include "collector/fleet/node_clock.h"
#include "collector/fleet/ring.h"
#include "collector/fleet/roll_call.h"
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
    uint64_t used;          /* the node's `uses` when this one was last used */
    uint64_t stored_seq;    /* the last one on disk */
    uint64_t segment;       /* number of the file with that row, which it gets when it is rotated; 0: no row */
    int64_t stored_time_ms; /* wall clock of that sample */
    uint64_t received_seq;  /* the last one received */
    uint64_t missing_seq;   /* all from received_seq + 1 up to here are missing, and counted as such */
    uint64_t reading_seq;   /* the last one that came as a Reading: it is in the ring */
    struct intake *intake;  /* of its session; NULL: it is not connected */
    uint32_t pending;       /* rows in the backlog */
    bool heard;             /* it has connected since the collector's start */
    bool left;              /* it ended: it said Goodbye, or another one has taken its place */
    struct node_clock clock;
    struct agent_account account;
    struct backlog_place half[2]; /* the backlog's own */
};

/* Whether gaps, or gaps or rows, are not on disk yet. */
static inline bool registry_instance_has_gaps(const struct instance *instance)
{
    return instance->half[0].gaps > 0 || instance->half[1].gaps > 0;
}

static inline bool registry_instance_waits(const struct instance *instance)
{
    return instance->pending > 0 || registry_instance_has_gaps(instance);
}

/* What the actuator's count said of the group when it was asked before: that nodes are gone. */
struct membership_count {
    int64_t asked_ms;
    unsigned gone; /* nodes; 0: none */
};

struct group {
    char name[NAME_LEN_MAX + 1];
    unsigned index;
    int64_t lead_time_ms;   /* as configured: how long a machine of the group may take to reboot */
    unsigned ordered_away;  /* nodes that are leaving because that was ordered, see membership_note_ordered() */
    unsigned moved;         /* nodes that were moved to another group since the last tick began */
    unsigned on_order;      /* nodes that are on order and have not joined, see membership_note_on_order() */
    unsigned left_by_order; /* nodes named by a scale-in that have said that they leave, since the start */
    struct membership_count count;
    struct mass_loss loss;
    struct roll_call roll_call;
    UT_hash_handle hh;
};

/* Whether a node is part of its group's capacity, as the scaler saw it last. */
enum presence { PRESENCE_UNKNOWN, PRESENCE_ABSENT, PRESENCE_PRESENT };

#define NEVER_JOINED INT64_MIN

/* How a node has gone away, until it reports again. */
enum farewell {
    FAREWELL_NONE,
    FAREWELL_RESTARTING, /* its agent said that it restarts, */
    FAREWELL_REBOOTING,  /* or that its machine reboots */
    FAREWELL_LEAVING,    /* its agent said that the node leaves */
    FAREWELL_MOVED,      /* its agent has gone to another collector */
    FAREWELL_GONE        /* it does not exist any more: forgotten, renamed, or silent for long before the start */
};

/* How long the collector waits for nodes that it knows from before its start; agents reconnect within their longest
 * backoff, 10 s. */
#define STARTING_MS 30000

/* How long after its farewell a node may return, or still counts. A reboot may take as long as the lead time. */
#define FAREWELL_GRACE_MS 60000

/* The fields that a tick and a sample need come first: they share cache lines. */
struct node {
    struct group *group;
    struct intake *intake; /* of its session; NULL: it is not connected */
    unsigned index;
    uint32_t interval_ms;
    uint32_t cpu_milli;     /* thousandths of a core that it may use; 0: unknown */
    uint32_t removal_s;     /* until when a scale-in that names it may make it leave, in seconds; 0: none does */
    int32_t first_s;        /* when it was first seen, in seconds, also before a restart of the collector */
    uint8_t presence;       /* enum presence */
    uint8_t farewell;       /* enum farewell */
    uint8_t noticed;        /* enum liveness at the last tick, whose changes are logged */
    bool recovered : 1;     /* read back from disk at the start */
    bool reported : 1;      /* it has sent a sample since the start */
    bool protects : 1;      /* its agent says that it must not be removed now */
    bool by_order : 1;      /* when it joined, nodes were on order */
    bool prefers_other : 1; /* its agent prefers another collector, as far as it said */
    bool fills : 1;         /* its fullest file system is full or will be soon, see fs_outlook.h */
    uint8_t outlook_logged; /* the level of each resource that was last logged, see node_outlook.h */
    int8_t clock_off;       /* 1: its wall clock is ahead by more than CLOCK_SKEW_MS_MAX; -1: behind */
    int8_t clock_logged;    /* its value when it was last logged */
    int32_t skew_ms;        /* above 0: ahead; 24 days at most */
    int64_t seen_ms;        /* when the newest sample was taken */
    int64_t heard_ms;       /* the last sign of life on a connection */
    int64_t farewell_ms;    /* when it said so */
    int64_t known_ms;       /* since when this run of the collector knows it */
    int64_t joined_ms;      /* when it turned from absent to live; NEVER_JOINED: it was there before */
    uint64_t memory_bytes;  /* 0: unknown */
    uint32_t life_ms;       /* how long a connected agent may show no sign of life */
    uint32_t uses;          /* counts uses of its instances: their order does not depend on clocks */
    uint64_t boot_id;       /* of its machine's present boot; 0: unknown */
    struct group *former;   /* the group that it was in before; NULL: none */
    struct ring ring;
    struct fs_history *fs_history;  /* NULL: it has reported no file system */
    struct agent_account forgotten; /* summed over instances whose place was taken */
    struct instance *instances;     /* at most INSTANCES_PER_NODE_MAX, linked by next */
    UT_hash_handle hh;
    char id[]; /* 1 to NAME_LEN_MAX bytes and a 0 */
};

enum liveness {
    NODE_NEW,        /* connected, no sample yet: not counted */
    NODE_LIVE,       /* it reports: a sample within LIVE_INTERVALS intervals, or late ones with signs of life */
    NODE_RETURNING,  /* its agent restarts or its machine reboots, and its grace is not over */
    NODE_MISSING,    /* it may exist, and does not report */
    NODE_LEAVING,    /* its agent said that it leaves, and its grace is not over */
    NODE_UNREPORTED, /* read back from disk, and no sample yet; missing when it should have come */
    NODE_GONE        /* it does not exist any more, see registry_liveness() */
};

extern const char *const liveness_names[]; /* new, live, returning, missing, leaving, unreported, gone */

struct registry {
    struct node **nodes; /* by index, NODES_MAX places */
    unsigned node_count;
    struct node *nodes_by_id;
    struct group *groups[GROUPS_MAX];
    unsigned group_count;
    struct group *groups_by_name;
    int64_t history_ms; /* how much of the past a ring holds */
    int64_t
        restart_ms;  /* until when a node that restarts may return under another name, see membership_find_renamed() */
    uint64_t roster; /* changes whenever a node is added, freed, or changes its group */
    bool pinned;     /* see registry_pin() */
};

/* history_ms: how much of the past each ring holds. 0 or -ENOMEM. */
int registry_init(struct registry *registry, int64_t history_ms);
void registry_deinit(struct registry *registry);

/* While the registry is pinned, no node is freed: a worker thread is reading the ids of nodes. */
void registry_pin(struct registry *registry);
void registry_unpin(struct registry *registry);

/* The node or group of that name; adds one if there is none. NULL: no memory, or no place. Names match parse_name_ok().
 * interval_ms sizes the ring of a new node. When all NODES_MAX places are taken, the new node replaces the one silent
 * for longest, if that is at least FORGET_MS and the registry is not pinned. */
struct node *registry_ensure_node(struct registry *registry, const char *id, uint32_t interval_ms, int64_t now_ms);
struct group *registry_ensure_group(struct registry *registry, const char *name);
struct node *registry_find_node(const struct registry *registry, const char *id);
struct group *registry_find_group(const struct registry *registry, const char *name);
void registry_assign(struct registry *registry, struct node *node, struct group *group);

/* The node's instance of that id; adds one if there is none. When there are INSTANCES_PER_NODE_MAX, it replaces the one
 * least recently used that is not connected and has nothing left to store. NULL: there is none such, or no memory. */
struct instance *registry_ensure_instance(struct node *node, uint64_t id);

/* NULL: there is none of that id. */
struct instance *registry_find_instance(const struct node *node, uint64_t id);

/* Whether a new instance would replace none. */
bool registry_has_place(const struct node *node);

/* The node's most recently used instance, or NULL. */
struct instance *registry_latest(const struct node *node);

/* Adds the accounts of all instances of the node, replaced ones included. Returns whether its wall clock is off. */
bool registry_add_account(const struct node *node, struct agent_account *sum);

/* The same of all nodes. Returns how many wall clocks are off. */
unsigned registry_sum(const struct registry *registry, struct agent_account *sum);

/* Adds a reading of fs_percent to the node's history, which it makes if there is none and memory for it. */
void registry_add_fs(struct node *node, int64_t time_ms, double percent);

/* A node's cpu_milli from what its agent sends; 0: not sent. */
uint32_t registry_cpu_milli(uint32_t cores, uint32_t cpu_milli);

/* A node whose newest sample is older than this is late. It is live while it shows signs of life, and missing else. */
int64_t registry_live_ms(const struct node *node);

/* gone_ms: how long a node is missing before it is gone. One that is connected never is: after an outage its agent
 * sends its oldest samples first. Neither is one that went missing in a mass loss that has not ended, nor one whose
 * agent has moved. */
enum liveness registry_liveness(const struct node *node, int64_t now_ms, int64_t gone_ms);

/* Nodes read back from disk have STARTING_MS from now on to report; those that have connected, and those whose samples
 * are posted, until their first sample is due, and ROLL_CALL_MS_MAX at most. */
void registry_restart_waiting(struct registry *registry, int64_t now_ms);

/* Frees the rings of nodes that are not connected and whose samples are all older than the history. */
void registry_trim_rings(struct registry *registry, int64_t now_ms);

/* Allocates the node's ring if it was freed, or resizes it if the node's interval has changed. Call it before samples
 * are taken. 0 or -ENOMEM. */
int registry_ready_ring(const struct registry *registry, struct node *node);

#endif
