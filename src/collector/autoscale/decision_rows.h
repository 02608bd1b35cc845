/* Pure. The rows of decisions.csv in memory: those that wait for the disk, and those of the write in progress.
 *
 *     decision_rows_take(), _begin() on the loop -> decision_rows_write() on a worker -> decision_rows_end() on the
 * loop
 *
 * A write that fails is begun again with the same rows; others wait meanwhile, in a bounded buffer. */
#ifndef COLLECTOR_AUTOSCALE_DECISION_ROWS_H
#define COLLECTOR_AUTOSCALE_DECISION_ROWS_H

#include "collector/autoscale/decision_fields.h"
#include "collector/store/segments.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DECISION_ROWS_BUFFER ((size_t)256 * 1024)

struct decision_rows {
    struct segments *segments;
    struct segments_limits limits; /* from the next write on */
    char *waiting;                 /* rows for the next write, and those of this one: DECISION_ROWS_BUFFER each */
    char *writing;
    size_t waiting_len;
    size_t writing_len;
    uint64_t added;   /* rows since the start: the number of the newest one, */
    uint64_t synced;  /* how many of them are durable, */
    uint64_t taken;   /* and how many will be once the write has succeeded */
    uint64_t dropped; /* rows for which there was no room */
    bool rotation;    /* the write begins with one */
    bool failing;     /* the last write failed */
};

/* The segments belong to the caller. 0 or -ENOMEM. */
int decision_rows_init(struct decision_rows *rows, struct segments *segments);
void decision_rows_deinit(struct decision_rows *rows);

/* Whether a line is a row of decisions.csv; for segments_open(). */
bool decision_rows_ok(const char *row, size_t len);

/* Adds a row. 0, or -ENOSPC: there is no room, and the row is dropped. */
int decision_rows_add(struct decision_rows *rows, const struct decision_record *record);

/* The same with a row that is text already, with its newline. */
int decision_rows_add_text(struct decision_rows *rows, const char *row, size_t len);

/* Makes the waiting rows those of the next write. false: there are none, or the last write has not succeeded yet. */
bool decision_rows_take(struct decision_rows *rows);

/* Before each write, no worker has the segments: a rotation is planned if it is due. */
void decision_rows_begin(struct decision_rows *rows);

/* For a worker: writes the rows taken and syncs them. 0 or a negative errno. */
int decision_rows_write(struct decision_rows *rows);

/* The write has ended with that result. */
void decision_rows_end(struct decision_rows *rows, int rc);

#endif
