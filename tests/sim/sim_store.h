/* From the backlog to the simulated disk: store.c and segments.c over again in small, step by step as they do it, since
 * those two are made of threads and files. Whoever changes them changes this too.
 *
 *     a half is taken -> (wait) the worker writes and syncs it -> (wait) the loop learns of it and acknowledges
 *
 * The program may die in any of the worker's operations and in both waits. */
#ifndef SIM_STORE_H
#define SIM_STORE_H

#include "collector/backlog.h"
#include "sim/sim_disk.h"

#include <stdbool.h>
#include <stdint.h>

struct sim_collector;

struct sim_store {
    struct sim_collector *collector;
    struct sim_disk *disk;
    uint64_t flush_ms;
    size_t rotate_bytes;
    uint64_t slow_ms; /* what the disk takes for a job, at most */
    /* the live file, as struct segments has it */
    bool is_open;
    size_t length;
    size_t synced;
    /* the loop's side; times are when something is due, or NEVER */
    uint64_t timer_ms; /* flush, or retry */
    uint64_t work_ms;
    uint64_t done_ms;
    bool hurry;
    bool again;
    bool held;
    bool draining;
    int rc;
    const struct row *rows;
    uint32_t count;
};

void store_begin(struct sim_store *store, struct sim_collector *collector, struct sim_disk *disk);

/* As segments_open(): makes the live file end in whole rows. 0 or a negative errno. */
int store_open_files(struct sim_store *store);

void store_poke_soon(struct sim_store *store, bool hurry);
void store_drain_all(struct sim_store *store);

uint64_t store_due(const struct sim_store *store);
void store_run(struct sim_store *store);

/* Calls visit for each row of a file that csv_parse_row() takes. */
struct csv_row;
typedef void store_visit(struct sim_collector *collector, const struct csv_row *row);
void store_each_row(const struct sim_store *store, const struct disk_file *file, size_t from, size_t to,
                    store_visit *visit);

#endif
