/* A store on a real loop, with a worker thread, a folder, and two nodes of one instance each. */
#ifndef SUPPORT_STORE_RIG_H
#define SUPPORT_STORE_RIG_H

#include "collector/store/store.h"
#include "support/temp_dir.h"

#include <stdbool.h>
#include <stdint.h>

#define RIG_LIVE     "metrics.csv"
#define RIG_CAPACITY 5000U

struct store_rig {
    struct temp_dir dir;
    struct disk disk;
    struct segments segments;
    struct segments gaps; /* never opened: here no samples are missing */
    struct registry registry;
    struct backlog backlog;
    struct store store;
    struct group *group;
    struct instance *instances[2];
    uint64_t next_seq[2];
    unsigned stored_calls;
    unsigned empty_calls;
    unsigned held_calls;
    bool held;
    bool meddled; /* the test changes the files: what is stored is not looked for in them */
};

extern struct store_rig rig;

void rig_begin(void);
void rig_end(void);
void rig_open_segments(void);
void rig_start(uint64_t flush_ms);

/* Puts more rows of an instance into the backlog; likewise, and waits until they are stored. */
void rig_add(unsigned i, unsigned count);
void rig_store_rows(unsigned i, unsigned count);

/* How many rows of an instance the files hold: seq 1, 2, 3, ... each once and in order, and no half row. */
uint64_t rig_rows(unsigned i);
void rig_assert_all_stored(void);

/* The one worker does nothing until it is released. */
void rig_hold_up_worker(void);
void rig_release_worker(void);

void rig_on_empty(void *arg);
bool rig_is_held(void *arg);

#endif
