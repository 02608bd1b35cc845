/* Pure. Deletes the segments that are older than `retain`, and the oldest ones when all together are larger than
 * `retain-size`; remembers them for the log.
 *
 * A wall clock may be set wrong, by years, and samples must not be lost for that. So a segment must be older than
 * `retain` by each clock that is known here: by the time at which it was last written; by the time for which the
 * collector has run since then; and by the times in its last rows, compared with those in the newest rows. */
#ifndef COLLECTOR_STORE_RETENTION_H
#define COLLECTOR_STORE_RETENTION_H

#include "collector/store/segment_time.h"

#include <stdbool.h>
#include <stdint.h>

struct disk;

#define RETENTION_NAMED_MAX 8U /* deleted segments that are remembered; further ones are counted */

struct retention_deleted {
    uint64_t number;
    uint64_t bytes;
    int64_t age_ms; /* since it was last written, wall clock */
    bool for_size;  /* not for its age */
};

/* All zero at the beginning. The fields are the module's own. */
struct retention {
    int64_t begun_ms; /* by the wall clock, when the monotonic one was begun_us: what is stored ended then */
    uint64_t begun_us;
    unsigned kept; /* segments that the last search found too old by the wall clock only */
    bool filling;  /* the last search found the files near retain_bytes, and none of them near retain_ms */
    bool filling_taken;
    bool kept_taken;                                       /* that there are such segments was taken */
    int64_t looked_ms;                                     /* when segments were last searched for, wall clock */
    uint64_t total;                                        /* deleted */
    struct retention_deleted deleted[RETENTION_NAMED_MAX]; /* the first of those that were not taken yet */
    unsigned deleted_count;                                /* all of them */
};

/* Whether the last search is longer ago than look_ms (0: a minute), or in the future. */
bool retention_is_due(const struct retention *retention, int64_t look_ms, int64_t wall_ms);

/* At the start. found_ms: when the live file was last written, by the wall clock. */
void retention_begin(struct retention *retention, const struct disk *disk, int64_t found_ms);

struct retention_search {
    const struct disk *disk;
    const char *name; /* of the series */
    segment_row_ms *row_ms;
    int64_t retain_ms;     /* 0: nothing is deleted for its age */
    uint64_t retain_bytes; /* of the segments and the live file; 0: nothing is deleted for its size */
};

/* Deletes the segments NAME-... that are older than retain_ms, then the oldest ones above retain_bytes. What fails is
 * tried again by the next search. */
void retention_search(struct retention *retention, const struct retention_search *search, int64_t wall_ms);

/* How many segments are kept though the wall clock says that they are too old; 0 if that was taken before. */
unsigned retention_take_kept(struct retention *retention);

/* Whether the files approach retain_bytes before they reach retain_ms; false if that was taken before. */
bool retention_take_filling(struct retention *retention);

/* The segments deleted since the last call: their number, and the first RETENTION_NAMED_MAX of them. */
unsigned retention_take(struct retention *retention, struct retention_deleted *deleted);

#endif
