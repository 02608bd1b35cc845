/* Compresses a collector's segments on its simulated disk, as compressor.c does: steps of segment_pack, between which
 * the program may die, the power may fail and retention may delete the segment. */
#ifndef SIM_PACK_H
#define SIM_PACK_H

#include "collector/store/segment_pack.h"

#include <stdbool.h>
#include <stdint.h>

struct sim_collector;

struct sim_pack {
    struct sim_collector *collector;
    int64_t after_ms; /* 0: nothing is compressed */
    uint64_t due_ms;  /* or NEVER */
    struct segment_pack_place place;
    struct segment_pack *pack; /* NULL: the next one is looked for */
    bool is_complete;          /* the segment is to be removed */
};

/* The process begins and ends. */
void pack_begin(struct sim_pack *pack, struct sim_collector *collector);
void pack_end(struct sim_pack *pack);

void pack_run(struct sim_pack *pack);

#endif
