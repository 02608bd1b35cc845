/* Pure. Samples on their way to the disk: two halves, one filling while the other is written.
 *
 *     backlog_add() -> [ filling ]   backlog_take()   [ writing ] -> worker: format, write, fdatasync
 *                                                         |
 *                                       backlog_stored() <-+  now they may be acknowledged
 *
 * A half that could not be written stays as it is and is written again. What is in either half is counted in its
 * instance as pending; the credit of the agents bounds the rows, so that a half never overflows. Of gaps there are few;
 * who would have one when there is no room is sent away, and comes again. */
#ifndef COLLECTOR_STORE_BACKLOG_H
#define COLLECTOR_STORE_BACKLOG_H

#include "collector/fleet/registry.h"
#include "collector/store/gap.h"
#include "common/sample.h"

#include <stdbool.h>
#include <stdint.h>

struct row {
    const struct instance *instance; /* with its node: not forgotten while rows are pending */
    const struct group *group;       /* of the node when the sample came */
    struct sample sample;
};

struct backlog {
    uint32_t capacity;     /* rows of a half */
    uint32_t gap_capacity; /* gaps of a half */
    struct row *rows[2];
    uint32_t count[2];
    struct gap *gaps[2]; /* what is missing before the half's rows */
    uint32_t gap_count[2];
    struct instance *touched[2]; /* instances with rows in the half, by instance.half[].next */
    unsigned filling;            /* 0 or 1 */
    bool writing;                /* the other half is out to be written */
    uint64_t orphans;            /* rows, in both halves, of instances that nobody speaks for any more */
};

/* 0 or -ENOMEM. Memory is touched only as far as it is used. */
int backlog_init(struct backlog *backlog, uint32_t capacity);
void backlog_deinit(struct backlog *backlog);

/* Copies a sample in. false: full, nothing happened. */
bool backlog_add(struct backlog *backlog, struct instance *instance, const struct group *group,
                 const struct sample *sample);

/* Likewise what was found to be missing of the instance's samples; there must be room. */
void backlog_add_gap(struct backlog *backlog, struct instance *instance, const struct gap *gap);

/* How many more gaps of the instance the filling half takes. */
uint32_t backlog_gap_room(const struct backlog *backlog, const struct instance *instance);

/* A session begins to speak for an instance, or ends; the end of one that no longer speaks for it means nothing. */
void backlog_adopt(struct backlog *backlog, struct instance *instance, struct intake *intake);
void backlog_orphan(struct backlog *backlog, struct instance *instance, const struct intake *intake);

/* Rows waiting in the filling half, of both kinds. */
static inline uint32_t backlog_waiting(const struct backlog *backlog)
{
    return backlog->count[backlog->filling] + backlog->gap_count[backlog->filling];
}

/* Rows in both halves. */
static inline uint32_t backlog_rows(const struct backlog *backlog)
{
    return backlog->count[0] + backlog->count[1];
}

/* Hands the filling half out to be written. Call it only when none is out. */
void backlog_take(struct backlog *backlog, const struct row **rows, uint32_t *count);

/* The gaps of the half that is out: to be on disk before its rows are. */
const struct gap *backlog_taken_gaps(const struct backlog *backlog, uint32_t *count);

/* The half that is out is on disk: updates stored_seq and pending of its instances. Returns the first of them; the
 * others follow by backlog_next() with *half, until the next backlog_take(). The half is empty again. */
struct instance *backlog_stored(struct backlog *backlog, unsigned *half);

/* The instance that follows in the list of backlog_stored(), or NULL. */
static inline struct instance *backlog_next(const struct instance *instance, unsigned half)
{
    return instance->half[half].next;
}

#endif
