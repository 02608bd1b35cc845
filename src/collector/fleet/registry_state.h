/* Pure. The state of the registry: nodes, the instances (runs) of their agents, and groups.
 *
 * All times are milliseconds of the collector's monotonic clock. */
#ifndef COLLECTOR_FLEET_REGISTRY_STATE_H
#define COLLECTOR_FLEET_REGISTRY_STATE_H

#include "collector/fleet/agent_account.h"
#include "collector/fleet/backlog_place.h"
#include "collector/fleet/fs_history.h"
#include "collector/fleet/group_report.h"
#include "collector/fleet/group_sizes.h"
#include "collector/fleet/mass_loss.h"
#include "collector/fleet/node_clock.h"
#include "collector/fleet/ownership.h"
#include "collector/fleet/reconnects.h"
#include "collector/fleet/ring.h"
#include "collector/fleet/roll_call.h"
#include "collector/fleet/sample_budget.h"
#include "common/limits.h"

#include <stdbool.h>
#include <stdint.h>

#define HASH_NONFATAL_OOM 1 /* without it, uthash ends the program when memory is out */
#include <uthash.h>

struct intake;
struct node;

/* One run of a node's agent. seq counts within it.
 *
 * In a large fleet each cache line comes from memory, so fields that are used together lie together: a Batch needs
 * those from half to account, and the end of a write those from stored_seq to intake. */
struct instance {
    uint64_t id;
    struct node *node;
    uint64_t stored_seq;          /* the last one on disk */
    uint64_t segment;             /* number of the file with that row, which it gets when it is rotated; 0: no row */
    int64_t stored_time_ms;       /* wall clock of that sample */
    struct backlog_place half[2]; /* the backlog's own */
    uint32_t pending;             /* rows in the backlog */
    bool heard;                   /* it has connected since the collector's start */
    bool left;                    /* it ended: it said Goodbye, or another one has taken its place */
    struct intake *intake;        /* of its session; NULL: it is not connected */
    uint64_t received_seq;        /* the last one received */
    uint64_t missing_seq;         /* all from received_seq + 1 up to here are missing, and counted as such */
    uint64_t reading_seq;         /* the last one that came as a Reading: it is in the ring */
    struct node_clock clock;
    struct agent_account account;
    struct instance *next; /* of the same node */
    uint64_t used;         /* the node's `uses` when this one was last used */
    struct proof proof;    /* of the agent that it is of; none: it has shown no secret */
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

/* A Batch needs the first fields. */
struct group {
    unsigned index; /* GROUPS_MAX: it has no place */
    struct group_report report;
    char name[NAME_LEN_MAX + 1];
    unsigned joined;             /* nodes that are in it, while it has no place */
    unsigned number;             /* in the order in which groups got their places */
    unsigned unused_looks;       /* in a row that found nothing that holds its place, see registry_note_unused() */
    bool vacant;                 /* another group may get its place */
    int64_t lead_time_ms;        /* as configured: how long a machine of the group may take to reboot */
    int64_t longest_interval_ms; /* as configured: no interval of a node counts for more; 0: not looked up yet */
    struct group_sizes sizes;
    unsigned ordered_away;  /* nodes that are leaving because that was ordered, see membership_note_ordered() */
    unsigned moved;         /* nodes that were moved to another group since the last tick began */
    unsigned on_order;      /* nodes that are on order and have not joined, see membership_note_on_order() */
    unsigned left_by_order; /* nodes named by a scale-in that have said that they leave, since the start */
    struct membership_count count;
    struct mass_loss loss;
    struct roll_call roll_call;
    UT_hash_handle hh;
    UT_hash_handle joined_hh;
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

/* Fields that are used together lie together, as in struct instance: a tick needs those up to the middle of the ring,
 * and a Batch those from group to budgets. */
struct node {
    int64_t joined_ms;     /* when it turned from absent to live; NEVER_JOINED: it was there before */
    int64_t known_ms;      /* since when this run of the collector knows it */
    int64_t farewell_ms;   /* when it said so */
    uint64_t memory_bytes; /* 0: unknown */
    uint32_t cpu_milli;    /* thousandths of a core that it may use; 0: unknown */
    uint32_t removal_s;    /* until when a scale-in that names it may make it leave, in seconds; 0: none does */
    int32_t first_s;       /* when it was first seen, in seconds, also before a restart of the collector */
    unsigned index;
    struct group *former; /* the group that it was in before; NULL: none */
    struct group *group;
    struct intake *intake; /* of its session; NULL: it is not connected */
    int64_t seen_ms;       /* when the newest sample was taken */
    int64_t heard_ms;      /* the last sign of life on a connection */
    uint32_t life_ms;      /* how long a connected agent may show no sign of life */
    uint32_t interval_ms;
    int32_t skew_ms;        /* above 0: ahead; 24 days at most */
    uint32_t looked_s;      /* until when somebody looks at it, in seconds; its samples then do not wait */
    uint16_t report_ms;     /* that its agent was asked for last; 0: it sends each sample at once */
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
    uint32_t uses;          /* counts uses of its instances: their order does not depend on clocks */
    struct ring ring;
    struct sample_budget budgets[2]; /* of others and of the owner */
    uint64_t boot_id;                /* of its machine's present boot; 0: unknown */
    struct fs_history *fs_history;   /* NULL: it has reported no file system */
    struct ownership ownership;
    struct reconnects reconnects;
    struct instance *instances; /* at most INSTANCES_PER_NODE_MAX, linked by next */
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
    unsigned clocks_off;         /* nodes whose wall clock is off */
    struct agent_account agents; /* summed over all instances of all nodes, those whose place was taken included */
    struct node *nodes_by_id;
    struct group *groups[GROUPS_MAX];
    unsigned group_count;
    struct group *groups_by_name;
    unsigned group_comings; /* groups that ever got a place */
    unsigned vacant_groups;
    struct group *joined_by_name; /* groups that no sample has come from, see registry_join_group() */
    int64_t history_ms;           /* how much of the past a ring holds */
    uint64_t rings_bytes;         /* of all rings */
    uint64_t rings_bytes_max;     /* what they may have; 0: no limit */
    uint64_t rings_shortened;     /* rings that got the smallest capacity instead, since the start */
    int64_t
        restart_ms;  /* until when a node that restarts may return under another name, see membership_find_renamed() */
    uint64_t roster; /* changes whenever a node is added, freed, or changes its group */
    unsigned looked_at; /* nodes that were looked at for their places */
    bool pinned;        /* see registry_pin() */
};

#endif
