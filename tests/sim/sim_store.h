/* The store on a simulated disk and clock: store_plan decides and store_job works, as in the product. This is what
 * store.c is there, the loop and the worker, and the comparison of what they do with what is on the disk.
 *
 *     the plan wants a job -> (wait) the worker does it -> (wait) the loop learns of it and acknowledges
 *
 * The program may die in any of the worker's operations and in both waits. */
#ifndef SIM_STORE_H
#define SIM_STORE_H

#include "collector/store/store_job.h"
#include "collector/store/store_plan.h"

#include <stdbool.h>
#include <stdint.h>

struct sim_collector;
struct sim_file;

struct sim_store {
    struct sim_collector *collector;
    uint64_t flush_ms;
    uint64_t slow_ms; /* what the disk takes for a job, at most */
    int64_t sync_ms;  /* SYNC_ALWAYS, SYNC_NEVER, or how long after the write */
    struct segments_limits metrics_limits;
    struct segments_limits gaps_limits;
    struct segments metrics;
    struct segments gaps;
    struct store_plan plan;
    struct store_job job;
    enum store_action work; /* what the worker does, or has done */
    uint64_t work_ms;       /* when it does it, and when the loop learns of it; or NEVER */
    uint64_t done_ms;
    bool lost_sync;         /* of the segments' events, for the plan */
    bool indexed;           /* an index is durable, and undamaged */
    uint64_t damaged_index; /* the inode of one that a fault has damaged */
    struct {
        uint64_t inode; /* of the file with the newest rows that the truth knows */
        size_t len;     /* up to it the truth knows them */
        size_t safe;    /* up to it they are durable, or known to be lost */
    } seen;
};

/* The process begins and ends. */
void store_begin(struct sim_store *store, struct sim_collector *collector);
void store_end(struct sim_store *store);

/* Up to where the file has rows: what is behind them in a live file that can't be repaired yet will be cut. */
size_t store_rows_end(const struct sim_store *store, const struct sim_file *file);

/* Opens the files and compares what is in them with the truth; then fills the registry. 0 or a negative errno. */
int store_open_files(struct sim_store *store);

/* The last sync of an ordered stop. */
void store_close_files(struct sim_store *store);

void store_poke_soon(struct sim_store *store, bool flush_now);
void store_drain_all(struct sim_store *store);

uint64_t store_due(const struct sim_store *store);
void store_run(struct sim_store *store);

/* While the collector is down: its index is damaged or removed, or one of its segments is removed. */
void store_damage_index(struct sim_store *store);
void store_remove_segment(struct sim_store *store);

#endif
