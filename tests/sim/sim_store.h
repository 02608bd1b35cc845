/* From the backlog to the simulated disk: store.c over again in small, step by step as it does it, since that is made
 * of threads and files. Whoever changes it changes this too.
 *
 *     a half is taken -> (wait) the worker writes and syncs it -> (wait) the loop learns of it and acknowledges
 *
 * The program may die in any of the worker's operations and in both waits. */
#ifndef SIM_STORE_H
#define SIM_STORE_H

#include "collector/store/backlog.h"
#include "collector/store/index.h"
#include "sim/sim_segments.h"

#include <stdbool.h>
#include <stdint.h>

struct sim_collector;

struct sim_store {
    struct sim_collector *collector;
    uint64_t flush_ms;
    uint64_t slow_ms; /* what the disk takes for a job, at most */
    int64_t sync_ms;  /* SYNC_ALWAYS, SYNC_NEVER, or so long after */
    struct sim_segments metrics;
    struct sim_segments gaps;
    /* the loop's side; times are when something is due, or NEVER */
    uint64_t timer_ms; /* flush, or retry */
    uint64_t work_ms;
    uint64_t done_ms;
    uint64_t sync_timer_ms;
    uint64_t sync_work_ms; /* the worker does nothing but sync */
    uint64_t sync_done_ms;
    bool hurry;
    bool held;
    bool draining;
    bool sync_due;
    bool syncing;
    uint64_t unsynced_rows; /* that count as stored */
    struct {
        const struct row *rows;
        uint32_t count;
        const struct gap *gaps;
        uint32_t gap_count; /* 0 once they are durable */
        bool gaps_again;
        bool again;
        bool rotation;
        bool sync;
        struct index_entry *entries;
        size_t entry_count;
        uint64_t last_segment;
        int rc;
    } job;
};

void store_begin(struct sim_store *store, struct sim_collector *collector);
void store_end(struct sim_store *store);

/* Makes the live files end in whole rows. taken: as for segments_open(). 0 or a negative errno. */
int store_open_files(struct sim_store *store, uint64_t taken);

/* The last sync of an ordered stop. */
void store_close_files(struct sim_store *store);

void store_poke_soon(struct sim_store *store, bool hurry);
void store_drain_all(struct sim_store *store);

uint64_t store_due(const struct sim_store *store);
void store_run(struct sim_store *store);

/* Calls visit for each row of a file that csv_parse_row() takes. */
struct csv_row;
typedef void store_visit(struct sim_collector *collector, const struct csv_row *row);
void store_each_row(struct sim_collector *collector, const struct disk_file *file, size_t from, size_t to,
                    store_visit *visit);

#endif
