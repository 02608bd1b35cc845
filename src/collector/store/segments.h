/* A CSV file that is appended to for ever: the live file NAME.csv, and the segments NAME-00000001.csv, ... that it
 * became.
 *
 * Synchronous: made for a worker thread, used by one thread at a time. Every file begins with the header. Rows of a
 * write that was ended well are kept: whatever fails later, segments_cut_back() makes the live file end behind them,
 * and the other rows are appended again from memory (fdatasync alone is never tried again: after an error Linux takes
 * the lost pages for clean). Kept rows that are not synced yet can't be appended again. When their sync fails nothing
 * more goes into that file, and the next write begins a new one.
 *
 * Rotation: sync, rename, create with header, fsync the folder. A missing or header-less live file is an empty one.
 *
 * The live file is nobody else's to change. If somebody does all the same, the next write finds it out, puts what is
 * there aside as a segment and begins a new file. It is open for appending, so that not even a file that is emptied in
 * the middle of a write gets a hole of NULs. */
#ifndef COLLECTOR_STORE_SEGMENTS_H
#define COLLECTOR_STORE_SEGMENTS_H

#include "common/histogram.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct segments_limits {
    uint64_t rotate_bytes;
    int64_t rotate_ms;
    int64_t retain_ms; /* 0: for ever */
};

struct segments {
    int dir_fd;
    int fd; /* of the live file; -1 after a failure */
    char name[32];
    char header[1024];
    struct segments_limits limits;
    uint64_t length;           /* appended */
    uint64_t kept;             /* of that, what stays whatever happens */
    uint64_t synced;           /* of that, safe from a power cut */
    dev_t device;              /* which file it is */
    ino_t inode;               /* 0: it is yet to be made */
    bool spoiled;              /* a sync of kept rows failed: nothing more goes into this file */
    int sync_rc;               /* why */
    unsigned events;           /* SEGMENTS_ bits that nobody was told yet */
    int64_t looked_ms;         /* when segments that are too old were last looked for, wall clock */
    int64_t born_ms;           /* of the live file, wall clock */
    uint64_t next_number;      /* that the live file will have as a segment */
    int64_t found_ms;          /* when the live file was last written before it was opened, wall clock */
    unsigned long removed;     /* segments that were too old, for the log */
    struct histogram syncs_us; /* how long fdatasync of the live file takes, also where it fails */
};

/* What happened to the live file during a write. */
#define SEGMENTS_REMOVED   1U /* or renamed, by somebody */
#define SEGMENTS_TRUNCATED 2U
#define SEGMENTS_GROWN     4U
#define SEGMENTS_SYNC_LOST 8U /* kept rows may not survive a power cut, or be lost already; sync_rc says why */

#define SEGMENTS_NEVER INT64_MAX /* found_ms of a file that was not there */

/* Whether a row (without its line end) is one of ours. */
typedef bool segments_row_ok(const char *row, size_t len);

/* Opens or creates the live file in the folder dir_fd (kept, not owned). The live file is cut at the first row that is
 * not whole and ok, since a power cut may have left anything behind it; what is cut is kept in NAME.cut-TIME, and *cut
 * is its length. A live file with another header is kept aside whole, as a segment. Numbers up to `taken` are not used
 * again, whether such segments are there or not. 0 or a negative errno. */
int segments_open(struct segments *segments, int dir_fd, const char *name, const char *header,
                  const struct segments_limits *limits, segments_row_ok *row_ok, uint64_t taken, uint64_t *cut);

/* Syncs what is kept. 0 or a negative errno; closed in any case. */
int segments_close(struct segments *segments);

/* Appends whole rows. 0 or a negative errno; then nothing or a part is in the file. */
int segments_append(struct segments *segments, const char *rows, size_t len);

/* fdatasync: what was appended is kept, and safe. 0 or a negative errno. */
int segments_sync(struct segments *segments);

/* After a failure: the live file ends behind the kept rows again. 0 or a negative errno: try later. */
int segments_cut_back(struct segments *segments);

/* Whether the live file is too long or too old, so that the next write is to begin with a rotation. */
bool segments_due(const struct segments *segments, int64_t wall_ms);

/* A write is begun, rows are appended, and it is ended with what appending returned. To begin one cuts back after a
 * failed one (again); it looks whether the live file is as it was left, rotates where that is wanted, and removes
 * segments that are too old (after a rotation, and once a minute), before there are rows that a failure could find
 * written. To end one keeps the rows, durable if `sync` says so; after any failure it cuts back at once, since a crash
 * must not leave what is not kept. 0 or a negative errno. */
int segments_begin_write(struct segments *segments, bool again, bool rotation, int64_t wall_ms);
int segments_end_write(struct segments *segments, int rc, bool sync);

/* The events since the last call; logs what somebody else did to the live file. */
unsigned segments_take_events(struct segments *segments);

struct segments_file {
    int fd; /* open; not for the visitor to close */
    const char *name;
    uint64_t number; /* of the live file: the one that it will have */
    int64_t modified_ms;
};

/* Calls visit for each file, oldest first, the live one last. Stops at the first negative return, and returns that. */
typedef int segments_visit(const struct segments_file *file, void *arg);
int segments_each(const struct segments *segments, segments_visit *visit, void *arg);

#endif
