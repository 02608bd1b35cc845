/* What really happened: each sample that an agent produced and what became of it, recorded by the simulation itself and
 * compared with what the programs report and store. */
#ifndef SIM_TRUTH_H
#define SIM_TRUTH_H

#include "agent/spool/outbox.h"
#include "common/sample.h"
#include "sim/sim.h"

#include <stdint.h>

#define RUNS_MAX 4096U

enum fate {
    FATE_WAITING, /* in the outbox, not acknowledged */
    FATE_ACKED,
    FATE_DROPPED, /* its agent had to make room, and counted it as dropped */
    FATE_LOST     /* its agent ended before an acknowledgement */
};

struct truth_sample {
    struct sample sample;                        /* as a collector must store it */
    uint64_t taken_ms;                           /* of the world's time */
    uint64_t sent_uptime_ms[SIM_COLLECTORS_MAX]; /* of the last batch it was in */
    uint8_t fate;
    uint8_t reasons;    /* bit r: counted as dropped for that enum loss_reason, at any time */
    bool hole;          /* damaged in the spool, and counted as dropped */
    bool clock_gone;    /* sent in a later boot: only wall clocks could say how old it was */
    uint8_t acked;      /* bit c: acknowledged by collector c */
    uint8_t stored;     /* bit c: in a row written by collector c */
    uint8_t was_stored; /* the same before its last start */
    uint8_t unsure;     /* bit c: it was written there but not synced, and a power cut or the disk may have lost it */
    uint8_t retired;    /* bit c: the segment with its row was removed */
    uint8_t noted;      /* bit c: in the synced gaps.csv of collector c */
    uint8_t was_noted;  /* the same before its last start */
    uint8_t behind;     /* bit c: was noted behind samples that had been lost and could still come: no index has it */
    uint8_t once_noted; /* bit c: was in it, when a last Ack that is still on its way may have been sent */
    uint8_t note_gone;  /* bit c: it was, in a segment that was removed */
};

/* One instance of an agent. */
struct run {
    uint64_t id;
    unsigned agent;
    unsigned node;
    uint64_t count;
    uint64_t room;
    struct truth_sample *samples; /* by seq - 1 */
    uint64_t safe_seq;            /* up to it, the agent's spool was synced */
    bool unclear; /* its agent may have gone on with an older state of its spool, or without, after damage or a power
                     cut */
    uint64_t stored_seq[SIM_COLLECTORS_MAX];
    uint64_t durable_seq[SIM_COLLECTORS_MAX]; /* rows up to it are synced, or unsure */
    int64_t noted_ms[SIM_COLLECTORS_MAX];     /* the newest of its rows in gaps.csv */
    uint64_t used[SIM_COLLECTORS_MAX];        /* when collector c last used it */
    uint8_t forgotten; /* bit c: enough others were used since that collector c may have forgotten it */
};

struct truth {
    struct run *runs[RUNS_MAX];
    unsigned run_count;
    uint64_t uses;
};

struct csv_row;
struct gap;
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
void truth_dropped(struct world *world, struct run *run, uint64_t seq, enum loss_reason reason);

/* The agent counts the sample as acknowledged, by an Ack of collector c. */
void truth_acked(struct world *world, struct run *run, uint64_t seq, unsigned c);

/* Collector c uses the instance: for a Hello, or a row. */
void truth_used(struct world *world, struct run *run, unsigned c);

/* Whether the collector may have forgotten it by now. */
void truth_forget(const struct world *world, struct run *run, unsigned c);

/* Fails unless the sample is the one that was produced with that seq. */
void truth_check_sample(const struct world *world, const struct run *run, const struct sample *sample);

/* Collector c has written a row, and may acknowledge it. durable: it is synced. */
void truth_stored(struct world *world, const struct csv_row *row, unsigned c, bool durable);

/* All written rows of collector c are synced; or those that are not may be lost. */
void truth_synced(struct world *world, unsigned c);
void truth_unsure(struct world *world, unsigned c);

/* A synced row of gaps.csv of collector c has the sample. */
void truth_note(struct truth_sample *sample, unsigned c);

/* Collector c has noted that these samples will never arrive, and why. Fails unless that is true. */
void truth_check_gap(const struct world *world, const struct run *run, const struct gap_range *range, unsigned c);

/* The run's last seq: a damaged record between two runs may have been taken for one of the first run. */
uint64_t truth_gap_end(const struct run *run, const struct gap_range *range);

/* And that is on the agent's disk. */
void truth_gap_stored(struct world *world, const struct gap *gap, unsigned c);

/* Collector c sends the last Ack of a run that has announced its samples up to announced_seq: it must have noted which
 * of them were dropped. The agent may have continued since. */
void truth_left(const struct world *world, const struct run *run, uint64_t announced_seq, unsigned c);

/* At the end: fails unless each sample is stored, dropped and counted, or lost with its agent. */
void truth_check_end(struct world *world);

#endif
