/* A seed's whole world: its clock, its machines, and the truth about its samples. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "common/limits.h"
#include "common/wire.h"
#include "sim/sim.h"
#include "sim/sim_agent.h"
#include "sim/sim_collector.h"
#include "sim/sim_faults.h"
#include "sim/sim_network.h"
#include "sim/sim_truth.h"

#include <stdbool.h>
#include <stdint.h>

/* The command that replays a seed. */
#define SIM_REPLAY "%s --seed %llu --steps %u --partition %llu --verbose"
#define SIM_REPLAY_VALUES(world)                                                                                       \
    (world)->program, (unsigned long long)(world)->seed, (world)->steps,                                               \
        (unsigned long long)(world)->partition_ms / 1000

/* Totals over all seeds, which show that the faults did strike. */
struct totals {
    uint64_t steps;
    uint64_t simulated_ms;
    uint64_t produced;
    uint64_t stored;
    uint64_t dropped;
    uint64_t forgiven; /* dropped, and acknowledged later */
    uint64_t lost;     /* with their agents, and not stored */
    uint64_t resent;
    uint64_t gaps;        /* ranges that collectors noted as missing */
    uint64_t readings;    /* samples that came as a reading before they were stored */
    uint64_t passed_over; /* skipped by the rings: not newer than the one before */
    uint64_t returns;     /* to the first collector of the list */
    uint64_t faults;
    uint64_t agent_crashes;
    uint64_t goodbyes;
    uint64_t starts; /* of collectors */
    uint64_t crashes;
    uint64_t power_cuts;
    uint64_t cuts; /* of damaged file ends */
    uint64_t rotations;
    uint64_t takeovers;
    uint64_t restored;   /* scalers */
    uint64_t carried_on; /* instances, after a kill */
    uint64_t past_runs;  /* of which all was sent by a later process */
    uint64_t damaged;    /* records in spools */
    uint64_t strays;     /* samples counted as dropped without a seq */
    uint64_t removed;    /* segments, by retention */
    uint64_t compressed; /* segments */
    uint64_t indexed;    /* starts with an index that was used */
    uint64_t unfit;      /* indexes that did not fit the segments, or were damaged */
    uint64_t read;       /* segments, at starts */
    uint64_t skipped;
    uint64_t unsynced; /* acknowledged rows that a power cut took, as `sync` allows */
    uint64_t noted;    /* rows of gaps.csv */
    uint64_t rejects[REJECT_CODES];
};

struct world {
    uint64_t seed;
    uint64_t random;
    uint64_t now_ms;
    unsigned step;
    unsigned steps;        /* until the faults end */
    uint64_t partition_ms; /* then no byte gets through for this long; 0: the whole network never fails */
    bool verbose;
    bool quiet; /* the faults have ended, nothing new is produced */
    bool with_twin;
    const char *program;
    unsigned agent_count;
    unsigned collector_count;
    struct sim_agent agents[SIM_AGENTS_MAX];
    struct sim_collector collectors[SIM_COLLECTORS_MAX];
    struct network network;
    struct faults faults;
    struct truth truth;
    struct wire_arena arena;
    uint8_t out[SEND_LEN_MAX];
    struct totals totals; /* not reset between seeds */
};

/* Runs one seed from beginning to end. The memory is the caller's, and all zeros before the first seed. */
void world_run(struct world *world, uint64_t seed);

#endif
