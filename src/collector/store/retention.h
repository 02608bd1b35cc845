/* Pure. Deletes the segments that are older than `retain`, and remembers them for the log. */
#ifndef COLLECTOR_STORE_RETENTION_H
#define COLLECTOR_STORE_RETENTION_H

#include <stdbool.h>
#include <stdint.h>

struct disk;

#define RETENTION_NAMED_MAX 8U /* deleted segments that are remembered; further ones are counted */

struct retention_deleted {
    uint64_t number;
    uint64_t bytes;
    int64_t age_ms; /* since it was last written, wall clock */
};

/* All zero at the beginning. The fields are the module's own. */
struct retention {
    int64_t looked_ms;                                     /* when segments were last searched for, wall clock */
    uint64_t total;                                        /* deleted */
    struct retention_deleted deleted[RETENTION_NAMED_MAX]; /* the first of those that were not taken yet */
    unsigned deleted_count;                                /* all of them */
};

/* Whether the last search is longer ago than look_ms (0: a minute), or in the future. */
bool retention_is_due(const struct retention *retention, int64_t look_ms, int64_t wall_ms);

/* Deletes the segments NAME-... that were last written more than retain_ms ago; 0: none. What fails is tried again by
 * the next search. */
void retention_search(struct retention *retention, const struct disk *disk, const char *name, int64_t retain_ms,
                      int64_t wall_ms);

/* The segments deleted since the last call: their number, and the first RETENTION_NAMED_MAX of them. */
unsigned retention_take(struct retention *retention, struct retention_deleted *deleted);

#endif
