/* A CSV file that is appended to for ever: the live file NAME.csv, and the segments NAME-00000001.csv, ... that it
 * became.
 *
 * Synchronous: made for a worker thread, used by one thread at a time. Every file begins with the header. Appended rows
 * are safe after segments_sync(); whatever fails before that, segments_cut_back() makes the live file end at the last
 * synced byte, and the rows are appended again from memory (fdatasync alone is never tried again: after an error Linux
 * takes the lost pages for clean).
 *
 * Rotation: sync, rename, create with header, fsync the folder. A missing or header-less live file is an empty one. */
#ifndef COLLECTOR_SEGMENTS_H
#define COLLECTOR_SEGMENTS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
    uint64_t length;       /* appended */
    uint64_t synced;       /* of that, safe */
    int64_t born_ms;       /* of the live file, wall clock */
    uint64_t next_number;  /* that the live file will have as a segment */
    int64_t found_ms;      /* when the live file was last written before it was opened, wall clock */
    unsigned long removed; /* segments that were too old, for the log */
};

#define SEGMENTS_NEVER INT64_MAX /* found_ms of a file that was not there */

/* Whether a row (without its line end) is one of ours. */
typedef bool segments_row_ok(const char *row, size_t len);

/* Opens or creates the live file in the folder dir_fd (kept, not owned). The live file is cut at the first row that is
 * not whole and ok, since a power cut may have left anything behind it; what is cut is kept in NAME.cut-TIME, and *cut
 * is its length. A live file with another header is kept aside whole, as a segment. Numbers up to `taken` are not used
 * again, whether such segments are there or not. 0 or a negative errno. */
int segments_open(struct segments *segments, int dir_fd, const char *name, const char *header,
                  const struct segments_limits *limits, segments_row_ok *row_ok, uint64_t taken, uint64_t *cut);
void segments_close(struct segments *segments);

/* Appends whole rows. 0 or a negative errno; then nothing or a part is in the file. */
int segments_append(struct segments *segments, const char *rows, size_t len);

/* fdatasync. 0 or a negative errno. */
int segments_sync(struct segments *segments);

/* After a failure: the live file ends at the last synced byte again. 0 or a negative errno: try later. */
int segments_cut_back(struct segments *segments);

/* Whether the live file is too long or too old, so that the next write is to begin with a rotation. */
bool segments_due(const struct segments *segments, int64_t wall_ms);

/* A write is begun, rows are appended, and it is ended with what appending returned. To begin one cuts back after a
 * failed one (again); it rotates where that is wanted, and removes segments that are too old, before there are rows
 * that a failure could find written. To end one makes the rows durable; after any failure it cuts back at once, since a
 * crash must not leave what is not durable. 0 or a negative errno. */
int segments_begin_write(struct segments *segments, bool again, bool rotation, int64_t wall_ms);
int segments_end_write(struct segments *segments, int rc);

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
