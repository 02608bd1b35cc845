/* Pure. All samples that an agent retains, of its current instance and of earlier ones, in one ring of records.
 *
 * It works on memory, which may be that of a mapped file, and leaves in it at any moment
 *   - the ring: `capacity` records; position p lies at index p % capacity. Positions continue from one instance to the
 *     next.
 *   - two copies of the state: how much of each run is acknowledged, and what was dropped. They are written in turn, so
 *     that a kill in the middle of one leaves the other. */
#ifndef AGENT_SPOOL_SPOOL_H
#define AGENT_SPOOL_SPOOL_H

#include "agent/spool/outbox.h"
#include "agent/spool/record.h"
#include "common/limits.h"

#include <stdbool.h>
#include <stdint.h>

/* One copy of the state, as it lies in the file. */
struct spool_loss {
    uint64_t first_seq;
    uint64_t last_seq;
    uint64_t sent_seq;
    uint64_t reason;
};

struct spool_run {
    uint64_t instance;
    uint64_t newest_seq;
    uint64_t acked_seq;
    uint64_t strays;
    uint64_t sent;
    uint64_t dropped[LOSS_REASON_COUNT]; /* without the holes above acked_seq, which can be seen in the ring */
    uint64_t rejected;
    uint64_t loss_count;
    struct spool_loss losses[LOSSES_MAX];
};

struct spool_state {
    uint64_t check; /* checksum of all that follows */
    uint64_t generation;
    uint64_t position; /* the last one written */
    uint64_t run_count;
    struct spool_run runs[SPOOL_RUNS_MAX]; /* the last one is the present instance's */
};

struct spool {
    struct record *records;
    uint64_t capacity;
    struct spool_state *states; /* two copies; NULL: memory only */
    uint64_t generation;
    struct outbox runs[SPOOL_RUNS_MAX]; /* oldest first; the last one is the present instance's */
    unsigned count;
    bool changed; /* since spool_take_changed() */
};

/* Whole and valid. */
bool spool_state_ok(const struct spool_state *state);

/* Begins a spool on memory that is all zeros, without a state. */
void spool_begin(struct spool *spool, struct record *records, uint64_t capacity, uint64_t boot, uint64_t instance);

/* Stores a new sample of the present instance, and returns its seq. */
uint64_t spool_push(struct spool *spool, const struct sample *sample);

struct outbox *spool_present(struct spool *spool);

/* The run to be sent now: the oldest earlier one that is not finished, else the present one. */
struct outbox *spool_current(struct spool *spool);

/* All of that earlier run is acknowledged. */
void spool_finish(struct spool *spool, struct outbox *run);

/* Whether a collector rejected that run holds for all runs: it is the reason of their drops from now on. Saves the
 * state, too. */
void spool_share_reject(struct spool *spool, const struct outbox *run);

/* As outbox_renumber(), for the present run. */
void spool_renumber(struct spool *spool, uint64_t instance);

/* Samples of all runs that are not acknowledged. */
uint64_t spool_waiting(const struct spool *spool);

/* Whether anything has changed since the last call. After a sync that failed it is to be set again. */
bool spool_take_changed(struct spool *spool);
void spool_set_changed(struct spool *spool);

/* Writes the state. To be called after each acknowledgement; spool_push() calls it after a drop. */
void spool_save(struct spool *spool);

#endif
