/* Pure. Samples that wait to be written to disk, in two halves: one fills while a worker writes the other.
 *
 *     backlog_add() -> [ filling ]   backlog_take()   [ writing ] -> worker: format, write, fdatasync
 *                                                         |
 *                                       backlog_stored() <-+  now they may be acknowledged
 *
 * A half whose write fails stays as it is and is written again. The rows in both halves count as pending in their
 * instance; the agents' credit bounds them, so that a half never overflows. Gaps are few; the collector rejects an
 * agent whose gaps have no room, and the agent reconnects later. */
#ifndef COLLECTOR_STORE_BACKLOG_H
#define COLLECTOR_STORE_BACKLOG_H

#include "collector/fleet/registry.h"
#include "collector/store/gap.h"
#include "common/sample.h"

#include <stdbool.h>
#include <stdint.h>

struct row {
    const struct instance *instance; /* neither it nor its node is freed while rows are pending */
    const struct group *group;       /* of the node when the sample was received */
    struct sample sample;
};

/* Instances, each once, in the order in which they came. */
struct backlog_instances {
    struct instance **at;
    uint32_t count;
};

struct backlog {
    uint32_t capacity;     /* rows of a half */
    uint32_t gap_capacity; /* gaps of a half */
    struct row *rows[2];
    uint32_t count[2];
    struct gap *gaps[2]; /* the samples that are missing before the half's rows */
    uint32_t gap_count[2];
    struct backlog_instances touched[2]; /* with rows or gaps in the half */
    unsigned filling;                    /* 0 or 1 */
    bool writing;                        /* a worker has the other half */
    uint64_t orphans;                    /* rows, in both halves, of instances without a session */
};

/* 0 or -ENOMEM. Touches memory only as far as it is used. */
int backlog_init(struct backlog *backlog, uint32_t capacity);
void backlog_deinit(struct backlog *backlog);

/* Copies the sample. false: the half is full, and nothing happened. */
bool backlog_add(struct backlog *backlog, struct instance *instance, const struct group *group,
                 const struct sample *sample);

/* Copies a range of missing samples of the instance; backlog_gap_room() must not be 0. */
void backlog_add_gap(struct backlog *backlog, struct instance *instance, const struct gap *gap);

/* How many more gaps of the instance fit into the filling half. */
uint32_t backlog_gap_room(const struct backlog *backlog, const struct instance *instance);

/* A session takes an instance over, or ends. The end of a session that has lost its instance to another one changes
 * nothing. */
void backlog_adopt(struct backlog *backlog, struct instance *instance, struct intake *intake);
void backlog_orphan(struct backlog *backlog, struct instance *instance, const struct intake *intake);

/* Rows and gaps that wait in the filling half. */
static inline uint32_t backlog_waiting(const struct backlog *backlog)
{
    return backlog->count[backlog->filling] + backlog->gap_count[backlog->filling];
}

/* Rows in both halves: received and not yet stored. */
static inline uint64_t backlog_rows(const struct backlog *backlog)
{
    return (uint64_t)backlog->count[0] + backlog->count[1];
}

/* Hands the filling half to a worker, which must not have one already. */
void backlog_take(struct backlog *backlog, const struct row **rows, uint32_t *count);

/* The gaps of the half that the worker has: they must be on disk before its rows are. */
const struct gap *backlog_taken_gaps(const struct backlog *backlog, uint32_t *count);

/* The half that the worker has is on disk, its rows in that segment: updates stored_seq, segment and pending of its
 * instances. Returns them; they are valid until the next backlog_take(). The half is empty again. */
struct backlog_instances backlog_stored(struct backlog *backlog, uint64_t segment);

#endif
