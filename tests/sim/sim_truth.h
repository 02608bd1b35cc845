/* What really happened: each sample that an agent produced and what became of it, written down by the simulation itself
 * and compared with what the programs say and store. */
#ifndef SIM_TRUTH_H
#define SIM_TRUTH_H

#include "common/sample.h"
#include "sim/sim.h"

#include <stdint.h>

#define RUNS_MAX 4096U

enum fate {
    FATE_WAITING, /* in the outbox, not acknowledged */
    FATE_ACKED,
    FATE_DROPPED, /* its agent had to make room, and has counted it */
    FATE_LOST     /* its agent ended before an acknowledgement */
};

struct truth_sample {
    struct sample sample;                        /* as a collector must store it */
    uint64_t taken_ms;                           /* of the world's time */
    uint64_t sent_uptime_ms[SIM_COLLECTORS_MAX]; /* of the last batch it was in */
    uint8_t fate;
    uint8_t acked;      /* bit c: acknowledged by collector c */
    uint8_t stored;     /* bit c: in the synced bytes of collector c */
    uint8_t was_stored; /* the same before its last start */
};

/* One instance of an agent. */
struct run {
    uint64_t id;
    unsigned agent;
    unsigned node;
    uint64_t count;
    uint64_t room;
    struct truth_sample *samples; /* by seq - 1 */
    uint64_t stored_seq[SIM_COLLECTORS_MAX];
    uint64_t used[SIM_COLLECTORS_MAX]; /* when collector c last had to do with it */
    uint8_t forgotten;                 /* bit c: so many others came after it that collector c may have forgotten it */
};

struct truth {
    struct run *runs[RUNS_MAX];
    unsigned run_count;
    uint64_t uses;
};

struct csv_row;
struct gap_range;

void truth_deinit(struct truth *truth);

/* An agent starts with an instance of that id. */
struct run *truth_begin_run(struct world *world, unsigned agent, unsigned node, uint64_t id);
void truth_end_run(struct run *run);

/* The run of that id, or NULL. */
struct run *truth_find(const struct truth *truth, uint64_t id);

/* The sample of that seq; fails when it was never produced. */
struct truth_sample *truth_at(const struct world *world, const struct run *run, uint64_t seq);

void truth_produced(struct world *world, struct run *run, const struct sample *sample);
void truth_dropped(struct world *world, struct run *run, uint64_t seq);

/* The agent counts the sample as acknowledged, and it was collector c that it heard. */
void truth_acked(struct world *world, struct run *run, uint64_t seq, unsigned c);

/* Collector c has to do with the instance: a Hello, or a row. */
void truth_used(struct world *world, struct run *run, unsigned c);

/* The sample is what was produced under that name. */
void truth_check_sample(const struct world *world, const struct run *run, const struct sample *sample);

/* A row has come into the synced bytes of collector c. */
void truth_stored(struct world *world, const struct csv_row *row, unsigned c);

/* Collector c starts and reads its files: truth_stored() follows for each row that it finds. At the end nothing that
 * was synced before may be missing. */
void truth_begin_reading(struct world *world, unsigned c);
void truth_end_reading(struct world *world, unsigned c);

/* Collector c has noted that these samples never come, and why: it must be so. */
void truth_check_gap(const struct world *world, const struct run *run, const struct gap_range *range, unsigned c);

/* All is quiet: each sample is stored, or dropped and counted, or lost with its agent. */
void truth_check_end(struct world *world);

#endif
