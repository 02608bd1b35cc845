/* Runs long work on the loop in steps: each turn of the loop runs as many steps as fit into a millisecond, so that
 * the work never blocks the loop for longer. Several such works may run in the same turns: in a turn that has taken
 * SLICES_TURN_NS already, each gets a quarter of a millisecond. */
#ifndef COMMON_SLICES_H
#define COMMON_SLICES_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#define SLICE_NS       1000000U
#define SLICES_TURN_NS 2000000U

/* One step, of at most some 100 us. Returns whether there is more to do. */
typedef bool slices_cb(void *arg);

struct slices {
    uv_idle_t idle;
    uint64_t slice_ns; /* 0: one step per turn */
    slices_cb *cb;
    void *arg;
};

/* Cannot fail; nothing runs yet. */
void slices_start(struct slices *slices, uv_loop_t *loop, slices_cb *cb, void *arg);

/* Begins the work: the first slice runs before this returns, the others in later turns. Not to be called while the work
 * is running, or by its own steps. */
void slices_run(struct slices *slices);

/* The same, but the first slice runs in the next turn. Also while the work is running. */
void slices_run_later(struct slices *slices);

/* Whether there is more to do. */
bool slices_running(const struct slices *slices);

/* Does the rest of the work now. */
void slices_finish(struct slices *slices);

/* No more steps. */
void slices_close(struct slices *slices);

#endif
