/* Pure. One write of the store: the gaps of a half of the backlog, the index after a rotation, and the rows.
 *
 *     store_job_begin() on the loop -> store_job_run() on a worker -> store_job_end() on the loop
 *
 * The gaps are durable before the rows behind them are written. A write that fails is run again with the same rows;
 * gaps that are durable by then are not written twice. */
#ifndef COLLECTOR_STORE_STORE_JOB_H
#define COLLECTOR_STORE_STORE_JOB_H

#include "collector/fleet/registry.h"
#include "collector/store/backlog.h"
#include "collector/store/index.h"
#include "collector/store/segments.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dir_lock;

/* What a job works with. It belongs to the caller. */
struct store_parts {
    const struct disk *disk;
    struct segments *metrics; /* the files of metrics.csv */
    struct segments *gaps;    /* and of gaps.csv */
    struct backlog *backlog;
    struct registry *registry;
    const struct dir_lock *lock; /* of the disk's directory; NULL: it is not locked */
};

struct store_job {
    struct store_parts parts;
    char *text; /* the worker's: what it writes at once */
    size_t text_size;
    const struct row *rows;
    uint32_t row_count;
    const struct gap *gaps;
    uint32_t gap_count; /* 0 once they are durable */
    bool gaps_failed;
    bool retry; /* the run before has failed */
    bool rotation;
    bool sync;                   /* at the end of the write */
    struct index_entry *entries; /* for the index; NULL: none is written */
    size_t entry_count;
    uint64_t last_segment; /* that the index covers */
    int rc;
    int index_rc;
};

/* text_size: at least CSV_LINE_MAX. 0 or -ENOMEM. */
int store_job_init(struct store_job *job, const struct store_parts *parts, size_t text_size);
void store_job_deinit(struct store_job *job);

/* Takes the backlog's filled half, unless the run before has failed; begins with a rotation where one is due. */
void store_job_begin(struct store_job *job, bool sync);

/* Only these two are for a worker; meanwhile the files and the half that is out are its own. */
void store_job_run(struct store_job *job);
void store_job_sync(struct store_job *job);

/* Releases the registry's names. Then the job's rc is 0 if the rows are written. */
void store_job_end(struct store_job *job);

/* The rows are written: backlog_stored(). */
struct backlog_instances store_job_stored(struct store_job *job);

/* The name of the series that can't be written. */
const char *store_job_failed_name(const struct store_job *job);

#endif
