/* Compresses finished segments, one at a time: on a worker, in steps of a few milliseconds (segment_pack.h), after each
 * of which it rests for several times as long, and for as long as the store is writing.
 *
 * Happy path: once a minute it looks for segments that were last written after_ms ago, so that a start, which reads the
 * newest ones, finds them as they were written. Each is compressed, and removed two seconds later. Failures: a segment
 * that can't be compressed (no room, I/O, damaged memory) stays as it is; the log has a line, and the next one is
 * tried. What was cut off by a kill is removed or continued after the next start. */
#ifndef COLLECTOR_STORE_COMPRESSOR_H
#define COLLECTOR_STORE_COMPRESSOR_H

#include "collector/store/segment_pack.h"
#include "common/disk.h"
#include "common/lasting_reason.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/* Whether the disk should be left to others now. */
typedef bool compressor_busy_cb(void *arg);

struct compressor_options {
    const struct disk *disk; /* outlives the compressor, as do the names */
    const char *const *names;
    unsigned count;
    int64_t after_ms;   /* 0: nothing is compressed */
    uint64_t look_ms;   /* between two searches that find nothing; 0: a minute */
    uint64_t remove_ms; /* from a compressed file's name to the removal of the segment; 0: two seconds */
    compressor_busy_cb *busy_cb;
    void *arg;
};

enum compressor_task { COMPRESSOR_CLEAN, COMPRESSOR_FIND, COMPRESSOR_STEP, COMPRESSOR_END };

struct compressor {
    uv_loop_t *loop;
    struct compressor_options options;
    uv_timer_t timer;
    uv_work_t work;
    enum compressor_task task; /* the next one, or the one that the worker does */
    int64_t before_ms;         /* for the worker */
    struct segment_pack_place place;
    struct segment_pack *pack;
    int rc; /* of the worker */
    uint64_t took_us;
    struct lasting_reason reason;
};

void compressor_start(struct compressor *compressor, uv_loop_t *loop, const struct compressor_options *options);

/* Takes effect with the next segment. */
void compressor_set_after(struct compressor *compressor, int64_t after_ms);

/* Stops: only a step under way still ends. */
void compressor_close(struct compressor *compressor);

/* After the loop has run empty. */
void compressor_deinit(struct compressor *compressor);

#endif
