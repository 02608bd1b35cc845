/* A node's agent: it samples its node at each interval, keeps what is not
 * acknowledged, and speaks to the collector while the network lets it. Messages
 * are handed over as structs: the wire is headroom-sim's concern. */
#ifndef WORLD_WORLD_AGENT_H
#define WORLD_WORLD_AGENT_H

#include "collector/intake/intake.h"

#include <stdbool.h>
#include <stdint.h>

#define AGENT_SAMPLES 256U /* that it keeps; the oldest are dropped */

struct world;
struct world_node;

struct agent_sample {
    uint64_t seq;
    uint64_t taken_ms;
    double cpu; /* share; NaN: not read */
    double memory;
};

/* How an agent, or its node, goes away. */
enum parting {
    PARTING_LEAVING,    /* says that it leaves */
    PARTING_RESTARTING, /* says that it returns */
    PARTING_KILLED,     /* says nothing; its connection is closed */
    PARTING_VANISHED,   /* says nothing, and nobody notices but by its silence */
    PARTING_MOVED,      /* says that it goes to another collector */
    PARTING_COUNT
};

extern const char *const parting_names[PARTING_COUNT];

struct world_agent {
    bool runs;
    bool connected;     /* as the agent sees it */
    uint64_t starts_ms; /* when it runs again; NEVER */
    uint64_t instance;
    uint64_t seq;
    uint64_t sent_seq;
    uint64_t acked_seq;
    uint64_t interval_ms;
    uint64_t sample_ms; /* the next sample */
    uint64_t retry_ms;  /* the next try to connect */
    uint64_t backoff_ms;
    uint64_t heard_ms;        /* from the collector */
    uint64_t sent_ms;         /* the last message */
    uint64_t read_ms;         /* the last reading that is not stored */
    bool is_old;              /* of 0.1: says nothing of readings, protection, reboots and
                                 moves */
    bool told_protection;     /* in this session */
    bool told_protects;       /* what it said */
    uint64_t parted_until_ms; /* the network to the collector is away */
    uint64_t hung_until_ms;   /* it takes no samples, and goes on talking */
    uint64_t moved_until_ms;  /* it uses another collector */
    uint64_t late_ms;         /* samples wait this long before they are sent */
    struct intake intake;     /* the collector's side of the connection */
    bool attached;            /* the collector has that connection */
    struct agent_sample kept[AGENT_SAMPLES];
};

/* A run begins, with an instance of its own. */
void agent_start(struct world *world, struct world_node *node);

/* The run ends. */
void agent_end(struct world *world, struct world_node *node, enum parting parting);

void agent_step(struct world *world, struct world_node *node);

/* The collector has gone: its side of all connections is void. */
void agent_on_collector_gone(struct world_node *node);

/* The sample of that seq, or NULL when it is kept no longer. */
const struct agent_sample *agent_sample(const struct world_agent *agent, uint64_t seq);

#endif
