/* Pure. A CSV file that grows without limit: the live file NAME.csv, and the finished segments NAME-00000001.csv and so
 * on, to which it is rotated by size or age.
 *
 * Works on a struct disk, synchronously: for a worker thread, by one thread at a time. Each file begins with the
 * header. Rows count as written when their write has ended without an error. Whatever fails later, segments_cut_back()
 * makes the live file end behind them, and the caller appends the other rows again from memory. (Calling fdatasync
 * again is not enough: after an error Linux marks the lost pages clean.) Written rows that are not synced yet can't be
 * appended again. When their sync fails nothing more goes into that file, and the next write begins a new one.
 *
 * Rotation: sync, rename, create with header, sync the folder. A live file that is missing or has no header is an empty
 * one.
 *
 * Nobody else may change the live file. If another program does, the next write notices, puts what is there aside as a
 * segment and begins a new file. The file is open for appending, so that not even a file that is emptied in the middle
 * of a write gets a hole of NULs. */
#ifndef COLLECTOR_STORE_SEGMENTS_H
#define COLLECTOR_STORE_SEGMENTS_H

#include "collector/store/retention.h"
#include "collector/store/segment_mark.h"
#include "collector/store/segment_repair.h"
#include "common/disk.h"
#include "common/histogram.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct segments_limits {
    uint64_t rotate_bytes;
    int64_t rotate_ms;
    int64_t retain_ms;         /* 0: for ever */
    uint64_t retain_bytes;     /* of all files of the series; 0: no limit */
    int64_t compress_after_ms; /* since they were written last; 0: never */
    int64_t look_ms;           /* between two searches for segments that are too old; 0: a minute */
};

struct segments_options {
    const char *name;
    const char *header; /* with its line end */
    segment_row_ok *row_ok;
    segment_row_ms *row_ms;
    uint64_t used_number; /* numbers up to it are not used again, whether such segments exist or not */
    struct segments_limits limits;
};

/* The fields are the module's own; others use the functions. */
struct segments {
    const struct disk *disk;
    int file; /* the live one; -1 after a failure */
    char name[32];
    char header[1024];
    segment_row_ok *row_ok;
    segment_row_ms *row_ms;
    struct segments_limits limits;
    struct segment_mark mark;
    struct segment_mark_found marked; /* as it was found */
    struct segment_scan scan;         /* of the live file, as it was found */
    bool scanned;
    uint64_t cut;     /* bytes that were found behind its rows */
    int unready_rc;   /* why opening it was not completed; 0: it was */
    uint64_t length;  /* appended */
    uint64_t written; /* of that, by writes that have ended: it stays whatever fails later */
    uint64_t synced;  /* of that, safe from a power cut */
    uint64_t device;  /* with inode: which file it is */
    uint64_t inode;   /* 0: it is yet to be created */
    bool spoiled;     /* a sync of written rows failed: nothing more goes into this file */
    int sync_rc;      /* why */
    unsigned events;  /* SEGMENTS_ bits that were not taken yet */
    int64_t born_ms;  /* of the live file, wall clock */
    uint64_t number;  /* that the live file will have as a segment */
    int64_t found_ms; /* when the live file was last written before it was opened, wall clock */
    struct retention retention;
    struct histogram syncs_us; /* how long fdatasync of the live file takes, failed calls included */
};

/* What happened to the live file during a write. */
#define SEGMENTS_REMOVED   1U /* or renamed, by another program */
#define SEGMENTS_TRUNCATED 2U /* by another program */
#define SEGMENTS_GROWN     4U /* by another program */
#define SEGMENTS_SYNC_LOST 8U /* written rows may not survive a power cut, or are lost; see segments_sync_error() */

#define SEGMENTS_NEVER INT64_MAX /* found_ms when there was no file */

/* Opens or creates the live file on the disk, which is the caller's and outlives the segments. Cuts the live file at
 * the first row that is not whole and ok, since a power cut may have left anything behind it; the cut part is copied to
 * NAME.cut-TIME, and *cut is its length. Invalid rows before the place up to which the file is known to be synced
 * (segment_mark.h) don't end it: see segments_damaged(). A live file with another header becomes a segment as it is.
 *
 * 0 or a negative errno. Where the disk has no room to do this, the result is 0 and segments_unready() is the error:
 * the rows can be read, and the first write that finds room completes the opening. */
int segments_open(struct segments *segments, const struct disk *disk, const struct segments_options *options,
                  uint64_t *cut);

/* 0, or why the live file can't be written yet. */
static inline int segments_unready(const struct segments *segments)
{
    return segments->unready_rc;
}

/* Where the rows of the live file end. One that can't be written yet may be longer: the rest will be cut. */
static inline uint64_t segments_length(const struct segments *segments)
{
    return segments->length;
}

/* How many lines of the live file the disk has damaged, as found by segments_open(). */
static inline uint64_t segments_damaged(const struct segments *segments)
{
    return segments->scan.damaged;
}

/* Moves the damaged lines to NAME.damaged-TIME, once nobody needs to read them where they are. Before the first write.
 * 0 or a negative errno: they are still there. */
int segments_take_out_damaged(struct segments *segments);

/* Syncs what is written. 0 or a negative errno; closed in any case. Zeroed segments are closed. */
int segments_close(struct segments *segments);

/* Takes effect with the next write. Not while a worker has the segments. */
void segments_set_limits(struct segments *segments, const struct segments_limits *limits);

/* ---- writing ---- */

/* Whether the live file is too long or too old, so that the next write should begin with a rotation. */
bool segments_due(const struct segments *segments, int64_t wall_ms);

/* A write: begin it, append rows, and end it with what appending returned. Beginning cuts back after a failed write
 * (retry), checks that the live file is as it was left, rotates if asked to, and removes segments that are too old
 * (after a rotation, and once a minute), before there are rows that a failure could find written. Ending makes the rows
 * count as written, and syncs them if asked to; after any failure it cuts back at once, since a crash must not leave
 * rows that do not count. 0 or a negative errno. */
int segments_begin_write(struct segments *segments, bool retry, bool rotation, int64_t wall_ms);
int segments_append(struct segments *segments, const char *rows, size_t len);
int segments_end_write(struct segments *segments, int rc, bool sync);

/* fdatasync: what was appended is written, and safe. 0 or a negative errno. */
int segments_sync(struct segments *segments);

/* After a failure: the live file ends behind the written rows again. 0 or a negative errno: try later. */
int segments_cut_back(struct segments *segments);

/* ---- accessors ---- */

static inline const char *segments_name(const struct segments *segments)
{
    return segments->name;
}

static inline const struct disk *segments_disk(const struct segments *segments)
{
    return segments->disk;
}

static inline const struct segments_limits *segments_get_limits(const struct segments *segments)
{
    return &segments->limits;
}

/* When the live file was last written before it was opened, wall clock; SEGMENTS_NEVER: there was none. */
static inline int64_t segments_found_ms(const struct segments *segments)
{
    return segments->found_ms;
}

/* How many segments were removed for their age or size. */
static inline uint64_t segments_removed(const struct segments *segments)
{
    return segments->retention.total;
}

/* Whether files are deleted, or soon will be, for their size before they are as old as `retain`. */
static inline bool segments_are_cut_short(const struct segments *segments)
{
    return segments->retention.filling && segments->limits.retain_ms > 0;
}

/* How long each fdatasync of the live file took, in microseconds, failed calls included. */
static inline const struct histogram *segments_syncs_us(const struct segments *segments)
{
    return &segments->syncs_us;
}

/* The number that the live file will have as a segment. */
static inline uint64_t segments_number(const struct segments *segments)
{
    return segments->number;
}

/* Whether a sync of written rows has failed since events were last taken, and the errno of the last such failure. */
static inline bool segments_sync_lost(const struct segments *segments)
{
    return (segments->events & SEGMENTS_SYNC_LOST) != 0;
}

static inline int segments_sync_error(const struct segments *segments)
{
    return segments->sync_rc;
}

/* The SEGMENTS_ bits since the last call. */
unsigned segments_take_events(struct segments *segments);

/* The segments that were removed for their age or size. Not while a worker has the segments. */
static inline struct retention *segments_retention(struct segments *segments)
{
    return &segments->retention;
}

#endif
