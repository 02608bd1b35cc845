/* Work that takes longer than the loop may be held: it is done in steps, and each turn of the loop takes as many of
 * them as fit into a millisecond. */
#ifndef COMMON_SLICES_H
#define COMMON_SLICES_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#define SLICE_NS 1000000U

/* One step, of some 100 us at the most. Returns whether there is more to do. */
typedef bool slices_cb(void *arg);

struct slices {
    uv_idle_t idle;
    uint64_t slice_ns; /* 0: one step a turn */
    slices_cb *cb;
    void *arg;
};

/* Cannot fail; nothing runs yet. */
void slices_start(struct slices *slices, uv_loop_t *loop, slices_cb *cb, void *arg);

/* Begins the work: the first slice is done before this returns, the others in the turns to come. Not while it is under
 * way, and not by its own steps. */
void slices_run(struct slices *slices);

/* Whether there is more to do. */
bool slices_running(const struct slices *slices);

/* Does what is left of it at once. */
void slices_finish(struct slices *slices);

/* No more steps. */
void slices_close(struct slices *slices);

#endif
